"""The nodes, load to final_summarize and ground. The wiring is in pipeline.py."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.exceptions import ModelError
from langchain_core.runnables import RunnableConfig
from langgraph.types import Overwrite, Send

from graph.calling.key_sentences import decompress_parts, joined_text, merged_evidence
from graph.calling.stage_answer import Timing
from graph.calling.stage_caller import Caller
from graph.channels import Lost
from graph.compressed import compress_pages, decompress, decompress_pages
from graph.config import RunConfig
from graph.documents import (
    clean_pages,
    find_documents,
    pages_from_documents,
    read_document,
    read_together,
    split_pages,
)
from graph.documents.characters import plain
from graph.documents.errors import NoTextError
from graph.documents.types import Chunk, Page, Reading
from graph.errors import BudgetError, ConfigError, SummarizeError
from graph.grounding import trace
from graph.packing import joined_tokens
from graph.results.assemble import (
    failed_part,
    final_parts,
    final_where,
    finished,
    grounded,
    is_fatal,
    mapped_part,
    merged_part,
    not_grounded,
    stop,
)
from graph.results.page_ranges import in_pages
from graph.results.stats import chunk_records, page_records
from graph.results.types import Provenance
from graph.routes import next_step
from graph.state import CollapseTask, InputState, MapTask, State
from llm.textrank.extract import key_sentences

Update = dict[str, Any]


class Nodes:
    """The graph's nodes, bound to a configuration and to the `Caller` that calls the model.

    Nodes that call the model come twice, the second time for event loops. What they make of an answer is in
    outcomes.py.
    """

    def __init__(self, config: RunConfig, caller: Caller, made: Provenance, *, keeps_answers: bool) -> None:
        self._config = config
        self._caller = caller
        self._made = made
        self._keeps_answers = keeps_answers

    def load(self, state: InputState) -> Update:
        """Read the document. What an earlier run on the same thread id left in the state is dropped."""
        started = time.time()
        self._caller.budget.check()  # an impossible budget fails here, before anything is read
        reading = self._read(state)
        pages = reading["pages"]
        return {
            "documents": [],  # read, and of no more use
            "title": plain(reading["title"]) or "Document",
            "text": compress_pages(pages),
            "pages": page_records(pages),
            "files": reading["files"],
            "warnings": Overwrite(list(reading["warnings"])),
            "tree": Overwrite([]),
            "timings": Overwrite([_timing("load", started)]),
        }

    def split(self, state: State) -> Update:
        """Cut the pages into chunks; or into a single one, if all of the text fits the final prompt."""
        started, budget = time.time(), self._caller.budget
        pages = decompress_pages(state["text"])
        chunks, route = self._chunks(pages, budget.chunk_tokens), "map"
        if not chunks:
            raise NoTextError(f"{state['title']}: nothing is left to summarize", "choose other pages")
        if self._config.summarize.strategy == "auto" and joined_tokens(chunks) <= budget.input("final"):
            whole = self._chunks(pages, budget.input("final"))
            if len(whole) == 1:
                chunks, route = whole, "direct"
        records = chunk_records(chunks, state["pages"])
        tasks = [
            MapTask(
                id=record["id"],
                tokens=record["tokens"],
                pages=record["pages"],
                where=in_pages(record["pages"], state["files"]),
                chunk_text=chunk["text"],
            )
            for record, chunk in zip(records, chunks, strict=True)
        ]
        return {"chunks": records, "tasks": tasks, "route": route, "timings": [_timing("split", started)]}

    def map_summarize(self, task: MapTask, config: RunnableConfig) -> Update:
        """Summarize one chunk."""
        if (text := _chunk_text(task)) is None:
            return {}
        try:
            answer = self._caller.call("map", text, task["tokens"], config)
        except (ModelError, SummarizeError) as error:
            return self._failed(task, error)
        return mapped_part(task, answer, key_sentences(text, self._config.summarize.evidence))

    async def amap_summarize(self, task: MapTask, config: RunnableConfig) -> Update:
        """Summarize one chunk."""
        if (text := _chunk_text(task)) is None:
            return {}
        try:
            answer = await self._caller.acall("map", text, task["tokens"], config)
        except (ModelError, SummarizeError) as error:
            return self._failed(task, error)
        return mapped_part(task, answer, key_sentences(text, self._config.summarize.evidence))

    def collect(self, state: State) -> Update:
        """Wait for all summaries of a round: an edge right after a fan-out would see each of them alone."""
        if state["tree"] and all(summary["finish_reason"] == "error" for summary in state["tree"]):
            raise SummarizeError(f"The model failed on every part; {state['warnings'][-1]}")
        return {}

    def next_step(self, state: State) -> list[Send] | str:
        """The edge after collect; the budget it needs is known only when the tokenizer is."""
        return next_step(state, budget=self._caller.budget)

    def collapse(self, task: CollapseTask, config: RunnableConfig) -> Update:
        """Make one summary of neighbouring ones."""
        parts = decompress_parts(task["compressed"])
        text, tokens = self._caller.document("collapse", parts, task["tokens"])
        with self._stopping(task["where"]):
            answer = self._caller.call("collapse", text, tokens, config, stand_in=joined_text(parts))
        return merged_part(task, answer, merged_evidence(parts, self._config.summarize.evidence))

    async def acollapse(self, task: CollapseTask, config: RunnableConfig) -> Update:
        """Make one summary of neighbouring ones."""
        parts = decompress_parts(task["compressed"])
        text, tokens = self._caller.document("collapse", parts, task["tokens"])
        with self._stopping(task["where"]):
            answer = await self._caller.acall("collapse", text, tokens, config, stand_in=joined_text(parts))
        return merged_part(task, answer, merged_evidence(parts, self._config.summarize.evidence))

    def final_summarize(self, state: State, config: RunnableConfig) -> Update:
        """Write the summary that people read, and the account of how it came about."""
        parts, tokens = final_parts(state)
        text, tokens = self._caller.document("final", parts, tokens)
        stand_in = joined_text(parts) if state["route"] == "map" else ""
        with self._stopping(final_where(state)):
            answer = self._caller.call("final", text, tokens, config, stand_in=stand_in) if text else None
        return finished(state, answer, self._made)

    async def afinal_summarize(self, state: State, config: RunnableConfig) -> Update:
        """Write the summary that people read, and the account of how it came about."""
        parts, tokens = final_parts(state)
        text, tokens = self._caller.document("final", parts, tokens)
        stand_in = joined_text(parts) if state["route"] == "map" else ""
        with self._stopping(final_where(state)):
            answer = await self._caller.acall("final", text, tokens, config, stand_in=stand_in) if text else None
        return finished(state, answer, self._made)

    def ground(self, state: State) -> Update:
        """Find what in the document supports each sentence of the summary. Whatever happens, the summary stays."""
        started = time.time()
        try:
            pages = decompress_pages(state["text"])
            traced = trace(state["summary"], pages, tree=state["tree"], chunks=state["chunks"])
            return grounded(state, _timing("ground", started), traced)
        except Exception as error:
            return not_grounded(error)

    def _failed(self, task: MapTask, error: Exception) -> Update:
        """Go on without the part, or stop."""
        fatal = is_fatal(error)
        if fatal or self._config.summarize.on_error == "stop":
            advice = "" if fatal else "Set summarize.on_error to skip to go on without such parts."
            stop(task["where"], error, f"{self._kept} {advice}".strip())
        return failed_part(task, error)

    @contextmanager
    def _stopping(self, where: str) -> Iterator[None]:
        try:
            yield
        except (ModelError, SummarizeError) as error:
            stop(where, error, self._kept)

    @property
    def _kept(self) -> str:
        return "Finished answers are kept: run it again to go on from here." if self._keeps_answers else ""

    def _read(self, state: InputState) -> Reading:
        documents, source = state.get("documents"), state.get("source")
        if isinstance(documents, Lost):
            if not source:
                raise ConfigError("The documents of this run were not read yet and are not kept; give them again.")
        elif documents:
            return self._cleaned(pages_from_documents(documents))
        elif not source and state:
            raise ConfigError(f"There is no document: {' and '.join(state)} of this run is empty.")
        source = source or self._config.load.source
        if not source:
            raise ConfigError(
                'load.source: no document is given; set it, use --input, or invoke with {"source": path}.'
            )
        paths = find_documents(_paths(source))
        if len(paths) == 1:
            return self._cleaned(read_document(paths[0], self._config.load))
        return read_together(paths, self._config.load)

    def _cleaned(self, reading: Reading) -> Reading:
        return {**reading, "pages": clean_pages(reading["pages"], self._config.load)}

    def _chunks(self, pages: list[Page], budget_tokens: int) -> list[Chunk]:
        try:
            return split_pages(pages, budget_tokens=budget_tokens, count_tokens=self._caller.counter.text)
        except ValueError as error:
            raise BudgetError(f"split.chunk_tokens: {budget_tokens} is too little: {error}.") from None


def _paths(source: object) -> list[str]:
    """One path or several, as text."""
    given: Sequence[Any] = source if isinstance(source, list | tuple) else [source]
    if not all(isinstance(path, str | Path) for path in given):
        raise ConfigError("source: give a path, or a list of paths.")
    return [str(path) for path in given]


def _chunk_text(task: MapTask) -> str | None:
    """The text to summarize; None if the task was resumed from a checkpoint, which does not keep it."""
    return task.get("chunk_text") or (decompress(task["compressed"]) if "compressed" in task else None)


def _timing(stage: str, started: float) -> Timing:
    return Timing(
        stage=stage, started=started, ended=time.time(), prompt_tokens=None, output_tokens=None, cached=False
    )
