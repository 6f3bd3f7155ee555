"""PDF file -> ledger of pages, warnings and refusals. Imports no PDF library: a child process reads."""

import os
from pathlib import Path

from graph.documents.cancel import CancelToken
from graph.documents.config import LoadConfig, parse_pages
from graph.documents.errors import (
    DamagedPDFError,
    DocumentError,
    NoPagesError,
    NoTextError,
    NothingSelectedError,
    PasswordNeededError,
    ProtectedError,
    ReaderError,
    TimedOutError,
    TooLargeError,
    WrongPasswordError,
)
from graph.documents.pdf.child_process import PASSWORD_VARIABLE
from graph.documents.pdf.ocr import INSTALL
from graph.documents.pdf.supervisor import Harvest, harvest_pages
from graph.documents.types import Page

_PLACEHOLDER_CHARACTERS = 2000  # "Please wait ...", and how to get the vendor's program
_MOST_RUNS = 30  # of page numbers in a warning


def read_pdf(path: Path, config: LoadConfig, cancel: CancelToken) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have, best first, the ledger of pages, warnings. Raises DocumentError, ReadCancelledError."""
    password = config.password.get_secret_value() if config.password else os.environ.get(PASSWORD_VARIABLE)
    harvest = harvest_pages(path, config, password, cancel)
    if harvest.count is None or harvest.refusal:
        raise _refusal(path, password, harvest)
    if harvest.count > config.max_pages:
        raise TooLargeError(
            f"{path.name} has {harvest.count:,} pages, and load.max_pages allows {config.max_pages:,}",
            "raise load.max_pages, or cut the file into parts",
        )
    wanted, missing = _wanted(config.pages, harvest.count)
    if not wanted:
        raise NothingSelectedError(
            f"{path.name} has {harvest.count} pages, and load.pages is {config.pages!r}",
            f"choose pages from 1 to {harvest.count}",
        )
    reason = harvest.stopped or "reading ended before it"
    for number in wanted - harvest.texts.keys() - harvest.failures.keys():
        harvest.failures[number] = reason
    if config.ocr == "auto" and harvest.no_ocr is None:
        for number in list(harvest.scans):  # OCR did not come to them
            harvest.fail(number, reason)
    _check_text(path, config, harvest)
    return [harvest.title, harvest.heading], _ledger(harvest), _warnings(config, harvest, missing)


def _wanted(selection: str | None, count: int) -> tuple[set[int], list[str]]:
    """Page numbers inside the file, and the parts of the selection that lie outside it."""
    wanted: set[int] = set()
    missing: list[str] = []
    for first, last in parse_pages(selection or "1-"):
        wanted.update(range(first, min(last or count, count) + 1))
        if max(first, last or first) > count:
            beyond = max(first, count + 1)
            missing.append(str(beyond) if last is None or last == beyond else f"{beyond}-{last}")
    return wanted, missing


def _refusal(path: Path, password: str | None, harvest: Harvest) -> DocumentError:
    """The error for a file that was never opened."""
    name, reason = path.name, harvest.stopped or harvest.opening or ""
    if not (harvest.ready or harvest.stopped):
        return ReaderError(
            f"{name} was not read: the process that reads PDFs does not start",
            "try again with more memory free, and if that does not help, install this program anew",
        )
    if harvest.refusal == "password" and password is None:
        return PasswordNeededError(
            f"{name} is encrypted and needs a password",
            f"set load.password, or {PASSWORD_VARIABLE} in the environment",
        )
    if harvest.refusal == "password":
        return WrongPasswordError(
            f"The password given for {name} does not open it", f"correct load.password, or {PASSWORD_VARIABLE}"
        )
    if harvest.refusal == "protected":
        return ProtectedError(
            f"{name} is encrypted in a way that needs more than a password", "get it without this protection"
        )
    if harvest.refusal == "no_pages":
        return NoPagesError(f"{name} is a PDF without pages", "check that the file is complete")
    if limit := _limit_reached(f"{name} cannot be opened, {reason}", reason):
        return limit
    if harvest.stopped:
        return ReaderError(f"{name} was not read: {reason}", "run again")
    return DamagedPDFError(
        f"{name} starts like a PDF but no page of it can be read", "it is damaged or incomplete: get it again"
    )


def _limit_reached(problem: str, reason: str) -> DocumentError | None:
    """The error for a limit on time or memory, which the reason names."""
    if "memory" in reason:
        return TooLargeError(problem, "raise load.memory_mb")
    if "seconds" in reason:
        return TimedOutError(problem, "raise that limit")
    return None


def _check_text(path: Path, config: LoadConfig, harvest: Harvest) -> None:
    """Refuse a file of which no page gave text, for the reason that most pages share."""
    characters = sum(len(text.strip()) for text in harvest.texts.values())
    if harvest.placeholder and characters < _PLACEHOLDER_CHARACTERS:
        raise NoTextError(
            f"{path.name} is a form (XFA) that only Adobe's programs show; its pages only say so",
            "open it there and print it to a PDF",
        )
    if characters:
        return
    illegible = [(number, why) for number, why in sorted(harvest.failures.items()) if "OCR could not" in why]
    if illegible:
        raise NoTextError(
            "No page of {} has a text layer, and on page {}, {}".format(path.name, *illegible[0]),
            "name its language in load.ocr_languages, such as jpn",
        )
    if harvest.texts.keys() - harvest.failures.keys() and not harvest.stopped:
        raise _without_text(path, config, harvest)
    number, reason = min(harvest.failures.items())
    problem = f"No page of {path.name} can be read: on page {number}, {reason}"
    if harvest.stopped:
        problem = f"No text of {path.name} was read: {harvest.stopped}"
    raise _limit_reached(problem, harvest.stopped or reason) or DamagedPDFError(
        problem, "the file is damaged: get it again"
    )


def _without_text(path: Path, config: LoadConfig, harvest: Harvest) -> NoTextError:
    """The error for a file whose pages were read and hold none."""
    number = len(harvest.texts.keys() - harvest.failures.keys())
    where = f"any of the {number} pages that were" if number > 1 else "the page that was"
    problem = f"{path.name} has no text layer on {where} read"
    if not harvest.scans:
        return NoTextError(
            f"{problem}, nor anything for OCR: blank pages, pictures, or damage", "look at it in a PDF viewer"
        )
    problem += ": it is probably a scan"
    if config.ocr == "off":
        return NoTextError(problem, "set load.ocr to auto, or run OCR on it first (ocrmypdf input.pdf output.pdf)")
    return NoTextError(f"{problem}, and OCR is not to be had, because {harvest.no_ocr}", _cure(harvest))


def _cure(harvest: Harvest) -> str:
    """What to do for want of OCR."""
    if harvest.no_ocr == "tesseract is not installed":
        return INSTALL
    return "install it, or change load.ocr_languages"


def _ledger(harvest: Harvest) -> list[Page]:
    pages: list[Page] = []
    for number in range(1, (harvest.count or 0) + 1):
        label = harvest.labels[number - 1].strip() if number <= len(harvest.labels) else ""
        text = harvest.texts.get(number, "")
        page = Page(number=number, label=label or str(number), text=text, status="read")
        if number in harvest.failures:
            page["status"], page["text"], page["note"] = "failed", "", harvest.failures[number]
        elif number not in harvest.texts:
            page["status"] = "skipped"
        elif not text.strip():
            page["status"], page["text"] = "empty", ""
        elif number in harvest.recognized:
            page["note"] = "read by OCR"
        pages.append(page)
    return pages


def _warnings(config: LoadConfig, harvest: Harvest, missing: list[str]) -> list[str]:
    warnings = [f"Pages {part} of load.pages are not in the file, which has {harvest.count}." for part in missing]
    if harvest.repaired:
        warnings.append(
            "The file is damaged or incomplete: its pages are those that were found in it, in the order found."
        )
    by_reason: dict[str, list[int]] = {}
    for number, reason in sorted(harvest.failures.items()):
        by_reason.setdefault(reason, []).append(number)
    warnings += [f"Not read, {_name(numbers)}: {reason}." for reason, numbers in by_reason.items()]
    if harvest.recognized:
        pages = _name(sorted(harvest.recognized))
        warnings.append(f"Read by OCR, {pages}: letters and numbers may be mistaken.")
    warnings += [
        f"Page {number} holds {total:,} characters; only the first {config.max_page_characters:,} were taken."
        for number, total in sorted(harvest.totals.items())
        if total > config.max_page_characters
    ]
    empty = [n for n, text in sorted(harvest.texts.items()) if not text.strip() and n not in harvest.failures]
    if empty:
        warnings.append(f"No text on {_name(empty)}: blank, or an image without a text layer.")
    if harvest.scans and harvest.no_ocr:
        warnings.append(f"No OCR of {_name(sorted(harvest.scans))}: {harvest.no_ocr}; {_cure(harvest)}.")
    if harvest.attachments:
        names = ", ".join(harvest.attachments)
        warnings.append(f"Files attached to the PDF were not read: {names}.")
    return warnings


def _name(numbers: list[int]) -> str:
    """ "page 3" or "pages 3-5, 9" of sorted numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    text = ", ".join("-".join(map(str, run)) for run in runs[:_MOST_RUNS])
    more = f" and {len(runs) - _MOST_RUNS} more" if len(runs) > _MOST_RUNS else ""
    return f"page {text}" if len(numbers) == 1 else f"pages {text}{more}"
