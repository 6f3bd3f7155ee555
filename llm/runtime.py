"""A checkpoint at work: its tokenizer and its engine, shared by every model object that names it.

Knows nothing of LangChain's models; `MLXModel` is what `ChatMLX` and `MLX` have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from pydantic import PrivateAttr, ValidationError

from llm.call import Call
from llm.checkpoint import Checkpoint
from llm.config import MLXSettings
from llm.engine.engine import Engine
from llm.engine.request import Limits, LogitsProcessor
from llm.engine.sampling import Sampling
from llm.engine.solo import Alone
from llm.errors import ContextOverflowError, InvalidRequestError, UnsupportedModelError
from llm.template import ChatTemplate


@dataclass(frozen=True)
class Weights:
    """What is loaded: model objects that agree on this share one runtime."""

    model: str
    revision: str | None = None
    adapter: str | None = None
    draft_model: str | None = None
    kv_bits: int | None = None
    wire_memory: bool = True


class Runtime:
    """Tokenizer now, weights and thread when the first request comes."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.checkpoint = Checkpoint(weights.model, weights.revision, weights.adapter)
        self.engine = Engine(
            self.checkpoint.load_weights,
            stop_ids=self.checkpoint.stop_ids,
            alone=_alone(weights, self.checkpoint),
            wire_memory=weights.wire_memory,
        )

    @cached_property
    def template(self) -> ChatTemplate:
        """The checkpoint's chat template."""
        return ChatTemplate(self.checkpoint)

    def __deepcopy__(self, memo: dict[int, Any]) -> Runtime:
        """A copy of a model object shares the weights."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """A model object that is pickled reads its runtime anew where it comes to be."""
        return _not_read_yet, ()

    def window(self, settings: MLXSettings) -> int | None:
        """Tokens of prompt and answer together: the model's, or less if `context_window` says less."""
        known = [w for w in (settings.context_window, self.checkpoint.context_window) if w is not None]
        return min(known, default=None)

    def call(
        self,
        settings: MLXSettings,
        prompt: list[int],
        constrain: Callable[[int], LogitsProcessor] | None = None,
    ) -> Call:
        """Prepare a call. `constrain` is given the most tokens the answer may have, and returns what keeps it
        to a grammar.

        Raises:
            ContextOverflowError: the prompt fills the context window.
        """
        sampling = {field: getattr(settings, field) for field in Sampling.__dataclass_fields__}
        kv_bytes = None if settings.kv_cache_gb is None else int(settings.kv_cache_gb * 1e9)
        return Call(
            engine=self.engine,
            detokenizer=lambda: self.checkpoint.tokenizer.detokenizer,
            prompt=prompt,
            max_tokens=self._room(settings, len(prompt)),
            stop=tuple(settings.stop),
            sampling=Sampling(**sampling),
            limits=Limits(settings.batch_size, kv_bytes),
            timeout=settings.timeout_seconds,
            constrain=constrain,
        )

    def _room(self, settings: MLXSettings, prompt_tokens: int) -> int:
        """Tokens the answer may have: what was asked for, or what the context window leaves."""
        window = self.window(settings)
        if window is None:
            return settings.max_tokens
        if prompt_tokens >= window:
            raise ContextOverflowError(
                f"The prompt has {prompt_tokens} tokens and the context window of {settings.model} {window}."
            )
        return min(settings.max_tokens, window - prompt_tokens)


def _not_read_yet() -> None:
    return None


_runtimes: WeakValueDictionary[Weights, Runtime] = WeakValueDictionary()
_runtimes_lock = Lock()


def runtime_for(weights: Weights) -> Runtime:
    """Return the process's runtime for these weights: they are held once, and batches are shared."""
    with _runtimes_lock:
        runtime = _runtimes.get(weights)
        if runtime is None:
            runtime = _runtimes[weights] = Runtime(weights)
        return runtime


def _alone(weights: Weights, checkpoint: Checkpoint) -> Callable[[], Alone] | None:
    """What loads the reason to decode one row at a time, if there is one. Keeps no runtime alive."""
    if weights.kv_bits is None and weights.draft_model is None:
        return None

    def load() -> Alone:
        if weights.draft_model is None:
            return Alone(weights.kv_bits)
        draft = Checkpoint(weights.draft_model)
        if draft.tokenizer.get_vocab() != checkpoint.tokenizer.get_vocab():
            raise UnsupportedModelError(
                f"The draft model {weights.draft_model} and {weights.model} have different vocabularies.",
                "Choose a smaller model of the same family.",
            )
        return Alone(weights.kv_bits, draft.load_weights())

    return load


class MLXModel(MLXSettings):
    """What `ChatMLX` and `MLX` have in common: settings, token counts, identity, and making calls."""

    _runtime: Runtime | None = PrivateAttr(None)

    @property
    def runtime(self) -> Runtime:
        """The tokenizer and engine. Reads the tokenizer at first use, never the weights."""
        weights = _weights(self)
        # A copy of a model object may name another model, and fields can be assigned.
        if self._runtime is None or self._runtime.weights != weights:
            self._runtime = runtime_for(weights)
        return self._runtime

    def get_context_window(self) -> int | None:
        """Tokens of prompt and answer together: the model's, or less if `context_window` says less."""
        return self.runtime.window(self)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,), without the ones that open or close a prompt."""
        checkpoint = self.runtime.checkpoint
        with checkpoint.tokenizer_lock:
            return [int(token) for token in checkpoint.tokenizer.encode(text, add_special_tokens=False)]

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Model and every setting that changes an answer: the key of LangChain's caches."""
        return {name: getattr(self, name) for name in MLXSettings.model_fields if name not in _NO_MATTER}

    def settings(self, stop: Sequence[str] | None, options: dict[str, Any]) -> MLXSettings:
        """This model's settings with the `options` of one call.

        Raises:
            InvalidRequestError: an option that there is not, or a value that cannot be.
        """
        own = {name: getattr(self, name) for name in MLXSettings.model_fields}
        if unknown := sorted(options.keys() - own.keys() - {"timeout"}):
            raise InvalidRequestError(f"MLX models know no setting {unknown[0]!r}.")
        if "timeout" in options:
            own.pop("timeout_seconds")
        if stop is not None:
            options = {**options, "stop": list(stop)}
        try:
            return MLXSettings.model_validate({**own, **options})
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidRequestError(f"{first['loc'][0]}: {first['msg']}.") from error

    def runtime_for(self, settings: MLXSettings) -> Runtime:
        """The runtime of one call, which may name another model."""
        return self.runtime if _weights(settings) == _weights(self) else runtime_for(_weights(settings))


# Settings that change how fast an answer comes, or whether, but not what it says.
_NO_MATTER = {"batch_size", "kv_cache_gb", "wire_memory", "timeout_seconds"}


def _weights(settings: MLXSettings) -> Weights:
    return Weights(**{name: getattr(settings, name) for name in Weights.__dataclass_fields__})
