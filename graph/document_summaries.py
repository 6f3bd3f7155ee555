"""Several documents in one summary: what they share, and then a paragraph on each. Pure functions.

Each document has its own summary, of its own text and with a share of the words, before anything is said of all: a
model that reads them at once writes of the longest, the first or the last. Only what they share and where they
differ is one call for all. The text is put together here, so that no document can be missing from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import NamedTuple

from graph.calling.key_sentences import Part
from graph.documents.split.whole_text import document_texts, whole_text
from graph.documents.types import Chunk, FileRecord, Page
from graph.grounding import Traced, Tracer
from graph.grounding.types import Sentence
from graph.packing import fair_shares, frontier, joined_tokens
from graph.results.types import ChunkRecord, PageRecord, SummarizedFile, Summary

_EACH = 100  # words of a paragraph, if nothing says how long the whole is to be
_FEWEST = 30  # words of a paragraph, however many there are
_LONGEST_TITLE = 100  # characters
_SHORTEST_NAME = 4  # characters of a title or file that a sentence can be known to name
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=[ \t])", re.MULTILINE)


def are_several(pages: Iterable[Page | PageRecord]) -> bool:
    """Whether pages of more than one document were read."""
    return len({page.get("document") for page in pages if page["status"] == "read"}) > 1


def whole_where_they_fit(
    chunks: Sequence[Chunk], pages: Sequence[Page], budget_tokens: int, count: Callable[[str], int]
) -> list[Chunk]:
    """The chunks, as a single one where all of a document, which has no chapters, fits the budget."""
    text = whole_text(pages)
    owners = {page["number"]: page.get("document", "") for page in pages}
    found: list[Chunk] = []
    for _, group in groupby(chunks, key=lambda chunk: owners[chunk["first_page"]]):
        own = list(group)
        if len(own) > 1 and joined_tokens(own) <= budget_tokens and not any("chapter" in chunk for chunk in own):
            end = own[-1]["start"] + len(own[-1]["text"])
            whole = text[own[0]["start"] : end]
            if (tokens := count(whole)) <= budget_tokens:
                last = own[-1]["last_page"]
                own = [{**own[0], "text": whole, "tokens": tokens, "last_page": last}]
        found += own
    return [{**chunk, "id": f"chunk-{number:04d}"} for number, chunk in enumerate(found, start=1)]


def with_quotas(
    files: Sequence[SummarizedFile], pages: Sequence[PageRecord], words: int | None
) -> list[SummarizedFile]:
    """The files, each that was read with about how many words its summary is to have.

    Of `words`, which the whole is to have, the paragraph on all takes an equal share. The rest is shared out
    fairly: a short document, which bears no more than half its own words, leaves the others what it does not need.
    """
    read: dict[str, int] = {}
    for page in pages:
        read[page.get("document", "")] = read.get(page.get("document", ""), 0) + page.get("words", 0)
    heard = [file["name"] for file in files if read.get(file["name"])]
    wants = [max(min(_FEWEST, read[name]), read[name] // 2) for name in heard]
    if words:
        shares = fair_shares(wants, words - words // (len(heard) + 1))
        least = [min(_FEWEST, want) for want in wants]
        quotas = map(max, shares, least)
    else:
        quotas = map(min, wants, [_EACH] * len(wants))
    found = dict(zip(heard, quotas, strict=True))
    return [{**file, "words": found[file["name"]]} if file["name"] in found else file for file in files]


def comparison_words(files: Sequence[SummarizedFile], words: int | None) -> int:
    """About how many words are to say what the documents share and where they differ."""
    heard = sum("words" in file for file in files)
    return max(_FEWEST, words // (heard + 1)) if words else _EACH


def too_few_words(files: Sequence[SummarizedFile], words: int | None) -> list[str]:
    """A warning, if `words` do not suffice for a paragraph on each document."""
    heard = sum("words" in file for file in files)
    if not words or words >= _FEWEST * (heard + 1):
        return []
    return [
        f"summarize.length: {words} words are too few for {heard} documents: each has a paragraph of about "
        f"{_FEWEST} words, so the summary is longer."
    ]


def due_documents(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> dict[str, list[Summary]]:
    """The documents that have no summary of their own yet, each with the summaries of it that nothing rests on."""
    document_of: dict[str, str] = {chunk["id"]: chunk.get("document", "") for chunk in chunks}
    # By level: one of several documents comes after the summaries of each, and is not asked for.
    for summary in tree:
        document_of[summary["id"]] = document_of[summary["sources"][0]]
    done = {summary["document"] for summary in tree if "document" in summary}
    due: dict[str, list[Summary]] = {}
    for summary in frontier(tree):
        if (name := document_of[summary["id"]]) and name not in done:
            due.setdefault(name, []).append(summary)
    return due


def name_of(file: FileRecord) -> str:
    """What a document is called in a summary of several: its title, if it has one, and its file's name."""
    title, name = " ".join(file.get("title", "").split()), " ".join(file["name"].split())
    if not title or title.casefold() in (name.casefold(), PurePath(name).stem.casefold()):
        return name
    return f"{title[:_LONGEST_TITLE].rstrip()} ({name})"


