"""The head of a document: title, maker and date stand before the summary of it, and before nothing else."""

from __future__ import annotations

import pytest

from llm import estimate_tokens
from llm.textrank.extract import extract, key_sentences

PROSE = " ".join(
    f"The {thing} of Linden was repaired by the council after the storm, and the town paid for it."
    for thing in ("harbour", "breakwater", "school", "library", "railway", "bridge", "market", "theatre")
)
LONG = " ".join(PROSE.replace("storm", cause) for cause in ("storm", "flood", "fire", "war", "frost", "rain"))
HEADS = {
    "en": ["Report on the Harbour of Linden", "Linden Town Council", "May 2024"],
    "de": ["Bericht über den Hafen von Linden", "Stadt Linden, Hafenamt", "Mai 2024"],
    "fr": ["Rapport sur le port de Linden", "Municipalité de Linden", "Mai 2024"],
    "es": ["Informe sobre el puerto de Linden", "Ayuntamiento de Linden", "Mayo de 2024"],
    "ko": ["린든 항만 보수 보고서", "린든시 항만위원회", "2024년 5월"],
    "zh": ["林登港口维修报告", "林登市港口委员会", "2024年5月"],
    "ja": ["リンデン港修繕報告書", "リンデン市港湾委員会", "2024年5月"],
}


def lines(text: str, tokens: int = 300) -> list[str]:
    return "".join(extract(text, tokens).pieces).splitlines()


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_title_maker_and_date_come_first_each_on_a_line(head: list[str]) -> None:
    assert lines("\n\n".join([*head, LONG]), 400)[:4] == [*head, ""]


def test_a_head_takes_a_tenth_of_the_summary_at_most_and_the_title_first() -> None:
    text = "\n\n".join([*HEADS["en"], LONG])
    for tokens in (60, 100, 200):
        said = "".join(extract(text, tokens).pieces)
        assert estimate_tokens(said) <= tokens
        head = [line for line in HEADS["en"] if line in said.splitlines()]
        assert sum(estimate_tokens(line) + 1 for line in head) <= tokens // 10
        assert not head or HEADS["en"][0] in head


@pytest.mark.parametrize(
    "heading", ["The Breakwater", "3 The Harbour and the Sea", "Introduction", "2. 방파제"], ids=str
)
def test_a_part_that_begins_with_a_heading_has_no_head(heading: str) -> None:
    assert heading not in lines(f"{heading}\n\n{PROSE}")


@pytest.mark.parametrize(
    "line", ["© 2024 Town of Linden", "Reprinted 2024 by the council", "All rights reserved 2024", "ISBN 2024-1"]
)
def test_an_imprint_is_no_line_of_the_head(line: str) -> None:
    said = lines("\n\n".join([*HEADS["en"], line, LONG]), 600)
    assert line not in said
    assert HEADS["en"][2] in said


def test_a_line_is_not_said_again_in_other_letters() -> None:
    said = lines("\n\n".join([HEADS["en"][0].upper(), *HEADS["en"], PROSE]), 600)
    assert sum(line.casefold() == HEADS["en"][0].casefold() for line in said) == 1


def test_the_head_of_a_summary_is_heard_again_when_summaries_are_merged() -> None:
    first = "".join(extract("\n\n".join([*HEADS["en"], LONG]), 400).pieces)
    assert lines(f"{first}\n\n{LONG.replace('town', 'county')}", 400)[:3] == HEADS["en"]


def test_key_sentences_are_sentences() -> None:
    assert all(sentence in PROSE for sentence in key_sentences("\n\n".join([*HEADS["en"], PROSE]), 5))
