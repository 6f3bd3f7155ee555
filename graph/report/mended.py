"""The sentences of a summary that were mended, in words, for every form of report."""

from __future__ import annotations

from graph.report.words import say
from graph.results.types import Result, Revision


def why(revision: Revision) -> str:
    """What was wrong with the sentence."""
    return ", ".join(map(say, revision["why"])) or say("hardly supported")


def revisions(result: Result) -> list[Revision]:
    """What was changed; nothing in a result of before there was such a thing."""
    return result.get("revisions", [])


def mended_lines(result: Result) -> list[str]:
    """What was changed, and why, a line of Markdown each."""
    return [
        f"- {each['before']} → {each['after'] or say('taken out')} ({why(each)})" for each in revisions(result)
    ]
