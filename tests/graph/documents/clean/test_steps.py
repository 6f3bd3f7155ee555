"""Cleaning: what goes, what stays, and that nothing else changes."""

import re

import pytest

from graph.documents import LoadConfig, Page, clean_pages
from graph.documents.clean.paragraphs import reflow
from graph.documents.clean.steps import compose

KEEP = LoadConfig(drop_references=False, drop_running_heads=False)


def ledger(*texts: str) -> list[Page]:
    return [
        Page(number=number, label=str(number), text=text, status="read" if text else "empty")
        for number, text in enumerate(texts, start=1)
    ]


def clean(*texts: str, config: LoadConfig = LoadConfig()) -> list[str]:  # noqa: B008 - frozen
    return [page["text"] for page in clean_pages(ledger(*texts), config)]


def test_control_characters_and_ligatures() -> None:
    assert clean("A\0 de\ufb01ned e\ufb03cient x² ½ Ⅳ\ufffe\ud800.") == ["A defined efficient x² ½ Ⅳ."]


@pytest.mark.parametrize("mark", ["\x02", "\ufffe", "-\n", "\x02\r\n", "\u00ad\n", "‐\n"])
def test_a_printers_hyphen_goes_when_the_whole_word_occurs_elsewhere(mark: str) -> None:
    assert clean(f"We com{mark}pute what they compute.") == ["We compute what they compute."]


def test_a_true_hyphen_stays() -> None:
    hyphenated = "A type-\nspecialized trace, and a type-specialized typespecialized one."
    assert clean(hyphenated) == [hyphenated.replace("-\n", "-")]
    assert clean("The trace-\nmonitor has every trace and monitor.") == [
        "The trace-monitor has every trace and monitor."
    ]
    assert clean("The non-\nMarkov case, A4-\n2020.") == ["The non-Markov case, A4-2020."]
    assert clean("A self-\nmade man is self-taught.") == ["A self-made man is self-taught."]


def test_a_word_in_two_pieces_that_are_no_words_is_one() -> None:
    assert clean("They are pop-\nular everywhere.") == ["They are popular everywhere."]


def test_a_word_cut_at_the_page_end_is_whole_on_the_first_page() -> None:
    assert clean("Everything was com-", "puted, at last. It was computed.") == [
        "Everything was computed,",
        "at last. It was computed.",
    ]


def test_running_heads_of_left_and_right_pages_go() -> None:
    bodies = [
        f"Body {word} starts here. {'It says something of its own, and more. ' * 4}".strip() for word in "abcdefgh"
    ]
    pages = [
        f"{'A Book of Tides' if number % 2 else 'Part 1'}\nVol. 85\n{body}\nIt is long.\nIt ends.\n- {number} -"
        for number, body in enumerate(bodies, start=1)
    ]
    cleaned = clean_pages(ledger(*pages), LoadConfig())
    assert [page["label"] for page in cleaned] == list("12345678")
    assert "A Book of Tides" in cleaned[0]["text"], "the first of all is kept"
    assert "Part 1" in cleaned[1]["text"]
    assert not any("Book" in page["text"] or "Vol." in page["text"] for page in cleaned[2:])
    assert cleaned[2]["left_out"] == [
        {"reason": "page headers", "words": 6, "text": "A Book of Tides"},
        {"reason": "page numbers", "words": 1, "text": "- 3 -"},
    ]
    assert "Vol. 85" in clean(*pages, config=KEEP)[4]


def test_roman_page_numbers_go() -> None:
    bodies = ["The preface says one thing.", "Then it says another.", "It ends in thanks to all."]
    assert clean(*(f"{b}\n{n}" for b, n in zip(bodies, ["vii", "viii", "ix"], strict=True))) == bodies


def test_a_document_that_repeats_by_nature_stays() -> None:
    assert clean(*["The same page.\nAgain and again."] * 5) == ["The same page.\n\nAgain and again."] * 5


def paper(*tail: str) -> str:
    body = "\n".join(f"Sentence number {word} of the body of this paper." for word in "abcdefghijklmnopqrst")
    return "\n".join([body, *tail])


ENTRIES = [
    "A. Smith. 2019. A title. In Proceedings, pages 1-9.",
    "B. Lee. 2020. Another title. Journal 3(2).",
]


