"""Where the graph goes next."""

from __future__ import annotations

from typing import Literal

from langgraph.types import Send

from graph.calling.budget import TokenBudget
from graph.chapter_summaries import by_chapter
from graph.packing import joined_tokens
from graph.state import State
from graph.tasks import collapse_tasks, missing_map_tasks


def fan_out(state: State) -> list[Send] | Literal["final_summarize"]:
    """After split: every chunk at once to map_summarize, or the whole document to final_summarize."""
    if state["route"] == "direct":
        return "final_summarize"
    return [Send("map_summarize", task) for task in state["tasks"]]


def mend_or_end(state: State) -> list[Send] | Literal["__end__"]:
    """After ground: every doubtful sentence at once to revise, if summarize.check asks for that."""
    return [Send("revise", task) for task in state.get("doubtful", [])] or "__end__"


def next_step(state: State, *, budget: TokenBudget) -> list[Send] | Literal["final_summarize"]:
    """After collect: another round of collapse while a chapter has several summaries, or all of them together are
    over the final prompt's budget.

    Chunks that have no summary, because their tasks were resumed from a checkpoint, go to map_summarize again.
    """
    if missing := missing_map_tasks(state):
        return [Send("map_summarize", task) for task in missing]
    groups = by_chapter(state["tree"], state["chunks"])
    unfinished = [group for group in groups if len(group) > 1]
    if len(groups) == 1 or not unfinished:
        summaries = [summary for group in groups for summary in group]
        if len(summaries) < 2 or joined_tokens(summaries) <= budget.input("final"):
            return "final_summarize"
        unfinished = [summaries]
    tasks = collapse_tasks(state, unfinished, budget.packed_tokens)
    return [Send("collapse", task) for task in tasks]
