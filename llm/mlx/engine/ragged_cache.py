"""Keys and values of a batch whose rows have different lengths: each row writes where its own tokens end.

mlx-lm pads its batches on the left and gives all rows one end, so no row can take tokens back alone. Here every
row begins at slot 0 and has an end of its own. What a rejected draft left behind it lies past that end: a query
never sees it, and the row's next tokens overwrite it.

A sliding window is a ring with room for a draft: MOST_DRAFTED slots more than the window, so that what a draft
overwrites has left the window even if the draft is rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import mlx.core as mx

# Most tokens of one draft. A ring holds so many beside its window.
MOST_DRAFTED = 16

# Tokens by which keys and values grow, as in mlx-lm.
_STEP = 256


class Span:
    """Where the tokens of one forward pass go: row `i` writes `width` tokens from slot `starts[i]` on.

    The layers of a model share it, and with it the masks.
    """

    def __init__(self, starts: Sequence[int], width: int) -> None:
        import mlx.core as mx

        self.starts = list(starts)
        self.width = width
        self.end = max(starts) + width
        self.level = min(starts) == max(starts)
        self.offset = mx.array(self.starts)
        self.after = self.offset + width
        self._masks: dict[tuple[int | None, int | None, int], mx.array] = {}

    def mask(self, window: int | None, ring: int | None, slots: int) -> mx.array:
        """Which of `slots` each query sees, (B, 1, width, slots). `ring`: the slots of a window in all."""
        import mlx.core as mx

        key = (window, ring, slots)
        if key not in self._masks:
            held = mx.arange(slots)[None, None, None]
            queries = self.offset[:, None, None, None] + mx.arange(self.width)[None, None, :, None]
            if ring is not None:
                last = self.after[:, None, None, None] - 1
                held = last - (last - held) % ring  # the position that was written to a slot last
            seen = (held <= queries) & (held >= 0)
            self._masks[key] = seen if window is None else seen & (held > queries - window)
        return self._masks[key]


class RaggedLayer:
    """One layer's keys and values (B, heads, slots, dim), as the models of mlx-lm use a cache.

    `window`: None, or how many tokens a query sees, its own among them.
    """

    def __init__(self, keys: mx.array | None, values: mx.array | None, window: int | None = None) -> None:
        self.keys = keys
        self.values = values
        self.window = window
        self._ring = None if window is None else window + MOST_DRAFTED
        self._span = Span([0], 1)
        self.offset: Any = None

    def begin(self, span: Span) -> None:
        """Make ready for one forward pass."""
        self._span = span
        self.offset = span.offset

    def make_mask(self, width: int, return_array: bool = False, window_size: int | None = None) -> Any:
        """What the tokens of this pass see: None for all, "causal", or an array (B, 1, width, slots)."""
        span = self._span
        window = min((w for w in (self.window, window_size) if w is not None), default=None)
        sees_all = window is None or span.end <= window
        if len(span.starts) == 1 and sees_all and not return_array:
            return "causal" if width > 1 else None
        return span.mask(window, self._ring, self._slots())

    def update_and_fetch(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Write the tokens of this pass, and return all that may be seen."""
        self._grow(keys, values)
        assert self.keys is not None
        assert self.values is not None
        span = self._span
        if span.level:
            self._write(slice(None), span.starts[0], keys, values)
        else:
            for row, start in enumerate(span.starts):
                at = slice(row, row + 1)
                self._write(at, start, keys[at], values[at])
        self.offset = span.after
        return self.keys_and_values()

    def keys_and_values(self) -> tuple[mx.array, mx.array]:
        """What was written last, for layers that share it."""
        assert self.keys is not None
        assert self.values is not None
        slots = self._slots()
        if slots == self.keys.shape[2]:
            return self.keys, self.values
        return self.keys[..., :slots, :], self.values[..., :slots, :]

    @property
    def nbytes(self) -> int:
        """Memory of keys and values."""
        if self.keys is None or self.values is None:
            return 0
        return int(self.keys.nbytes + self.values.nbytes)

    @property
    def state(self) -> list[mx.array]:
        """What is to be evaluated."""
        return [array for array in (self.keys, self.values) if array is not None]

    def filter(self, kept: list[int], end: int) -> None:
        """Keep these rows, and what is up to the furthest `end` of them."""
        if self.keys is None or self.values is None:
            return
        slots = _in_steps(end)
        slots = slots if self._ring is None or end <= self._ring else self._ring
        self.keys, self.values = self.keys[kept, :, :slots], self.values[kept, :, :slots]

    def extend(self, other: RaggedLayer, rows: int) -> None:
        """Take in the row of `other`, which was read for the same layer, beside the `rows` that are here."""
        import mlx.core as mx

        if self.keys is None and other.keys is None:
            return
        mine, theirs = _filled(self, other, rows), _filled(other, self, 1)
        slots = max(mine[0].shape[2], theirs[0].shape[2])
        self.keys, self.values = (
            mx.concatenate([_padded(a, slots), _padded(b, slots)]) for a, b in zip(mine, theirs, strict=True)
        )

    def _slots(self) -> int:
        end = self._span.end
        return end if self._ring is None else min(end, self._ring)

    def _grow(self, keys: mx.array, values: mx.array) -> None:
        needed = self._slots()
        if self.keys is None or self.values is None:
            self.keys, self.values = keys[..., :0, :], values[..., :0, :]
        if needed > self.keys.shape[2]:
            slots = _in_steps(needed)
            slots = slots if self._ring is None else min(slots, self._ring)
            self.keys, self.values = _padded(self.keys, slots), _padded(self.values, slots)

    def _write(self, rows: slice, start: int, keys: mx.array, values: mx.array) -> None:
        """Write from slot `start` on, in a ring perhaps in two pieces."""
        assert self.keys is not None
        assert self.values is not None
        width = keys.shape[2]
        begin = start if self._ring is None else start % self._ring
        first = width if self._ring is None else min(width, self._ring - begin)
        self.keys[rows, :, begin : begin + first] = keys[..., :first, :]
        self.values[rows, :, begin : begin + first] = values[..., :first, :]
        if first < width:
            self.keys[rows, :, : width - first] = keys[..., first:, :]
            self.values[rows, :, : width - first] = values[..., first:, :]


