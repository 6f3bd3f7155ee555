"""Turns in the order that a chat template takes, for templates have rules of their own: no system turn, or none
but the first; user and assistant in turn, the user first; ids of nine letters. Where a template refuses the turns
as they are, they are brought into another form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from llm.mlx.messages import Turn

# What the user is given to say where the assistant begins and the template wants the user to.
_OPENING = "(The conversation begins.)"

_KNOWN_ROLES = frozenset({"system", "user", "assistant", "tool"})

_SHORT_ID = re.compile(r"[a-zA-Z0-9]{9}")


@dataclass(frozen=True)
class Form:
    """How turns are changed.

    `folds`: which system turns become part of the user's next one; `opens`: the user says something before an
    assistant that begins; `short_ids`: calls are known by nine letters; `tells`: calls and results are told in
    words, and so are roles that most templates do not know.
    """

    folds: Literal["none", "later", "all"] = "none"
    opens: bool = False
    short_ids: bool = False
    tells: bool = False


def forms() -> Iterator[Form]:
    """All forms, those first that change least."""
    plain = [Form(folds, opens) for opens in (False, True) for folds in ("none", "later", "all")]
    yield from plain
    yield from (replace(form, short_ids=True) for form in plain)
    yield from (replace(form, tells=True) for form in plain)


def shape(turns: Sequence[Turn], form: Form) -> list[Turn]:
    """`turns` in `form`, neighbours of one role joined."""
    turns = [_known(turn) for turn in turns] if form.tells else list(turns)
    turns = _fold(turns, form.folds)
    turns = _merge(turns)
    if form.opens:
        first = next((i for i, turn in enumerate(turns) if turn["role"] != "system"), None)
        if first is not None and turns[first]["role"] != "user":
            turns.insert(first, {"role": "user", "content": _OPENING})
    return _shorten_ids(turns) if form.short_ids else turns


def signature(turns: Sequence[Turn]) -> tuple[Any, ...]:
    """What a template's rules can see of `turns`: not what is said, but who says it, and whether anything."""
    return tuple(
        (turn["role"], bool(turn["content"].strip()), len(turn.get("tool_calls", ())), "reasoning_content" in turn)
        for turn in turns
    )


def marked(turns: Sequence[Turn]) -> tuple[list[Turn], dict[str, str]]:
    """`turns` that say nothing but marks, and whose each mark is: a template that leaves one out loses a turn."""
    marks: dict[str, str] = {}
    with_marks = []
    for number, turn in enumerate(turns):
        changed = dict(turn)
        if turn["content"].strip():
            changed["content"] = f"mark{number}x"
            marks[changed["content"]] = turn["role"]
        if calls := turn.get("tool_calls"):
            function = {"name": f"call{number}x", "arguments": {}}
            marks[f"call{number}x"] = turn["role"]
            changed["tool_calls"] = [{**call, "function": function} for call in calls]
        with_marks.append(changed)
    return with_marks, marks


def _known(turn: Turn) -> Turn:
    if turn["role"] in _KNOWN_ROLES:
        return turn
    return {"role": "user", "content": f"{turn['role']}: {turn['content']}"}


def _fold(turns: list[Turn], folds: Literal["none", "later", "all"]) -> list[Turn]:
    """Make system turns the user's: all, or those that others come before."""
    if folds == "none":
        return turns
    leading = 0
    while folds == "later" and leading < len(turns) and turns[leading]["role"] == "system":
        leading += 1
    rest = [{**turn, "role": "user"} if turn["role"] == "system" else turn for turn in turns[leading:]]
    return turns[:leading] + rest


def _merge(turns: list[Turn]) -> list[Turn]:
    """Join neighbours of the same role: templates that insist on alternating roles refuse them."""
    merged: list[Turn] = []
    for turn in turns:
        before = merged[-1] if merged else {}
        plain = turn.keys() == before.keys() == {"role", "content"}
        if plain and before["role"] == turn["role"]:
            texts = filter(None, [before["content"], turn["content"]])
            merged[-1] = {**turn, "content": "\n\n".join(texts)}
        else:
            merged.append(turn)
    return merged


def _shorten_ids(turns: list[Turn]) -> list[Turn]:
    """Give calls ids of nine letters and digits, which Mistral's templates insist on."""
    short: dict[Any, str] = {}

    def shorten(long: Any) -> str:
        fits = isinstance(long, str) and _SHORT_ID.fullmatch(long)
        return str(long) if fits else short.setdefault(long, f"call{len(short):05d}")

    changed = []
    for turn in turns:
        if "tool_calls" in turn:
            turn = {**turn, "tool_calls": [{**call, "id": shorten(call["id"])} for call in turn["tool_calls"]]}
        if "tool_call_id" in turn:
            turn = {**turn, "tool_call_id": shorten(turn["tool_call_id"])}
        changed.append(turn)
    return changed
