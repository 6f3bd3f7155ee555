"""What people are told of a PDF: every warning and every refusal, made of kinds and their numbers."""

from collections.abc import Iterable
from typing import assert_never

from graph.documents.config import PASSWORD_VARIABLE, LoadConfig
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
from graph.documents.line import Label
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import Failure, FailureKind, OCRUnavailable, RefusalKind

_MOST_FONTS = 5  # named in a warning
_MOST_RUNS = 30  # of page numbers in a warning
_INSTALL_TESSERACT = (
    "install tesseract to have it read (Debian, Ubuntu: apt install tesseract-ocr tesseract-ocr-kor;"
    " macOS: brew install tesseract tesseract-lang)"
)
# Failures that a setting can prevent.
_LIMITS: dict[FailureKind, tuple[type[DocumentError], str]] = {
    "out_of_memory": (TooLargeError, "raise load.memory_mb"),
    "aborted": (TooLargeError, "raise load.memory_mb"),
    "page_timeout": (TimedOutError, "raise load.page_timeout_seconds"),
    "file_timeout": (TimedOutError, "raise load.timeout_seconds"),
    "ocr_timeout": (TimedOutError, "raise load.ocr_timeout_seconds"),
}


def describe(failure: Failure) -> str:
    """Why a page, or the rest of a file, was not read: a clause, to stand after a colon."""
    clause = _clause(failure)
    return f"while it was drawn for OCR, {clause}" if failure.while_drawing else clause


def _clause(failure: Failure) -> str:
    amount, name = failure.amount, failure.name
    match failure.kind:
        case "damaged":
            return f"it is damaged (the PDF library reports {name})"
        case "undrawable":
            return f"it cannot be drawn for OCR (the PDF library reports {name})"
        case "text_only":
            return "the library that draws pages does not open the file, which another one has read"
        case "illegible":
            return f"OCR could not make out its text with {name}"
        case "ocr_timeout":
            return f"OCR took longer than {amount:g} seconds (load.ocr_timeout_seconds)"
        case "ocr_not_started":
            return "tesseract did not start"
        case "ocr_failed":
            return "OCR failed on it"
        case "page_timeout":
            return f"it took longer than {amount:g} seconds (load.page_timeout_seconds)"
        case "out_of_memory":
            return f"it needs more than {amount:,.0f} MB of memory (load.memory_mb)"
        case "aborted":
            return f"the PDF library gave up on it, perhaps for lack of memory (load.memory_mb is {amount:.0f})"
        case "crashed":
            return f"the PDF library crashed on it (signal {amount:.0f})"
        case "exited":
            return "the process that reads PDFs ended on it"
        case "file_timeout":
            return f"reading the file took longer than {amount:g} seconds (load.timeout_seconds)"
        case "too_much_text":
            return f"the text of the file is longer than {amount:,.0f} characters (load.max_characters)"
        case "too_many_restarts":
            return f"the process that reads PDFs died {amount:.0f} times"
        case "not_reached":
            return "reading ended before it"
    assert_never(failure.kind)


def not_opened(name: str, content: PDFContent, *, has_password: bool) -> DocumentError:
    """The error for a file that was never opened."""
    failure = content.stopped or content.first_failure
    if not (content.ready or content.stopped):
        return ReaderError(
            f"{name} was not read: the process that reads PDFs does not start",
            "free some memory and try again, or reinstall this program if that does not help",
        )
    if content.refusal and content.refusal != "damaged":
        return _refused(name, content.refusal, has_password)
    if failure and failure.kind in _LIMITS:
        error, hint = _LIMITS[failure.kind]
        return error(f"{name} cannot be opened: {describe(failure)}", hint)
    return DamagedPDFError(
        f"{name} starts like a PDF but no page of it can be read",
        "it is damaged or incomplete: get a fresh copy",
    )


def _refused(name: str, kind: RefusalKind, has_password: bool) -> DocumentError:
    if kind == "password" and not has_password:
        return PasswordNeededError(
            f"{name} is encrypted and needs a password",
            f"set load.password, or {PASSWORD_VARIABLE} in the environment",
        )
    if kind == "password":
        return WrongPasswordError(
            f"The password given for {name} does not open it", f"correct load.password, or {PASSWORD_VARIABLE}"
        )
    if kind == "protected":
        return ProtectedError(
            f"{name} is encrypted in a way that needs more than a password", "get a copy without this protection"
        )
    return NoPagesError(f"{name} is a PDF without pages", "check that the file is complete")