def is_ragged(cache: Sequence[Any]) -> bool:
    """Whether every layer of a row's `cache` is of a kind that `ragged` knows."""
    from mlx_lm.models.cache import KVCache, RotatingKVCache

    return all(type(layer) is KVCache or (type(layer) is RotatingKVCache and layer.keep == 0) for layer in cache)


def ragged(cache: list[Any]) -> list[RaggedLayer]:
    """The layers of a batch of one row, from the caches that its prompt was read into. Empties `cache`."""
    layers = []
    while cache:
        layer = _convert(cache.pop(0))
        _evaluate(layer)
        layers.append(layer)
    return layers


def _convert(cache: Any) -> RaggedLayer:
    from mlx_lm.models.cache import KVCache

    window = None if type(cache) is KVCache else int(cache.max_size)
    if cache.keys is None:
        return RaggedLayer(None, None, window)
    if window is None:
        return RaggedLayer(cache.keys[..., : cache.offset, :], cache.values[..., : cache.offset, :])
    return RaggedLayer(_as_ring(cache, cache.keys), _as_ring(cache, cache.values), window)


def _as_ring(cache: Any, array: mx.array) -> mx.array:
    """The last tokens of a rotating cache of mlx-lm, each at its position modulo the size of the ring."""
    import mlx.core as mx

    array = cache._temporal_order(array)
    held = min(array.shape[2], cache.offset, cache.max_size)
    array = array[..., array.shape[2] - held :, :]
    if held == cache.offset:
        return array
    ring = cache.max_size + MOST_DRAFTED
    return mx.roll(_padded(array, ring), (cache.offset - held) % ring, 2)


def _filled(layer: RaggedLayer, like: RaggedLayer, rows: int) -> tuple[mx.array, mx.array]:
    """Keys and values of `layer`, or empty ones for its `rows`, which have read nothing yet."""
    if layer.keys is not None and layer.values is not None:
        return layer.keys, layer.values
    assert like.keys is not None
    assert like.values is not None
    return _empty(like.keys, rows), _empty(like.values, rows)


def _empty(like: mx.array, rows: int) -> mx.array:
    import mlx.core as mx

    return mx.zeros((rows, like.shape[1], 0, like.shape[3]), like.dtype)


def _in_steps(tokens: int) -> int:
    return -(-tokens // _STEP) * _STEP


def _padded(array: mx.array, slots: int) -> mx.array:
    """`array` (B, heads, S, dim) with empty slots at its end."""
    import mlx.core as mx

    missing = slots - array.shape[2]
    return array if missing <= 0 else mx.pad(array, [(0, 0), (0, 0), (0, missing), (0, 0)])


def _evaluate(layer: RaggedLayer) -> None:
    import mlx.core as mx

    mx.eval(layer.state)
