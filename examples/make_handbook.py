"""Makes handbook.pdf from handbook.md: Markdown, parsed by markdown-it-py and set by ReportLab.

    python examples/make_handbook.py [--output PATH]

The same Markdown gives the same bytes on every machine: the PDF holds no dates, its streams are not compressed
(zlib's bytes differ between systems), and its fonts are those that every PDF reader has.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from html import escape
from itertools import count
from pathlib import Path
from textwrap import wrap
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Table,
    XPreformatted,
)

PROGRAM = "mlx-pdf-summarizer"
HERE = Path(__file__).resolve().parent
MARGIN = 26 * mm
WIDTH = A4[0] - 2 * MARGIN
COLUMNS = 91  # of code on a line
INK, GREY, PALE = HexColor("#1a1a1a"), HexColor("#767676"), HexColor("#f4f4f2")

# The fonts that need no file know the characters of Windows-1252. What else a handbook may say, in plain words.
PLAIN = str.maketrans({"→": "->", "⌈": "ceil(", "⌉": ")", "₂": "2", "≤": "<=", "≥": ">=", "−": "-", "\u00a0": " "})

BODY = ParagraphStyle(
    "body",
    fontName="Times-Roman",
    fontSize=11.5,
    leading=16,
    spaceAfter=7,
    textColor=INK,
    allowWidows=0,
    allowOrphans=0,
)
ITEM = ParagraphStyle("item", BODY, leftIndent=16, bulletIndent=2, spaceAfter=4)
CELL = ParagraphStyle("cell", BODY, fontSize=9.5, leading=12.5, spaceAfter=0)
CODE = ParagraphStyle(
    "code",
    fontName="Courier",
    fontSize=8,
    leading=11.5,
    spaceBefore=8,
    spaceAfter=12,
    textColor=INK,
    backColor=PALE,
    borderPadding=5,
    leftIndent=5,
    rightIndent=5,
)
HEADINGS = {
    tag: ParagraphStyle(
        tag,
        fontName="Helvetica-Bold",
        fontSize=size,
        leading=size * 1.25,
        spaceBefore=before,
        spaceAfter=after,
        textColor=INK,
        keepWithNext=1,
    )
    for tag, size, before, after in (("h1", 24, 0, 14), ("h2", 15, 18, 7), ("h3", 11.5, 11, 5))
}


class Handbook(BaseDocTemplate):
    """A4 pages with the title at the head from the second on, a number at the foot, and an outline."""

    def __init__(self, path: Path, title: str) -> None:
        super().__init__(
            str(path),
            pagesize=A4,
            title=title,
            author=f"The authors of {PROGRAM}",
            creator="examples/make_handbook.py",
            lang="en",
            invariant=1,
            pageCompression=0,
        )
        frame = Frame(MARGIN, 25 * mm, WIDTH, A4[1] - 50 * mm, 0, 0, 0, 0)
        self.addPageTemplates(PageTemplate(frames=[frame], onPage=self.draw_head, onPageEnd=self.draw_foot))
        self._places = count()

    def draw_head(self, canvas: Canvas, _: Any) -> None:
        canvas.setFont("Helvetica", 8.5)
        canvas.setFillColor(GREY)
        if canvas.getPageNumber() > 1:
            canvas.drawString(MARGIN, A4[1] - 17 * mm, f"{PROGRAM}: {self.title}")

    def draw_foot(self, canvas: Canvas, _: Any) -> None:
        canvas.setFont("Helvetica", 8.5)
        canvas.setFillColor(GREY)
        canvas.drawCentredString(A4[0] / 2, 14 * mm, str(canvas.getPageNumber()))

    def afterFlowable(self, flowable: Flowable) -> None:
        if isinstance(flowable, Paragraph) and flowable.style.name in HEADINGS:
            place, depth = f"heading-{next(self._places)}", int(flowable.style.name[1]) - 1
            self.canv.bookmarkPage(place)
            self.canv.addOutlineEntry(flowable.getPlainText(), place, depth, closed=depth > 0)


def make_handbook(source: Path, output: Path) -> None:
    """Set the Markdown file `source` as the PDF `output`.

    Raises:
        ValueError: the text has a character that the fonts do not have, or Markdown that this cannot set.
    """
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(source.read_text("utf-8")))
    title = next(plain(node) for node in tree.children if node.tag == "h1")
    nodes = tree.children
    parts = [part for place, node in enumerate(nodes) for part in blocks(node, nodes[place + 1 : place + 3])]
    Handbook(output, title).build(parts)


def blocks(node: SyntaxTreeNode, after: Sequence[SyntaxTreeNode]) -> Iterator[Flowable]:
    """What one block of Markdown is on the page. `after` are the next two."""
    match node.type:
        case "heading" if after and is_long(after[0]):
            # Kept with all of a long table, it would leave most of a page empty.
            yield CondPageBreak(60 * mm)
            yield Paragraph(inline(node), ParagraphStyle(node.tag, HEADINGS[node.tag], keepWithNext=0))
        case "heading":
            if is_long(after[-1]) and after[0].type == "paragraph":
                yield CondPageBreak(60 * mm)
            yield Paragraph(inline(node), HEADINGS[node.tag])
        case "paragraph":
            yield Paragraph(inline(node), BODY)
        case "bullet_list" | "ordered_list":
            first = int(node.attrs.get("start", 1))
            for number, item in enumerate(node.children, first):
                yield from list_item(item, "\u2022" if node.type == "bullet_list" else f"{number}.")
        case "fence" | "code_block":
            lines = [part for line in node.content.rstrip("\n").split("\n") for part in folded(line)]
            yield KeepTogether([XPreformatted(escape(typable("\n".join(lines))), CODE)])
        case "table":
            yield table([[row.children for row in part.children] for part in node.children], is_long(node))
        case _:
            raise ValueError(f"a handbook has no {node.type} (line {(node.map or (0,))[0] + 1})")


def folded(line: str) -> list[str]:
    """A line of code in pieces that fit the page, the later ones indented; a command's as a shell reads them."""
    if len(line) <= COLUMNS:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    more = 2 if line.startswith(("python ", "$ ")) else 0  # for the backslash that a shell wants
    pieces = wrap(
        line.strip(),
        COLUMNS - more,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [piece + " \\" if more and piece is not pieces[-1] else piece for piece in pieces]


def list_item(item: SyntaxTreeNode, mark: str) -> Iterator[Flowable]:
    for index, part in enumerate(item.children):
        if part.type != "paragraph":
            raise ValueError(f"a list item has no {part.type} (line {(part.map or (0,))[0] + 1})")
        yield Paragraph(inline(part), ITEM, bulletText=mark if index == 0 else None)


def is_long(node: SyntaxTreeNode) -> bool:
    """Whether this is a table that may go on on the next page."""
    return node.type == "table" and len(node.children[1].children) > 12


def table(parts: list[list[list[SyntaxTreeNode]]], may_split: bool) -> Flowable:
    """A table with rules between its rows; wide columns for much text, narrow ones for little."""
    (head,), body = parts[0], parts[1]
    rows = [[Paragraph(f"<b>{inline(cell)}</b>", CELL) for cell in head]]
    rows += [[Paragraph(inline(cell), CELL) for cell in row] for row in body]
    texts = [[plain(cell) for cell in column] for column in zip(head, *body, strict=True)]
    # No narrower than its longest word; what is left goes by the length of the longest cell.
    least = [max(stringWidth(word, "Courier", 8.5) for text in t for word in text.split()) + 10 for t in texts]
    lengths = [max(map(len, column)) for column in texts]
    spare = WIDTH - sum(least)
    widths = [width + spare * length / sum(lengths) for width, length in zip(least, lengths, strict=True)]
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.3, GREY),
        ("NOSPLIT", (0, 0), (-1, 3 if may_split else -1)),
    ]
    return Table(rows, widths, repeatRows=1, style=style, spaceBefore=4, spaceAfter=12, hAlign="LEFT")


