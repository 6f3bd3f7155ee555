"""What a question asks for: its words, their weight, and the kind of thing that would answer it."""

from __future__ import annotations

import pytest

from graph.asking.kinds import kind_of
from graph.asking.passages import Finder
from graph.asking.question import Question
from graph.grounding import Tracer
from tests.graph.asking.town import KOREAN, PAGES


@pytest.fixture(scope="module")
def english() -> Finder:
    return Finder(Tracer(PAGES))


@pytest.fixture(scope="module")
def korean() -> Finder:
    return Finder(Tracer(KOREAN))


def words(question: Question) -> list[str]:
    return [question.text[word.start : word.end] for word in question.words]


@pytest.mark.parametrize(
    ("asked", "given", "not_given"),
    [
        ("When was it closed?", "It was closed in 2016.", "It was closed."),
        ("When do boats leave?", "They leave at six.", "They leave when the fog lifts."),
        ("By when must it be paid?", "By 3 May.", "Soon."),
        ("What did it cost?", "It cost $4.2 million.", "It took 4 years."),
        ("How long is it?", "It is 31 metres long.", "It has 31 arches."),
        ("How many came?", "Three hundred came.", "Some came."),
        ("Who built it?", "It was built by Otto Grau.", "It was built by the town."),
        ("언제 폐쇄되었나요?", "2016년에 폐쇄되었다.", "폐쇄되었다."),
        ("비용은 얼마인가요?", "420만 달러였다.", "3년이 걸렸다."),
        ("몇 명이 왔나요?", "300명이 왔다.", "여럿이 왔다."),
        ("누가 발표했나요?", "김철수 장관이 발표했다.", "정부가 발표했다."),
    ],
)
def test_a_kind_of_answer_is_known_by_how_it_looks(asked: str, given: str, not_given: str) -> None:
    kind = kind_of(asked)
    assert kind
    assert kind.given.search(given)
    assert not kind.given.search(not_given)


@pytest.mark.parametrize("asked", ["What happens when a guard fails?", "Why was it closed?", "왜 폐쇄되었나요?"])
def test_other_questions_ask_for_no_kind(asked: str) -> None:
    assert kind_of(asked) is None


def test_words_that_ask_are_not_looked_for(english: Finder, korean: Finder) -> None:
    assert words(english.ask("How much did the new bridge cost in total?")) == ["new", "bridge"]
    assert words(korean.ask("새 다리의 비용은 얼마인가요?")) == ["새", "다리의", "비용은"]


@pytest.mark.parametrize(
    "asked", ["What is this document about?", "Who wrote it?", "When was the report published?"]
)
def test_a_question_of_any_document_is_one_in_general(english: Finder, asked: str) -> None:
    assert english.ask(asked).is_general
    assert not english.ask(f"{asked} The bridge?").is_general


def test_a_word_is_found_by_another_ending(english: Finder) -> None:
    question = english.ask("Which angler is permitted?")
    assert question.unknown == []
    best = english.best(english.worth(question))[0]
    assert english.source.excerpt(best).startswith("Anglers need a permit")


def test_unknown_words_weigh_most(english: Finder) -> None:
    question = english.ask("Who fished for penguins from the bridge?")
    assert question.unknown == ["penguins"]
    weights = dict(zip(words(question), question.weights, strict=True))
    assert weights["penguins"] == max(weights.values())


@pytest.mark.parametrize(
    ("asked", "crosses"),
    [
        ("다리의 비용은 얼마인가요?", True),
        ("What did it cost?", False),
        ("橋の費用はいくらですか。", True),
        ("Cost of the bridge", False),
    ],
)
def test_languages_are_apart_where_no_word_can_be_shared(english: Finder, asked: str, crosses: bool) -> None:
    assert english.ask(asked).crosses is crosses


def test_an_english_question_to_a_korean_document_is_known_by_its_first_word(korean: Finder) -> None:
    assert korean.ask("What did it cost?").crosses
    assert not korean.ask("비용?").crosses


def test_passages_bring_along_what_they_lean_on_and_what_follows(english: Finder) -> None:
    found = english.find(english.ask("What does a permit cost?"), 200, lambda text: len(text.split()))
    text = english.text(found.spans)
    assert "Salmon have come back" in text
    assert "Nobody may fish from the bridge itself." in text
    assert text.index("Salmon") < text.index("permit") < text.index("Nobody")


def test_passages_are_never_more_than_there_is_room_for(english: Finder) -> None:
    for room in range(20, 300, 7):
        found = english.find(english.ask("What did the new bridge cost?"), room, len)
        text = english.text(found.spans)
        assert len(text) <= room or (len(found.spans) == 1 and found.spans[0][0] == found.spans[0][1])
        assert found.spans == sorted(found.spans)


def test_a_document_without_text_has_no_passages() -> None:
    finder = Finder(Tracer(["   "]))
    assert finder.find(finder.ask("What did it cost?"), 100, len).spans == []
