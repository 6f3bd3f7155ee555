"""Where the graph goes next. Pure functions of the state."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Send

from graph.calling.budget import Budget
from graph.compressed import compress
from graph.packing import collapse_tasks, frontier, joined_tokens
from graph.results.assemble import chunk_texts, map_id
from graph.results.page_ranges import in_pages
from graph.state import MapTask, State


def fan_out(state: State) -> list[Send] | Literal["final_summarize"]:
    """After split: every chunk at once to map_summarize, or the whole document to final_summarize."""
    if state["route"] == "direct":
        return "final_summarize"
    return [Send("map_summarize", task) for task in state["tasks"]]


def next_step(state: State, *, budget: Budget) -> list[Send] | Literal["final_summarize"]:
    """After collect: another round of collapse while the summaries are over the final prompt's budget.

    Chunks that have no summary, because their tasks were resumed from a checkpoint, go to map_summarize again.
    """
    if again := _missing(state):
        return again
    summaries = frontier(state["tree"])
    if len(summaries) < 2 or joined_tokens(summaries) <= budget.input("final"):
        return "final_summarize"
    tasks = collapse_tasks(state["tree"], budget.packed_tokens, state["files"])
    return [Send("collapse", task) for task in tasks]


def _missing(state: State) -> list[Send]:
    done = {summary["id"] for summary in state["tree"]}
    if all(map_id(chunk["id"]) in done for chunk in state["chunks"]):
        return []
    return [
        Send(
            "map_summarize",
            MapTask(
                id=chunk["id"],
                tokens=chunk["tokens"],
                pages=chunk["pages"],
                where=in_pages(chunk["pages"], state["files"]),
                compressed=compress(text),
            ),
        )
        for chunk, text in zip(state["chunks"], chunk_texts(state), strict=True)
        if map_id(chunk["id"]) not in done
    ]
