"""How much memory keys and values take, and how much of it there is.

A batch pads every row to its longest, caches grow by 256 tokens at a time, a draft needs room until it is judged,
and a sliding window keeps no more than its size: all of that is counted here, from above.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from llm.mlx.card import card_bytes
from llm.mlx.engine.prefill import PREFILL_TOKENS
from llm.mlx.engine.ragged_cache import MOST_DRAFTED
from llm.mlx.engine.request import Limits

# Tokens by which mlx-lm grows a cache.
_STEP = 256

# Share of the machine's memory to use where the device itself recommends nothing.
_SHARE_OF_MEMORY = 0.75

# Share of what is recommended that is left to activations and freed buffers.
_SLACK = 0.1

# Share of what is recommended that keys and values may take, however large the weights.
_AT_LEAST = 0.05

# Share of the memory for keys and values that prefixes of prompts may be kept in.
_FOR_PREFIXES = 0.25


@dataclass(frozen=True)
class Layer:
    """One layer's cache: bytes for each token up to `most_tokens` (None: no end), and bytes that never change."""

    bytes_per_token: int
    most_tokens: int | None = None
    fixed_bytes: int = 0

    def nbytes(self, tokens: int) -> int:
        """Bytes for one row of `tokens`."""
        held = tokens + _STEP + MOST_DRAFTED
        if self.most_tokens is not None:
            held = min(held, self.most_tokens)
        return self.fixed_bytes + self.bytes_per_token * held


@dataclass(frozen=True)
class CacheLayout:
    """What the engine must know of a model: the caches of its layers, its vocabulary, its key-value heads."""

    layers: Sequence[Layer]
    vocabulary: int
    kv_heads: int

    def row(self, tokens: int) -> int:
        """Bytes for one row of `tokens`."""
        return sum(layer.nbytes(tokens) for layer in self.layers)


