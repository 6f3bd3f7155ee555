"""Answers as Markdown for people."""

from __future__ import annotations

from graph.asking.types import Answers
from graph.report.citations import with_citations
from graph.results.page_ranges import page_names


def to_markdown(result: Answers) -> str:
    """Title, each question with its answer and the pages of every sentence, and below how they were made."""
    names = page_names(result["pages"])
    lines = [f"# {' '.join(result['title'].split())}"]
    for answer in result["answers"]:
        lines += [f"## {answer['question']}", with_citations(answer["answer"], answer["sentences"], names)]
    stats = result["stats"]
    calls = f"{stats['calls']} call{'s' if stats['calls'] != 1 else ''}"
    if stats["cached_calls"]:
        calls += f" ({stats['cached_calls']} from the cache)"
    lines += ["---", f"Made by {result['made']['model']} with {calls} in {sum(stats['seconds'].values()):.1f} s."]
    if result["warnings"]:
        warnings = [f"- {' '.join(warning.split())}" for warning in result["warnings"]]
        lines += ["Warnings:", "\n".join(warnings)]
    return "\n\n".join(lines) + "\n"