def with_own_summaries(files: Sequence[SummarizedFile], tree: Iterable[Summary]) -> list[SummarizedFile]:
    """The files, each with its own summary, if the tree has it."""
    own = {summary["document"]: summary["text"] for summary in tree if "document" in summary}
    return [{**file, "summary": _below(own[file["name"]])} if own.get(file["name"]) else file for file in files]


def about_comparison(told: Sequence[SummarizedFile], parts: Sequence[Part], *, extracts: bool) -> list[str]:
    """Warnings of what cannot be said, or was said from less, of the documents that have a summary."""
    if len(told) < 2:
        return [f"Only {told[0]['name']} has a summary, so nothing is said of what the documents share."]
    if extracts:
        return [
            "The built-in model copies sentences and cannot compare, so nothing is said of what the documents "
            "share and where they differ; choose a model that writes (llm.provider)."
        ]
    if len(parts) < len(told):
        return [
            f"The summaries of {len(told)} documents do not fit one prompt: what they share and where they differ "
            "was written from summaries of several of them each."
        ]
    return []


def put_together(shared: str, files: Iterable[SummarizedFile]) -> str:
    """The whole summary: what is said of all, and then each document's own summary under its name."""
    parts = [shared] if shared else []
    for file in files:
        if own := file.get("summary"):
            parts += [_heading(file), own]
    return "\n\n".join(parts)


class Paragraph(NamedTuple):
    """A part of a summary of several documents, summary[start:end], its heading included."""

    document: str | None
    """The name of the file it is of; None for what is said of all."""
    start: int
    end: int


def paragraphs(summary: str, files: Iterable[SummarizedFile]) -> list[Paragraph]:
    """The parts of what `put_together` made of the files."""
    starts: list[tuple[int, str | None]] = [(0, None)]
    position = 0
    for file in files:
        if not file.get("summary"):
            continue
        found = re.compile(rf"^{re.escape(_heading(file))}$", re.MULTILINE).search(summary, position)
        if found:
            starts.append((found.start(), file["name"]))
            position = found.end()
    ends = [start for start, _ in starts[1:]] + [len(summary)]
    found_parts = [Paragraph(name, start, end) for (start, name), end in zip(starts, ends, strict=True)]
    return [part for part in found_parts if part.start < part.end]


def with_summaries(files: Sequence[SummarizedFile], summary: str) -> list[SummarizedFile]:
    """The files with what `summary`, which was mended, now says of each."""
    said = {part.document: summary[part.start : part.end] for part in paragraphs(summary, files)}
    return [
        {**file, "summary": said[file["name"]].removeprefix(_heading(file)).strip()}
        if file["name"] in said
        else file
        for file in files
    ]


