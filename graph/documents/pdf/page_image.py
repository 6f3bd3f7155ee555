"""Pictures of pages for people, with passages marked. Imports no PDF library: a worker process draws."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from graph.documents.cancel import CancelToken, cancellable, current_token
from graph.documents.config import LoadConfig, password_of
from graph.documents.errors import NotAPDFError
from graph.documents.pdf import messages
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import Failure
from graph.documents.pdf.supervisor import draw_supervised
from graph.documents.read import expanded, is_pdf

WIDTH, NARROWEST, WIDEST = 900, 200, 2000  # pixels


def draw_page(
    path: str | Path, page: int, config: LoadConfig, *, marks: Sequence[str] = (), width: int = WIDTH
) -> bytes:
    """A PNG image of a page of a PDF. Pages count from 1.

    `marks` are passages, such as the excerpts of evidence: what of them is found on the page is marked. `width` is
    in pixels, 200 to 2000; a page that would be very high is narrower. Raises DocumentError, and
    ReadCancelledError.
    """
    path = expanded(path)
    content = _draw(path, {page: [marks]}, config, width, current_token())
    count = content.page_count or 0
    if not 1 <= page <= count:
        raise messages.no_such_page(path.name, page, count)
    if page not in content.pictures:
        failure = content.failures.get(page) or content.stopped or Failure("not_reached")
        raise messages.not_drawn(path.name, page, failure)
    return content.pictures[page][0]


async def adraw_page(
    path: str | Path, page: int, config: LoadConfig, *, marks: Sequence[str] = (), width: int = WIDTH
) -> bytes:
    """As `draw_page`. When the task is cancelled, the process that draws ends at once."""
    with cancellable():
        return await asyncio.to_thread(draw_page, path, page, config, marks=marks, width=width)


def draw_pages(
    path: str | Path, pages: Mapping[int, Sequence[Sequence[str]]], config: LoadConfig, *, width: int = WIDTH
) -> dict[int, list[bytes]]:
    """Images of several pages by one process: of each page as many as there are lists of passages for it.

    A page that cannot be drawn is left out. Raises DocumentError when no page can be, and ReadCancelledError.
    """
    return _draw(expanded(path), pages, config, width, current_token()).pictures


def _draw(
    path: Path, pages: Mapping[int, Sequence[Sequence[str]]], config: LoadConfig, width: int, cancel: CancelToken
) -> PDFContent:
    if not is_pdf(path, config):
        raise NotAPDFError(f"{path.name} is a text file, of which no pages can be drawn", "choose a PDF")
    password = password_of(config)
    width = min(max(width, NARROWEST), WIDEST)
    content = draw_supervised(path, pages, width, config, password, cancel)
    if content.page_count is None or content.refusal:
        raise messages.not_opened(path.name, content, has_password=password is not None)
    if content.page_count > config.max_pages:
        raise messages.too_many_pages(path.name, content.page_count, config)
    return content
