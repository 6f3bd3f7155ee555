"""Sentences that are no statements: said twice, markup, the prompt, scraps, and words that say nothing."""

from __future__ import annotations

import pytest

from graph import ground
from graph.grounding import Flag

SOURCE = [
    "The harbour opens at six. Boats leave with the tide, and the mill grinds rye for nine villages of the coast.",
    "Costs of the wall\n\nThe wall cost three million crowns. The tower has a lamp that turns.",
]


def flags(summary: str, instructions: tuple[str, ...] = ()) -> list[list[Flag]]:
    return [sentence["flags"] for sentence in ground(summary, SOURCE, instructions=instructions)]


def test_a_sentence_said_twice_is_flagged_the_second_time() -> None:
    summary = (
        "The mill grinds rye for nine villages. The harbour opens at six. The mill grinds rye for nine villages."
    )
    assert flags(summary) == [[], [], ["said twice"]]
    assert flags("The wall cost three million crowns. The document says that the wall cost three million crowns.")[
        1
    ] == ["said twice"]


def test_a_sentence_with_another_number_is_not_the_same() -> None:
    found = flags("In May the harbour opens at six. In May the harbour opens at nine in June.")
    assert all("said twice" not in each for each in found)


@pytest.mark.parametrize(
    "sentence",
    [
        "This document provides a detailed overview of the topic.",
        "Sure, I would be happy to help you with that!",
        "Let me know if you have further questions.",
        "It is what it is.",
        "네, 요약해 드리겠습니다.",
    ],
)
def test_what_any_summary_could_say_says_nothing_and_is_not_supported(sentence: str) -> None:
    (found,) = ground(sentence, SOURCE)
    assert "says nothing" in found["flags"]
    assert found["support"] < 0.5


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("The harbour opens at six.\n\nCosts of the wall", [False, True]),
        ("The harbour opens at six.\n\n## Costs\n\nThe wall cost three million crowns.", [False, False, False]),
        ("Costs\nThe wall cost three million crowns.", [False, False]),
        ("The harbour opens at six. Boats leave with the", [False, True]),
        ("The harbour opens at six. Boats leave with the tide and the mill grinds rye for", [False, True]),
        ("- Boats leave with the tide\n- The mill grinds rye", [False, False]),
        ("The harbour opens at six.\nYear | Boats | Rye | Wheat", [False, True]),
        ("| Year | Boats |\n| 1998 | 12 |", [False, False]),
    ],
)
def test_headings_over_nothing_and_what_is_broken_off_are_no_sentences(summary: str, expected: list[bool]) -> None:
    assert ["not a sentence" in each for each in flags(summary)] == expected


@pytest.mark.parametrize("tag", ["<document>", "</p>", '<h2 class="x">', "<br/>", "<|im_end|>", "[/INST]"])
def test_tags_are_markup(tag: str) -> None:
    assert "markup" in flags(f"{tag} The harbour opens at six.")[0]


def test_less_than_and_a_tag_of_the_source_are_no_markup() -> None:
    assert flags("If a <b and c> d, the harbour opens at six.")[0] == []
    sentence = "Write <br> where a line ends in the harbour book."
    assert ground(sentence, [sentence])[0]["flags"] == []


def test_words_of_the_prompt_are_flagged_unless_the_source_has_them() -> None:
    prompt = "Create a summary of the following text about the harbour. Keep names and numbers as they are."
    summary = "Keep names and numbers as they are. The harbour opens at six."
    assert "prompt text" in flags(summary, (prompt,))[0]
    assert flags(summary, (prompt,))[1] == []
    assert "prompt text" not in flags("The harbour opens at six.", ("The harbour opens at six.",))[0]


def test_a_text_without_words_that_say_anything_has_no_support() -> None:
    (found,) = ground("It was about this and that, and so on.", SOURCE)
    assert (found["support"], found["pages"], found["flags"]) == (0, [], ["says nothing"])


@pytest.mark.parametrize(
    "nothing",
    [
        "None.",
        "None",
        "- None.",
        "Deadlines: none stated",
        "Not mentioned.",
        "없음.",
        "- 해당 없음",
        "문서에 언급된 내용이 없습니다.",
    ],
)
def test_that_there_is_nothing_under_a_heading_needs_no_source(nothing: str) -> None:
    summary = f"## Decisions\n\n- The harbour opens at six.\n\n## Open questions\n\n{nothing}\n"
    said = ground(summary, SOURCE)
    assert [sentence["flags"] for sentence in said] == [[], [], [], []]
    assert (said[-1]["support"], said[-1]["evidence"]) == (1, [])


@pytest.mark.parametrize(
    "claim", ["Nothing was sold in the harbour.", "None of the boats came back.", "없는 배가 돌아왔다."]
)
def test_what_says_more_than_that_there_is_nothing_is_a_claim(claim: str) -> None:
    (said,) = ground(claim, SOURCE)
    assert said["flags"]


def test_under_another_heading_a_list_may_have_the_same_once_more() -> None:
    item = "The mill grinds rye for nine villages."
    assert flags(f"## Decisions\n\n- {item}\n\n## Deadlines\n\n- {item}") == [[], [], [], []]
    assert flags(f"## Decisions\n\n- {item}\n\n## Decisions\n\n- {item}")[-1] == ["said twice"]
    assert flags(f"## Decisions\n\n- {item}\n- {item}")[-1] == ["said twice"]
