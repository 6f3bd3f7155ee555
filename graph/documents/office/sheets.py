"""Workbooks (xlsx): each sheet is a page of rows, with the values that were last calculated.

Sheets, rows and columns that are hidden are left out and named.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graph.documents.line import CELL, Line
from graph.documents.office.archive import Archive
from graph.documents.office.hidden import Attributes, parse
from graph.documents.office.protocol import Draft, Found, RefusedError

_MOST_COLUMNS = 500
_EMPTY_ROWS = 2000  # one after another, behind which a sheet is over
_UNCALCULATED = re.compile(rb"<f\b[^<]*(?:</f>|/>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_DECIMALS = re.compile(r"0\.(0+)")


def read_sheets(path: Path, archive: Archive, most: int) -> Found:
    """The sheets in the order of the tabs; of a sheet at most so many characters."""
    try:
        import openpyxl
    except ImportError:
        raise RefusedError("not_installed") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except MemoryError:
        raise
    except Exception:  # KeyError, ValueError, its own: whatever is wrong with the parts
        raise RefusedError("damaged") from None
    title = str(book.properties.title or "") if book.properties else ""
    found = Found(iter(()), [title] if title.strip() else [])
    found.pages = _sheets(book, archive, most, found)
    return found


def _sheets(book: Any, archive: Archive, most: int, found: Found) -> Iterator[Draft]:
    for sheet in book.worksheets:
        draft = Draft(f"sheet {' '.join(sheet.title.split())}")
        xml = archive.read(str(sheet._worksheet_path).lstrip("/"))
        hidden = _Hidden(xml)
        if uncalculated := len(_UNCALCULATED.findall(xml)):
            found.warnings.append(
                f"On {draft.label}, formulas without a value are left out ({uncalculated:,}): "
                "open the file in the program that made it, and save it."
            )
        try:
            is_cut = _take_rows(sheet, draft, hidden, most)
        except MemoryError:
            raise
        except Exception:
            raise RefusedError("damaged") from None
        if is_cut:
            found.warnings.append(f"Of {draft.label}, only the first {most:,} characters were read.")
        if sheet.sheet_state != "visible":
            said = " ".join(line.text for line in draft.lines)
            draft = Draft(draft.label, left_out=[("hidden sheets", f"{sheet.title}: {said}")], is_hidden=True)
        yield draft


class _Hidden:
    """Which rows and columns of a sheet are hidden, by number: openpyxl does not tell when it reads row by row."""

    def __init__(self, xml: bytes) -> None:
        self.rows: set[int] = set()
        self.columns: list[tuple[int, int]] = []
        self._row = 0
        if b"hidden=" in xml:
            parse(xml, self._begun)

    def has(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.columns)

    def _begun(self, name: str, attributes: Attributes, _: int) -> None:
        name = name.rpartition(" ")[2]
        is_hidden = attributes.get("hidden") in ("1", "true")
        if name == "row":
            written = attributes.get("r", "")
            self._row = int(written) if written.isdecimal() else self._row + 1
            if is_hidden:
                self.rows.add(self._row)
        elif name == "col" and is_hidden and attributes.get("min", "").isdecimal():
            self.columns.append((int(attributes["min"]), int(attributes.get("max", attributes["min"]))))


def _take_rows(sheet: Any, draft: Draft, hidden: _Hidden, most: int) -> bool:
    """Take the rows in; whether there were more than there is room for."""
    sheet.reset_dimensions()  # files say of empty sheets that they have a million rows
    size = empty = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        shown = [(column, _shown(cell)) for column, cell in enumerate(row[:_MOST_COLUMNS], start=1)]
        unseen = [text for column, text in shown if text and (number in hidden.rows or hidden.has(column))]
        if unseen:
            draft.left_out.append(("hidden rows and columns", " ".join(unseen)))
        cells = [text for column, text in shown if number not in hidden.rows and not hidden.has(column)]
        while cells and not cells[-1]:
            cells.pop()
        empty = 0 if cells or unseen else empty + 1
        if empty > _EMPTY_ROWS:
            return False
        if cells:
            line = CELL.join(cells)
            size += len(line)
            if size > most:
                return True
            draft.lines.append(Line(line, starts=empty > 0 or not draft.lines, label="table"))
    return False


def _shown(cell: Any) -> str:
    """A value as its cell shows it, as far as that is simple: dates, percents, fixed decimals."""
    value = cell.value
    form = str(getattr(cell, "number_format", "") or "")
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime.datetime():
            is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case int() | float():
            return _number(value, form.split(";")[0])
    return " ".join(str(value).split())


def _number(value: float, form: str) -> str:
    decimals = match[1] if (match := _DECIMALS.search(form)) else ""
    if "%" in form:
        return f"{100 * value:.{len(decimals)}f} %" if decimals else f"{100 * value:.0f} %"
    places = f".{len(decimals)}f" if decimals else ""
    comma = "," if "#,##" in form else ""
    if not places:
        if "0" in form and isinstance(value, float) and "E" not in form and "General" not in form:
            return f"{value:{comma}.0f}"
        return f"{value:{comma}}" if comma else f"{value:.15g}" if isinstance(value, float) else str(value)
    return f"{value:{comma}{places}}"
