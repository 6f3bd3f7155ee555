"""The pages that a summary cites, drawn for the report: for each sentence, with its passages marked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from graph.documents.cancel import cancellable
from graph.documents.config import LoadConfig
from graph.documents.errors import DocumentError
from graph.documents.pdf.page_image import draw_pages
from graph.grounding.types import Sentence
from graph.report.citations import all_sentences
from graph.results.types import Result

Place = tuple[int, int]
"""Of a picture: the sentence that it belongs to, as an index into all of the result's, and the page's number."""

Pictures = Mapping[Place, bytes | str]
"""PNG images; in place of one that is not there, a sentence that says why."""

WIDTH = 760  # pixels: small print can be read
MOST, MOST_BYTES = 60, 8_000_000
_TOO_MANY = f"This page has no picture: a report has {MOST} at most, of {MOST_BYTES // 1_000_000} MB together."
_NOT_DRAWN = "This page has no picture: it cannot be drawn."


def draw_cited(result: Result, paths: Sequence[Path], config: LoadConfig) -> Pictures:
    """Pictures of the pages that hold evidence. `paths` are those of the result's files; only PDFs have pictures.

    Should there be too many, the best evidence of each sentence comes first. Raises ReadCancelledError.
    """
    places, sentences = _cited(result), all_sentences(result)
    pictures: dict[Place, bytes | str] = {}
    for path, file in zip(paths, result["files"], strict=False):
        before = file["first_page"] - 1
        own = [place for place in places if 0 < place[1] - before <= file["pages"]]
        views: dict[int, list[Place]] = {}
        for place in own:
            if place in places[:MOST]:
                views.setdefault(place[1] - before, []).append(place)
        wanted = {page: [_passages(sentences, place) for place in of_page] for page, of_page in views.items()}
        try:
            drawn = draw_pages(path, wanted, config, width=WIDTH)
        except DocumentError:  # it is no PDF, or is no longer there
            continue
        pictures |= dict.fromkeys(own, _TOO_MANY)
        for page, of_page in views.items():
            pictures |= zip(of_page, drawn.get(page, [_NOT_DRAWN] * len(of_page)), strict=True)
    return _bounded({place: pictures[place] for place in places if place in pictures})


async def adraw_cited(result: Result, paths: Sequence[Path], config: LoadConfig) -> Pictures:
    """As `draw_cited`; a task that is cancelled ends the process that draws."""
    with cancellable():
        return await asyncio.to_thread(draw_cited, result, paths, config)


def _cited(result: Result) -> list[Place]:
    """Where pictures belong, the best evidence of each sentence first."""
    ranks: dict[Place, int] = {}
    for index, sentence in enumerate(all_sentences(result)):
        for rank, evidence in enumerate(sentence["evidence"]):
            ranks.setdefault((index, evidence["page"]), rank)
    return sorted(ranks, key=lambda place: (ranks[place], place))


def _passages(sentences: Sequence[Sentence], place: Place) -> list[str]:
    index, page = place
    return [found["excerpt"] for found in sentences[index]["evidence"] if found["page"] == page]


def _bounded(pictures: Pictures) -> Pictures:
    """As many as are not too large together."""
    size, found = 0, dict[Place, bytes | str]()
    for place, picture in pictures.items():
        size += len(picture) * 4 // 3 if isinstance(picture, bytes) else 0  # as text
        found[place] = picture if size <= MOST_BYTES else _TOO_MANY
    return found
