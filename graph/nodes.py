"""The nodes, load to final_summarize and ground. The wiring is in pipeline.py."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from langchain_core.exceptions import ModelError
from langgraph.types import Overwrite, Send

from chains.prompts import Stage
from graph.calling.failures import end_run, is_fatal
from graph.calling.flow import Flow
from graph.calling.key_sentences import Part, joined_text, merged_source_sentences
from graph.calling.stage_answer import StageAnswer, timed
from graph.calling.stage_caller import StageCaller
from graph.calling.unheeded import unheeded_check, unheeded_prompts
from graph.calling.wanted import Wanted
from graph.channels import compress, decompress
from graph.config import RunConfig
from graph.document_summaries import (
    SummaryTracer,
    about_comparison,
    are_several,
    comparison_words,
    put_together,
    too_few_words,
    whole_where_they_fit,
    with_own_summaries,
    with_quotas,
)
from graph.documents import find_sections, split_pages
from graph.documents.characters import plain
from graph.documents.config import Context
from graph.documents.errors import NoTextError
from graph.documents.types import Chunk, OnProgress, Page
from graph.errors import BudgetError, RunError, SummarizeError
from graph.grounding import ground
from graph.mending import Mended, mend, revise_tasks
from graph.packing import joined_tokens
from graph.reading import read_input
from graph.results.assemble import (
    Update,
    failed_part,
    finished,
    finished_without_summary,
    grounded,
    mapped_part,
    merged_part,
    not_grounded,
    not_revised,
    revised,
    to_revise,
)
from graph.results.provenance import about_base_model, prompts_said
from graph.results.stats import chunk_records, page_records
from graph.results.types import Provenance, SectionRecord
from graph.routes import next_step
from graph.state import CollapseTask, InputState, MapTask, ReviseTask, State
from graph.summary_language import summary_language
from graph.tasks import FinalTask, final_task, map_tasks
from llm.textrank.extract import key_sentences

_NO_CHAPTERS = (
    "summarize.by: section: the document shows no chapters, at least two with text of their own, "
    "so only the whole is summarized."
)


class Nodes:
    """The graph's nodes, bound to a configuration and to the `StageCaller` that calls the model.

    Those that call the model are flows, which calling/flow.py drives.
    """

    def __init__(self, config: RunConfig, caller: StageCaller, made: Provenance, *, keeps_answers: bool) -> None:
        self._config = config
        self._caller = caller
        self._made = made
        self._keeps_answers = keeps_answers

    def load(self, state: InputState, on_progress: OnProgress | None = None) -> Update:
        """Read the document. What an earlier run on the same thread id left in the state is dropped."""
        started = time.time()
        self._caller.budget.check()  # an impossible budget fails here, before anything is read
        reading = read_input(state, self._config.load, on_progress)
        pages = reading["pages"]
        language, about_language = summary_language(self._caller.prompts_for(Wanted()), pages)
        return {
            "run": uuid4().hex,
            "documents": [],  # read, and of no more use
            "language": language,
            "title": plain(reading["title"]) or "Document",
            "text": compress(pages),
            "pages": page_records(pages),
            "sections": find_sections(pages),
            "files": reading["files"],
            "errors": Overwrite([]),
            "warnings": Overwrite([*reading["warnings"], *about_language, *self._about_the_model(pages)]),
            "tree": Overwrite([]),
            "doubtful": [],
            "proposals": Overwrite([]),
            "rounds": 0,
            "timings": Overwrite([timed("load", started)]),
        }

    def _about_the_model(self, pages: list[Page]) -> list[str]:
        """What a summary by this model is worth, where that is little, and what it cannot heed."""
        prompts = self._config.prompts
        if self._made["provider"] == "textrank":
            check = [unheeded_check()] if self._config.summarize.check else []
            return check + unheeded_prompts(prompts, "\n".join(page["text"] for page in pages))
        return about_base_model(self._config, self._made, "to summarize")

    def split(self, state: State) -> Update:
        """Cut the pages into chunks; or into a single one, if all of the text fits the final prompt."""
        started, budget, summarize = time.time(), self._caller.budget, self._config.summarize
        pages = decompress(state["text"])
        chunks, route = self._chunks(pages, budget.chunk_tokens, by_chapter=summarize.by == "section"), "map"
        if not chunks:
            raise NoTextError(f"{state['title']}: nothing is left to summarize", "choose other pages")
        has_chapters = any("chapter" in chunk for chunk in chunks)
        most = budget.most_in_one_call(summarize.strategy, forgets=not self._caller.extracts)
        if not has_chapters and joined_tokens(chunks) <= most:
            whole = self._chunks(pages, budget.input("final"))
            if len(whole) == 1:
                chunks, route = whole, "direct"
        warnings = [_NO_CHAPTERS] if summarize.by == "section" and not has_chapters else []
        files, words = state["files"], self._config.words
        if are_several(pages):
            route, files = "map", with_quotas(files, state["pages"], words)
            warnings += too_few_words(files, words)
            chunks = whole_where_they_fit(chunks, pages, most, self._caller.counter.text)
        records, texts = chunk_records(chunks, state["pages"]), [chunk["text"] for chunk in chunks]
        return {
            "chunks": records,
            "files": files,
            "tasks": list(map_tasks(state, records, texts, files, budget, self._context)),
            "route": route,
            "warnings": warnings,
            "timings": [timed("split", started)],
        }

    def map_summarize(self, task: MapTask) -> Flow[Update]:
        """Summarize one chunk."""
        if (text := _chunk_text(task)) is None:
            return {}
        stage: Stage = "final" if "document" in task else "map"
        try:
            placed, tokens = self._placed(task, text)
            answer = yield from self._caller.ask(stage, placed, tokens, wanted=task.get("wanted"))
        except (ModelError, SummarizeError) as error:
            return self._failed(task, error)
        return mapped_part(task, answer, key_sentences(text, self._config.summarize.evidence))

    def collect(self, state: State) -> Update:
        """Wait for all summaries of a round: an edge right after a fan-out would see each of them alone."""
        if state["tree"] and all(summary["finish_reason"] == "error" for summary in state["tree"]):
            raise SummarizeError(f"The model failed on every part; {state['errors'][0]}")
        return {}

    def next_step(self, state: State) -> list[Send] | str:
        """The edge after collect; the budget it needs is known only when the tokenizer is."""
        return next_step(state, budget=self._caller.budget, context=self._context)

    def collapse(self, task: CollapseTask) -> Flow[Update]:
        """Make one summary of neighbouring ones."""
        parts: list[Part] = decompress(task["compressed"])
        stage: Stage = "final" if "document" in task else "collapse"
        text, tokens = self._caller.document(stage, parts, task["tokens"])
        with self._ending_the_run(task["where"]):
            answer = yield from self._caller.ask(
                stage, text, tokens, fallback=joined_text(parts), wanted=task.get("wanted")
            )
        return merged_part(task, answer, merged_source_sentences(parts, self._config.summarize.evidence))

    def final_summarize(self, state: State) -> Flow[Update]:
        """Write the summary that people read, and put the result together."""
        task, wanted = final_task(state), Wanted(language=state.get("language", ""))
        made = self._made_in(wanted)
        if are_several(state["pages"]):
            return (yield from self._compared(state, task, wanted, made))
        text, tokens = self._caller.document("final", task.parts, task.tokens)
        if not text:
            return finished_without_summary(state, made)
        fallback = joined_text(task.parts) if state["route"] == "map" else ""
        with self._ending_the_run(task.where):
            answer = yield from self._caller.ask("final", text, tokens, fallback=fallback, wanted=wanted)
        return finished(state, task, answer, made)

    def _compared(self, state: State, task: FinalTask, wanted: Wanted, made: Provenance) -> Flow[Update]:
        """The summary of several documents: what they share and where they differ, and each one's own."""
        files = with_own_summaries(state["files"], state["tree"])
        told = [file for file in files if "summary" in file]
        if not told:
            return finished_without_summary(state, made)
        warnings = about_comparison(told, task.parts, extracts=self._caller.extracts)
        if len(told) < 2 or self._caller.extracts:
            answer = StageAnswer("final", "", 0, "stop", False, False, timed("final_summarize", time.time()))
        else:
            wanted = {**wanted, "words": comparison_words(files, self._config.words), "compares": True}
            text, tokens = self._caller.document("final", task.parts, task.tokens, compares=True)
            with self._ending_the_run(task.where):
                answer = yield from self._caller.ask("final", text, tokens, wanted=wanted)
            asked = prompts_said(self._caller.prompts_for(wanted))["final"]
            made = {**made, "prompts": made["prompts"] | {"together": asked}}
        whole = put_together(answer.text, told)
        answer = replace(answer, text=whole, tokens=self._caller.counter.text(whole))
        update = finished(state, task, answer, made)
        return update | {"files": files, "warnings": [*warnings, *update["warnings"]]}

    def _made_in(self, wanted: Wanted) -> Provenance:
        """How the summary was made, with the language that was found for it."""
        if not wanted.get("language"):
            return self._made
        prompts = self._caller.prompts_for(wanted)
        language = prompts.language if self._made["language"] else ""
        return {**self._made, "language": language, "prompts": prompts_said(prompts, self._config.stages)}

    def ground(self, state: State) -> Update:
        """Find what in the document supports each sentence of the summary. Whatever happens, the summary stays.

        With summarize.check, the answers of the last round of revise are taken where they are better.
        """
        started = time.time()
        try:
            pages = decompress(state["text"])
            wanted = Wanted(language=state.get("language", ""), compares=are_several(pages))
            prompts = self._caller.instructions(wanted)
            tracer = SummaryTracer(
                pages, state["files"], tree=state["tree"], chunks=state["chunks"], instructions=prompts
            )
            heard = [each for each in state["proposals"] if each["round"] == state["rounds"]]
            draft, tasks = Mended(state["summary"], tracer.trace(state["summary"])), []
            if self._caller.mends:
                draft = mend(draft, heard, tracer.trace)
                tasks = revise_tasks(draft, state, tracer.passages)
            sections = [_grounded_section(section, pages, prompts) for section in state["sections"]]
            tokens = self._caller.counter.text(draft.summary)
            update = grounded(state, timed("ground", started), draft, sections, heard, tokens)
            return update | to_revise(state, tasks)
        except Exception as error:
            return not_grounded(error)

    @property
    def _context(self) -> Context:
        """A model that copies would copy it, too."""
        return "alone" if self._caller.extracts else self._config.split.context

    def _placed(self, task: MapTask, text: str) -> tuple[str, int]:
        """The text of a part behind where it stands, and its tokens."""
        if not task["context"]:
            return text, task["tokens"]
        placed = f"{task['context']}\n\n{text}"
        return placed, self._caller.counter.text(placed)

    def revise(self, task: ReviseTask) -> Flow[Update]:
        """Have a doubtful sentence mended. Whatever happens to the call, the summary stays."""
        try:
            answer = yield from self._caller.ask_revision(
                task["sentence"], task["flags"], task["passages"], wanted=task["wanted"]
            )
        except (ModelError, RunError) as error:
            return not_revised(task, error)
        return revised(task, answer)

    def _failed(self, task: MapTask, error: Exception) -> Update:
        """Go on without the part, or end the run."""
        fatal = is_fatal(error)
        if fatal or self._config.summarize.on_error == "stop":
            advice = "" if fatal else "Set summarize.on_error to skip to go on without such parts."
            end_run(task["where"], error, f"{self._kept} {advice}".strip())
        return failed_part(task, error)

    @contextmanager
    def _ending_the_run(self, where: str) -> Iterator[None]:
        try:
            yield
        except (ModelError, SummarizeError) as error:
            end_run(where, error, self._kept)

    @property
    def _kept(self) -> str:
        return "Finished answers are kept: run it again to go on from here." if self._keeps_answers else ""

    def _chunks(self, pages: list[Page], budget_tokens: int, *, by_chapter: bool = False) -> list[Chunk]:
        count = self._caller.counter.text
        try:
            return split_pages(pages, budget_tokens=budget_tokens, count_tokens=count, by_chapter=by_chapter)
        except ValueError as error:
            raise BudgetError(f"split.chunk_tokens: {budget_tokens} is too little: {error}.") from None


def _grounded_section(section: SectionRecord, pages: Sequence[Page], prompts: Sequence[str]) -> SectionRecord:
    """A chapter with the sentences of its summary, which rest on its own pages; what has none is as it is."""
    if "summary" not in section or "sentences" in section:
        return section
    own = [page for page in pages if section["first_page"] <= page["number"] <= section["last_page"]]
    return section | {"sentences": ground(section["summary"], own, instructions=prompts)}


def _chunk_text(task: MapTask) -> str | None:
    """The text to summarize; None if the task was resumed from a checkpoint, which does not keep it."""
    return task.get("chunk_text") or (decompress(task["compressed"]) if "compressed" in task else None)