def too_many_pages(name: str, count: int, config: LoadConfig) -> DocumentError:
    return TooLargeError(
        f"{name} has {count:,} pages, and load.max_pages allows {config.max_pages:,}",
        "raise load.max_pages, or split the file",
    )


def no_such_page(name: str, page: int, count: int) -> DocumentError:
    return NothingSelectedError(f"{name} has no page {page}", f"choose one from 1 to {count}")


def not_drawn(name: str, page: int, failure: Failure) -> DocumentError:
    """The error for a page of which there is no picture."""
    error, hint = _LIMITS.get(failure.kind, (DamagedPDFError, "look at it in a PDF viewer"))
    return error(f"Page {page} of {name} cannot be drawn: {describe(failure)}", hint)


def nothing_selected(name: str, count: int, config: LoadConfig) -> DocumentError:
    return NothingSelectedError(
        f"load.pages {config.pages!r} selects no page of {name}, whose last page is {count}",
        f"choose pages from 1 to {count}, or leave load.pages out",
    )


def only_a_placeholder(name: str) -> DocumentError:
    return NoTextError(
        f"{name} is a form (XFA) that only Adobe's programs display; its pages only say so",
        "open it in one of them and print it to a PDF",
    )


def no_text(name: str, content: PDFContent, config: LoadConfig) -> DocumentError:
    """The error for a file of which no page gave text, for the reason that most pages share."""
    illegible = sorted(number for number, failure in content.failures.items() if failure.kind == "illegible")
    if illegible:
        failure = content.failures[illegible[0]]
        return NoTextError(
            f"No page of {name} has a text layer, and on page {illegible[0]}, {describe(failure)}",
            "name its language in load.ocr_languages, such as jpn",
        )
    read = content.texts.keys() - content.failures.keys()
    if read and not content.stopped:
        return _no_text_layer(name, len(read), content, config)
    if content.stopped:
        failure = content.stopped
        problem = f"No text of {name} was read: {describe(failure)}"
    else:
        number = min(content.failures)
        failure = content.failures[number]
        problem = f"No page of {name} can be read: on page {number}, {describe(failure)}"
    error, hint = _LIMITS.get(failure.kind, (DamagedPDFError, "the file is damaged: get a fresh copy"))
    return error(problem, hint)


def _no_text_layer(name: str, read: int, content: PDFContent, config: LoadConfig) -> DocumentError:
    if content.garbled:
        return _all_garbled(name, content, config)
    where = f"any of the {read} pages that were" if read > 1 else "the page that was"
    problem = f"{name} has no text layer on {where} read"
    if not content.scans:
        return NoTextError(
            f"{problem}, nor anything for OCR: blank pages, pictures, or damage", "look at it in a PDF viewer"
        )
    problem += ": it is probably a scan"
    if config.ocr == "off" or content.ocr_unavailable is None:
        return NoTextError(problem, "set load.ocr to auto, or run OCR on it first (ocrmypdf input.pdf output.pdf)")
    reason, cure = _no_ocr(content.ocr_unavailable)
    return NoTextError(f"{problem}, and OCR is not available because {reason}", cure)


def _all_garbled(name: str, content: PDFContent, config: LoadConfig) -> DocumentError:
    pages = _named(sorted(content.garbled))
    problem = f"The text of {name} cannot be made out: on {pages}, {_wrong_characters(content.garbled.values())}"
    if config.ocr == "off":
        return NoTextError(problem, "set load.ocr to auto, or get another copy of the file")
    if content.ocr_unavailable:
        reason, cure = _no_ocr(content.ocr_unavailable)
        return NoTextError(f"{problem}, and OCR is not available because {reason}", cure)
    return NoTextError(problem, "get another copy of the file")


def _wrong_characters(fonts: Iterable[tuple[str, ...]]) -> str:
    names = sorted({name for page in fonts for name in page if name})
    which = f" ({', '.join(names[:_MOST_FONTS])}{', …' if len(names) > _MOST_FONTS else ''})" if names else ""
    return (
        f"the file gives wrong characters for the letters of {'a font' if len(names) < 2 else 'some fonts'}{which}"
    )


