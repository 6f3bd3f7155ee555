"""Refusals are one printable line, whatever the file is called."""

import pickle

import pytest

from graph.documents.errors import DocumentError, NoTextError


@pytest.mark.parametrize("name", ["a\nb.pdf", "\x1b[31mred.pdf", "a\udc80b.pdf", "\u202efdp.exe", "\x00\x07.pdf"])
def test_a_file_name_cannot_break_the_line(name: str) -> None:
    message = str(DocumentError(f"{name} is empty", "choose another file"))
    assert message.isprintable()
    assert message.endswith(" is empty; choose another file.")


def test_names_in_any_script_stay_as_they_are() -> None:
    assert str(DocumentError("보고서 최종 (1).pdf is empty")) == "보고서 최종 (1).pdf is empty."


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(NoTextError("a\nb has no text", "run OCR")))
    assert type(error) is NoTextError
    assert (str(error), error.hint) == ("a\ufffdb has no text; run OCR.", "run OCR")
