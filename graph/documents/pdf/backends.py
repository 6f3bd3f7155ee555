"""The two PDF libraries behind one interface. The only module that imports them; runs inside the worker.

pdfium reads faster and keeps words apart; pypdf opens some files that pdfium refuses, and knows the characters of
fonts that are neither in the file nor on the machine. Both raise anything on hostile files: callers catch
Exception around every call.
"""

import contextlib
import io
import logging
import re
from collections.abc import Sequence
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from graph.documents.characters import plain
from graph.documents.clean.note_marks import without_raised
from graph.documents.line import Line, lines_of
from graph.documents.pdf.annotations import Annotations, annotations_of, with_annotations
from graph.documents.pdf.bookmarks import bookmarks_of
from graph.documents.pdf.layout.text_lines import page_lines
from graph.documents.pdf.layout.vertical import Glyph, columns_as_text
from graph.documents.pdf.picture import page_pictures
from graph.documents.pdf.protocol import PDFBookmark, RefusalKind
from graph.documents.pdf.unseen import without_unseen
from llm.language.joins import join

_LAYOUT_WINDOW = 20_000  # characters; a page with more is not one that somebody reads
_FEWEST_LETTERS = 4  # of a line that may be a title
_COVER_LINES, _LONGEST_TITLE = 8, 160  # lines of a cover, and characters of its title
_HEADING_WINDOW = 4000  # characters of page 1 in which its heading is looked for
_MOST_ATTACHMENTS = 20
_MOST_TEXTS = 1000  # that are counted
_LETTERWISE = 0.9  # of the letters of a page are placed one by one
_STAMP = 50  # letters: no more than "Scanned with ..." or a page number, on what is otherwise a picture
_DPI = 300
_MOST_PIXELS = 9_000_000  # A4 has 8.7 million at 300 dpi
_CLAUSE_END = re.compile(r"[.!?;,](?:\s|$)|[。！？；，、।؟۔]")
_LONGEST_SIDE, _SHORTEST_SIDE = 10_000, 16  # pixels; tesseract takes 32,767


class CannotOpenError(Exception):
    """The file as a whole cannot be opened."""

    def __init__(self, kind: RefusalKind) -> None:
        super().__init__(kind)
        self.kind: RefusalKind = kind


class Backend(Protocol):
    """An open PDF. Page numbers count from 1."""

    def count(self) -> int: ...

    def lines(self, number: int, limit: int) -> tuple[list[Line], int]:
        """Lines of a page, of at most `limit` characters together, and how many there were."""

    def title(self) -> str: ...

    def heading(self) -> str:
        """The largest upright print of page 1; "" when it has only one size or the backend cannot tell."""

    def labels(self) -> list[str]:
        """Printed page labels, one per page; [] when the file has none."""

    def attachments(self) -> list[str]:
        """Names of files inside the file, the first of them; [] when the backend cannot tell."""

    def placeholder(self) -> bool:
        """Whether the pages only stand for a form (XFA) that Adobe's programs draw in their place."""

    def bookmarks(self) -> list[PDFBookmark]:
        """Entries of the file's outline; [] when it has none, or the backend cannot tell."""

    def is_scan(self, number: int, letters: int) -> bool:
        """Whether a page with so many letters and digits in its text layer has more to show than them."""

    def garbled_fonts(self, number: int) -> list[str]:
        """Names of the fonts of a page that was read in which characters are not what they look like."""

    def texts_drawn(self, number: int) -> int:
        """How many pieces of text a page draws, whatever becomes of them; 0 when the backend cannot tell."""

    def draw(self, number: int) -> bytes:
        """The page in grey as a PGM image of about 300 dpi; b"" when it shows nothing."""

    def pictures(self, number: int, views: Sequence[Sequence[str]], width: int) -> list[bytes]:
        """PNG images of the page for people, each with its passages marked. Raises NotImplementedError."""


_PDFIUM_KINDS: dict[Any, RefusalKind] = {4: "password", 5: "protected"}  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY


