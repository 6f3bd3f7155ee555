"""A checkpoint at work: its tokenizer and its engine, shared by every model object that names it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from llm.config import MLXSettings
from llm.errors import ContextOverflowError, UnsupportedModelError
from llm.mlx.chat_template import ChatTemplate
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.client import Call
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Limits, LogitsProcessor
from llm.mlx.engine.sampling import Sampling
from llm.mlx.engine.single import SingleOptions
from llm.mlx.fingerprint import fingerprint, here
from llm.mlx.thinking import ThinkingFormat


@dataclass(frozen=True)
class Weights:
    """What is loaded: model objects that agree on this share one runtime."""

    model: str
    revision: str | None = None
    adapter: str | None = None
    draft_model: str | None = None
    kv_bits: int | None = None
    wire_memory: bool = True

    @classmethod
    def of(cls, settings: MLXSettings) -> Weights:
        """The weights that `settings` name."""
        return cls(**{name: getattr(settings, name) for name in cls.__dataclass_fields__})


class Runtime:
    """Tokenizer now, weights and thread when the first request comes."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.checkpoint = Checkpoint(weights.model, weights.revision, weights.adapter)
        self.fingerprint = _fingerprint(weights, self.checkpoint.folder)
        self.engine = Engine(
            self.checkpoint.load_weights,
            stop_ids=self.checkpoint.stop_ids,
            single=_single_options(weights, self.checkpoint),
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
        *,
        thinking: ThinkingFormat | None = None,
        thinking_tokens: int = 0,
        names_recipients: bool = False,
    ) -> Call:
        """Prepare a call. `constrain` is given the most tokens the answer may have, and returns what keeps it
        to a grammar. `thinking`: how its thoughts are marked; they get `thinking_tokens`, or what the answer
        leaves of the context window. `names_recipients`: see Call.

        Raises:
            ContextOverflowError: the prompt fills the context window.
        """
        sampling = {field: getattr(settings, field) for field in Sampling.__dataclass_fields__}
        kv_bytes = None if settings.kv_cache_gb is None else int(settings.kv_cache_gb * 1e9)
        max_tokens, thinking_tokens = self._room(settings, len(prompt), thinking_tokens)
        return Call(
            engine=self.engine,
            detokenizer=lambda: self.checkpoint.tokenizer.detokenizer,
            prompt=prompt,
            max_tokens=max_tokens,
            stop=tuple(settings.stop),
            sampling=Sampling(**sampling),
            limits=Limits(settings.batch_size, kv_bytes),
            timeout=settings.timeout_seconds,
            constrain=constrain,
            thinking=thinking,
            thinking_tokens=thinking_tokens,
            names_recipients=names_recipients,
            speculate=settings.speculate,
        )

    def _room(self, settings: MLXSettings, prompt_tokens: int, thinking_tokens: int) -> tuple[int, int]:
        """Tokens the answer and the thoughts before it may have: what was asked for, or what the context window
        leaves, the answer's first.
        """
        window = self.window(settings)
        if window is None:
            return settings.max_tokens, thinking_tokens
        if prompt_tokens >= window:
            raise ContextOverflowError(
                f"The prompt has {prompt_tokens} tokens and the context window of {settings.model} {window}."
            )
        answer = min(settings.max_tokens, window - prompt_tokens)
        return answer, min(thinking_tokens, window - prompt_tokens - answer)


def _not_read_yet() -> None:
    return None


_runtimes: WeakValueDictionary[Weights, Runtime] = WeakValueDictionary()
_runtimes_lock = Lock()


def _after_fork() -> None:
    global _runtimes_lock
    _runtimes_lock = Lock()  # the thread that held it did not come along


os.register_at_fork(after_in_child=_after_fork)


def runtime_for(weights: Weights) -> Runtime:
    """Return the process's runtime for these weights: they are held once, and batches are shared."""
    with _runtimes_lock:
        runtime = _runtimes.get(weights)
        if runtime is None:
            runtime = _runtimes[weights] = Runtime(weights)
        return runtime


def identify(weights: Weights) -> str | None:
    """What tells `weights` from others of the same name: those in use, or else those on this machine.

    None: they are not here. Reads nothing and asks no network.
    """
    runtime = _runtimes.get(weights)
    if runtime is not None:
        return runtime.fingerprint
    folder = here(weights.model, weights.revision)
    return None if folder is None else _fingerprint(weights, folder)


def _fingerprint(weights: Weights, folder: Path) -> str:
    return fingerprint(folder, here(weights.adapter), here(weights.draft_model))


def _single_options(weights: Weights, checkpoint: Checkpoint) -> Callable[[], SingleOptions] | None:
    """What loads the reason to decode one row at a time, if there is one. Keeps no runtime alive."""
    if weights.kv_bits is None and weights.draft_model is None:
        return None

    def load() -> SingleOptions:
        if weights.draft_model is None:
            return SingleOptions(weights.kv_bits)
        draft = Checkpoint(weights.draft_model)
        if draft.tokenizer.get_vocab() != checkpoint.tokenizer.get_vocab():
            raise UnsupportedModelError(
                f"The draft model {weights.draft_model} and {weights.model} have different vocabularies.",
                "Choose a smaller model of the same family.",
            )
        return SingleOptions(weights.kv_bits, draft.load_weights())

    return load