def _no_ocr(unavailable: OCRUnavailable) -> tuple[str, str]:
    """Why there is no OCR, and what to do."""
    match unavailable.kind:
        case "not_installed":
            return "tesseract is not installed", _INSTALL_TESSERACT
        case "does_not_start":
            return "tesseract does not start", "check its installation with `tesseract --list-langs`"
        case "no_default_language":
            return (
                "tesseract has neither English nor Korean",
                "install one of them, or name an installed language in load.ocr_languages",
            )
        case "no_such_language":
            cure = "install that language, or change load.ocr_languages"
            return f"tesseract has no language {unavailable.language!r}", cure
    assert_never(unavailable.kind)


def warnings(content: PDFContent, config: LoadConfig, missing: Iterable[str]) -> list[str]:
    """A sentence for everything that was lost or cut. `missing` are page ranges that the file does not have."""
    count = content.page_count or 0
    found = [f"Pages {part} of load.pages are not in the file, whose last page is {count}." for part in missing]
    if content.repaired:
        found.append(
            "The file is damaged or incomplete: its pages are those that were found in it, in the order found."
        )
    by_failure: dict[Failure, list[int]] = {}
    for number, failure in sorted(content.failures.items(), key=lambda item: item[0]):
        by_failure.setdefault(failure, []).append(number)
    found += [f"Not read, {_named(numbers)}: {describe(failure)}." for failure, numbers in by_failure.items()]
    if content.recognized:
        pages = _named(sorted(content.recognized))
        found.append(f"Read by OCR, {pages}: letters and numbers may be wrong.")
    found += [
        f"Page {number} holds {total:,} characters; only the first {config.max_page_characters:,} were read."
        for number, total in sorted(content.page_characters.items())
        if total > config.max_page_characters
    ]
    if content.garbled:
        pages = _named(sorted(content.garbled))
        count = sum(
            len(line.text.split())
            for number in content.garbled for line in content.lines.get(number, []) if line.label == "garbled"
        )  # fmt: skip
        words = "1 word was" if count == 1 else f"{count:,} words were"
        found.append(f"On {pages}, {_wrong_characters(content.garbled.values())}: {words} left out as unreadable.")
    found += _unseen(content, "hidden", "not visible on") + _unseen(content, "struck", "struck out on")
    explained = content.failures.keys() | content.garbled.keys()
    empty = [n for n, text in sorted(content.texts.items()) if not text.strip() and n not in explained]
    if empty:
        found.append(f"No text on {_named(empty)}: blank, or an image without a text layer.")
    if content.scans and content.ocr_unavailable:
        reason, cure = _no_ocr(content.ocr_unavailable)
        found.append(f"No OCR of {_named(sorted(content.scans))}: {reason}; {cure}.")
    if content.metadata.attachments:
        found.append(f"Files attached to the PDF were not read: {', '.join(content.metadata.attachments)}.")
    return found


def _unseen(content: PDFContent, label: Label, what: str) -> list[str]:
    """A sentence for the words of one label that no prompt is given."""
    words: dict[int, int] = {}
    for number, lines in sorted(content.lines.items()):
        count = sum(len(line.text.split()) for line in lines if line.label == label)
        if count:
            words[number] = count
    if not words:
        return []
    count, pages = sum(words.values()), _named(sorted(words))
    one_page, one_word = len(words) == 1, count == 1
    has = "has" if one_page else "have"
    noun = "word that is" if one_word else "words that are"
    ending = f"{'it' if one_page else 'them'}; {'it was' if one_word else 'they were'} left out."
    return [f"{pages.capitalize()} {has} {count:,} {noun} {what} {ending}"]


def _named(numbers: list[int]) -> str:
    """ "page 3" or "pages 3–5, 9" of sorted numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    text = ", ".join("–".join(map(str, run)) for run in runs[:_MOST_RUNS])
    more = f" and {len(runs) - _MOST_RUNS} more" if len(runs) > _MOST_RUNS else ""
    return f"page {text}" if len(numbers) == 1 else f"pages {text}{more}"
