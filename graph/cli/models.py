"""`models`: the catalog as a table: what fits here, what is downloaded, what a preset takes and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from llm.mlx.catalog import ANSWER_TOKENS, CATALOG, FAMILIES, PRESETS, Choice, choose, total_memory, usable_bytes
from llm.mlx.disk import on_disk

_COLUMNS = ("model", "size", "bits", "GB", "KB/token", "window", "at once", "here", "taken by")
_MOST_SHOWN = 99


def models(family: str | None, memory_gb: float | None, form: str) -> str:
    """The catalog for people or, as JSON, for programs; of one family, or for another machine's memory."""
    memory = total_memory() if memory_gb is None else int(memory_gb * 2**30)
    usable = usable_bytes(memory)
    families = [family] if family else list(FAMILIES)
    chosen = {name: _choices(name, usable) for name in families}
    rows = [_row(each, usable, chosen[each.family]) for each in CATALOG if each.family in families]
    if form == "json":
        said = {
            "memory_bytes": memory,
            "usable_bytes": usable,
            "answer_tokens": ANSWER_TOKENS,
            "models": rows,
            "presets": {name: _explained(choices) for name, choices in chosen.items()},
        }
        return json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    return _table(rows) + _notes(memory, usable, chosen)


def _choices(family: Any, usable: int) -> dict[str, Choice | str]:
    """What each preset takes, or why it takes nothing."""
    found: dict[str, Choice | str] = {}
    for preset in PRESETS:
        try:
            found[preset] = choose(family, preset, usable)
        except ValueError as error:
            found[preset] = str(error)
    return found


def _row(model: Any, usable: int, chosen: dict[str, Choice | str]) -> dict[str, Any]:
    return {
        "id": model.id,
        "family": model.family,
        "size": model.size,
        "bits": model.bits,
        "gb": model.gb,
        "gb_is": {True: "known", False: "computed", None: "computed, and the name was not checked"}[model.checked],
        "bytes_per_token": model.bytes_per_token,
        "window": model.window,
        "answers_at_once": model.answers_at_once(usable),
        "downloaded": on_disk(model.id).whole,
        "taken_by": [name for name, each in chosen.items() if isinstance(each, Choice) and each.model is model],
    }


def _explained(choices: dict[str, Choice | str]) -> dict[str, Any]:
    return {
        preset: {"model": each.model.id, "why": each.why}
        if isinstance(each, Choice)
        else {"model": None, "why": each}
        for preset, each in choices.items()
    }


def _table(rows: Sequence[dict[str, Any]]) -> str:
    cells = [_COLUMNS, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
    left = {0, 1, len(_COLUMNS) - 1}

    def line(row: Sequence[str]) -> str:
        padded = [
            text.ljust(width) if column in left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(padded).rstrip()

    return "\n".join(map(line, cells)) + "\n"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    answers = row["answers_at_once"]
    return (
        row["id"] + ("?" if "not checked" in row["gb_is"] else ""),
        row["size"],
        str(row["bits"]),
        f"{row['gb']:.1f}",
        f"{row['bytes_per_token'] / 1000:.0f}",
        str(row["window"]),
        "-" if not answers else f"{_MOST_SHOWN}+" if answers > _MOST_SHOWN else str(answers),
        "yes" if row["downloaded"] else "no",
        ", ".join(row["taken_by"]),
    )


def _notes(memory: int, usable: int, chosen: dict[str, dict[str, Choice | str]]) -> str:
    lines = [
        "",
        f"Of {memory / 2**30:.0f} GB of memory, models may use {usable / 1e9:.1f} GB. at once: answers of "
        f"{ANSWER_TOKENS} tokens that fit beside the weights; -: it does not fit.",
    ]
    for family, choices in chosen.items():
        auto = choices["auto"]
        why = f"{auto.model.id}: {auto.why}" if isinstance(auto, Choice) else auto
        lines.append(f"llm.family {family}, llm.preset auto: {why}.")
    lines.append("GB is what the files of that name have, or computed. ?: a name that was not checked.")
    return "\n".join(lines) + "\n"
