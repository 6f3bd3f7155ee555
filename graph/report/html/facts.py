"""Lists of facts: how much of the document is in the summary, and how the summary was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from graph.report.citations import claims
from graph.report.coverage import length_said, percent, unused_documents
from graph.report.html.markup import foreign, tag, together
from graph.report.words import say
from graph.results.types import Coverage, Provenance, Result

_THIRDS = ("{share} of the beginning", "{share} of the middle", "{share} of the end")

# The steps of a run and the prompts of a set, for people.
STEPS = {
    "load": "reading",
    "split": "dividing",
    "map_summarize": "summarizing the parts",
    "collect": "collecting",
    "collapse": "merging",
    "final_summarize": "writing the summary",
    "ground": "looking up its sources",
    "revise": "mending sentences",
    "find": "finding passages",
    "answer": "answering",
}
PROMPTS = {
    "map": "For a part",
    "collapse": "For merging summaries",
    "final": "For the summary",
    "revise": "For mending a sentence",
    "together": "For comparing documents",
    "ask": "For a question",
}


def fact_list(rows: Sequence[tuple[str, object]]) -> Markup:
    """Names and values; rows without a value are left out."""
    shown = (together(tag("dt", name), tag("dd", value)) for name, value in rows if value != "")
    return tag("dl", *shown, class_="facts")


def coverage_facts(result: Result) -> Markup:
    """How much was read, how much of that is in the summary, and from which part of the document."""
    coverage = result["coverage"]
    return fact_list(
        [
            (
                say("Pages read"),
                say("{part} of {whole}", part=coverage["pages_read"], whole=coverage["pages_total"]),
            ),
            *_use(result, coverage),
            (say("Length"), length_said(result) if coverage["compression"] else ""),
            (say("Sentences to check"), _flagged(result)),
        ]
    )


def _use(result: Result, coverage: Coverage) -> list[tuple[str, object]]:
    if not coverage["thirds"]:
        return []
    used, total = coverage["chunks_used"], coverage["chunks_total"]
    unused = ", ".join(unused_documents(result))
    thirds = ", ".join(
        say(third, share=percent(share)) for third, share in zip(_THIRDS, coverage["thirds"], strict=True)
    )
    return [
        (say("Parts used"), _part(used, total) if total > 1 else ""),
        (say("Documents not used"), foreign(unused) if unused else ""),
        (say("Use by position"), thirds if max(total, len(result["pages"])) > 2 else ""),
    ]


def _part(part: int, whole: int) -> str:
    return say("{part} of {whole}", part=part, whole=whole)


def _flagged(result: Result) -> object:
    compared = claims(result)
    if not compared:
        return ""
    flagged = sum(bool(sentence["flags"]) for sentence in compared)
    message = "{part} of {whole}" if flagged else "none of {whole}"
    note = tag("span", say("(word overlap only, not a fact check)"), class_="small")
    return together(say(message, part=flagged, whole=len(compared)), " ", note)


def run_facts(result: Result) -> Markup:
    """Model, calls, tokens, seconds; settings and prompts to open."""
    made, stats = result["made"], result["stats"]
    calls = f"{stats['calls']}"
    if cached := stats["cached_calls"]:
        calls += f" ({say('{count} answered from the cache', count=cached)})"
    tokens = say(
        "{read} read, {written} written", read=f"{stats['prompt_tokens']:,}", written=f"{stats['output_tokens']:,}"
    )
    if accepted := stats.get("accepted_tokens", 0):
        tokens += f" ({say('{count} drafted from the prompt', count=f'{accepted:,}')})"
    return together(
        fact_list(
            [
                (say("Model"), foreign(made["model"])),
                (say("Provider"), foreign(made["provider"]) if made["provider"] else ""),
                (say("Language"), foreign(made["language"]) if made["language"] else ""),
                (say("Focus"), foreign(made["focus"]) if made["focus"] else ""),
                (say("Calls of the model"), calls),
                (say("Tokens"), tokens if stats["prompt_tokens"] else ""),
                (say("Seconds"), _seconds(stats["seconds"])),
            ]
        ),
        _settings(made),
        _prompts(made),
    )


def _settings(made: Provenance) -> Markup:
    rows = [(name, tag("code", value)) for name, value in made["settings"].items()]
    return tag("details", tag("summary", say("Settings")), fact_list(rows)) if rows else Markup()


def _prompts(made: Provenance) -> Markup:
    prompts = (
        together(tag("h3", say(PROMPTS.get(name, name))), tag("pre", text, dir="auto"))
        for name, text in made["prompts"].items()
    )
    return tag("details", tag("summary", say("Prompts")), *prompts) if made["prompts"] else Markup()


def _seconds(seconds: Mapping[str, float]) -> str:
    stages = ", ".join(
        f"{say(STEPS[step])} {value:.1f}" for step, value in seconds.items() if step in STEPS and value >= 0.05
    )
    return f"{sum(seconds.values()):.1f}" + (f" ({stages})" if stages else "")
