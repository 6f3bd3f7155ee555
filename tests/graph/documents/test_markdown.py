"""Markdown and plain text: titles are the document's, machinery goes and is counted, and text stays."""

from __future__ import annotations

import base64
import re

import pytest

from graph.documents.markdown import read_markdown

PICTURE = base64.b64encode(bytes(range(256)) * 40).decode()


def test_front_matter_names_the_title_and_is_no_text() -> None:
    done = read_markdown("---\ntitle: Storm tides\n# draft\ntags: [a, b]\n---\n\nThe tide rose.\n")
    assert done.titles == ["Storm tides"]
    assert done.text.strip() == "The tide rose."
    assert [(entry["reason"], entry["words"]) for entry in done.left_out] == [("front matter", 7)]


@pytest.mark.parametrize("end", ["---", "..."])
def test_front_matter_ends_as_yaml_does(end: str) -> None:
    assert read_markdown(f"---\ntitle: 'Ebb: a study'\n{end}\nText.").titles == ["Ebb: a study"]


def test_front_matter_in_toml() -> None:
    done = read_markdown('+++\ntitle = "Storm tides"\n+++\nText.')
    assert (done.titles, done.text) == (["Storm tides"], "Text.")


@pytest.mark.parametrize(
    "text",
    [
        "---\nA rule above and below is no front matter.\n---\nText.",
        "First.\n---\ntitle: not at the start\n---\nText.",
        "---\ntitle: never closed\nText.",
        "---\n- a list\n- of things\n---\nText.",
    ],
)
def test_rules_are_no_front_matter(text: str) -> None:
    done = read_markdown(text)
    assert done.left_out == []
    assert re.findall(r"\w+", done.text) == re.findall(r"\w+", text)


def test_a_comment_in_code_is_no_title() -> None:
    done = read_markdown(
        "Run this first.\n\n```sh\n# update the packages\napt update\n```\n\nThe gauge\n=========\n\nText."
    )
    assert done.titles == ["The gauge"]
    assert "# update the packages" in done.text
    assert "# The gauge\n" in done.text
    assert "====" not in done.text


def test_a_fence_closes_with_its_own_kind() -> None:
    done = read_markdown("~~~\n```\n# not a title\n```\n~~~\n# Title\n")
    assert done.titles == ["Title"]


def test_the_first_level_is_the_title_before_the_second() -> None:
    assert read_markdown("## Preface\n\nText.\n\n# The Book\n").titles[0] == "The Book"


@pytest.mark.parametrize("text", ["a | b\n--- | ---\n1 | 2", "- one\n---\ntext", "two\nlines\n---\nmore"])
def test_rules_below_other_things_make_no_heading(text: str) -> None:
    assert read_markdown(text).text == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# Tides of the *north* coast", "Tides of the north coast"),
        ("# [Tides](https://example.org) __and__ ![dikes](a.png)", "Tides and dikes"),
        ("# The ***whole*** of ~~it~~", "The whole of it"),
        ("# 2 * 3 * 4 and a_name_of_it in `__init__`", "2 * 3 * 4 and a_name_of_it in `__init__`"),
    ],
)
def test_titles_have_no_marks(written: str, shown: str) -> None:
    assert read_markdown(f"{written}\n").titles == [shown]


def test_pictures_that_are_kept_below_the_text_are_their_names() -> None:
    kept = (
        f"![The bay][1] and ![a map][map] and ![][sea].\n\n[1]: data:image/png;base64,{PICTURE}\n[sea]: sea.png\n"
    )
    assert read_markdown(kept).text.startswith("The bay and ![a map][map] and ![][sea].")


def test_entities_are_the_characters_they_stand_for() -> None:
    assert read_markdown("# Ebb &amp; flow&nbsp;&#8211; `x`\n").titles == ["Ebb & flow\xa0– `x`"]
    assert read_markdown("```\n&amp;\n```").text == "```\n&amp;\n```"
    assert read_markdown("R&D; AT&T; fish &chips", is_markdown=False).text == "R&D; AT&T; fish &chips"


@pytest.mark.parametrize(
    "picture",
    [
        f"![The bay](data:image/png;base64,{PICTURE})",
        f'![The bay](<data:image/png;base64,{PICTURE}> "title")',
        f"<img alt='The bay' src='data:image/png;base64,{PICTURE}'>",
    ],
)
def test_a_picture_in_the_text_is_its_name(picture: str) -> None:
    done = read_markdown(f"Before. {picture} Behind.")
    assert done.text == "Before. The bay Behind."
    assert [entry["reason"] for entry in done.left_out] == ["encoded data"]


def test_encoded_data_goes_and_is_counted() -> None:
    lines = "\n".join(PICTURE[start : start + 76] for start in range(0, 760, 76))
    done = read_markdown(
        f"[bay]: data:image/png;base64,{PICTURE}\n\nText.\n\n{PICTURE}\n\n{lines}\n\nMore.", is_markdown=False
    )
    assert done.text.split() == ["Text.", "More."]
    assert sum(entry["words"] for entry in done.left_out) > 5


@pytest.mark.parametrize(
    "long",
    [
        "https://example.org/" + "a1B2c3D4e5" * 30,
        "ACGT" * 100,
        "港口委员会批准了新防波堤的建设" * 30,
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "\n".join(["ACGTTGCA" * 9] * 6),
        "-" * 300,
    ],
)
def test_long_words_that_are_no_data_stay(long: str) -> None:
    done = read_markdown(f"Before {long} behind.")
    assert long in done.text
    assert done.left_out == []


def test_marks_of_quoted_mail_go() -> None:
    text = "> Somebody should look at\n> the cable.\n>\n>> On Monday:\n>> no report.\n\nWe have a cable.\n"
    done = read_markdown(text, is_markdown=False)
    assert [" ".join(part.split()) for part in re.split(r"\n\n+", done.text)] == [
        "Somebody should look at the cable.",
        "On Monday: no report.",
        "We have a cable.",
    ]


def test_a_comparison_is_no_quotation() -> None:
    assert read_markdown("It was 5 > 3, and\n3 > 2.").text == "It was 5 > 3, and\n3 > 2."