class Pdfium:
    """Reads with pypdfium2. Not safe for threads."""

    def __init__(self, source: Path | bytes, password: str | None) -> None:
        import pypdfium2

        try:
            self._document = pypdfium2.PdfDocument(source, password=password)
        except pypdfium2.PdfiumError as error:
            raise CannotOpenError(_PDFIUM_KINDS.get(getattr(error, "err_code", 0), "damaged")) from error
        self._garbled: dict[int, list[str]] = {}
        with contextlib.suppress(Exception):
            self._document.init_forms()  # before any page is loaded: fields are read, and drawn for OCR

    def count(self) -> int:
        return len(self._document)

    def lines(self, number: int, limit: int) -> tuple[list[Line], int]:
        from pypdfium2 import raw

        page = self._document[number - 1]
        try:
            annotations = self._annotations(page)
            textpage = page.get_textpage()
            try:
                total = textpage.count_chars()
                if total <= 0:
                    return with_annotations([], annotations), 0
                text = textpage.get_text_range(0, min(total, limit))
                shown, unseen, self._garbled[number] = without_unseen(
                    raw, page, textpage, text, annotations.strikes
                )
                if total > _LAYOUT_WINDOW:
                    lines = lines_of(plain(shown))
                else:
                    lines = page_lines(raw, page, textpage, text, shown)
                return with_annotations(lines, annotations) + unseen, total
            finally:
                textpage.close()
        finally:
            page.close()

    def _annotations(self, page: Any) -> Annotations:
        from pypdfium2 import raw

        with contextlib.suppress(Exception):
            form = self._document.formenv
            return annotations_of(raw, page, form.raw if form else None)
        return Annotations()

    def title(self) -> str:
        return str(self._document.get_metadata_value("Title"))

    def heading(self) -> str:
        lines, _ = self.lines(1, _HEADING_WINDOW)
        texts = [(line.size, without_raised(line.text).strip()) for line in lines if line.label == "text"]
        rows = [(line.size, line.text) for line in lines if line.label == "table"]
        found = [(size, text) for size, text in texts if sum(map(str.isalpha, text)) >= _FEWEST_LETTERS]
        return largest(found, rows)

    def labels(self) -> list[str]:
        labels = [str(self._document.get_page_label(index))[:40] for index in range(self.count())]
        return labels if any(labels) else []

    def attachments(self) -> list[str]:
        count = min(self._document.count_attachments(), _MOST_ATTACHMENTS)
        return [str(self._document.get_attachment(index).get_name())[:100] for index in range(count)]

    def placeholder(self) -> bool:
        from pypdfium2 import raw

        return bool(self._document.get_formtype() == raw.FORMTYPE_XFA_FULL)

    def bookmarks(self) -> list[PDFBookmark]:
        return bookmarks_of(self._document)

    def is_scan(self, number: int, letters: int) -> bool:
        from pypdfium2 import raw

        page = self._document[number - 1]
        if letters >= _STAMP:
            return False
        if not letters:
            return bool(raw.FPDFPage_CountObjects(page) > 0 or raw.FPDFPage_GetAnnotCount(page) > 0)
        width, height = page.get_size()
        images = (image.get_bounds() for image in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
        covered = sum((right - left) * (top - bottom) for left, bottom, right, top in images)
        return bool(covered > 0.8 * width * height)

    def garbled_fonts(self, number: int) -> list[str]:
        return self._garbled.get(number, [])

    def texts_drawn(self, number: int) -> int:
        from pypdfium2 import raw

        page = self._document[number - 1]
        return sum(1 for _ in islice(page.get_objects([raw.FPDF_PAGEOBJ_TEXT], max_depth=3), _MOST_TEXTS))

    def draw(self, number: int) -> bytes:
        return draw_page(self._document[number - 1])

    def pictures(self, number: int, views: Sequence[Sequence[str]], width: int) -> list[bytes]:
        from pypdfium2 import raw

        return page_pictures(raw, self._document[number - 1], views, width)


class Pypdf:
    """Reads with pypdf, under limits tighter than its own."""

    def __init__(self, source: Path | bytes, password: str | None) -> None:
        logging.disable(logging.CRITICAL)
        import pypdf
        from pypdf.errors import FileNotDecryptedError, WrongPasswordError

        # Entered for the life of the process: everything pypdf does later is under these limits.
        pypdf.apply_configuration(
            stream_decoding_work_maximum_length=100_000_000, stream_parsing_work_maximum_count=1_000_000
        ).__enter__()
        content = io.BytesIO(source if isinstance(source, bytes) else source.read_bytes())
        try:
            self._reader = pypdf.PdfReader(content)
            if self._reader.is_encrypted and password is not None and not self._reader.decrypt(password):
                raise CannotOpenError("password")
            self._count = len(self._reader.pages)
        except CannotOpenError:
            raise
        except (FileNotDecryptedError, WrongPasswordError) as error:
            raise CannotOpenError("password") from error
        except Exception as error:
            raise CannotOpenError("damaged") from error

    def count(self) -> int:
        return self._count

    def lines(self, number: int, limit: int) -> tuple[list[Line], int]:
        glyphs: list[Glyph] = []

        def visit(text: str, outer: list[float], matrix: list[float], font: Any, size: float) -> None:
            if len(character := text.strip()) == 1:
                left, bottom = matrix[4], matrix[5]
                height = abs(size * matrix[3])
                glyphs.append(Glyph(character, len(glyphs), (left, bottom, left + height, bottom + height)))

        text = self._reader.pages[number - 1].extract_text(visitor_text=visit)
        if len(glyphs) > _LETTERWISE * len("".join(text.split())):
            text = columns_as_text(glyphs) or text
        return lines_of(plain(text[:limit])), len(text)

    def title(self) -> str:
        metadata = self._reader.metadata
        return str(metadata.title or "") if metadata else ""

    def heading(self) -> str:
        return ""

    def labels(self) -> list[str]:
        return [label[:40] for label in self._reader.page_labels]

    def attachments(self) -> list[str]:
        return []

    def placeholder(self) -> bool:
        return False

    def bookmarks(self) -> list[PDFBookmark]:
        return []

    def is_scan(self, number: int, letters: int) -> bool:
        return False  # it could not be drawn

    def garbled_fonts(self, number: int) -> list[str]:
        return []

    def texts_drawn(self, number: int) -> int:
        return 0

    def draw(self, number: int) -> bytes:
        raise NotImplementedError

    def pictures(self, number: int, views: Sequence[Sequence[str]], width: int) -> list[bytes]:
        raise NotImplementedError


def draw_page(page: Any) -> bytes:
    """A page of pypdfium2 as `Backend.draw` has it."""
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        return b""
    scale = min(_DPI / 72, (_MOST_PIXELS / (width * height)) ** 0.5, _LONGEST_SIDE / max(width, height))
    if min(width, height) * scale < _SHORTEST_SIDE:
        return b""
    bitmap = page.render(scale=scale, grayscale=True)
    rows = memoryview(bitmap.buffer).cast("B")
    starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
    pixels = b"".join(rows[start : start + bitmap.width] for start in starts)
    if pixels.count(pixels[:1]) == len(pixels):
        return b""
    return b"P5\n%d %d\n255\n%b" % (bitmap.width, bitmap.height, pixels)


def largest(lines: list[tuple[float, str]], rows: Sequence[tuple[float, str]] = ()) -> str:
    """Of (height, text) lines: the first run of those within 8 % of the largest, if it stands out, else "".

    `rows` of tables are no titles, but are what a title stands out from. On a page of a few lines alike, a cover,
    it is the first line, unless that is the beginning of a text.
    """
    heights = sorted(height for height, text in [*lines, *rows] for _ in text)  # one per character, not per line
    highest = max((height for height, _ in lines), default=0)
    if not lines or highest < 1.15 * heights[len(heights) // 2]:
        run = _first_run(lines, 0.92 * highest) if lines and highest >= 1.15 * heights[0] else ""
        if run and len(lines) <= _COVER_LINES and len(run) <= _LONGEST_TITLE and not _CLAUSE_END.search(run):
            return run  # the title is most of a cover
        return lines[0][1] if _is_cover([text for _, text in lines]) else ""
    return _first_run(lines, 0.92 * highest)


def _first_run(lines: list[tuple[float, str]], lowest: float) -> str:
    """The text of the first lines that are at least so high."""
    found: list[str] = []
    for height, text in lines:
        if height >= lowest:
            found.append(text)
        elif found:
            break
    return reduce(join, found, "").strip()


def _is_cover(texts: list[str]) -> bool:
    """Whether a few lines of the same print begin with one that stands for itself."""
    if not 2 <= len(texts) <= 8 or sum(map(len, texts)) >= 300:
        return False
    first, following = texts[0], texts[1]
    if _CLAUSE_END.search(first) or following[:1].islower():
        return False
    is_full = len(first) >= 0.8 * max(map(len, texts))
    return not (is_full and any(_CLAUSE_END.search(text) for text in texts[1:]))
