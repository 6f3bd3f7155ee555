"""What each call of the model is to be made of: tasks, built from the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from graph.calling.budget import TokenBudget
from graph.calling.key_sentences import Part
from graph.calling.wanted import Wanted
from graph.channels import compress, decompress
from graph.chapter_summaries import chapter_summaries
from graph.document_summaries import name_of
from graph.documents import whole_text
from graph.documents.config import Context
from graph.packing import frontier, joined_pages, joined_tokens, pack
from graph.part_context import part_contexts
from graph.results.page_ranges import in_pages
from graph.results.types import ChunkRecord, SummarizedFile, Summary
from graph.state import CollapseTask, MapTask, State


class FinalTask(NamedTuple):
    """What the final call is made of: the only chunk, or the summaries that nothing rests on."""

    parts: list[Part]
    tokens: int
    level: int
    sources: list[str]
    pages: list[int]
    where: str


def map_tasks(
    state: State,
    chunks: Sequence[ChunkRecord],
    texts: Sequence[str],
    files: Sequence[SummarizedFile],
    budget: TokenBudget,
    context: Context,
) -> Iterator[MapTask]:
    """One for each chunk, with its text. A chunk that is all of one of several documents is to be the document's
    own summary.
    """
    contexts = part_contexts(context, state["title"], state["sections"], chunks, texts)
    chunks_of = Counter(chunk.get("document") for chunk in chunks)
    language = state.get("language", "")
    for chunk, text, said in zip(chunks, texts, contexts, strict=True):
        task = MapTask(
            id=chunk["id"],
            tokens=chunk["tokens"],
            pages=chunk["pages"],
            where=in_pages(chunk["pages"], files),
            context=said,
            run=state.get("run", ""),
            wanted=Wanted(language=language),
            chunk_text=text,
        )
        name = chunk.get("document")
        if name and chunks_of[name] == 1 and chunk["tokens"] <= budget.input("final"):
            task["document"], task["wanted"], task["context"] = name, _wanted(files, name, language), ""
        yield task


def missing_map_tasks(state: State, budget: TokenBudget, context: Context) -> list[MapTask]:
    """One for each chunk without a summary: its task was resumed from a checkpoint, which keeps no such text."""
    done = {summary["id"] for summary in state["tree"]}
    if all(map_id(chunk["id"]) in done for chunk in state["chunks"]):
        return []
    tasks = map_tasks(state, state["chunks"], _chunk_texts(state), state["files"], budget, context)
    return [_compressed(task) for task in tasks if map_id(task["id"]) not in done]


def collapse_tasks(
    state: State,
    apart: Iterable[Sequence[Summary]],
    budget_tokens: int,
    whole: Mapping[str, Sequence[Summary]] | None = None,
) -> list[CollapseTask]:
    """One for each call of a collapse round over summaries, `apart` by chapters or documents.

    A group of one needs none: it waits for the next round as it is. `whole` is all there is of a document each.
    """
    level = 1 + max(summary["level"] for summary in state["tree"])
    groups = [(group, "") for summaries in apart for group in pack(summaries, budget_tokens) if len(group) > 1]
    groups += [(list(group), name) for name, group in (whole or {}).items()]
    titles, language = _titles(state), state.get("language", "")
    tasks = []
    for number, (group, name) in enumerate(groups, start=1):
        task = CollapseTask(
            id=f"level-{level}-{number:04}",
            level=level,
            sources=[summary["id"] for summary in group],
            pages=joined_pages(group),
            where=in_pages(joined_pages(group), state["files"]),
            tokens=joined_tokens(group),
            run=state.get("run", ""),
            wanted=_wanted(state["files"], name, language),
            compressed=compress(_parts(group, titles)),
        )
        if name:
            task["document"] = name
        tasks.append(task)
    return tasks


def final_task(state: State) -> FinalTask:
    """The last one. It has no parts if every summary is empty."""
    if state["route"] == "direct":
        (chunk,) = state["chunks"]
        parts, tokens, level = (
            [Part(text=_chunk_texts(state)[0], source_sentences=[])],
            chunk["tokens"],
            0,
        )
        sources, pages = [chunk["id"]], chunk["pages"]
    else:
        tops = frontier(state["tree"])
        parts, tokens, level = (
            _parts(tops, _titles(state)),
            joined_tokens(tops),
            1 + max((top["level"] for top in tops), default=0),
        )
        sources, pages = [top["id"] for top in tops], joined_pages(tops)
    return FinalTask(parts, tokens, level, sources, pages, in_pages(pages, state["files"]))


def map_id(chunk_id: str) -> str:
    """The id of a chunk's summary."""
    return chunk_id.replace("chunk", "summary")


def _compressed(task: MapTask) -> MapTask:
    task["compressed"] = compress(task.pop("chunk_text"))
    return task


def _wanted(files: Iterable[SummarizedFile], name: str, language: str) -> Wanted:
    """What is wanted of a summary; of one that is a document's own, with its words."""
    wanted = Wanted(language=language)
    if words := next((file.get("words") for file in files if file["name"] == name), None):
        wanted["words"] = words
    return wanted


def _parts(summaries: Iterable[Summary], titles: Mapping[str, str]) -> list[Part]:
    return [
        Part(
            text=summary["text"],
            source_sentences=summary.get("source_sentences", []),
            title=titles.get(summary["id"], ""),
        )
        for summary in summaries
    ]


def _titles(state: State) -> dict[str, str]:
    """The title of the chapter, or the name of the document, that a summary stands for, by the summary's id."""
    chapters = chapter_summaries(state["tree"], state["chunks"])
    titles = {summary["id"]: state["sections"][chapter]["title"] for chapter, summary in chapters.items()}
    names = {file["name"]: name_of(file) for file in state["files"]}
    return titles | {
        summary["id"]: names[summary["document"]] for summary in state["tree"] if "document" in summary
    }


def _chunk_texts(state: State) -> list[str]:
    text = whole_text(decompress(state["text"]))
    return [text[chunk["start"] : chunk["end"]] for chunk in state["chunks"]]
