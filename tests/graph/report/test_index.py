"""What the index of a folder says of a document."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from graph.report.html.index import to_html_index
from graph.report.index import IndexRow, in_order, row_of, row_without, to_markdown_index
from tests.reports import HOSTILE, ParsedHtml, hostile, result


def row(name: str = "harbour.pdf", made: Any = None, **values: Any) -> IndexRow:
    return row_of(f"./{name}.html", name, made or result(), 2.04) | values  # type: ignore[return-value,operator]


def test_a_row_says_what_there_is_to_look_at() -> None:
    made = row()
    assert made["beginning"] == "The harbour opens at six in the morning."
    assert (made["pages"], made["pages_read"], made["sentences"], made["flagged"], made["seconds"]) == (
        6,
        4,
        5,
        2,
        2.0,
    )
    said = " ".join(ParsedHtml(to_html_index([made])).words["p"].split())
    assert "harbour.pdf · 4 of 6 pages read · summary of 21 words · 2 of 5 sentences to check · 1 warning" in said


@pytest.mark.parametrize(
    ("summary", "beginning"),
    [("## Harbour\n\nIt opens.", "It opens."), ("", ""), ("word " * 200, "word " * 80 + "…")],
)
def test_without_grounding_the_first_line_is_the_beginning(summary: str, beginning: str) -> None:
    assert row(made=result() | {"summary": summary, "sentences": []})["beginning"] == beginning


def test_the_beginning_is_the_first_sentence_that_tells_something() -> None:
    said = [
        "May 2021.",
        "The Harbour",
        "The wall cost nine crowns then.",
        "It is closed.",
        "Boats leave at six with the tide.",
    ]
    summary = " ".join(said)
    made = result(summary, [(text, [1], ["weak support"] if "wall" in text else []) for text in said])
    assert row(made=made)["beginning"] == "Boats leave at six with the tide."
    made["sentences"] = made["sentences"][:2]
    assert row(made=made)["beginning"] == "May 2021."


def test_rows_are_in_order_whatever_their_case() -> None:
    names = ["b.pdf", "C.pdf", "a.pdf"]
    assert [made["document"] for made in in_order(map(row, names))] == ["a.pdf", "b.pdf", "C.pdf"]


def test_hostile_texts_are_text() -> None:
    refused = row_without("./b.html", HOSTILE, "refused", HOSTILE, 0.1)
    html = to_html_index([row(HOSTILE, hostile(), report="./a.html"), refused])
    page = ParsedHtml(html)
    assert page.open == []
    assert not {"script", "img", "svg"} & {name for name, _ in page.elements}
    assert "\x00" not in html
    html.encode("utf-8")
    (policy,) = page.having(**{"http-equiv": "Content-Security-Policy"})
    digest = base64.b64encode(hashlib.sha256(page.words["style"].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in str(policy["content"])
    assert "script-src" not in str(policy["content"])


def test_markdown_has_a_list_and_what_is_missing_below_it() -> None:
    text = to_markdown_index([row(title="A [draft] *of* it"), row_without("./b.md", "b.pdf", "not begun", "", 0)])
    assert text.startswith(
        "# Summaries\n\n2 documents, 1 of them without a summary.\n\n- [A \\[draft\\] \\*of\\* it]("
    )
    assert text.endswith("## Without a summary\n\n- b.pdf: not begun\n")


def test_an_index_of_korean_summaries_is_korean() -> None:
    summary = "항구는 여섯 시에 문을 연다. 배는 안개가 걷히기 전에 떠난다."
    made = row("항구.pdf", result(summary, [("항구는 여섯 시에 문을 연다.", [1], ["weak support"])]))
    rows = [made, row_without("./b.html", "b.pdf", "not begun", "", 0)]
    html = to_html_index(rows)
    assert '<html lang="ko">' in html
    said = " ".join(ParsedHtml(html).words["body"].split())
    assert "문서 2건, 그중 1건은 요약이 없음" in said
    assert "6쪽 중 4쪽을 읽음 · 요약 21어절 · 1문장 중 1문장 확인 필요 · 주의할 점 1가지" in said
    assert "b.pdf: 시작하지 않음" in said
    assert "# 요약 모음" in to_markdown_index(rows)
