"""Prefixes of prompts whose keys and values are kept, because several prompts begin alike.

A prefix is kept exactly where the prompts part: a sliding window cannot be wound back.

mlx-lm's own `LRUPromptCache` (mlx_lm.models.cache, 0.32.2) would lose four things in place of this one. It
evicts in the order of insertion: a prefix that every prompt uses goes as soon as `max_size` younger ones have
come. An exact hit leaves no token to compute, and the engine needs one. It has no least length: any two chat
prompts share their first control tokens, so each lookup would copy a whole cache for these. And where to cut,
which is what `boundary` is for, it does not say.
"""

from __future__ import annotations

import copy
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Any

# A shorter prefix is not worth its memory: every chat prompt begins with the same few control tokens.
_WORTH_KEEPING = 16

# Prompts that were read lately, to compare new ones with.
_REMEMBERED = 16


class PrefixCache:
    """Prefixes and the single-row caches (one per layer) that hold exactly them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, ...], list[Any]] = OrderedDict()
        self._recent: deque[list[int]] = deque(maxlen=_REMEMBERED)

    @property
    def nbytes(self) -> int:
        """Memory of all that is kept."""
        return sum(layer.nbytes for cache in self._kept.values() for layer in cache)

    def find(self, prompt: Sequence[int]) -> tuple[int, list[Any] | None]:
        """The longest kept prefix of `prompt` that leaves at least one token: its length and a copy."""
        from mlx_lm.models.cache import can_trim_prompt_cache, trim_prompt_cache

        best, length = None, _WORTH_KEEPING - 1
        for tokens, cache in self._kept.items():
            shared = min(common_length(tokens, prompt), len(prompt) - 1)
            if shared > length and (shared == len(tokens) or can_trim_prompt_cache(cache)):
                best, length = tokens, shared
        if best is None:
            return 0, None
        self._kept.move_to_end(best)
        cache = copy.deepcopy(self._kept[best])
        trim_prompt_cache(cache, len(best) - length)
        return length, cache

    def boundary(self, prompt: list[int], known: int, waiting: Iterable[list[int]]) -> int | None:
        """Where `prompt` parts from others, if keeping its prefix saves more than the `known` one does.

        Best is where length times the number of prompts that go so far together is greatest.
        """
        others = [*self._recent, *waiting]
        lengths = sorted((min(common_length(prompt, o), len(prompt) - 1) for o in others), reverse=True)
        self._recent.append(prompt)
        gains = [(length * (count + 1), length) for count, length in enumerate(lengths)]
        _, best = max(gains, default=(0, 0))
        return best if best >= known + _WORTH_KEEPING else None

    def keep(self, tokens: Sequence[int], cache: list[Any]) -> None:
        """Keep a copy of `cache`, which holds exactly `tokens`."""
        self._kept[tuple(tokens)] = copy.deepcopy(cache)

    def drop_oldest(self) -> bool:
        """Drop the prefix that has not been of use for longest; False if none is left."""
        if not self._kept:
            return False
        self._kept.popitem(last=False)
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._recent.clear()


def common_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two prompts begin with in common."""
    low, high = 0, min(len(first), len(second))
    first, second = tuple(first[:high]), tuple(second[:high])
    while low < high:  # comparing slices is far faster than comparing tokens one by one
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
