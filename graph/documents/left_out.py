"""The account of what is left out: no word goes without being counted."""

import re
from collections.abc import Iterable

from graph.documents.types import LeftOut

_WORD = re.compile(r"\w+")
_SHOWN = 80  # characters of it that a result shows


def left_out(reason: str, text: str) -> LeftOut:
    """One entry: why a text is left out, how many words it has, and how it begins."""
    words = " ".join(text.split())
    shown = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
    return LeftOut(reason=reason, words=count_words(text), text=shown)


def count_words(text: str) -> int:
    """How many words a text has, in every account of them."""
    return len(_WORD.findall(text))


def by_reason(entries: Iterable[LeftOut]) -> list[LeftOut]:
    """One entry for each reason, with the words of all and the text of the first."""
    together: dict[str, LeftOut] = {}
    for entry in entries:
        known = together.setdefault(entry["reason"], LeftOut(reason=entry["reason"], words=0, text=entry["text"]))
        known["words"] += entry["words"]
    return list(together.values())
