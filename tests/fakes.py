"""Chat models that do as a test says: plain code at the seam between the pipeline and a model. No mocks.

Their tokenizers are exact and simple (a token is a word, or a byte), so that a test can count every prompt.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from threading import Condition, Lock
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from graph.config import RunConfig

# What a chat template would put around each message.
TEMPLATE_TOKENS = 5

# Each prompt says its stage, so that a fake knows what it is asked.
PROMPTS = {
    stage: f"{stage.upper()} in {{language}} on {{focus}}: <document>{{document}}</document>"
    for stage in ("map", "collapse", "final")
} | {"revise": "REVISE in {language} ({doubts}): {sentence} <document>{document}</document>"}

_DOCUMENT = re.compile(r"<document>(.*)</document>", re.DOTALL)
_STAGE = re.compile(r"\b(MAP|COLLAPSE|FINAL|REVISE)\b")


@dataclass(frozen=True)
class Call:
    """One call as a model saw it. `max_tokens` is None where none was sent."""

    stage: str
    prompt: str
    prompt_tokens: int
    max_tokens: int | None

    @property
    def document(self) -> str:
        """The text between the document tags."""
        return document_of(self.prompt)


def document_of(prompt: str) -> str:
    """The text between the document tags of a prompt, or the whole prompt."""
    found = _DOCUMENT.search(prompt)
    return found[1] if found else prompt


class RecordingModel(BaseChatModel):
    """Answers with the start of its document, as long as `max_tokens` allows, and records every call."""

    max_tokens: int = 512
    tokens: Literal["words", "bytes"] = "words"
    _calls: list[Call] = PrivateAttr(default_factory=list)
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @property
    def _llm_type(self) -> str:
        return "recording-fake"

    @property
    def calls(self) -> list[Call]:
        """Every call so far, in the order they came."""
        with self._lock:
            return list(self._calls)

    def stages(self) -> dict[str, int]:
        """How many calls each stage made."""
        stages = [call.stage for call in self.calls]
        return {stage: stages.count(stage) for stage in dict.fromkeys(stages)}

    def prompts(self, stage: str) -> list[str]:
        """The prompts of a stage."""
        return [call.prompt for call in self.calls if call.stage == stage]

    def get_token_ids(self, text: str) -> list[int]:
        return list(text.encode()) if self.tokens == "bytes" else list(range(len(text.split())))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        return sum(len(self.get_token_ids(str(m.text))) + TEMPLATE_TOKENS for m in messages)

    def answer(self, document: str, max_tokens: int) -> str:
        """What the model says; overridden by the other fakes."""
        return self.shorten(document, max_tokens)

    def shorten(self, text: str, tokens: int) -> str:
        """The first `tokens` tokens of `text`."""
        if self.tokens == "bytes":
            return text.encode()[:tokens].decode("utf-8", "ignore")
        return " ".join(text.split()[:tokens])

    def record(self, messages: list[BaseMessage], options: dict[str, Any]) -> Call:
        """Write down a call."""
        prompt = "\n".join(str(message.text) for message in messages)
        stage = _STAGE.search(prompt)
        call = Call(
            stage=stage[1].lower() if stage else "",
            prompt=prompt,
            prompt_tokens=self.get_num_tokens_from_messages(messages),
            max_tokens=options.get("max_tokens"),
        )
        with self._lock:
            self._calls.append(call)
        return call

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self.record(messages, kwargs)
        text = self.answer(call.document, call.max_tokens or self.max_tokens)
        written = len(self.get_token_ids(text))
        usage = UsageMetadata(
            input_tokens=call.prompt_tokens, output_tokens=written, total_tokens=call.prompt_tokens + written
        )
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, usage_metadata=usage))])


class EchoModel(RecordingModel):
    """Answers with its document, whole, whatever `max_tokens` says."""

    def answer(self, document: str, max_tokens: int) -> str:
        return document


class ExpandModel(RecordingModel):
    """Answers with more than it was given."""

    def answer(self, document: str, max_tokens: int) -> str:
        return f"{document} And again: {document} And {'so on ' * max_tokens}."


class RepeatModel(RecordingModel):
    """Answers with one sentence over and over, up to `max_tokens`, and says that it was stopped there."""

    def answer(self, document: str, max_tokens: int) -> str:
        return self.shorten("The same thing once more. " * max_tokens, max_tokens)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(*args, **kwargs)
        result.generations[0].message.response_metadata["finish_reason"] = "length"
        return result


class SilentModel(RecordingModel):
    """Answers nothing in the stages named, by default in all of them."""

    silent: tuple[str, ...] = ("map", "collapse", "final")

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(messages, *args, **kwargs)
        if self.calls and _stage_of(messages) in self.silent:
            result.generations[0].message.content = ""
        return result


class FailingModel(RecordingModel):
    """Raises what `failure` makes of a call; where that is None, answers."""

    failure: Callable[[Call], Exception | None]

    def record(self, messages: list[BaseMessage], options: dict[str, Any]) -> Call:
        call = super().record(messages, options)
        if error := self.failure(call):
            raise error
        return call


class MeetingModel(RecordingModel):
    """Holds map calls until `wanted` of them are there at once, or `patience` seconds are over.

    `most` says how many were in flight together. Waits for real only when a test fails.
    """

    wanted: int
    patience: float = 5.0
    _there: int = PrivateAttr(0)
    _most: int = PrivateAttr(0)
    _met: Condition = PrivateAttr(default_factory=Condition)

    @property
    def most(self) -> int:
        """Most map calls in flight at once."""
        return self._most

    def _arrive(self) -> None:
        with self._met:
            self._there += 1
            self._most = max(self._most, self._there)
            self._met.notify_all()

    def _leave(self) -> None:
        with self._met:
            self._there -= 1

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        if _stage_of(messages) == "map":
            self._arrive()
            with self._met:
                self._met.wait_for(lambda: self._most >= self.wanted, self.patience)
            self._leave()
        return super()._generate(messages, *args, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        if _stage_of(messages) == "map":
            self._arrive()
            for _ in range(int(self.patience * 100)):
                # Two turns of the loop after the last arrival, so that one too many would still be seen.
                await asyncio.sleep(0.01)
                if self._most >= self.wanted:
                    break
            self._leave()
        return super()._generate(messages, stop, None, **kwargs)


def _stage_of(messages: list[BaseMessage]) -> str:
    found = _STAGE.search("\n".join(str(message.text) for message in messages))
    return found[1].lower() if found else ""


def make_config(
    *,
    window: int = 400,
    part: int = 40,
    final: int | None = None,
    chunk: int = 100,
    concurrency: int = 8,
    **more: Any,
) -> RunConfig:
    """A configuration for a model that is handed in: token counts of window, part and final summary, chunks.

    `more` are whole sections, or single keys written with two underscores (`prompts__language="Korean"`).
    """
    data: dict[str, Any] = {
        "llm": {
            "provider": "openai",
            "model": "fake",
            "base_url": "http://localhost:1/v1",
            "context_window": window,
            "max_tokens": part,
            "max_concurrency": concurrency,
        },
        "split": {"chunk_tokens": chunk},
        "summarize": {"strategy": "map_reduce", "final_tokens": final, "retry_seconds": 0},
        "prompts": dict(PROMPTS),
    }
    for name, value in more.items():
        section, _, key = name.partition("__")
        data[section] = {**data.get(section, {}), key: value} if key else value
    return RunConfig.model_validate(data)


def make_documents(
    pages: int, *, words: int = 100, seed: int = 0, source: str = "book.pdf", tag: str = "fact"
) -> list[Document]:
    """LangChain documents, one a page, of random sentences whose words say their page: "fact3x17"."""
    chance = random.Random(seed)
    documents = []
    for page in range(1, pages + 1):
        left, sentences = words, []
        while left > 0:
            length = min(left, chance.randint(4, 14))
            sentence = " ".join(f"{tag}{page}x{left - i}" for i in range(length))
            sentences.append(f"{sentence.capitalize()}.")
            left -= length
        metadata = {"source": source, "page": page - 1}
        documents.append(Document(page_content=" ".join(sentences), metadata=metadata))
    return documents


def summed(chunks: Sequence[AIMessageChunk]) -> AIMessageChunk:
    """The message that a stream's chunks add up to."""
    return reduce(add, chunks)
