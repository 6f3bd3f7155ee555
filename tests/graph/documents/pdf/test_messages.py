"""Kinds decide which error it is, and words never do; every kind has its sentence."""

import re
from typing import get_args

import pytest

from graph.documents import LoadConfig
from graph.documents.errors import DamagedPDFError, DocumentError, NoTextError, TimedOutError, TooLargeError
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.messages import describe, no_text, not_opened, warnings
from graph.documents.pdf.protocol import (
    Failure,
    FailureKind,
    Metadata,
    OCRUnavailable,
    OCRUnavailableKind,
    RefusalKind,
)

NAME = "memory in 30 seconds, a password.pdf"


def failed(failure: Failure) -> PDFContent:
    return PDFContent(ready=True, page_count=1, failures={1: failure})


@pytest.mark.parametrize("kind", get_args(FailureKind))
def test_every_failure_has_a_clause(kind: FailureKind) -> None:
    clause = describe(Failure(kind, 1234.0, "Name"))
    assert clause
    assert not clause.endswith(".")
    assert not re.search(r"\d\.0", clause)
    assert describe(Failure(kind, 1234.0, "Name", while_drawing=True)).endswith(clause)


@pytest.mark.parametrize(
    ("failure", "error", "hint"),
    [
        (Failure("out_of_memory", 1500), TooLargeError, "raise load.memory_mb"),
        (Failure("aborted", 1500), TooLargeError, "raise load.memory_mb"),
        (Failure("page_timeout", 10.0), TimedOutError, "raise load.page_timeout_seconds"),
        (Failure("ocr_timeout", 30.0), TimedOutError, "raise load.ocr_timeout_seconds"),
        (Failure("illegible", name="eng"), NoTextError, "name its language in load.ocr_languages, such as jpn"),
        (Failure("damaged", name="Out of memory in 3 seconds"), DamagedPDFError, None),
        (Failure("crashed", 11), DamagedPDFError, None),
    ],
    ids=lambda value: value.kind if isinstance(value, Failure) else None,
)
def test_the_kind_decides_the_error(failure: Failure, error: type[DocumentError], hint: str | None) -> None:
    refusal = no_text(NAME, failed(failure), LoadConfig())
    assert type(refusal) is error
    assert hint in (None, refusal.hint)
    assert "on page 1, " in str(refusal)


def test_when_reading_was_stopped_that_is_the_reason() -> None:
    content = PDFContent(ready=True, page_count=1, texts={1: ""}, stopped=Failure("file_timeout", 45.0))
    refusal = no_text(NAME, content, LoadConfig())
    assert type(refusal) is TimedOutError
    assert str(refusal) == (
        f"No text of {NAME} was read: reading the file took longer than 45 seconds (load.timeout_seconds);"
        " raise load.timeout_seconds."
    )


@pytest.mark.parametrize("kind", get_args(RefusalKind))
def test_every_refusal_has_an_error_of_its_own(kind: RefusalKind) -> None:
    content = PDFContent(ready=True, refusal=kind)
    errors = [not_opened(NAME, content, has_password=given) for given in (False, True)]
    names = {
        "password": ["PasswordNeededError", "WrongPasswordError"],
        "protected": ["ProtectedError"] * 2,
        "no_pages": ["NoPagesError"] * 2,
        "damaged": ["DamagedPDFError"] * 2,
    }
    assert [type(error).__name__ for error in errors] == names[kind]


@pytest.mark.parametrize("kind", get_args(OCRUnavailableKind))
def test_whatever_keeps_ocr_away_there_is_something_to_do(kind: OCRUnavailableKind) -> None:
    content = PDFContent(ready=True, page_count=1, texts={1: ""}, scans={1}, ocr_unavailable=OCRUnavailable(kind))
    refusal = no_text(NAME, content, LoadConfig())
    assert "OCR is not available because tesseract " in str(refusal)
    assert refusal.hint
    assert warnings(content, LoadConfig(), [])[-1].endswith(f"; {refusal.hint}.")


def test_pages_that_failed_alike_share_a_warning() -> None:
    slow, bad = Failure("page_timeout", 10.0), Failure("damaged", name="PdfiumError")
    content = PDFContent(
        page_count=7, failures={5: slow, 2: bad, 4: slow, 7: slow}, metadata=Metadata(attachments=("a", "b"))
    )
    assert warnings(content, LoadConfig(), ["8-9"]) == [
        "Pages 8-9 of load.pages are not in the file, whose last page is 7.",
        "Not read, page 2: it is damaged (the PDF library reports PdfiumError).",
        "Not read, pages 4–5, 7: it took longer than 10 seconds (load.page_timeout_seconds).",
        "Files attached to the PDF were not read: a, b.",
    ]