@pytest.mark.parametrize(
    "heading",
    ["References", "7. REFERENCES", "R E F E R E N C E S", "Bibliography", "참고문헌", "참 고 문 헌",
     "Références", "Bibliographie", "Literaturverzeichnis", "Works Cited", "## References", "VI. References:"],
)  # fmt: skip
def test_references_go_in_many_languages(heading: str) -> None:
    (text,) = clean(paper(heading, *ENTRIES))
    assert "Smith" not in text
    assert text.endswith("number t of the body of this paper.")
    assert "Smith" in clean(paper(heading, *ENTRIES), config=KEEP)[0]


def test_appendices_after_the_references_stay() -> None:
    (text,) = clean(paper("References", *ENTRIES, "Appendix A: Proofs", "The proof is short."))
    assert "Smith" not in text
    assert text.endswith("The proof is short.")


def test_what_does_not_look_like_references_stays() -> None:
    story = [f"And then the {word} said that it had never been so happy." for word in "abcdefghijklmnopqrstu"]
    (text,) = clean(paper("References", *ENTRIES, *story))
    assert "Lee" not in text
    assert "the a said" in text
    assert "the u said" in text


def test_a_table_of_contents_does_not_start_the_references() -> None:
    text = "Contents\nIntroduction\nReferences\n" + paper().replace("number", "of 2019, number")
    assert "number b of" in clean(text)[0]


def test_pages_that_are_all_references_say_so() -> None:
    pages = clean_pages(
        ledger(paper("References", *ENTRIES), "C. Kim. 2021. A third. Pages 7-8.", "Appendix\nA proof."),
        LoadConfig(),
    )
    assert [page["status"] for page in pages] == ["read", "references", "read"]
    assert [page["text"] for page in pages][1:] == ["", "Appendix\nA proof."]


def test_the_argument_is_not_changed() -> None:
    pages = ledger("We com-\npute. They compute.", "Two com-")
    before = [dict(page) for page in pages]
    clean_pages(pages, LoadConfig())
    assert pages == before


PARAGRAPHS = """2. Overview of the Method
This section provides an overview of our system by describing how the
monitor executes an example program. The example program computes the
first hundred numbers.
Every potential trace point is a loop edge. When the interpreter crosses
one of them it asks the monitor, which may decide to record a trace.
• The first contribution is an algorithm that forms trees of traces, and
that represents nested loops as nested trees.
• The second contribution is a measurement.
Year Sales Profit Staff
2019 1,204 33.5% 12
2020 1,310 35.1% 14
Figure 1. Sales and profit of the company in the two years in which the
company had any."""


def test_lines_become_paragraphs_headings_items_and_rows() -> None:
    assert [line for line in reflow(PARAGRAPHS).split("\n") if line] == [
        "2. Overview of the Method",
        "This section provides an overview of our system by "
        "describing how the monitor executes an example program. "
        "The example program computes the first hundred numbers.",
        "Every potential trace point is a loop edge. When the "
        "interpreter crosses one of them it asks the monitor, "
        "which may decide to record a trace.",
        "• The first contribution is an algorithm that forms trees "
        "of traces, and that represents nested loops as "
        "nested trees.",
        "• The second contribution is a measurement.",
        "Year Sales Profit Staff",
        "2019 1,204 33.5% 12",
        "2020 1,310 35.1% 14",
        "Figure 1. Sales and profit of the company in the two years in which the company had any.",
    ]


KOREAN = """Ⅰ. 최근의 미국경제 동향
□ 미국경제는 2분기 성장률이 확대되었으나 그간 누적된
통화긴축의 파급효과 등으로 완만한 둔화 흐름이 지속될 전망이다.
ㅇ 고용사정은 취업자수가 전월대비 큰 폭 감소하면서 전반적으로
고용 증가세가 부진한 가운데 실업률이 상승하였다.
ㅇ 물가는 안정되었다."""


def test_korean_lines_are_joined_with_a_space() -> None:
    assert [line for line in reflow(KOREAN).split("\n") if line] == [
        "Ⅰ. 최근의 미국경제 동향",
        "□ 미국경제는 2분기 성장률이 확대되었으나 그간 누적된 통화긴축의 파급효과 등으로 완만한 둔화 흐름이 "
        "지속될 "
        "전망이다.",
        "ㅇ 고용사정은 취업자수가 전월대비 큰 폭 감소하면서 전반적으로 고용 증가세가 부진한 가운데 실업률이 "
        "상승하였다.",
        "ㅇ 물가는 안정되었다.",
    ]


def test_code_and_tables_of_markdown_keep_their_lines() -> None:
    text = "# Title\n\n```python\nfor x in y:\n    print(x)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    assert reflow(text) == text


