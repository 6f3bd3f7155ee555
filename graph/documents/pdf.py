"""PDF file -> ledger of pages, warnings and refusals. Imports no PDF library: a child process reads."""

from pathlib import Path

from graph.documents.config import LoadConfig, parse_pages
from graph.documents.errors import (
    DamagedPDFError,
    DocumentError,
    NoPagesError,
    NoTextError,
    NothingSelectedError,
    PasswordNeededError,
    TimedOutError,
    TooLargeError,
    WrongPasswordError,
)
from graph.documents.harvest import Harvest, harvest_pages
from graph.documents.types import Page


def read_pdf(path: Path, config: LoadConfig) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have, best first, the ledger of pages, warnings. Raises DocumentError."""
    harvest = harvest_pages(path, config)
    if harvest.count is None or harvest.refusal:
        raise _refusal(path, config, harvest)
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


def _refusal(path: Path, config: LoadConfig, harvest: Harvest) -> DocumentError:
    """The error for a file that was never opened."""
    name, stopped = path.name, harvest.stopped or ""
    if harvest.refusal == "password" and config.password is None:
        return PasswordNeededError(f"{name} is encrypted and needs a password", "set load.password")
    if harvest.refusal == "password":
        return WrongPasswordError(f"The password given for {name} does not open it", "correct load.password")
    if harvest.refusal == "no_pages":
        return NoPagesError(f"{name} is a PDF without pages", "check that the file is complete")
    if "memory" in stopped:
        return TooLargeError(f"{name} cannot be opened, {stopped}", "raise load.memory_mb")
    if "seconds" in stopped:
        return TimedOutError(f"{name} cannot be opened, {stopped}", "raise load.page_timeout_seconds")
    return DamagedPDFError(
        f"{name} starts like a PDF but no page of it can be read", "it is damaged or incomplete: get it again"
    )


def _check_text(path: Path, config: LoadConfig, harvest: Harvest) -> None:
    """Refuse a file of which no page gave text, for the reason that most pages share."""
    if any(text.strip() for text in harvest.texts.values()):
        return
    if harvest.texts:
        number = len(harvest.texts)
        where = f"any of the {number} pages that were" if number > 1 else "the page that was"
        raise NoTextError(
            f"{path.name} has no text layer on {where} read: it is probably a scan",
            "run OCR on it first, for example: ocrmypdf input.pdf output.pdf",
        )
    number, reason = min(harvest.failures.items())
    if harvest.stopped and "seconds" in harvest.stopped:
        raise TimedOutError(f"No page of {path.name} was read: {harvest.stopped}", "raise load.timeout_seconds")
    raise DamagedPDFError(
        f"No page of {path.name} can be read: on page {number}, {reason}", "the file is damaged: get it again"
    )


def _ledger(harvest: Harvest) -> list[Page]:
    pages: list[Page] = []
    for number in range(1, (harvest.count or 0) + 1):
        label = harvest.labels[number - 1].strip() if number <= len(harvest.labels) else ""
        text = harvest.texts.get(number, "")
        page = Page(number=number, label=label or str(number), text=text, status="read")
        if number in harvest.failures:
            page["status"] = "failed"
        elif number not in harvest.texts:
            page["status"] = "skipped"
        elif not text.strip():
            page["status"], page["text"] = "empty", ""
        pages.append(page)
    return pages


def _warnings(config: LoadConfig, harvest: Harvest, missing: list[str]) -> list[str]:
    warnings = [f"Pages {part} of load.pages are not in the file, which has {harvest.count}." for part in missing]
    by_reason: dict[str, list[int]] = {}
    for number, reason in sorted(harvest.failures.items()):
        by_reason.setdefault(reason, []).append(number)
    warnings += [f"Not read, {_name(numbers)}: {reason}." for reason, numbers in by_reason.items()]
    warnings += [
        f"Page {number} holds {total:,} characters; only the first {config.max_page_characters:,} were taken."
        for number, total in sorted(harvest.totals.items())
        if total > config.max_page_characters
    ]
    empty = [n for n, text in sorted(harvest.texts.items()) if not text.strip()]
    if empty:
        warnings.append(f"No text on {_name(empty)}: blank, or an image without a text layer.")
    return warnings


def _name(numbers: list[int]) -> str:
    """ "page 3" or "pages 3-5, 9" of sorted numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    text = ", ".join("-".join(map(str, run)) for run in runs)
    return f"page {text}" if len(numbers) == 1 else f"pages {text}"
