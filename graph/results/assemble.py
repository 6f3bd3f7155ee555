"""What the nodes make of the model's answers: summaries, warnings, the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from langgraph.types import Overwrite

from graph.calling.failures import in_words
from graph.calling.stage_answer import FinishReason, StageAnswer, Timing
from graph.chapter_summaries import chapter_summaries
from graph.document_summaries import with_summaries
from graph.errors import EmptyAnswerError
from graph.length import could_be_mended, parse_length, words_in
from graph.mending import Mended, proposed
from graph.node_names import NodeName
from graph.results.coverage import cover
from graph.results.stats import make_stats, tree_warnings
from graph.results.types import FINAL_ID, Length, PageRecord, Provenance, SectionRecord, Summary
from graph.state import CollapseTask, MapTask, Proposal, ReviseTask, State
from graph.tasks import FinalTask, map_id

Update = dict[str, Any]

# Why a run that ended well has no summary.
NO_SUMMARY = "The model summarized no part, so there is no summary; try another model or prompt."


def mapped_part(task: MapTask, answer: StageAnswer, source_sentences: list[str]) -> Update:
    """The summary of one chunk."""
    summary = _summary(map_id(task["id"]), 0, [task["id"]], task["pages"], answer, source_sentences)
    return _update(_named(summary, task), answer, task["where"], "map_summarize")


def failed_part(task: MapTask, error: Exception) -> Update:
    """A part without a summary, with a warning that says so."""
    summary = Summary(
        id=map_id(task["id"]),
        level=0,
        text="",
        tokens=0,
        sources=[task["id"]],
        pages=task["pages"],
        finish_reason=_reason(error),
    )
    said = in_words(task["where"], error)
    return {"tree": [summary], "errors": [said], "warnings": [said]}


def _reason(error: Exception) -> FinishReason:
    if not isinstance(error, EmptyAnswerError):
        return "error"
    return "thought" if error.thought else "empty"


def merged_part(task: CollapseTask, answer: StageAnswer, source_sentences: list[str]) -> Update:
    """The summary of neighbouring summaries."""
    summary = _summary(task["id"], task["level"], task["sources"], task["pages"], answer, source_sentences)
    return _update(_named(summary, task), answer, task["where"], "collapse")


def _named(summary: Summary, task: MapTask | CollapseTask) -> Summary:
    """The summary, with the name of the document that it is the own summary of, if it is one's."""
    if name := task.get("document"):
        summary["document"] = name
    return summary


def finished(state: State, task: FinalTask, answer: StageAnswer, made: Provenance) -> Update:
    """The result: the final summary on top of the tree, all warnings, and what the run took."""
    final = _summary(FINAL_ID, task.level, task.sources, task.pages, answer)
    update = _update(final, answer, task.where, "final_summarize")
    update["warnings"] += tree_warnings([*state["tree"], final], state["files"])
    stats = make_stats([*state["timings"], answer.timing])
    result = _result(state, answer.text, made, asked_again=answer.resized)
    if missed := _length_warning(state, result["length"]):
        update["warnings"].append(missed)
    return update | result | {"stats": stats}


def finished_without_summary(state: State, made: Provenance) -> Update:
    """The result where the model summarized no part."""
    warnings = [*tree_warnings(state["tree"], state["files"]), NO_SUMMARY]
    return _result(state, "", made) | {"warnings": warnings, "stats": make_stats(state["timings"])}


def grounded(
    state: State,
    timing: Timing,
    draft: Mended,
    sections: Sequence[SectionRecord],
    heard: Sequence[Proposal],
    tokens: int,
) -> Update:
    """The sentences with their evidence, and how much of the document they rest on.

    What was mended in the summary, which has so many `tokens` now, after `heard` of the model, is changed wherever
    it stands.
    """
    update: Update = {
        "sentences": [one.sentence for one in draft.traced],
        "sections": sections,
        "coverage": cover(draft.summary, state["pages"], state["chunks"], draft.traced),
        "timings": [timing],
        "stats": make_stats([*state["timings"], timing]),
        "warnings": _not_heard(heard),
    }
    if not draft.revisions:
        return update
    *tree, final = state["tree"]
    before = state["length"]
    length = Length(**(before | {"words": words_in(draft.summary)}))
    outdated, missed = _length_warning(state, before), _length_warning(state, length)
    warnings = [warning for warning in state["warnings"] if warning != outdated] + [missed] * bool(missed)
    return update | {
        "summary": draft.summary,
        "files": with_summaries(state["files"], draft.summary),
        "tree": Overwrite([*tree, final | {"text": draft.summary, "tokens": tokens}]),
        "revisions": [*state["revisions"], *draft.revisions],
        "length": length,
        "warnings": Overwrite(warnings + update["warnings"]),
    }


