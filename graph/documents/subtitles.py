"""Subtitles (SRT, WebVTT) -> the words that are spoken, without their times."""

import re

from graph.documents.formats import CUE

_MARKS = re.compile(r"</?(?:[biuscv]|ruby|rt|lang|font)\b[^>]*>|<\d[\d:.]*>|\{\\[^}]*\}", re.IGNORECASE)
_BLOCKS = re.compile(r"\n[ \t]*\n")


def spoken(text: str) -> str:
    """The words of all cues, in order; what is said twice in a row (cues that roll up) is there once."""
    lines: list[str] = []
    for block in _BLOCKS.split(text.replace("\r\n", "\n")):
        rows = block.split("\n")
        cue = next((index for index, row in enumerate(rows) if CUE.match(row)), None)
        if cue is None:
            continue  # the head of the file, notes and styles
        for row in rows[cue + 1 :]:
            words = _MARKS.sub("", row).strip()
            if words and words not in lines[-2:]:
                lines.append(words)
    return "\n".join(lines)
