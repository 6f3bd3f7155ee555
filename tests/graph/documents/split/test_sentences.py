"""Sentences: cut where they end, in several languages, and nothing lost."""

import pytest

from graph.documents import split_sentences
from graph.documents.split.sentences import cut_point

CASES: list[list[str]] = [
    ["One sentence. ", "Another one! ", "A third?"],
    [
        "It is by Smith et al. (2020), see Fig. 3 and Eq. 2. ",
        "The U.S. market grew by 3.5%. ",
        "Dr. Lee left.",
    ],
    ["물가는 3.5% 올랐다. ", "그래서 금리를 올렸나? ", "아니다."],
    ['"그렇다."라고 말했다. ', "다음 문장이다."],
    ['그는 "간다."는 말을 했다. ', "그리고 갔다."],
    ["그는 “좋다.”라고 했다. ", "그리고 갔다."],
    ['그는 "좋다." 라고 했다. ', "그리고 갔다."],
    ["위원회는 2024. 10. 11. 국회에서 의결하였다. ", "2025.1.1. 이후 계약부터 적용한다. ", "끝."],
    ["It was founded in 2024. ", "10 people came."],
    ["1. First item. ", "It goes on.\n", "2. Second item.\n"],
    ["가. 목적은 이것이다.\n", "나. 범위는 저것이다."],
    ["A heading\n", "A sentence.\n\n", "Another paragraph."],
    ["文章です。", "次の文です。"],
    ["هل هذا سؤال؟ ", "نعم هذا جواب."],
]


@pytest.mark.parametrize("expected", CASES, ids=[case[0] for case in CASES])
def test_sentences(expected: list[str]) -> None:
    assert split_sentences("".join(expected)) == expected


@pytest.mark.parametrize(
    "text", ["", "\n\n \n", "  lead. \r\n\ttail", "a\u2028b\x0cc. d", "“" + "open. " * 999, "." * 5000]
)
def test_the_parts_are_the_text(text: str) -> None:
    assert "".join(split_sentences(text)) == text


def test_a_quotation_that_never_closes_still_ends() -> None:
    assert max(map(len, split_sentences(f"He said {'“'}{'It goes on. ' * 300}”"))) < 1000


def test_a_cut_goes_after_a_clause_then_a_word_then_anywhere() -> None:
    assert cut_point("a clause that ends, and words", 25) == len("a clause that ends, ")
    assert cut_point("only words without a comma", 14) == len("only words ")
    assert cut_point("x" * 30, 14) == 14
    assert cut_point("xxxxe\u0301xx", 5) == 4
    assert cut_point("ab", 1) == 1