class SharedBudget:
    """What each engine holds, so that several in one process do not take the same memory twice."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._weights: dict[object, int] = {}
        self._kv: dict[object, int] = {}
        self._wired: set[object] = set()
        self._limit_before: int | None = None

    def enter(self, owner: object, weights: int, *, wire: bool) -> None:
        """Say that `owner` has loaded `weights` bytes, and whether the system is to keep them in memory.

        The limit on wired memory is one for the process: the first engine raises it, the last lowers it again.
        """
        from mlx_lm.utils import maybe_set_recommended_wired_limit

        with self._lock:
            self._weights[owner] = weights
            if wire and not self._wired:
                self._limit_before = maybe_set_recommended_wired_limit()
            if wire:
                self._wired.add(owner)

    def hold(self, owner: object, kv_bytes: int) -> None:
        """Say how much `owner` needs for keys and values from now on."""
        with self._lock:
            self._kv[owner] = kv_bytes

    def reserve(self, owner: object, kv_bytes: int) -> bool:
        """`hold`, if all engines together then stay within what there is."""
        with self._lock:
            if kv_bytes > self._for_kv() - self._held_beside(owner):
                return False
            self._kv[owner] = kv_bytes
            return True

    def leave(self, owner: object) -> None:
        """Say that `owner` holds nothing more."""
        with self._lock:
            self._weights.pop(owner, None)
            self._kv.pop(owner, None)
            was_wired = bool(self._wired)
            self._wired.discard(owner)
            if was_wired and not self._wired and self._limit_before is not None:
                import mlx.core as mx

                mx.synchronize()
                mx.set_wired_limit(self._limit_before)

    def for_kv(self) -> int:
        """Bytes for the keys and values of all engines together: what the device recommends, less the weights."""
        with self._lock:
            return self._for_kv()

    def left_for(self, owner: object) -> int:
        """Bytes for the keys and values of `owner`, beside what the others hold."""
        with self._lock:
            return max(self._for_kv() - self._held_beside(owner), 0)

    def _for_kv(self) -> int:
        usable = int((1 - _SLACK) * recommended_bytes())
        return max(usable - sum(self._weights.values()), int(_AT_LEAST * usable))

    def _held_beside(self, owner: object) -> int:
        return sum(held for other, held in self._kv.items() if other is not owner)


shared_budget = SharedBudget()


class KVBudget:
    """The memory of one engine's keys and values: what is needed, what is free, what is held."""

    def __init__(self, model: Any, draft_model: Any = None, *, wire: bool = False) -> None:
        models = [model] if draft_model is None else [model, draft_model]
        layouts = [measure(each) for each in models]
        # The draft model reads what the model reads, and keeps keys and values of its own.
        self.layout = replace(layouts[0], layers=[layer for layout in layouts for layer in layout.layers])
        shared_budget.enter(self, sum(map(_weights, models)), wire=wire)

    def needed(self, totals: Sequence[Sequence[int]], prompt_tokens: int) -> int:
        """Bytes for batches whose rows come to `totals` tokens, while a prompt is read and joins one of them.

        The rows of a batch are padded to the longest. The joining row is there twice, and so is one layer of
        its batch.
        """
        sizes = [(len(batch), max(batch)) for batch in totals if batch]
        layers = [rows * layer.nbytes(longest) for rows, longest in sizes for layer in self.layout.layers]
        return sum(layers) + max(layers, default=0) + self.layout.row(prompt_tokens)

    def most(self, limits: Limits) -> int:
        """Bytes that `limits` leave to keys and values when nobody else needs any."""
        return shared_budget.for_kv() if limits.kv_bytes is None else limits.kv_bytes

    def free(self, limits: Limits) -> int:
        """Bytes that `limits` leave to keys and values now."""
        return shared_budget.left_for(self) if limits.kv_bytes is None else limits.kv_bytes

    def reserve(self, kv_bytes: int, limits: Sequence[Limits]) -> bool:
        """Take `kv_bytes`, all that this engine is about to need, if every one of `limits` allows it."""
        if any(limit.kv_bytes is not None and kv_bytes > limit.kv_bytes for limit in limits):
            return False
        if any(limit.kv_bytes is None for limit in limits):
            return shared_budget.reserve(self, kv_bytes)
        shared_budget.hold(self, kv_bytes)
        return True

    def may_keep(self, tokens: int, kept_bytes: int, needed: int, limits: Limits) -> bool:
        """Whether a prompt's first `tokens` may be kept beside `kept_bytes` of others and what is `needed`."""
        kept = kept_bytes + self.layout.row(tokens)
        return kept <= _FOR_PREFIXES * self.most(limits) and kept + needed <= self.free(limits)

    def hold(self, kv_bytes: int) -> None:
        """Tell the other engines what this one needs now."""
        shared_budget.hold(self, kv_bytes)

    def release(self) -> None:
        """Tell the other engines that this one holds nothing more."""
        shared_budget.leave(self)


def measure(model: Any) -> CacheLayout:
    """Measure `model` by a forward pass of one token."""
    import mlx.core as mx
    from mlx_lm.models.cache import make_prompt_cache

    cache = make_prompt_cache(model)
    logits = model(mx.array([[0]]), cache=cache)
    mx.eval([layer.state for layer in cache])
    heads = [layer.keys.shape[1] for layer in cache if getattr(layer, "keys", None) is not None]
    return CacheLayout([_layer(layer) for layer in cache], int(logits.shape[-1]), max(heads, default=0))


def _layer(cache: Any) -> Layer:
    keys = getattr(cache, "keys", None)
    if keys is None:
        return Layer(0, fixed_bytes=int(cache.nbytes))
    window = getattr(cache, "max_size", None)
    # While a piece of a prompt is read, a window holds the piece besides.
    return Layer(int(cache.nbytes) // keys.shape[2], None if window is None else window + PREFILL_TOKENS)


def _weights(model: Any) -> int:
    from mlx.utils import tree_flatten

    return sum(array.nbytes for array in dict(tree_flatten(model.parameters())).values())


def recommended_bytes() -> int:
    """Memory that the device recommends to use, or most of its own, or of the machine's, where it says nothing."""
    import mlx.core as mx

    recommended = mx.device_info().get("max_recommended_working_set_size")
    if recommended:
        return int(recommended)
    own = card_bytes() or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(_SHARE_OF_MEMORY * own)