class SummaryTracer:
    """`grounding.Tracer`; of several documents, what is said of one is compared with that one alone.

    A sentence on all of them that names some, as prompts ask for, is compared with those. Each sentence then says
    which documents it is about.
    """

    def __init__(
        self,
        pages: Sequence[Page],
        files: Sequence[SummarizedFile],
        *,
        tree: Sequence[Summary],
        chunks: Sequence[ChunkRecord],
        instructions: Iterable[str] = (),
    ) -> None:
        self._pages, self._files, self._instructions = pages, files, list(instructions)
        self._whole = Tracer(pages, tree=tree, chunks=chunks, instructions=self._instructions)
        self._places = _places(pages)
        self._owners = {page["number"]: page.get("document", "") for page in pages}
        self._apart: dict[tuple[str, ...], Tracer] = {}

    def trace(self, summary: str) -> list[Traced]:
        """The sentences of `summary`, with the places of their evidence."""
        if not are_several(self._pages):
            return self._whole.trace(summary)
        return [
            _moved(one, part.start)
            for part in paragraphs(summary, self._files)
            for one in self._part(summary[part.start : part.end], part.document)
        ]

    def passages(self, sentence: Sentence) -> list[str]:
        """What the documents that a sentence is about, or else all, say nearest to it, best first."""
        names = tuple(sentence.get("documents", []))
        return (self._apart_from_others(names) if names else self._whole).passages(sentence["text"])

    def _part(self, said: str, document: str | None) -> list[Traced]:
        """The sentences of a paragraph on one document, or of what is said of all."""
        if document is not None:
            return self._compared(said, (document,))
        found = self._whole.trace(said)
        named = [_named(one.sentence["text"], self._files) for one in found]
        compared = {names: self._compared(said, names) for names in {*named} if names}
        return [
            compared[names][index] if names else self._about(one)
            for index, (one, names) in enumerate(zip(found, named, strict=True))
        ]

    def _compared(self, said: str, names: tuple[str, ...]) -> list[Traced]:
        """The sentences of `said` with what these documents alone say."""
        tracer = self._apart_from_others(names)
        starts = _places(self._own(names))
        shifts = [(start, self._places[name] - start) for name, start in starts.items()]
        return [self._about(one, names, shifts) for one in tracer.trace(said)]

    def _apart_from_others(self, names: tuple[str, ...]) -> Tracer:
        if names not in self._apart:
            self._apart[names] = Tracer(self._own(names), instructions=self._instructions)
        return self._apart[names]

    def _own(self, names: tuple[str, ...]) -> list[Page]:
        return [page for page in self._pages if page.get("document") in names]

    def _about(
        self, traced: Traced, names: Iterable[str] = (), shifts: Sequence[tuple[int, int]] = ((0, 0),)
    ) -> Traced:
        """The sentence with the documents it is about: those that it names, or else those of its evidence.

        `shifts` say from where on in the text that it was compared with, places are how far off in that of all.
        """
        documents = list(names) or list(dict.fromkeys(self._owners[page] for page in traced.sentence["pages"]))
        moved = []
        for start, end in traced.spans:
            shift = max(pair for pair in shifts if pair[0] <= start)[1]
            moved.append((start + shift, end + shift))
        return Traced({**traced.sentence, "documents": documents}, moved)


def _places(pages: Iterable[Page]) -> dict[str, int]:
    """Where each document begins in the text of the pages."""
    return {text.pages[0].get("document", ""): text.position for text in document_texts(pages)}


def _named(sentence: str, files: Iterable[SummarizedFile]) -> tuple[str, ...]:
    """The documents that a sentence names, by their files or as they call themselves."""
    said = " ".join(sentence.casefold().split())
    return tuple(
        file["name"]
        for file in files
        if "summary" in file
        and any(
            re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said)
            for name in (file["name"].casefold(), " ".join(file.get("title", "").casefold().split()))
            if len(name) >= _SHORTEST_NAME
        )
    )


def _moved(traced: Traced, start: int) -> Traced:
    """The sentence of a paragraph, as a sentence of the summary in which the paragraph begins at `start`."""
    sentence = traced.sentence
    return traced._replace(
        sentence={**sentence, "start": sentence["start"] + start, "end": sentence["end"] + start}
    )


def _heading(file: FileRecord) -> str:
    return f"## {name_of(file)}"


def _below(text: str) -> str:
    """The text with its headings, if it has any, below those that name the documents."""
    deeper = max((3 - len(marks) for _, marks in _HEADING.findall(text)), default=0)
    return _HEADING.sub(lambda found: found[1] + "#" * min(6, len(found[2]) + max(0, deeper)), text)
