"""How a summary was made, and how much of the document is in it: lists of facts. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph.report.citations import forgotten
from graph.report.html.markup import Html, foreign, tag, together

_THIRDS = ("beginning", "middle", "end")


def facts(rows: Sequence[tuple[str, object]]) -> Html:
    """Names and values; rows without a value are left out."""
    shown = (together(tag("dt", name), tag("dd", value)) for name, value in rows if value not in ("", None))
    return tag("dl", *shown, class_="facts")


def coverage_facts(result: Mapping[str, Any]) -> list[tuple[str, object]]:
    """How much was read, how much of that is in the summary, and of which part of the document."""
    coverage, sentences = result.get("coverage"), result.get("sentences") or ()
    ledger = result["pages"]
    rows: list[tuple[str, object]] = []
    rows.append(("Pages read", f"{sum(page['status'] == 'read' for page in ledger)} of {len(ledger)}"))
    if coverage and coverage["thirds"]:
        used, total = coverage["chunks_used"], coverage["chunks_total"]
        rows.append(("Parts it rests on, as far as words tell", f"{used} of {total}" if total > 1 else ""))
        silent = ", ".join(forgotten(result))
        rows.append(("No sentence rests on", foreign(silent) if silent else ""))
        rows.append(("By thirds", _by_thirds(coverage["thirds"]) if max(total, len(ledger)) > 2 else ""))
    if coverage:
        rows.append(("Length", f"{_percent(coverage['compression'])} of the text"))
    if said := sum(bool(sentence["evidence"] or sentence["flags"]) for sentence in sentences):
        flagged = sum(bool(sentence["flags"]) for sentence in sentences)
        rows.append(("Sentences to check", f"{flagged} of {said}" if flagged else "none stands out"))
    return rows


def making(result: Mapping[str, Any], model: str) -> Html:
    """Model, calls, tokens, seconds; settings and prompts to open."""
    made, stats = result.get("made") or {}, result["stats"]
    calls = f"{stats['calls']}"
    if cached := stats["cached_calls"]:
        calls += f", {'all' if cached == stats['calls'] else cached} answered before"
    tokens = f"{stats['prompt_tokens']:,} read, {stats['output_tokens']:,} written"
    rows: list[tuple[str, object]] = [
        ("Model", foreign(made.get("model") or model)),
        ("Provider", foreign(made["provider"]) if made.get("provider") else ""),
        ("Language", foreign(made["language"]) if made.get("language") else ""),
        ("Focus", foreign(made["focus"]) if made.get("focus") else ""),
        ("Calls", calls),
        ("Tokens", tokens if stats["prompt_tokens"] else ""),
        ("Seconds", _seconds(stats["seconds"])),
    ]
    settings = [(name, tag("code", value)) for name, value in _flat(made.get("settings") or {})]
    prompts = list(_flat(made.get("prompts") or {}))
    return together(
        facts(rows),
        _closed("Settings", facts(settings)) if settings else "",
        _closed("Prompts", *(_prompt(name, words) for name, words in prompts)) if prompts else "",
    )


def _closed(title: str, *inside: object) -> Html:
    return tag("details", tag("summary", title), *inside)


def _prompt(name: str, words: str) -> Html:
    return together(tag("h3", name), tag("pre", words, dir="auto"))


def _flat(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as dotted names and texts. Those that are not set are left out."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif values is not None:
        yield name, str(values)


def _seconds(seconds: Mapping[str, float]) -> str:
    stages = ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items() if value >= 0.05)
    return f"{sum(seconds.values()):.1f}" + (f" ({stages})" if stages else "")


def _by_thirds(thirds: Sequence[float]) -> str:
    return ", ".join(f"{name} {_percent(share)}" for name, share in zip(_THIRDS, thirds, strict=False))


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.095 or share == 0 else f"{share:.1%}"
