"""Thoughts that a model wrote into its answer, told from the answer by the marks that models put around them.

ChatMLX and most servers part the two themselves. What is here is for those that do not: a server without a
parser for its model, a model of the caller's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llm.thought_marks import THOUGHT_MARKS


def _patterns() -> Iterator[tuple[str, str]]:
    """What opens a thought, and what closes it. Any tag closes any other."""
    tags = [marks for marks in THOUGHT_MARKS if marks.is_tag]
    yield "|".join(re.escape(tag.opening) for tag in tags), "|".join(re.escape(tag.closing) for tag in tags)
    for marks in THOUGHT_MARKS:
        if not marks.is_tag:
            label = rf"{re.escape(marks.label.strip())}\b" if marks.label else ""
            yield re.escape(marks.opening) + label, re.escape(marks.closing)


_MARKS = list(_patterns())
_PAIRS = [(re.compile(opening, re.I), re.compile(closing, re.I)) for opening, closing in _MARKS]
_OPENING = re.compile("|".join(opening for opening, _ in _MARKS), re.I)
_CLOSING = re.compile("|".join(closing for _, closing in _MARKS), re.I)

# gpt-oss's channels, with their marks, and as they are left by a server that drops the marks.
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
_BARE_CHANNEL = re.compile(r"\A\s*analysis(?=[^\W\da-z_])")
_BARE_FINAL = re.compile(r"assistant\s?final(?:\s?message)?(?=[^\Wa-z]|[#*>\-])")
_SPECIAL = re.compile(r"<\|(?:end|return|start|call)\|>(?:assistant)?")

# How thoughts begin when the prompt itself opened them. It only delays what is shown.
_SOUNDS_LIKE_A_THOUGHT = re.compile(
    r"\A\s*(?:(?:okay|ok|alright|hmm+|so|well|first|wait|let me|let's|the user|the task|the document is|"
    r"we (?:need|have|are|must|should)|i (?:need|have|should|must|am|will)|i'm|i'll|to summarize|"
    r"thinking|thought|analysis)\b|嗯|好的|首先|用户|まず|ユーザー|먼저|사용자)",
    re.I,
)
_LINE_END = re.compile(r"[ \t]*(?:\n|\Z)")
_SENTENCE_START = re.compile(r"\s*(?:[^\W\d_a-z]|[#*\-])|[^\W\d_]")
_UNFINISHED_MARK = re.compile(r"\n?[<\[◁][^>\]▷\s]*\Z")
_ONE_WORD = 12  # characters; with fewer it is not yet seen how a text begins


class Parted(NamedTuple):
    """An answer without its thoughts. `unfinished`: the text ended within one."""

    answer: str
    unfinished: bool = False


def without_thoughts(text: str) -> Parted:
    """The answer in `text`, and whether a thought in it never ends.

    A thought begins with the text, or on a line of its own; a tag within a sentence is what the sentence is about.
    Where a closing mark has no opening one, the prompt opened the thought.
    """
    if channels := list(_CHANNEL.finditer(text)):
        return _of_channels(text, channels)
    if _BARE_CHANNEL.match(text):
        last = [found.end() for found in _BARE_FINAL.finditer(text)]
        return Parted(text[last[-1] :].strip()) if last else Parted("", unfinished=True)
    if (lone := _lone_closing(text)) is not None:
        text = text[lone:]
    kept, unfinished, position = "", False, 0
    while (found := _next_opening(text, position)) is not None:
        start, after, closing = found
        end = _end_of_thought(text, after, closing)
        is_first = not (kept + text[position:start]).strip()
        if end is None and (closing.search(text, after) or not (is_first or _is_alone(text, start, after))):
            kept, position = kept + text[position:after], after
            continue
        kept += text[position:start]
        unfinished, position = end is None, len(text) if end is None else end
    return Parted((kept + text[position:]).strip(), unfinished)


def answer_so_far(text: str) -> str:
    """The answer in a text that is still being written; nothing while it may turn out to be a thought."""
    if _SOUNDS_LIKE_A_THOUGHT.match(text) and not _lone_closing(text) and not _CHANNEL.search(text):
        return ""
    opened = _next_opening(text, 0)
    if opened and not text[: opened[0]].strip() and _end_of_thought(text, opened[1], opened[2]) is None:
        return ""
    answer, unfinished = without_thoughts(_UNFINISHED_MARK.sub("", text))
    if len(answer) < _ONE_WORD or (answer[0] in "<[◁" and "\n" not in answer):
        return ""
    return answer[: answer.rfind("\n") + 1] if unfinished else answer


def _of_channels(text: str, channels: list[re.Match[str]]) -> Parted:
    last = channels[-1]
    if last[1] != "final":
        return Parted("", unfinished=True)
    return Parted(_SPECIAL.split(text[last.end() :])[0].strip())


def _lone_closing(text: str) -> int | None:
    """Where the answer begins, if a thought is closed that was not opened in `text`."""
    for found in _CLOSING.finditer(text):
        if _OPENING.search(text, 0, found.start()):
            return None
        if _has_line_end(text, found) or _starts_answer(text, found):
            return found.end()
    return None


def _next_opening(text: str, position: int) -> tuple[int, int, re.Pattern[str]] | None:
    """The next mark that opens a thought at the start of a line: its start, its end, and what closes it."""
    hits = [
        (found.start(), found.end(), closing)
        for opening, closing in _PAIRS
        for found in opening.finditer(text, position)
        if not text[text.rfind("\n", 0, found.start()) + 1 : found.start()].strip() or found.start() == position
    ]
    return min(hits, key=lambda hit: hit[0], default=None)


def _end_of_thought(text: str, after: int, closing: re.Pattern[str]) -> int | None:
    """The end of the mark that closes a thought. Within a line, it may be what the thought is about."""
    ends = list(closing.finditer(text, after))
    whole = [found for found in ends if _has_line_end(text, found)]
    chosen = whole or [found for found in ends if _starts_answer(text, found)]
    return chosen[0].end() if chosen else None


def _has_line_end(text: str, mark: re.Match[str]) -> bool:
    """Whether a line begins or ends with the mark."""
    return bool(_LINE_END.match(text, mark.end())) or text.endswith("\n", 0, mark.start())


def _starts_answer(text: str, mark: re.Match[str]) -> bool:
    """Whether a sentence begins behind the mark."""
    return bool(_SENTENCE_START.match(text, mark.end())) and not text.endswith(("`", '"', "'"), 0, mark.start())


def _is_alone(text: str, start: int, after: int) -> bool:
    """Whether a mark has a line for itself."""
    return not text[text.rfind("\n", 0, start) + 1 : start].strip() and bool(_LINE_END.match(text, after))
