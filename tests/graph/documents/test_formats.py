"""What a text file is, by its content: read as what it is, or refused with advice; never read with its markup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.documents import DocumentError, LoadConfig, read_document
from graph.documents.formats import told

SAID = "The tide gauge sends a report every ten minutes."
MAIL = f"""From: office@example.org
To: master@example.org
Subject: =?utf-8?q?Gauges_f=C3=BCr_us?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

The tide gauge sends a report =
every ten minutes.
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="plan.pdf"

{"A" * 80}
--b--
"""
SRT = """1
00:00:00,000 --> 00:00:03,500
The tide gauge sends a <i>report</i>

2
00:00:04,000 --> 00:00:07,500
every ten minutes.
"""
VTT = """WEBVTT

NOTE a note

00:00.000 --> 00:03.500 align:start
<v Ann>The tide gauge sends a report

00:04.000 --> 00:07.500
every ten minutes.
"""
NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# Gauges\n", SAID]},
            {
                "cell_type": "code",
                "source": "plot(x)",
                "outputs": [{"text": ["one two\n"]}, {"data": {"image/png": "AAAA"}}],
            },
        ]
    }
)


def read(path: Path, content: str) -> tuple[str, str, list[str]]:
    path.write_text(content, "utf-8")
    reading = read_document(path, LoadConfig())
    return reading["title"], " ".join(reading["pages"][0]["text"].split()), reading["warnings"]


@pytest.mark.parametrize("name", ["mail.eml", "mail.txt"])
def test_a_mail_is_its_subject_and_its_text(tmp_path: Path, name: str) -> None:
    title, text, warnings = read(tmp_path / name, MAIL)
    assert (title, text) == ("Gauges für us", SAID)
    assert any("plan.pdf" in warning for warning in warnings)


@pytest.mark.parametrize("content", [SRT, VTT, SRT.replace("\n", "\r\n")], ids=["srt", "vtt", "crlf"])
def test_subtitles_are_what_is_spoken(tmp_path: Path, content: str) -> None:
    assert read(tmp_path / "talk.srt", content)[1] == SAID


def test_a_notebook_is_its_prose_and_its_code(tmp_path: Path) -> None:
    title, text, _ = read(tmp_path / "one.ipynb", NOTEBOOK)
    assert title == "Gauges"
    assert SAID in text
    assert "plot(x)" in text
    assert "one two" not in text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("html", f"<!DOCTYPE html><html><body><p>{SAID}</p></body></html>"),
        ("html", f"<!-- saved -->\n<HTML lang=en><p>{SAID}"),
        ("rtf", rf"{{\rtf1\ansi {SAID}\par}}"),
        (
            "tex",
            f"% a comment\n\\documentclass[a4paper]{{article}}\n\\begin{{document}}\n{SAID}",
        ),
        ("tex", f"\\chapter{{Tides}}\n\\label{{tides}}\n{SAID} \\emph{{Really.}}\n"),
        ("html", f"<p>Tides</p>\n<p>{SAID}</p>\n"),
        ("html", f"<div>\n{SAID}\n</div>"),
    ],
)
def test_markup_is_told_by_its_content_and_read_as_what_it_is(tmp_path: Path, kind: str, content: str) -> None:
    assert told(content) == kind
    assert read(tmp_path / "file.txt", content)[1].endswith(f"{SAID} Really." if "Really" in content else SAID)


@pytest.mark.parametrize(
    "content",
    [
        f'<svg xmlns="http://www.w3.org/2000/svg"><text>{SAID}</text></svg>',
        f'<?xml version="1.0"?><book><p>{SAID}</p></book>',
    ],
)
def test_other_markup_is_refused_with_advice(tmp_path: Path, content: str) -> None:
    assert told(content) == "xml"
    (tmp_path / "file.txt").write_text(content)
    with pytest.raises(DocumentError) as refused:
        read_document(tmp_path / "file.txt", LoadConfig())
    assert refused.value.hint
    assert "file.txt" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "Date: 5 March 2024\nPlace: Dahme\nPresent: four members\n\nThe meeting began at nine.",
        "A text about `\\documentclass{article}` and <html> is no markup.",
        "```tex\n\\documentclass{article}\n```\nThis is how TeX begins.",
        "Call 1: at 10:00:01,500 --> the line broke.",
        '{"a json": "file"}',
        "<p> is the tag of a paragraph.",
        f'<div align="center">\n<img src="a.png">\n</div>\n\n# Tides\n\n{SAID}\n',
        f'<p align="center"><b>Tides</b></p>\n\n{SAID}\n\n{SAID}\n',
        "A chapter is begun by \\chapter{Name}, and \\emph{this} is slanted, \\textbf{this} is bold.",
        "From: here\n\nto there is a long way.",
    ],
)
def test_texts_about_markup_are_texts(text: str) -> None:
    assert told(text) is None
