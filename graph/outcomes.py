"""What the nodes make of the model's answers: summaries, warnings, the result. Calls no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core import exceptions

from graph.account import chunk_pages, in_pages, make_stats, tree_warnings
from graph.budget import SEPARATOR
from graph.caller import Answer
from graph.packing import frontier
from graph.state import FINAL_ID, CollapseTask, MapTask, State, Summary
from llm.errors import EngineError, MissingPackageError, UnsupportedModelError

Update = dict[str, Any]

# These are not about one part: every other call would fail the same way.
_FATAL = (
    exceptions.ModelAuthenticationError,
    exceptions.ModelConnectionError,
    exceptions.ModelNotFoundError,
    exceptions.ModelPermissionDeniedError,
    EngineError,
    MissingPackageError,
    UnsupportedModelError,
)


def join(summaries: Sequence[Summary]) -> str:
    """The summaries as one text, in order."""
    return SEPARATOR.join(summary["text"] for summary in summaries)


def mapped_part(task: MapTask, answer: Answer) -> Update:
    """The summary of one chunk."""
    chunk_id = task["chunk"]["id"]
    return _update(_summary(_map_id(chunk_id), 0, [chunk_id], task["pages"], answer), answer)


def failed_part(task: MapTask, error: Exception) -> Update:
    """A part without a summary, said in a warning. An error that would hit every part is raised again."""
    if isinstance(error, _FATAL):
        raise error
    chunk = task["chunk"]
    summary = Summary(
        id=_map_id(chunk["id"]),
        level=0,
        text="",
        tokens=0,
        sources=[chunk["id"]],
        pages=task["pages"],
        finish_reason="error",
    )
    reason = " ".join(str(error).split()) or type(error).__name__
    return {"tree": [summary], "warnings": [f"{in_pages(task['pages'])}: {reason}"]}


def merged_part(task: CollapseTask, answer: Answer) -> Update:
    """The summary of neighbouring summaries."""
    sources = [summary["id"] for summary in task["summaries"]]
    return _update(_summary(task["id"], task["level"], sources, _pages(task["summaries"]), answer), answer)


def final_text(state: State) -> str:
    """What the final prompt is given: the only chunk, or the summaries that nothing rests on yet."""
    return state["chunks"][0]["text"] if state["route"] == "direct" else join(frontier(state["tree"]))


def finished(state: State, answer: Answer | None) -> Update:
    """The result: the final summary on top of the tree, all warnings, and what the run took."""
    if answer is None:
        nothing = "The model answered nothing for any part, so there is no summary; try another model or prompt."
        return {
            "summary": "",
            "warnings": [*tree_warnings(state["tree"]), nothing],
            "stats": make_stats(state["timings"]),
        }
    if state["route"] == "direct":
        level, sources = 0, [state["chunks"][0]["id"]]
        pages = chunk_pages(state["chunks"][0], state["pages"])
    else:
        tops = frontier(state["tree"])
        level, sources = 1 + max(summary["level"] for summary in tops), [summary["id"] for summary in tops]
        pages = _pages(tops)
    update = _update(final := _summary(FINAL_ID, level, sources, pages, answer), answer)
    update["warnings"] += tree_warnings([*state["tree"], final])
    stats = make_stats([*state["timings"], answer.timing])
    return update | {"summary": answer.text, "stats": stats}


def _map_id(chunk_id: str) -> str:
    return chunk_id.replace("chunk", "summary")


def _update(summary: Summary, answer: Answer) -> Update:
    warnings = []
    if answer.cut_prompt:
        warnings.append(f"{in_pages(summary['pages'])}: the text was shortened to fit the {answer.stage} prompt.")
    return {"tree": [summary], "timings": [answer.timing], "warnings": warnings}


def _summary(id: str, level: int, sources: list[str], pages: list[int], answer: Answer) -> Summary:
    return Summary(
        id=id,
        level=level,
        text=answer.text,
        tokens=answer.tokens,
        sources=sources,
        pages=pages,
        finish_reason=answer.finish_reason,
    )


def _pages(summaries: Sequence[Summary]) -> list[int]:
    return sorted({page for summary in summaries for page in summary["pages"]})
