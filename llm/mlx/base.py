"""What `ChatMLX` and `MLX` share: settings, token counts, identity, and the runtime of a call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr, ValidationError, model_validator

from llm.config import MLXSettings
from llm.errors import InvalidRequestError
from llm.mlx.runtime import Runtime, Weights, identify, runtime_for

# Other names of settings: those that LangChain's models give them, and what people pass to templates.
_ALIASES = {"timeout": "timeout_seconds", "reasoning": "thinking", "enable_thinking": "thinking"}

# Settings that change how fast an answer comes, or whether it does, but not its text.
_NOT_IDENTIFYING = {"batch_size", "kv_cache_gb", "speculate", "wire_memory", "timeout_seconds"}

# Options of a call that LangChain's own base classes read, and hand on with the settings.
_OF_LANGCHAIN = {"stream"}


class MLXModel(MLXSettings):
    """A LangChain model on a checkpoint that runs in this process."""

    if TYPE_CHECKING:
        timeout: float | None = None
    else:

        @property
        def timeout(self) -> float | None:
            """`timeout_seconds` by the name that LangChain's models give it."""
            return self.timeout_seconds

    _runtime: Runtime | None = PrivateAttr(default=None)
    _identity: tuple[Weights, str | None] | None = PrivateAttr(default=None)

    @model_validator(mode="before")
    @classmethod
    def _take(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        _refuse_unknown(values, cls.model_fields, cls.__name__)
        return _plain(values)

    @property
    def runtime(self) -> Runtime:
        """Tokenizer and engine. Its first use loads the tokenizer, but not the weights."""
        weights = Weights.of(self)
        # A copy may name another model, and fields can be assigned.
        if self._runtime is None or self._runtime.weights != weights:
            self._runtime = runtime_for(weights)
        return self._runtime

    def get_context_window(self) -> int | None:
        """Tokens for prompt and answer together: the model's limit, or `context_window` if that is less."""
        return self.runtime.window(self)

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,), without those that open or close a prompt."""
        return self.runtime.checkpoint.encode(text)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """The model and every setting that changes an answer: the key of LangChain's caches.

        `fingerprint` is None while the model is not on this machine.
        """
        params = {name: getattr(self, name) for name in MLXSettings.model_fields if name not in _NOT_IDENTIFYING}
        return {**params, "fingerprint": self._fingerprint()}

    def _fingerprint(self) -> str | None:
        """What tells these weights from others. On an event loop, what was found last: LangChain asks there."""
        weights = Weights.of(self)
        if self._identity is not None and self._identity[0] == weights and _on_event_loop():
            return self._identity[1]
        return identify(weights)

    async def _before_await(self) -> None:
        """Look the weights up on a thread: a slow disk would stop everything else on the event loop."""
        weights = Weights.of(self)
        self._identity = (weights, await asyncio.to_thread(identify, weights))

    def settings(self, stop: Sequence[str] | None, options: dict[str, Any]) -> MLXSettings:
        """This model's settings with the `options` of one call.

        Raises:
            InvalidRequestError: an unknown option, or an invalid value.
        """
        own = {name: getattr(self, name) for name in MLXSettings.model_fields}
        options = {name: value for name, value in options.items() if name not in _OF_LANGCHAIN}
        _refuse_unknown(options, own, type(self).__name__)
        try:
            return MLXSettings.model_validate({**own, **_plain(options), **_plain({"stop": stop})})
        except ValidationError as error:
            first = error.errors()[0]
            raise InvalidRequestError(f"{first['loc'][0]}: {first['msg']}, not {first['input']!r}.") from error

    def runtime_for(self, settings: MLXSettings) -> Runtime:
        """The runtime of one call, which may name another model."""
        weights = Weights.of(settings)
        return self.runtime if weights == Weights.of(self) else runtime_for(weights)


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _refuse_unknown(given: Iterable[str], known: Collection[str], who: str) -> None:
    for name in given:
        if name not in known and name not in _ALIASES:
            near = get_close_matches(name, known, n=1)
            raise InvalidRequestError(
                f"{who} has no setting {name!r}.", f"Did you mean {near[0]!r}?" if near else ""
            )


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are declared: LangChain passes None for what is not set, people pass paths or one stop."""
    plain = {}
    for name, value in given.items():
        name = _ALIASES.get(name, name)
        field = MLXSettings.model_fields.get(name)
        if value is not None or field is None or field.default is None:
            value = os.fspath(value) if isinstance(value, os.PathLike) else value
            plain[name] = [value] if name == "stop" and isinstance(value, str) else value
    return plain
