"""Lines of print that belong together -> one line: with a space between them, or without one."""

from __future__ import annotations

import re

from llm.language.marks import UNSPACED

# Hangul is wide too, but its words are parted by spaces.
_UNSPACED = rf"[{UNSPACED}\u3000-\u303f\uff01-\uff65]"  # with their marks, and full-width letters
_SEAM = re.compile(rf"{_UNSPACED}\n{_UNSPACED}")
_HYPHENATED = re.compile(r"\w[-‐–]$")


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
