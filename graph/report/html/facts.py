"""Lists of facts: how much of the document is in the summary, and how the summary was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from graph.report.citations import is_claim
from graph.report.coverage import length_said, percent, unused_documents
from graph.report.html.markup import foreign, tag, together
from graph.results.types import Coverage, Provenance, Result

_THIRDS = ("beginning", "middle", "end")


def fact_list(rows: Sequence[tuple[str, object]]) -> Markup:
    """Names and values; rows without a value are left out."""
    shown = (together(tag("dt", name), tag("dd", value)) for name, value in rows if value != "")
    return tag("dl", *shown, class_="facts")


def coverage_facts(result: Result) -> Markup:
    """How much was read, how much of that is in the summary, and from which part of the document."""
    coverage = result["coverage"]
    return fact_list(
        [
            ("Pages read", f"{coverage['pages_read']} of {coverage['pages_total']}"),
            *_use(result, coverage),
            ("Length", length_said(result) if coverage["compression"] else ""),
            ("Flagged sentences", _flagged(result)),
        ]
    )


def _use(result: Result, coverage: Coverage) -> list[tuple[str, object]]:
    if not coverage["thirds"]:
        return []
    used, total = coverage["chunks_used"], coverage["chunks_total"]
    unused = ", ".join(unused_documents(result))
    thirds = ", ".join(
        f"{percent(share)} of the {name}" for name, share in zip(_THIRDS, coverage["thirds"], strict=True)
    )
    return [
        ("Parts used", f"{used} of {total}" if total > 1 else ""),
        ("Documents not used", foreign(unused) if unused else ""),
        ("Use by position", thirds if max(total, len(result["pages"])) > 2 else ""),
    ]


def _flagged(result: Result) -> object:
    claims = [sentence for sentence in result["sentences"] if is_claim(sentence)]
    if not claims:
        return ""
    flagged = sum(bool(sentence["flags"]) for sentence in claims)
    count = f"{flagged} of {len(claims)}" if flagged else f"None of {len(claims)}"
    return together(count, " ", tag("span", "(word overlap only, not a fact check)", class_="small"))


def run_facts(result: Result) -> Markup:
    """Model, calls, tokens, seconds; settings and prompts to open."""
    made, stats = result["made"], result["stats"]
    calls = f"{stats['calls']}"
    if cached := stats["cached_calls"]:
        calls += f", {'all' if cached == stats['calls'] else cached} answered from the cache"
    tokens = f"{stats['prompt_tokens']:,} read, {stats['output_tokens']:,} written"
    return together(
        fact_list(
            [
                ("Model", foreign(made["model"])),
                ("Provider", foreign(made["provider"]) if made["provider"] else ""),
                ("Language", foreign(made["language"]) if made["language"] else ""),
                ("Focus", foreign(made["focus"]) if made["focus"] else ""),
                ("Calls", calls),
                ("Tokens", tokens if stats["prompt_tokens"] else ""),
                ("Seconds", _seconds(stats["seconds"])),
            ]
        ),
        _settings(made),
        _prompts(made),
    )


def _settings(made: Provenance) -> Markup:
    rows = [(name, tag("code", value)) for name, value in made["settings"].items()]
    return tag("details", tag("summary", "Settings"), fact_list(rows)) if rows else Markup()


def _prompts(made: Provenance) -> Markup:
    prompts = (together(tag("h3", stage), tag("pre", text, dir="auto")) for stage, text in made["prompts"].items())
    return tag("details", tag("summary", "Prompts"), *prompts) if made["prompts"] else Markup()


def _seconds(seconds: Mapping[str, float]) -> str:
    stages = ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items() if value >= 0.05)
    return f"{sum(seconds.values()):.1f}" + (f" ({stages})" if stages else "")
