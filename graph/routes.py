"""Where the graph goes next. Pure functions of the state."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Send

from graph.account import chunk_pages
from graph.budget import Budget
from graph.packing import collapse_tasks, frontier, joined_tokens
from graph.state import MapTask, State


def fan_out(state: State) -> list[Send] | Literal["final_summarize"]:
    """After split: every chunk at once to map_summarize, or the whole document to final_summarize."""
    if state["route"] == "direct":
        return "final_summarize"
    return [
        Send("map_summarize", MapTask(chunk=chunk, pages=chunk_pages(chunk, state["pages"])))
        for chunk in state["chunks"]
    ]


def next_step(state: State, *, budget: Budget) -> list[Send] | Literal["final_summarize"]:
    """After collect: another round of collapse while the summaries are over the final prompt's budget."""
    summaries = frontier(state["tree"])
    if len(summaries) < 2 or joined_tokens(summaries) <= budget.input("final"):
        return "final_summarize"
    return [Send("collapse", task) for task in collapse_tasks(state["tree"], budget.input("collapse"))]
