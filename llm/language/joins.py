"""Lines of print that belong together -> one line: with a space between them, or without one."""

from __future__ import annotations

import regex

# Hangul is wide too, but its words are parted by spaces.
_UNSPACED = (
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u3000-\u303f\u30fb\u30fc"
    r"\uff01-\uff0f\uff1a-\uff65\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    r"\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]"
)
_SEAM = regex.compile(rf"{_UNSPACED}\n{_UNSPACED}")
_HYPHENATED = regex.compile(r"\w[-‐–]$")


def join(left: str, right: str) -> str:
    """Two lines as one. Scripts without spaces between words get none, nor does what follows a hyphen.

    Whether the hyphen itself goes is decided by the words of the whole document, before.
    """
    return f"{left}{gap(left, right)}{right}"


def gap(left: str, right: str) -> str:
    """What stands between two lines that belong together: a space, or nothing."""
    if _HYPHENATED.search(left[-2:]) or _SEAM.match(f"{left[-1:]}\n{right[:1]}"):
        return ""
    return " "