def inline(node: SyntaxTreeNode) -> str:
    """The text of a block in ReportLab's markup."""
    if not node.children:
        return "" if node.type == "inline" else leaf(node)
    text = "".join(map(inline, node.children))
    match node.type:
        case "strong":
            return f"<b>{text}</b>"
        case "em":
            return f"<i>{text}</i>"
        case "link" if "://" in str(node.attrs["href"]):
            return f'<a href="{escape(str(node.attrs["href"]))}" color="#1f4e8c">{text}</a>'
        case (
            "heading" | "paragraph" | "th" | "td" | "inline" | "link"
        ):  # a link to a file leads nowhere from a PDF
            return text
    raise ValueError(f"a handbook has no {node.type}")


def leaf(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return escape(typable(node.content))
        case "code_inline":
            return f'<font face="Courier" size="-1">{escape(typable(node.content))}</font>'
        case "softbreak":
            return " "
        case "hardbreak":
            return "<br/>"
    raise ValueError(f"a handbook has no {node.type}")


def plain(node: SyntaxTreeNode) -> str:
    """The text of a block without markup."""
    if node.children:
        return "".join(map(plain, node.children))
    return " " if node.type in ("softbreak", "hardbreak") else node.content


def typable(text: str) -> str:
    """The text in characters that the fonts have."""
    text = text.translate(PLAIN)
    try:
        text.encode("windows-1252")
    except UnicodeEncodeError as error:
        raise ValueError(f"the fonts have no {text[error.start]!r}, in {text[:60]!r}; see PLAIN") from None
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description="Make handbook.pdf from handbook.md.")
    parser.add_argument("--output", type=Path, default=HERE / "handbook.pdf", metavar="PATH")
    output = parser.parse_args().output
    make_handbook(HERE / "handbook.md", output)
    print(f"{output}: {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
