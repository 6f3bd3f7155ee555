"""A line of a page: what it says, where it stands, and what it is.

A step that cleans never deletes a line. It puts a label on it, and the page's text is composed of the lines whose
labels are those of text. The words are docling's, where it has one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points from the lower left of the page

Label = Literal[
    "text", "title", "section_header", "list_item", "table", "caption", "footnote", "formula", "code",
    "form_field", "annotation",
    "page_header", "page_footer", "page_number", "line_number", "reference", "contents", "watermark",
    "off_page", "hidden", "struck", "garbled", "note_mark",
]  # fmt: skip

# Labels of what no prompt is given, and what people call it.
LEFT_OUT: dict[Label, str] = {
    "page_header": "page headers",
    "page_footer": "page footers",
    "page_number": "page numbers",
    "line_number": "line numbers",
    "reference": "references",
    "contents": "table of contents",
    "watermark": "stamps and watermarks",
    "off_page": "print beside the page",
    "hidden": "hidden text",
    "struck": "struck-out text",
    "garbled": "garbled characters",
    "note_mark": "marks of notes",
}
CELL = "\t"  # between the cells of a row, in lines of tables and where a file has it
BAR = " | "  # between them in a text
ROW = "\x1f"  # between them while a text is composed, for bars stand in formulas too; no file's text has it

LONGEST_ROW = 400  # characters of a row of a table; a longer line with bars is a paragraph with a formula
RAISED, LOWERED = "\x0e", "\x0f"  # around what the print raises above its line, until it is known what that is


@dataclass(slots=True)
class Line:
    """One printed line. Without a box nothing is known of its place: it is of a text file, or read by OCR."""

    text: str
    box: Box | None = None
    size: float = 0.0  # height of most of its letters, in points; 0 where it is not known
    bold: bool = False
    starts: bool = False  # whether the print shows that something new begins: a paragraph, a heading, a note
    edge: Literal["top", "bottom"] | None = None  # set apart from the text, in the page's margin
    label: Label = "text"

    @property
    def is_text(self) -> bool:
        """Whether it goes into prompts."""
        return self.label not in LEFT_OUT


def lines_of(text: str) -> list[Line]:
    """The lines of a text without places. A blank line begins something new, and is no line."""
    lines: list[Line] = []
    starts = False
    for row in text.split("\n"):
        if row.strip():
            lines.append(Line(row, starts=starts))
            starts = False
        else:
            starts = True
    return lines


def text_of(lines: Iterable[Line], bar: str = BAR) -> str:
    """The lines as text, with a blank line before whatever begins something new, and bars between cells."""
    parts: list[str] = []
    for line in lines:
        if parts:
            parts.append("\n\n" if line.starts else "\n")
        parts.append(line.text.replace(CELL, bar) if line.label == "table" else line.text)
    return "".join(parts)


def is_row(line: str) -> bool:
    """Whether a line of a text is a row of a table."""
    return BAR in line and len(line) <= LONGEST_ROW
