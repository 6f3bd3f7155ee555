"""Answers as Markdown for people."""

from __future__ import annotations

from graph.asking.types import Answers
from graph.report.citations import with_citations
from graph.report.markdown import run_line
from graph.report.words import say, speaking
from graph.results.page_ranges import page_names


def to_markdown(result: Answers) -> str:
    """Title, each question with its answer and the pages of every sentence, and below how they were made."""
    with speaking(" ".join(answer["answer"] for answer in result["answers"])):
        return _to_markdown(result)


def _to_markdown(result: Answers) -> str:
    names = page_names(result["pages"])
    lines = [f"# {' '.join(result['title'].split())}"]
    for answer in result["answers"]:
        lines += [f"## {answer['question']}", with_citations(answer["answer"], answer["sentences"], names)]
    lines += ["---", run_line(result["stats"], result["made"])]
    if result["warnings"]:
        warnings = [f"- {' '.join(warning.split())}" for warning in result["warnings"]]
        lines += [say("Warnings:"), "\n".join(warnings)]
    return "\n\n".join(lines) + "\n"
