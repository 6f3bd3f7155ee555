"""ground(summary, pages): evidence, flags and offsets, in English, Korean and both; and whatever the text is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document

from graph import ground
from graph.documents.types import Page
from graph.grounding import Sentence

RENTS = [
    "The survey reached 1,000 households in March 2024. Of these, 58% said that rents had risen. Maria Lopez led "
    "the work at the Institute of Housing.",
    "The new bridge at Hill Road opened in 1998. It carries 12 million cars a year and does not carry trains. "
    "Engineers inspect it twice a year.",
    "Bakers in the town sell rye bread from five in the morning. They close at noon on Saturdays.",
]
KOREAN = [
    "이번 조사는 2024년 3월에 전국 1,000가구를 대상으로 실시되었다. 응답자의 58%가 월세가 올랐다고 답했다. "
    "정부는 추가 예산 3억 원을 편성했다.",
    "새 다리는 1998년에 개통되었다. 해마다 자동차 1,200만 대가 다리를 건넌다. 기차는 다니지 않는다.",
]
MIXED = [
    "삼성전자는 NAND 메모리 생산량을 30% 늘렸다고 밝혔다. TSMC는 2nm 공정을 도입한다.",
    "Revenue grew 12.5 percent in Seoul.",
]


def one(sentence: str, pages: list[str]) -> Sentence:
    (found,) = ground(sentence, pages)
    return found


def check(summary: str, found: list[Sentence]) -> None:
    """What holds of every result."""
    starts, ends = [sentence["start"] for sentence in found], [sentence["end"] for sentence in found]
    assert all(end <= start for end, start in zip(ends[:-1], starts[1:], strict=True))
    for sentence in found:
        assert 0 <= sentence["start"] < sentence["end"] <= len(summary)
        assert 0 <= sentence["support"] <= 1
        assert sentence["pages"] == sorted(set(sentence["pages"]))
        assert len(sentence["labels"]) == len(sentence["pages"])
        assert len(sentence["evidence"]) <= 3
        assert bool(sentence["evidence"]) == bool(sentence["pages"]) == bool(sentence["excerpt"])
        for evidence in sentence["evidence"]:
            assert evidence["page"] in sentence["pages"]
            assert 0 <= evidence["score"] <= 1
            place = 0
            for first, last in evidence["marks"]:
                assert place <= first < last <= len(evidence["excerpt"])
                place = last
            assert evidence["marks"], "evidence shares a word"
    json.dumps(found)


@pytest.mark.parametrize(
    ("pages", "sentence", "page", "excerpt"),
    [
        (RENTS, "Rents had risen, 58 percent of 1000 households said.", 1, "Of these, 58%"),
        (RENTS, "The work was led by Maria Lopez.", 1, "Maria Lopez led"),
        (RENTS, "The bridge carries 12,000,000 cars each year.", 2, "It carries 12 million"),
        (RENTS, "On Saturdays the bakers close at noon.", 3, "They close at noon"),
        (KOREAN, "응답자의 58퍼센트는 월세가 올랐다고 했다.", 1, "응답자의 58%가"),
        (KOREAN, "자동차 12,000,000대가 해마다 다리를 건넌다.", 2, "해마다 자동차"),
        (MIXED, "삼성전자는 NAND 생산량을 30 percent 늘렸다.", 1, "삼성전자는 NAND"),
        (MIXED, "Seoul의 revenue는 12.5% 늘었다.", 2, "Revenue grew"),
    ],
)
def test_a_true_sentence_finds_its_page_and_no_flag(
    pages: list[str], sentence: str, page: int, excerpt: str
) -> None:
    found = one(sentence, pages)
    assert found["flags"] == []
    assert found["evidence"][0]["page"] == page
    assert page in found["pages"]
    assert found["excerpt"].startswith(excerpt)


@pytest.mark.parametrize(
    ("pages", "true", "wrong", "flag"),
    [
        (RENTS, "Rents had risen, 58% said.", "Rents had risen, 85% said.", "number not in source"),
        (RENTS, "The work was led by Maria Lopez.", "The work was led by John Smith.", "name not in source"),
        (RENTS, "Bakers sell rye bread.", "Whales sing in the deep ocean.", "weak support"),
        (RENTS, "The bridge does not carry trains.", "The bridge carries trains.", None),
        (KOREAN, "응답자의 58%가 답했다.", "응답자의 85%가 답했다.", "number not in source"),
        (KOREAN, "기차는 다니지 않는다.", "고래는 바다에서 노래를 부른다.", "weak support"),
        (MIXED, "NAND 생산량을 늘렸다.", "DRAM 생산량을 늘렸다.", "name not in source"),
    ],
)
def test_what_was_made_wrong_falls_in_support(pages: list[str], true: str, wrong: str, flag: str | None) -> None:
    before, after = one(true, pages), one(wrong, pages)
    assert before["flags"] == []
    assert after["support"] < before["support"] - 0.2
    assert flag is None or flag in after["flags"]


def test_a_sentence_of_the_document_has_full_support_and_is_marked_in_it() -> None:
    found = one("They close at noon on Saturdays.", RENTS)
    assert found["support"] == 1
    (evidence,) = found["evidence"]
    marked = [evidence["excerpt"][start:end] for start, end in evidence["marks"]]
    assert marked == ["close", "noon", "Saturdays"]
    assert (evidence["before"], evidence["after"]) == (RENTS[2].partition(" They")[0], "")


@pytest.mark.parametrize(
    ("pages", "true", "wrong"),
    [
        (RENTS, "It does not carry trains.", "It carries trains."),
        (RENTS, "They close at noon on Saturdays.", "They never close at noon on Saturdays."),
        (RENTS, "Maria Lopez led the work.", "Maria Lopez has not led the work."),
        (KOREAN, "응답자의 58%가 월세가 올랐다고 답했다.", "응답자의 58%가 월세가 오르지 않았다고 답했다."),
    ],
)
def test_a_not_on_one_side_alone_takes_support_away(pages: list[str], true: str, wrong: str) -> None:
    assert one(true, pages)["support"] == 1
    assert one(wrong, pages)["support"] <= 0.7


def test_korean_in_other_words_is_not_weak() -> None:
    found = one("정부가 예산을 더 늘려 짰다.", KOREAN)
    assert found["support"] < 0.25
    assert "weak support" not in found["flags"]


def test_a_sentence_without_an_end_is_cut_into_pieces() -> None:
    summary = "The mill grinds rye and the bakers sell it, " * 50
    found = ground(summary, [summary])
    assert len(found) > 3
    assert all(sentence["end"] - sentence["start"] <= 600 for sentence in found)
    assert " ".join(sentence["text"] for sentence in found) == summary.strip()
    assert all(sentence["support"] == 1 for sentence in found)


def test_several_sources_of_one_sentence_are_all_named() -> None:
    found = one("The survey reached 1,000 households, and bakers sell rye bread from five in the morning.", RENTS)
    assert found["pages"] == [1, 3]
    assert {evidence["page"] for evidence in found["evidence"]} == {1, 3}


def test_evidence_across_a_page_break_names_both_pages() -> None:
    pages = ["Oats are sown in spring. The mill by the river grinds barley", "and wheat for nine villages."]
    assert one("The mill by the river grinds barley and wheat for nine villages.", pages)["pages"] == [1, 2]


@pytest.mark.parametrize("pages", [RENTS, KOREAN])
def test_offsets_are_those_of_the_summary(pages: list[str]) -> None:
    summary = "\n\n".join(f"- **{page.split('. ')[0]}.** {page.split('. ')[1]}." for page in pages)
    found = ground(f"# Title\n\n{summary}\n", pages)
    check(f"# Title\n\n{summary}\n", found)
    assert [sentence["text"] for sentence in found[1:]] == [
        f"{part}." for page in pages for part in page.split(". ")[:2]
    ]
    for sentence in found:
        assert f"# Title\n\n{summary}"[sentence["start"] : sentence["end"]].replace("*", "") == sentence["text"]


def test_a_heading_needs_no_evidence() -> None:
    heading, rule, sentence = ground("# Whales\n\n---\n\n**Costs:**\n\nBakers sell rye bread.", RENTS)
    assert [heading["support"], rule["support"], sentence["support"]] == [1, 1, 1]
    assert [heading["pages"], rule["text"], sentence["pages"]] == [[], "Costs:", [3]]


def test_pages_may_be_texts_documents_or_our_own() -> None:
    own: list[Page] = [
        {"number": number, "label": label, "text": text, "status": "read"}
        for number, label, text in zip([4, 5, 6], ["ii", "iii", "1"], RENTS, strict=True)
    ]
    documents = [Document(text, metadata={"page": i}) for i, text in enumerate(RENTS)]
    question = "Engineers inspect the bridge at Hill Road twice a year."
    by_text, by_document, by_page = (ground(question, pages)[0] for pages in (RENTS, documents, own))
    assert by_text["pages"] == by_document["pages"] == [2]
    assert (by_page["pages"], by_page["labels"], by_page["evidence"][0]["label"]) == ([5], ["iii"], "iii")
    assert by_text["excerpt"] == by_document["excerpt"] == by_page["excerpt"]
    assert ground(question, RENTS[1])[0]["pages"] == [1], "a text alone is a page"


def test_without_a_source_nothing_is_supported() -> None:
    for pages in ([], [""], [Document("")], ""):
        (found,) = ground("Bakers sell rye bread.", pages)
        assert (found["support"], found["pages"], found["flags"]) == (0, [], ["weak support"])
    assert ground("", RENTS) == ground(" \n\n---\n* * *\n", RENTS) == []


def test_the_tree_decides_between_passages_that_fit_alike() -> None:
    pages = [
        f"Chapter about {name}. The vote was held on a rainy day in the old hall." for name in ("fish", "salt")
    ]
    end = len(pages[0])
    chunks: Any = [
        {"id": "chunk-1", "tokens": 1, "start": 0, "end": end, "pages": [1]},
        {"id": "chunk-2", "tokens": 1, "start": end + 1, "end": end + 1 + len(pages[1]), "pages": [2]},
    ]
    base = {"tokens": 1, "pages": [], "finish_reason": "stop"}
    words = ["Nothing but fish.", "The vote was held on a rainy day."]
    tree: Any = [
        {"id": f"summary-{i}", "level": 0, "text": text, "sources": [f"chunk-{i}"]} | base
        for i, text in enumerate(words, start=1)
    ]
    tree.append({"id": "final", "level": 1, "text": "", "sources": ["summary-2"]} | base)
    sentence = "The vote was held on a rainy day in the old hall."
    assert ground(sentence, pages)[0]["pages"] == [1]
    assert ground(sentence, pages, tree=tree, chunks=chunks)[0]["pages"] == [2]


def test_what_is_said_word_for_word_comes_before_what_the_tree_leads_to() -> None:
    said = "If you do, you can use the form to figure the amount."
    pages = ["Use form 3903 if you do: you can figure the amount to enter.", f"It is due in May. {said}"]
    chunks: Any = [{"id": "chunk-1", "tokens": 1, "start": 0, "end": len(pages[0]), "pages": [1]}]
    base = {"tokens": 1, "pages": [], "finish_reason": "stop"}
    tree: Any = [
        {"id": "summary-1", "level": 0, "text": said, "sources": ["chunk-1"]} | base,
        {"id": "final", "level": 1, "text": said, "sources": ["summary-1"]} | base,
    ]
    assert ground(said, pages, tree=tree, chunks=chunks)[0]["pages"] == [2]


def test_the_same_input_gives_the_same_output() -> None:
    summary = "\n".join([*RENTS, *KOREAN, *MIXED])
    pages = [*MIXED, *KOREAN, *RENTS] * 3
    assert ground(summary, pages) == ground(summary, pages)


HOSTILE = {
    "repeats itself": "model " * 3000,
    "letters": "x " * 4000,
    "numbers": "1 2 3 4 5 6 7 8 9 " * 500,
    "brackets": "[" * 20000,
    "links": "[a](b" * 4000,
    "stars": "**a " * 4000,
    "denials": "not a cat " * 2000,
    "a long word": "a" * 50000,
    "digits": "9" * 20000,
    "surrogates": "\ud800 Bakers \udfff sell.",
    "control characters": "\x00\x01 Bakers\x0b sell\x1f rye.\x85",
    "marks alone": "\u0301" * 5000,
    "markup": "<script>alert('Bakers')</script> & \"rye\"",
    "directions": "\u202eBakers sell\u202c rye\u2066",
    "emoji": "👩‍🍳 sells 🥖 rye 🥖.",
    "Korean": "않았다 없다 " * 2000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_grounded_like_any_other(name: str) -> None:
    text = HOSTILE[name]
    for summary, pages in ((text, RENTS), (RENTS[0], [text]), (text, [text, *RENTS])):
        check(summary, ground(summary, pages))


WORDS = st.sampled_from(
    ["Bakers", "rye", "bread", "58%", "1,000", "not", "다리", "NAND", "Ms. Lee", "**bold**", "e.g."]
)
TEXTS = st.lists(WORDS | st.text(max_size=12), max_size=30).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(summary=TEXTS, pages=st.lists(TEXTS, max_size=4))
def test_whatever_is_said_of_whatever_holds_together(summary: str, pages: list[str]) -> None:
    check(summary, ground(summary, pages))


NOUNS = ["barley", "mill", "river", "stone", "harbour", "ferry", "lamp", "glass", "rope", "sail"]
SENTENCES = st.lists(
    st.lists(st.sampled_from(NOUNS), min_size=3, max_size=8).map(lambda words: f"The {' '.join(words)} lasts."),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(sentences=SENTENCES)
def test_what_is_copied_is_fully_supported_on_a_page_that_says_it(sentences: list[str]) -> None:
    for sentence in sentences:
        found = one(sentence, sentences)
        assert found["support"] == 1
        assert not found["flags"]
        assert set(sentence.split()) <= set(sentences[found["evidence"][0]["page"] - 1].split())


def test_capitals_are_no_names_where_every_noun_has_one() -> None:
    source = (
        "Die Stadt baut im Winter eine neue Halle für den Markt, und der Rat hat dem Plan ohne Streit zugestimmt."
    )
    summary = " ".join(f"Die Behörde sagt, dass die {noun} im Sommer kommt." for noun in ["Straße", "Brücke"] * 6)
    assert all("name not in source" not in sentence["flags"] for sentence in ground(summary, [source]))
    assert "name not in source" in one("The work was led by Anna Weber.", RENTS)["flags"]


def test_an_acronym_is_in_the_source_where_its_words_are() -> None:
    pages = ["The Institute of Housing and Planning asked the council for more money this year."]
    for name, is_missing in (("IHP", False), ("IOHAP", False), ("XQZ", True)):
        sentence = one(f"The {name} asked the council for more money this year.", pages)
        assert ("name not in source" in sentence["flags"]) == is_missing
        assert is_missing or not sentence["flags"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Complexity is 10**6 operations.",
        "It calls foo(*args, **kwargs) here.",
        "물가는 목표 수준*이며, 금리**는 낮다.",
    ],
)
def test_stars_that_are_no_emphasis_stay(sentence: str) -> None:
    (found,) = ground(sentence, [sentence])
    assert (found["text"], found["support"], found["flags"]) == (sentence, 1.0, [])


def test_emphasis_before_a_korean_particle_is_taken_off() -> None:
    (found,) = ground("**한국은행**은 금리를 올렸다.", ["한국은행은 금리를 올렸다."])
    assert found["text"] == "한국은행은 금리를 올렸다."


@pytest.mark.parametrize(
    ("right", "wrong"), [("Mr. Smith", "Mr. Jones"), ("the U.S. Senate", "the U.S. Treasury")]
)
def test_a_name_behind_a_title_is_looked_for(right: str, wrong: str) -> None:
    source = f"In the end the plan was rejected by {right}."
    assert ground(f"The plan was rejected by {right}.", [source])[0]["flags"] == []
    assert "name not in source" in ground(f"The plan was rejected by {wrong}.", [source])[0]["flags"]


def test_a_page_without_text_is_an_error_and_not_a_page_without_support() -> None:
    ledger: Any = [{"number": 1, "label": "1", "status": "read"}]
    with pytest.raises(TypeError, match="a dict with its text"):
        ground("The mill was sold.", ledger)


def test_a_page_is_named_only_if_words_of_the_sentence_stand_on_it() -> None:
    texts = ["The harbour opens at six and the boats leave", "before the fog has lifted over the town."]
    pages: Any = [{"number": n, "label": None, "text": text, "status": "read"} for n, text in enumerate(texts, 1)]
    (whole,) = ground("The harbour opens at six and the boats leave before the fog has lifted.", pages)
    assert (whole["pages"], whole["labels"]) == ([1, 2], [None, None])
    (first,) = ground("The harbour opens at six and the boats leave.", pages)
    assert first["pages"] == [1]
