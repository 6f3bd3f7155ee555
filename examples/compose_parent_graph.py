"""The pipeline as a node of a larger LangGraph graph: pick a file, summarize it, write a line for a catalogue.

The parent has keys of its own; those it shares with the pipeline (source, summary, title, pages) pass between
them by name, and the pipeline's other keys stay inside. Usage: compose_parent_graph.py [FILE ...]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from graph import build_graph, load_config

HERE = Path(__file__).parent


class Catalogue(TypedDict, total=False):
    """The parent's state: candidates and entry are its own, the rest it shares with the pipeline."""

    candidates: list[str]
    source: str
    summary: str
    title: str
    pages: list[dict[str, Any]]
    entry: str


def pick(state: Catalogue) -> Catalogue:
    """Take the largest of the files: it needs a summary most."""
    return {"source": max(state["candidates"], key=lambda path: Path(path).stat().st_size)}


def write_entry(state: Catalogue) -> Catalogue:
    """Make the line for the catalogue."""
    read = sum(page["status"] == "read" for page in state["pages"])
    return {"entry": f"{state['title']} ({read} of {len(state['pages'])} pages read)\n{state['summary']}"}


def main() -> None:
    summarize = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))
    parent = StateGraph(Catalogue)
    parent.add_node("pick", pick)
    parent.add_node("summarize", summarize)
    parent.add_node("write_entry", write_entry)
    parent.add_edge(START, "pick")
    parent.add_edge("pick", "summarize")
    parent.add_edge("summarize", "write_entry")
    parent.add_edge("write_entry", END)

    candidates = sys.argv[1:] or [str(HERE / "handbook.pdf"), str(HERE / "handbook.md")]
    result = parent.compile().invoke({"candidates": candidates})
    print(result["entry"])


if __name__ == "__main__":
    main()
