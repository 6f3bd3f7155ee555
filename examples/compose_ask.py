"""Questions in a larger application: a graph asks each contract the same things, and makes a table of the answers.

`build_ask` is a Runnable as `build_graph` is: a node, a tool, a batch. Every answer has the pages behind it, and a
question that a document does not answer stays open in the table, instead of being made up.
Usage: compose_ask.py [FILE ...]
"""

from __future__ import annotations

import sys
from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from graph import build_ask, load_config

QUESTIONS = ["What is the rent?", "When does the contract end?", "Who repairs the roof?"]
CONTRACTS = {
    "Mill Lane 3": "The house in Mill Lane 3 is let to Ada Quill. The rent is 900 crowns a month. "
    "The contract ends on 31 May 2031. Repairs of the roof are paid by the owner.",
    "Quay 11": "The warehouse at Quay 11 is let to the Sorrel Rope Company. The rent is 2,400 crowns a month. "
    "The company keeps the crane in order and insures it.",
}


class Table(TypedDict, total=False):
    """The parent's state: what each document is called, where it comes from, and what was found out."""

    documents: dict[str, Any]
    rows: list[list[str]]


def look_up(state: Table) -> Table:
    """Ask every document all questions; the model answers those of several documents together."""
    app = build_ask(load_config("quickstart"))
    asked: Any = [{**given, "questions": QUESTIONS} for given in state["documents"].values()]
    results = app.batch(asked)
    rows = []
    for name, result in zip(state["documents"], results, strict=True):
        rows.append([name, *(cell(answer) for answer in result["answers"])])
    return {"rows": rows}


def cell(answer: dict[str, Any]) -> str:
    """The answer with its pages; a dash where the document does not say."""
    if not answer["supported"]:
        return "-"
    pages = sorted({page for sentence in answer["sentences"] for page in sentence["pages"]})
    return f"{' '.join(answer['answer'].split())} (p. {', '.join(map(str, pages))})"


def main() -> None:
    parent = StateGraph(Table)
    parent.add_node("look_up", look_up)
    parent.add_edge(START, "look_up")
    parent.add_edge("look_up", END)
    given: dict[str, Any] = {path: {"source": path} for path in sys.argv[1:]}
    given = given or {name: {"documents": [text]} for name, text in CONTRACTS.items()}
    for row in parent.compile().invoke({"documents": given})["rows"]:
        print(" | ".join(row))


if __name__ == "__main__":
    main()
