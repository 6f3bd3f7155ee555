"""Marks around text that a reader of the document does not see, while it goes through pandoc as text.

Before pandoc, or in its tree, such text is put between a letter for the reason and `CLOSE`; when the lines are
made it is taken out and named. The letters are of private use, which no text of a page has.
"""

import re

HIDDEN, STRUCK, DELETED, NAVIGATION, CLOSE = "\ue0a0", "\ue0a1", "\ue0a2", "\ue0a3", "\ue0af"
REASONS = {
    HIDDEN: "hidden text",
    STRUCK: "struck-out text",
    DELETED: "tracked deletions",
    NAVIGATION: "navigation",
}
_MARKED = re.compile(f"([{HIDDEN}-{NAVIGATION}])([^{HIDDEN}-{CLOSE}]*){CLOSE}")


def marked(text: str, reason: str) -> str:
    """The text between its marks, but for white space alone."""
    return f"{reason}{text}{CLOSE}" if text.strip() else text


def taken_out(text: str, left_out: list[tuple[str, str]]) -> str:
    """The text without what is marked, which `left_out` gets with its reason."""

    def take(match: re.Match[str]) -> str:
        left_out.append((REASONS[match[1]], match[2]))
        return " " if match[2] != match[2].strip() else ""

    while CLOSE in text:
        text, count = _MARKED.subn(take, text)
        if not count:
            break
    return text