def to_revise(state: State, tasks: list[ReviseTask]) -> Update:
    """What the model is asked next about the summary, if anything."""
    return {"doubtful": tasks, "rounds": state["rounds"] + bool(tasks)}


def revised(task: ReviseTask, answer: StageAnswer) -> Update:
    """What the model wants to stand for a sentence. What is no answer to the question changes nothing."""
    is_usable = answer.finish_reason in ("stop", "length", "cut", "repeated")
    after = proposed(answer.text, task["sentence"], is_whole=answer.finish_reason == "stop") if is_usable else None
    return {"proposals": [_proposal(task, after)], "timings": [answer.timing]}


def not_revised(task: ReviseTask, error: Exception) -> Update:
    """A sentence that stays as it is, because the model call failed."""
    return {"proposals": [_proposal(task, None, error=in_words("The model could not mend it", error))]}


def _proposal(task: ReviseTask, after: str | None, error: str = "") -> Proposal:
    return Proposal(round=task["round"], start=task["start"], before=task["sentence"], after=after, error=error)


def _not_heard(proposals: Sequence[Proposal]) -> list[str]:
    """A warning for each reason why the model was not heard, however many sentences that was about."""
    errors = Counter(proposal["error"] for proposal in proposals if proposal["error"])
    of_all = len(proposals)
    return [
        f"{count} of {of_all} doubtful sentences of the summary were not mended. {error}"
        for error, count in errors.items()
    ]


def not_grounded(error: Exception) -> Update:
    """Why no pages are named; the summary is there all the same."""
    reason = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")
    return {
        "doubtful": [],
        "warnings": [f"The summary could not be compared with the document ({reason}), so no evidence is named."],
    }


def _length_warning(state: State, length: Length) -> str:
    """A warning, if the summary is much longer or shorter than it was to be."""
    read = sum(page.get("words", 0) for page in state["pages"])
    words, wanted = length["words"], length["wanted"]
    if not wanted or not could_be_mended(words, wanted, read):
        return ""
    again = ", although the model was asked twice" if length["asked_again"] else ""
    return f"The summary has {words} words, not about {wanted} (summarize.length){again}."


def _result(state: State, summary: str, made: Provenance, *, asked_again: bool = False) -> Update:
    pages, wanted = _ledger(state), made["settings"].get("summarize.length")
    return {
        "schema_version": 1,
        "summary": summary,
        "sentences": [],
        "revisions": [],
        "sections": _sections(state),
        "pages": pages,
        "length": Length(
            words=words_in(summary), wanted=parse_length(wanted) if wanted else None, asked_again=asked_again
        ),
        "coverage": cover(summary, pages, state["chunks"]),
        "made": made,
    }


def _sections(state: State) -> list[SectionRecord]:
    """The outline; its chapters with their summaries, where they have any."""
    summaries = chapter_summaries(state["tree"], state["chunks"])
    return [
        section | {"summary": summaries[index]["text"], "pages": summaries[index]["pages"]}
        if index in summaries
        else section
        for index, section in enumerate(state["sections"])
    ]


def _ledger(state: State) -> list[PageRecord]:
    """What became of every page, those among them on which the model failed."""
    lost = {page for part in state["tree"] if not part["text"] for page in part["pages"]}
    return [page | {"status": "unsummarized"} if page["number"] in lost else page for page in state["pages"]]


def _update(summary: Summary, answer: StageAnswer, where: str, node: NodeName) -> Update:
    """`node` asked for the answer: a document's own summary is an answer to the final prompt, too."""
    warnings = []
    if answer.cut_prompt:
        warnings.append(f"{where}: the text was shortened to fit the {answer.stage} prompt.")
    timing: Timing = {**answer.timing, "node": node}
    return {"tree": [summary], "timings": [timing], "warnings": warnings}


def _summary(
    id: str,
    level: int,
    sources: list[str],
    pages: list[int],
    answer: StageAnswer,
    source_sentences: Sequence[str] = (),
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
    if source_sentences:
        summary["source_sentences"] = list(source_sentences)
    return summary
