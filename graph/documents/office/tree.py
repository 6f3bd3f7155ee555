"""Pandoc's tree -> labelled lines in the order of reading.

What is struck out, deleted or hidden keeps its marks (unseen.py); notes and comments stand behind their paragraph.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from graph.documents.line import CELL, LOWERED, RAISED, Label, Line
from graph.documents.office.protocol import RefusedError
from graph.documents.office.unseen import DELETED, STRUCK, marked

_CONTENT_FILE = (".xhtml", ".html", ".htm", ".xml")
_FENCE = "```"
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT")


class Tree:
    """The lines of a document. Raises RefusedError for what is nested too deeply."""

    def __init__(self, tree: dict[str, Any]) -> None:
        self.lines: list[Line] = []
        self.files: list[int] = []  # where a content file of a book begins, as an index into the lines
        self.levels: dict[int, int] = {}  # of headings, by the identity of their lines
        self.left_out: list[tuple[str, str]] = []
        self.titles: list[str] = []
        self._is_flat = False  # whether the blocks under way become one line
        self._behind: list[Line] = []  # notes and comments of the paragraph under way
        try:
            self._meta(tree.get("meta", {}))
            self._blocks(tree["blocks"])
            self._drop_title_said_again()
        except RecursionError:
            raise RefusedError("nested") from None

    def _meta(self, meta: dict[str, Any]) -> None:
        """The title and what stands with it on a title page."""
        for name in ("title", "subtitle", "author", "date", "abstract"):
            for said in self._meta_texts(meta.get(name)):
                if name == "title":
                    self.titles.append(said)
                elif name == "date" and _STAMP.match(said):
                    said = said[:10]  # of a book; programs write the second into it
                self.lines.append(Line(said, starts=True, label="title" if name == "title" else "text"))

    def _drop_title_said_again(self) -> None:
        """Web pages have their title twice: for the window, and as the first heading."""
        first = next((line for line in self.lines if line.label == "section_header"), None)
        if first:
            self.lines = [
                line for line in self.lines if line.label != "title" or line.text != first.text.lstrip("# ")
            ]

    def _meta_texts(self, value: Any) -> list[str]:
        match value:
            case {"t": "MetaInlines", "c": inlines}:
                return [said] if (said := " ".join(self._said(inlines).split())) else []
            case {"t": "MetaString", "c": str(said)}:
                return [said] if said.strip() else []
            case {"t": "MetaList", "c": values}:
                return [said for one in values for said in self._meta_texts(one)]
            case {"t": "MetaBlocks", "c": blocks}:
                return [said] if (said := self._flat(blocks)) else []
        return []

    def _blocks(self, blocks: Iterable[Any], lead: str = "", label: Label = "text") -> None:
        """Take blocks in; `lead` begins the first line of them, such as the dash of an item."""
        for block in blocks:
            before = len(self.lines)
            self._block(block, lead, label)
            if len(self.lines) > before:
                lead = ""

    def _block(self, block: dict[str, Any], lead: str, label: Label) -> None:
        content: Any = block.get("c")
        match block["t"]:
            case "Plain" | "Para":
                if self._is_file_mark(content):
                    self.files.append(len(self.lines))
                    return
                self._paragraph(self._said(content), lead, label, starts=block["t"] == "Para" and not lead)
            case "LineBlock":
                for row in content or []:
                    self._paragraph(self._said(row), lead, label, starts=False)
            case "CodeBlock":
                self._code(content[1])
            case "Header":
                self._heading(content[0], content[2])
            case "BlockQuote":
                self._blocks(content, lead, label)
            case "BulletList":
                for item in content:
                    self._blocks(item, "- ", "list_item")
            case "OrderedList":
                for number, item in enumerate(content[1], start=content[0][0]):
                    self._blocks(item, f"{number}. ", "list_item")
            case "DefinitionList":
                for term, meanings in content:
                    self._paragraph(self._said(term), "", label, starts=True)
                    for meaning in meanings:
                        self._blocks(meaning, "", label)
            case "Div":
                self._blocks(content[1], lead, label)
            case "Figure":
                self._figure(content)
            case "Table":
                self._table(content)
            case "RawBlock":
                self._raw(content)

    def _paragraph(self, said: str, lead: str, label: Label, *, starts: bool) -> None:
        for row in said.split("\n"):
            if row.strip():
                self.lines.append(Line(f"{lead}{row.strip()}", starts=starts, label=label))
                lead, starts = "", False
        self._take_behind()

    def _take_behind(self) -> None:
        if self._is_flat:
            return  # they stand behind the table, or the paragraph of the note
        behind, self._behind = self._behind, []
        self.lines += behind
        if behind:
            self.lines.append(Line("", starts=True))  # something new begins behind it; chapters.py merges it

    def _heading(self, level: int, inlines: Sequence[Any]) -> None:
        said = " ".join(self._said(inlines).split())
        if said:
            line = Line(f"{'#' * min(level, 6)} {said}", starts=True, label="section_header")
            self.levels[id(line)] = level
            self.lines += [line, Line("", starts=True)]
        self._take_behind()

    def _code(self, code: str) -> None:
        rows = [row for row in code.split("\n") if not row.lstrip().startswith((_FENCE, "~~~"))]
        for index, row in enumerate([_FENCE, *rows, _FENCE]):
            if row.strip():
                self.lines.append(Line(row, starts=index == 0, label="code"))

    def _figure(self, content: Sequence[Any]) -> None:
        _, caption, blocks = content
        said = self._flat(caption[1])
        before = len(self.lines)
        self._blocks(blocks)
        if said:
            shown = [line for line in self.lines[before:] if line.text and line.text != said]
            self.lines[before:] = [*shown, Line(said, starts=True, label="caption")]

    def _table(self, content: Sequence[Any]) -> None:
        _, caption, _, head, bodies, foot = content
        if said := self._flat(caption[1]):
            self.lines.append(Line(said, starts=True, label="caption"))
        rows = [*head[1], *(row for body in bodies for part in body[2:] for row in part), *foot[1]]
        starts = True
        for row in rows:
            cells = [self._flat(cell[4]) for cell in row[1]]
            if any(cells):
                self.lines.append(Line(CELL.join(cells), starts=starts, label="table"))
                starts = False
        self._take_behind()
        self.lines.append(Line("", starts=True))

    def _raw(self, content: Sequence[str]) -> None:
        """Markup that means nothing to pandoc; comments of web pages are no text."""
        if content[0] != "html" and content[1].strip():
            self.left_out.append(("unknown markup", content[1]))

    def _flat(self, blocks: Iterable[Any]) -> str:
        """All blocks in one line: of a cell, of a caption, of a note."""
        outer, was_flat = self.lines, self._is_flat
        self.lines, self._is_flat = [], True
        self._blocks(blocks)
        said = " ".join(" ".join(line.text.replace(CELL, " ").split()) for line in self.lines if line.text)
        self.lines, self._is_flat = outer, was_flat
        return said

    def _said(self, inlines: Iterable[Any]) -> str:
        return "".join((one or " ") if isinstance(one, str) else self._inline(one) for one in inlines)

    def _inline(self, one: dict[str, Any]) -> str:
        content: Any = one.get("c")
        match one["t"]:
            case "Emph" | "Underline" | "Strong" | "Subscript" | "SmallCaps":
                return self._said(content)
            case "Superscript":
                return f"{RAISED}{self._said(content)}{LOWERED}"
            case "Strikeout":
                return marked(self._said(content), STRUCK)
            case "Quoted":
                said = self._said(content[1])
                return f"‘{said}’" if content[0]["t"] == "SingleQuote" else f"“{said}”"
            case "Cite" | "Link":
                return self._said(content[1])
            case "Code" | "Math":
                return str(content[1])
            case "Image":
                said = self._said(content[1]).strip()
                return f" {said} " if said else ""
            case "Span":
                return self._span(content)
            case "Note":
                said = self._flat(content)
                self._behind += [Line(said, starts=True, label="footnote")] if said else []
        return ""

    def _span(self, content: Sequence[Any]) -> str:
        classes = content[0][1]
        if "comment-start" in classes:
            said = " ".join(self._said(content[1]).split())
            self._behind += [Line(f"[Note: {said}]", starts=True, label="annotation")] if said else []
            return ""
        if "deletion" in classes or "paragraph-deletion" in classes:
            return marked(self._said(content[1]), DELETED)
        return self._said(content[1])

    def _is_file_mark(self, inlines: Sequence[Any]) -> bool:
        match inlines:
            case [{"t": "Span", "c": [[str(name), *_], []]}]:
                return name.lower().endswith(_CONTENT_FILE)
        return False
