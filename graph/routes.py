"""Where the graph goes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from langgraph.types import Send

from graph.calling.budget import SEPARATOR_TOKENS, TokenBudget
from graph.chapter_summaries import by_chapter
from graph.document_summaries import are_several, due_documents, name_of
from graph.documents.config import Context
from graph.packing import frontier, joined_tokens
from graph.results.types import Summary
from graph.state import State
from graph.tasks import collapse_tasks, missing_map_tasks
from llm.tokens import estimate_tokens


def fan_out(state: State) -> list[Send] | Literal["final_summarize"]:
    """After split: every chunk at once to map_summarize, or the whole document to final_summarize."""
    if state["route"] == "direct":
        return "final_summarize"
    return [Send("map_summarize", task) for task in state["tasks"]]


def mend_or_end(state: State) -> list[Send] | Literal["__end__"]:
    """After ground: every doubtful sentence at once to revise, if summarize.check asks for that."""
    return [Send("revise", task) for task in state.get("doubtful", [])] or "__end__"


def next_step(state: State, *, budget: TokenBudget, context: Context) -> list[Send] | Literal["final_summarize"]:
    """After collect: another round of collapse while a chapter has several summaries, or one of several documents
    has no summary of its own, or all of them together are over the final prompt's budget.

    Chunks that have no summary, because their tasks were resumed from a checkpoint, go to map_summarize again.
    """
    tree, chunks = state["tree"], state["chunks"]
    if missing := missing_map_tasks(state, budget, context):
        return [Send("map_summarize", task) for task in missing]
    whole: dict[str, list[Summary]] = {}
    if not (unfinished := [group for group in by_chapter(tree, chunks) if len(group) > 1]):
        due = due_documents(tree, chunks)
        whole = {name: group for name, group in due.items() if joined_tokens(group) <= budget.input("final")}
        unfinished = [group for name, group in due.items() if name not in whole]
    if not unfinished and not whole:
        summaries = frontier(tree)
        if len(summaries) < 2 or _fits(summaries, state, budget):
            return "final_summarize"
        unfinished = [summaries]
    tasks = collapse_tasks(state, unfinished, budget.packed_tokens, whole)
    return [Send("collapse", task) for task in tasks]


def _fits(summaries: Sequence[Summary], state: State, budget: TokenBudget) -> bool:
    """Whether the summaries fit the last prompt; those of documents with their names."""
    if not are_several(state["pages"]):
        return joined_tokens(summaries) <= budget.input("final")
    names = sum(estimate_tokens(name_of(file)) + SEPARATOR_TOKENS for file in state["files"])
    return joined_tokens(summaries) + names <= budget.comparison_input