def test_rows_as_wide_as_the_text_are_not_glued() -> None:
    rows = [f"Product{year} {year} 1,204.50 33.5% 12 1,310.20 35.1% 14 990" for year in range(2010, 2016)]
    contents = [f"The name of a section {'. ' * 20}{number}" for number in range(1, 7)]
    for lines in (rows, contents):
        assert reflow("\n".join(lines)).split("\n") == lines


def test_contents_and_figure_labels_are_not_glued() -> None:
    assert reflow("1 Introduction ....... 3\n2 Method ....... 7\nloop\nedge\nhot\nexit") == (
        "1 Introduction ....... 3\n2 Method ....... 7\nloop\nedge\nhot\nexit"
    )


def test_narrow_lines_with_marks_at_their_ends_are_those_of_a_text() -> None:
    lines = (
        "the county pays|for the gauges|for the huts which|the villages keep|dry in winter.|the men of the"
        "|coast said that|the piles tear|their nets when|the fog is thick.|the office put a"
        "|lamp on each pile|so that the nets"
    )
    assert compose([lines.replace("|", "\n")]) == [lines.replace("|", " ")]
    labels = lines.replace(".", "").replace("|", "\n")
    assert compose([labels]) == [labels]


@pytest.mark.parametrize("text", [PARAGRAPHS, KOREAN, paper("References", *ENTRIES), "a-\n-b\n\n\n- c\n-\n1-\n2"])
def test_nothing_is_lost_but_white_space_and_hyphens(text: str) -> None:
    pages = [text, "12\n" + text + "\nfi\ufb01 x\u00b2", text + " end-", "ing of it"]
    kept = re.sub(r"[\s-]", "", "".join(clean(*pages, config=KEEP)))
    assert kept == re.sub(r"[\s-]", "", "".join(pages)).replace("\ufb01", "fi")


def test_korean_words_cut_at_a_line_end_are_whole_again() -> None:
    """Word processors break Korean lines at any syllable; the rest of the document knows the words."""
    text = (
        "오늘 이 자리에서 정부 부처 장관들의 불출석은 유감입니다 하고 말합니다. 정부 부\n"
        "처에서 책임 있는 답변을 해 주십시오. 그것이 국회가 할 일이라고 저는 믿습니\n"
        "다. 고맙습니다."
    )
    (cleaned,) = clean(text)
    assert "정부 부처에서 책임" in cleaned
    assert "믿습니다. 고맙습니다." in cleaned
    apart = "그는 국회 의원 으로 국회의원 회관에 있다. 그리고 국회\n의원 모두가 국회 의원 회관에 갔다."
    assert clean(apart) == [apart.replace("\n", " ")]


def test_a_sentence_goes_on_over_a_lost_formula() -> None:
    lines = "The probability of the classes assigned to the words in a sentence\n\nis defined as follows:"
    assert reflow(lines) == lines.replace("\n\n", " ")


def test_dots_of_an_ellipsis_are_no_table_of_contents() -> None:
    lines = (
        "It sounded like water being poured. . . . A paper was\ncrumpled and torn; it sounded like paper to me."
    )
    assert reflow(lines) == lines.replace("\n", " ")


def test_a_numbered_heading_stays_apart_from_a_paragraph_that_begins_in_lower_case() -> None:
    lines = (
        "3.2 Choosing pages\n"
        "iPhone and eBay begin in lower case, and so does this long line of a paragraph that goes\n"
        "on with a second line as wide as the first one was, and then with a third that ends it\n"
        "here, in the middle of the column."
    )
    heading, paragraph = lines.split("\n", 1)
    assert [line for line in reflow(lines).split("\n") if line] == [heading, paragraph.replace("\n", " ")]


@pytest.mark.parametrize(
    "lines",
    [
        [
            "工程师发现旧防波堤把泥沙留在港口里面，",
            "所以议会决定在五月之前移走两千块石头，",
            "然后缩短它。",
        ],
        [
            "技術者たちは古い防波堤が砂を港の中に",
            "残すことを発見したので議会は石を動かす",
            "と決めた。",
        ],
    ],
)
def test_lines_of_scripts_without_spaces_join_without_one(lines: list[str]) -> None:
    assert reflow("\n".join(lines)) == "".join(lines)


def test_a_long_run_of_kana_stays_whole() -> None:
    """Its halves are words elsewhere; spaces are mended in scripts that have them."""
    cut, whole = (
        "住民は意見を送る。港長は騒\n音がほとんどないと考えている。",
        "港長は騒音がほとんどないと考えている。",
    )
    assert " " not in compose([f"{cut}\n{cut}\n見を送ることができる。{whole}"])[0]
