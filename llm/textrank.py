"""TextRank: a chat model that answers with the best sentences of the document it is given.

Embedded: nothing to download, no network, the same answer every time. Knows nothing of prompts,
graphs or PDFs; the one thing it looks for in a prompt is the <document>…</document> span.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from llm.errors import ContextOverflowError, InvalidRequestError
from llm.sentences import SOUND, Sentence, ends_whole, split_sentences
from llm.tokens import estimate_tokens

_VERSION = 1
# A word ends before a space, or after any character of a script without spaces.
_WORD_END = re.compile(r"\s|(?<=[\u3040-\u30ff\u3400-\u9fff])")
_OPEN, _CLOSE = "<document>", "</document>"
# A summary is shorter than what it sums up: at most this share of it, once it is longer than a few lines.
_LARGEST_SHARE = 0.5
_FEW_LINES_TOKENS = 64
# A text with less prose than this is made of notes: they are then its sentences.
_PROSE_SHARE = 0.2
# The mean rank is 1. What has less than this shares hardly a word with the rest: an aside, for want of better
# only. Restarts of the walk alone give any sentence about 0.15.
_ASIDE = 0.3


class Extract(NamedTuple):
    """An answer in the pieces it streams in."""

    pieces: list[str]
    finish_reason: Literal["stop", "length"]


class TextRank(BaseChatModel):
    """Extractive summaries by TextRank (Mihalcea & Tarau, EMNLP 2004) as a LangChain chat model.

    It reads the <document> span of the last human message, or that whole message, and answers with
    sentences of it, in their order, word for word. `max_tokens` can be bound or given per call.
    """

    max_tokens: int = Field(512, gt=0)
    context_window: int = Field(8192, gt=0)

    @property
    def _llm_type(self) -> str:
        return "textrank"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "model_name": "textrank",
            "algorithm_version": _VERSION,
            "max_tokens": self.max_tokens,
            "context_window": self.context_window,
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params.setdefault("ls_model_name", "textrank")
        params["ls_max_tokens"] = kwargs.get("max_tokens") or self.max_tokens
        return params

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(max_input_tokens=self.context_window, max_output_tokens=self.max_tokens)

    def get_token_ids(self, text: str) -> list[int]:
        """As many integers as `text` has estimated tokens; they stand for nothing."""
        return list(range(estimate_tokens(text)))

    def get_num_tokens(self, text: str) -> int:
        """Estimated tokens of `text`."""
        return estimate_tokens(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Estimated tokens of what the messages say; there is no template around them."""
        return sum(estimate_tokens(message.text) for message in messages)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer, usage = self._answer(messages, stop, kwargs)
        message = AIMessage(
            "".join(answer.pieces), usage_metadata=usage, response_metadata=_metadata(answer.finish_reason)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer, usage = self._answer(messages, stop, kwargs)
        for piece in answer.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata=_metadata(answer.finish_reason),
                chunk_position="last",
            )
        )

    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> tuple[Extract, UsageMetadata]:
        max_tokens = self.max_tokens if options.get("max_tokens") is None else options["max_tokens"]
        if not isinstance(max_tokens, int) or max_tokens <= 0:
            raise InvalidRequestError(f"max_tokens is {max_tokens!r}.", "It must be a whole number above 0.")
        read = self.get_num_tokens_from_messages(messages)
        if read > self.context_window:
            raise ContextOverflowError(
                f"The prompt has {read} tokens and the context window of textrank {self.context_window}.",
                "Use smaller parts, or raise llm.context_window.",
            )
        answer = _until(stop or [], extract(document_of(messages), max_tokens))
        written = estimate_tokens("".join(answer.pieces))
        usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
        return answer, usage


def _metadata(finish_reason: str) -> dict[str, Any]:
    return {"model_name": "textrank", "finish_reason": finish_reason}


def document_of(messages: Sequence[BaseMessage]) -> str:
    """The text to sum up: the document span of the last human message, else all that message says."""
    human = [message for message in messages if isinstance(message, HumanMessage)]
    text = human[-1].text if human else "\n\n".join(message.text for message in messages)
    start, end = text.find(_OPEN), text.rfind(_CLOSE)
    return text[start + len(_OPEN) : end] if 0 <= start < end else text


def extract(text: str, max_tokens: int) -> Extract:
    """The best sentences of `text` in its order, within `max_tokens` estimated tokens."""
    sentences = split_sentences(text)
    if not sentences:
        return Extract([], "stop")
    best = _candidates(sentences)
    worth_saying = int(_LARGEST_SHARE * estimate_tokens(text)) if best else 0
    budget = min(max_tokens, max(_FEW_LINES_TOKENS, worth_saying))
    best = best or sentences
    chosen = _choose(best, budget) or _choose(best, max_tokens)
    if not chosen:
        return Extract([_cut(max(best, key=lambda s: s.prose).text, max_tokens)], "length")
    return Extract(_join([best[i] for i in chosen]), "stop")


def _candidates(sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """The sound sentences; where they are few, as in slides and minutes, all that is not mere furniture."""
    some = [s for s in sentences if s.prose > 0]
    sound = [s for s in some if s.prose >= SOUND]
    prose_share = sum(len(s.text) for s in sound) / max(1, sum(len(s.text) for s in some))
    return sound if prose_share >= _PROSE_SHARE else some


def _choose(sentences: Sequence[Sentence], budget: int) -> list[int]:
    import numpy as np

    from llm.sentence_graph import TermMatrix, pick, rank

    matrix = TermMatrix([s.text for s in sentences])
    place = np.linspace(0.0, 1.0, len(sentences))
    prior = np.array([max(s.prose, 0.05) for s in sentences])
    prior *= 1 + 0.5 * np.exp(-10 * place) + 0.25 * np.exp(-10 * (1 - place))
    costs = [estimate_tokens(s.text) + (not ends_whole(s.text)) for s in sentences]
    central = rank(matrix, prior)
    scores = (central >= _ASIDE) * central * prior / np.array(costs) ** 0.25
    return pick(matrix, scores, costs, [s.part for s in sentences], budget)


def _join(sentences: Sequence[Sentence]) -> list[str]:
    """The sentences as pieces of one text. What has no sentence mark ends its line, to stay apart."""
    pieces = [sentences[0].text]
    for before, sentence in pairwise(sentences):
        gap = "" if sentence.glued else " " if ends_whole(before.text) else "\n"
        pieces.append(gap + sentence.text)
    return pieces


def _cut(sentence: str, budget: int) -> str:
    """The longest beginning of whole words within `budget` tokens; of letters if not one word fits."""

    def tokens(end: int) -> int:
        return estimate_tokens(sentence[:end])

    words = [match.start() for match in _WORD_END.finditer(sentence)]
    fitting = bisect_right(words, budget, key=tokens)
    if fitting:
        return sentence[: words[fitting - 1]]
    return sentence[: bisect_right(range(1, len(sentence) + 1), budget, key=tokens)]


def _until(stop: Sequence[str], answer: Extract) -> Extract:
    """The answer up to the first of the stop strings."""
    text = "".join(answer.pieces)
    found = [at for at in (text.find(word) for word in stop if word) if at >= 0]
    if not found:
        return answer
    pieces, left = [], min(found)
    for piece in answer.pieces:
        pieces.append(piece[:left])
        left -= len(pieces[-1])
    return Extract([piece for piece in pieces if piece], "stop")
