"""A checkpoint at work: its tokenizer and its engine, shared by every model object that names it.

Knows nothing of LangChain's models; `MLXModel` is what `ChatMLX` and `MLX` have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from pydantic import PrivateAttr, ValidationError

from llm.checkpoint import Checkpoint
from llm.config import MLXSettings
from llm.engine import Engine
from llm.errors import ContextOverflowError, InvalidRequestError
from llm.reply import Answer, MakeRequest, Reply
from llm.request import LogitsProcessor, Request
from llm.sampling import Sampling
from llm.template import ChatTemplate


class Runtime:
    """Tokenizer now, weights and thread when the first request comes."""

    def __init__(self, model: str, revision: str | None, batch_size: int) -> None:
        self.checkpoint = Checkpoint(model, revision)
        self.engine = Engine(
            self.checkpoint.load_weights, stop_ids=self.checkpoint.stop_ids, batch_size=batch_size
        )

    @cached_property
    def template(self) -> ChatTemplate:
        """The checkpoint's chat template."""
        return ChatTemplate(self.checkpoint)


_runtimes: WeakValueDictionary[tuple[str, str | None, int], Runtime] = WeakValueDictionary()
_runtimes_lock = Lock()


def runtime_for(model: str, revision: str | None, batch_size: int) -> Runtime:
    """Return the process's runtime for this checkpoint: weights are held once, and batches are shared."""
    key = (model, revision, batch_size)
    with _runtimes_lock:
        runtime = _runtimes.get(key)
        if runtime is None:
            runtime = _runtimes[key] = Runtime(*key)
        return runtime


class MLXModel(MLXSettings):
    """What `ChatMLX` and `MLX` have in common: settings, token counts, identity, and making requests."""

    _runtime: Runtime | None = PrivateAttr(None)

    @property
    def runtime(self) -> Runtime:
        """The tokenizer and engine. Reads the tokenizer at first use, never the weights."""
        if self._runtime is None:
            self._runtime = runtime_for(self.model, self.revision, self.batch_size)
        return self._runtime

    def get_context_window(self) -> int | None:
        """Tokens of prompt and answer together: the model's, or less if `context_window` says less."""
        known = [w for w in (self.context_window, self.runtime.checkpoint.context_window) if w is not None]
        return min(known, default=None)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,), without the ones that open or close a prompt."""
        checkpoint = self.runtime.checkpoint
        with checkpoint.tokenizer_lock:
            return [int(token) for token in checkpoint.tokenizer.encode(text, add_special_tokens=False)]

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Model and every setting that changes an answer: the key of LangChain's caches."""
        return {name: getattr(self, name) for name in MLXSettings.model_fields if name != "batch_size"}

    def _request(
        self,
        prompt: list[int],
        stop: Sequence[str] | None,
        options: dict[str, Any],
        constrain: Callable[[int], LogitsProcessor] | None = None,
    ) -> MakeRequest:
        """Prepare one request; `options` are settings for this call alone.

        `constrain` is given the most tokens the answer may have, and returns what keeps them to a grammar.
        """
        settings = self._settings(stop, options)
        max_tokens = self._room(len(prompt), settings.max_tokens)
        sampling = Sampling(
            temperature=settings.temperature,
            top_p=settings.top_p,
            top_k=settings.top_k,
            min_p=settings.min_p,
            repetition_penalty=settings.repetition_penalty,
            seed=settings.seed,
        )
        processors = [constrain(max_tokens)] if constrain else []
        detokenizer = self.runtime.checkpoint.tokenizer.detokenizer

        def make(
            on_text: Callable[[str], None] | None, on_end: Callable[[Answer | BaseException], None]
        ) -> Request:
            reply = Reply(
                detokenizer, prompt_tokens=len(prompt), stop=settings.stop, on_text=on_text, on_end=on_end
            )
            return Request(prompt, max_tokens, reply, sampling, processors)

        return make

    def _settings(self, stop: Sequence[str] | None, options: dict[str, Any]) -> MLXSettings:
        own = {name: getattr(self, name) for name in MLXSettings.model_fields}
        if unknown := sorted(options.keys() - own.keys()):
            raise InvalidRequestError(f"MLX models know no setting {unknown[0]!r}.")
        if stop is not None:
            options = {**options, "stop": list(stop)}
        try:
            return MLXSettings.model_validate({**own, **options})
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidRequestError(f"{first['loc'][0]}: {first['msg']}.") from error

    def _room(self, prompt_tokens: int, max_tokens: int) -> int:
        """Tokens the answer may have: what was asked for, or what the context window leaves."""
        window = self.get_context_window()
        if window is None:
            return max_tokens
        if prompt_tokens >= window:
            raise ContextOverflowError(
                f"The prompt has {prompt_tokens} tokens and the context window of {self.model} {window}."
            )
        return min(max_tokens, window - prompt_tokens)
