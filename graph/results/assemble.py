"""What the nodes make of the model's answers: summaries, warnings, the result. Calls no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from langchain_core import exceptions

from graph.calling.key_sentences import Part, parts_of
from graph.calling.stage_answer import Timing
from graph.calling.stage_caller import Answer
from graph.compressed import decompress_pages
from graph.documents import whole_text
from graph.errors import EmptyAnswerError, SummarizeError
from graph.grounding import Traced
from graph.packing import frontier, joined_pages, joined_tokens
from graph.results.coverage import cover
from graph.results.page_ranges import in_pages
from graph.results.stats import make_stats, tree_warnings
from graph.results.types import FINAL_ID, PageRecord, Provenance, Summary
from graph.state import CollapseTask, MapTask, State
from llm.errors import EngineError, MissingPackageError, UnsupportedModelError

Update = dict[str, Any]

# The set-up is wrong, and it is not about any page.
_SETUP = (
    exceptions.ModelAuthenticationError,
    exceptions.ModelNotFoundError,
    exceptions.ModelPermissionDeniedError,
    MissingPackageError,
    UnsupportedModelError,
)

# Not about one part either: every other call would fail the same way.
_FATAL = (*_SETUP, exceptions.ModelConnectionError, EngineError)


def mapped_part(task: MapTask, answer: Answer, evidence: list[str]) -> Update:
    """The summary of one chunk."""
    summary = _summary(map_id(task["id"]), 0, [task["id"]], task["pages"], answer, evidence)
    return _update(summary, answer, task["where"])


def failed_part(task: MapTask, error: Exception) -> Update:
    """A part without a summary, said in a warning."""
    summary = Summary(
        id=map_id(task["id"]),
        level=0,
        text="",
        tokens=0,
        sources=[task["id"]],
        pages=task["pages"],
        finish_reason="empty" if isinstance(error, EmptyAnswerError) else "error",
    )
    return {"tree": [summary], "warnings": [_said(task["where"], error)]}


def is_fatal(error: Exception) -> bool:
    """Whether the error is not about one part: every other call would fail the same way."""
    return isinstance(error, _FATAL)


def is_setup(error: Exception) -> bool:
    """Whether the set-up is wrong, whatever the document."""
    return isinstance(error, _SETUP)


def stop(where: str, error: Exception, advice: str) -> NoReturn:
    """End the run with the pages that the error is about, and how to go on; a wrong set-up as it is."""
    if is_setup(error):
        raise error
    raise SummarizeError(f"{_said(where, error)} {advice}".strip()) from error


def merged_part(task: CollapseTask, answer: Answer, evidence: list[str]) -> Update:
    """The summary of neighbouring summaries."""
    summary = _summary(task["id"], task["level"], task["sources"], task["pages"], answer, evidence)
    return _update(summary, answer, task["where"])


def final_parts(state: State) -> tuple[list[Part], int]:
    """What the final prompt is given, and its tokens: the only chunk, or the summaries that nothing rests on."""
    if state["route"] == "direct":
        return [Part(text=chunk_texts(state)[0], evidence=[])], state["chunks"][0]["tokens"]
    tops = frontier(state["tree"])
    return parts_of(tops), joined_tokens(tops)


def final_pages(state: State) -> list[int]:
    """The pages that the final summary rests on."""
    return state["chunks"][0]["pages"] if state["route"] == "direct" else joined_pages(frontier(state["tree"]))


def final_where(state: State) -> str:
    """The same for people."""
    return in_pages(final_pages(state), state["files"])


def chunk_texts(state: State) -> list[str]:
    """The text of every chunk."""
    text = whole_text(decompress_pages(state["text"]))
    return [text[chunk["start"] : chunk["end"]] for chunk in state["chunks"]]


def finished(state: State, answer: Answer | None, made: Provenance) -> Update:
    """The result: the final summary on top of the tree, all warnings, and what the run took."""
    pages = ledger(state)
    text = answer.text if answer else ""
    result = {
        "schema_version": 1,
        "summary": text,
        "sentences": [],
        "pages": pages,
        "coverage": cover(text, pages, state["chunks"]),
        "made": made,
    }
    if answer is None:
        nothing = "The model answered nothing for any part, so there is no summary; try another model or prompt."
        warnings = [*tree_warnings(state["tree"], state["files"]), nothing]
        return result | {"warnings": warnings, "stats": make_stats(state["timings"])}
    if state["route"] == "direct":
        level, sources = 0, [state["chunks"][0]["id"]]
    else:
        tops = frontier(state["tree"])
        level, sources = 1 + max(summary["level"] for summary in tops), [summary["id"] for summary in tops]
    final = _summary(FINAL_ID, level, sources, final_pages(state), answer)
    update = _update(final, answer, final_where(state))
    update["warnings"] += tree_warnings([*state["tree"], final], state["files"])
    return update | result | {"stats": make_stats([*state["timings"], answer.timing])}


def grounded(state: State, timing: Timing, traced: Sequence[Traced]) -> Update:
    """The sentences with their evidence, and how much of the document they rest on."""
    return {
        "sentences": [one.sentence for one in traced],
        "coverage": cover(state["summary"], state["pages"], state["chunks"], traced),
        "timings": [timing],
        "stats": make_stats([*state["timings"], timing]),
    }


def not_grounded(error: Exception) -> Update:
    """Why no pages are named; the summary is there all the same."""
    reason = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")
    return {
        "warnings": [f"The summary could not be compared with the document ({reason}), so no evidence is named."]
    }


def ledger(state: State) -> list[PageRecord]:
    """What became of every page, those among them on which the model failed."""
    lost = {
        page for part in state["tree"] if part["finish_reason"] in ("empty", "error") for page in part["pages"]
    }
    return [page | {"status": "unsummarized"} if page["number"] in lost else page for page in state["pages"]]


def map_id(chunk_id: str) -> str:
    """The id of a chunk's summary."""
    return chunk_id.replace("chunk", "summary")


def _said(where: str, error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return f"{where}: {words if words[-1] in '.!?' else f'{words}.'}"


def _update(summary: Summary, answer: Answer, where: str) -> Update:
    warnings = []
    if answer.cut_prompt:
        warnings.append(f"{where}: the text was shortened to fit the {answer.stage} prompt.")
    return {"tree": [summary], "timings": [answer.timing], "warnings": warnings}


def _summary(
    id: str, level: int, sources: list[str], pages: list[int], answer: Answer, evidence: Sequence[str] = ()
) -> Summary:
    summary = Summary(
        id=id,
        level=level,
        text=answer.text,
        tokens=answer.tokens,
        sources=sources,
        pages=pages,
        finish_reason=answer.finish_reason,
    )
    if evidence:
        summary["source_sentences"] = list(evidence)
    return summary
