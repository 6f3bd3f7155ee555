"""The sentences of a summary that were mended, in words, for every form of report."""

from __future__ import annotations

from graph.results.types import Result, Revision

OUT = "taken out"
_WEAK = "hardly supported"


def why(revision: Revision) -> str:
    """What was wrong with the sentence."""
    return ", ".join(revision["why"]) or _WEAK


def mended_lines(result: Result) -> list[str]:
    """What was changed, and why, a line of Markdown each."""
    return [f"- {each['before']} → {each['after'] or OUT} ({why(each)})" for each in result["revisions"]]
