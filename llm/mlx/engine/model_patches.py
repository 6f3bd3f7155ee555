"""A mend from outside for a model that mlx-lm computes wrongly for several rows at once."""

from __future__ import annotations

from functools import cache
from typing import Any


def repair_attention(model: Any) -> None:
    """Let Gemma 2 decode several rows together.

    Its attention adds an axis for the query heads that share a key-value head, but not to the mask
    (B, 1, L, S), which then meets the wrong axis of the scores (B, kv heads, repeats, L, S): mlx-lm issue 1903.
    """
    from mlx_lm.models import gemma2

    for module in model.modules():
        if type(module) is gemma2.Attention:
            module.__class__ = _mended()


@cache
def _mended() -> type[Any]:
    from mlx_lm.models import gemma2

    class Attention(gemma2.Attention):
        """Gemma 2's attention, given the mask an axis for `repeats`."""

        def __call__(self, x: Any, mask: Any = None, cache: Any = None) -> Any:
            if self.repeats > 1 and getattr(mask, "ndim", 0) == 4:
                mask = mask[:, :, None]
            return super().__call__(x, mask, cache)

    return Attention
