"""What the index of a folder says of a document."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from typing import Any

import pytest

from graph.report.html.index import html_index
from graph.report.index import IndexRow, extracted_names, row_of, row_without, to_csv, to_markdown_index
from tests.reports import HOSTILE, ParsedHtml, hostile, result


def row(name: str = "harbour.pdf", made: Any = None, **values: Any) -> IndexRow:
    return row_of(f"./{name}.html", name, made or result(), 2.04) | values  # type: ignore[return-value,operator]


def to_html(rows: list[IndexRow]) -> str:
    return "".join(html_index(rows))


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
    page = ParsedHtml(to_html([made]))
    names = page.values("data-label")
    assert names == ["Pages", "Words", "Pages used", "To check", "Warnings", "Seconds"]
    assert " ".join(page.words["td"].split()) == "4 of 621100%212.0"


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


def test_hostile_texts_are_text() -> None:
    refused = row_without("./b.html", HOSTILE, "refused", HOSTILE, 0.1)
    html = to_html([row(HOSTILE, hostile(), report="./a.html"), refused])
    page = ParsedHtml(html)
    assert page.open == []
    assert [name for name, _ in page.elements if name in ("script", "img", "svg")] == ["script", "script"]
    assert "\x00" not in html
    html.encode("utf-8")
    (policy,) = page.having(**{"http-equiv": "Content-Security-Policy"})
    digest = base64.b64encode(hashlib.sha256(page.words["style"].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in str(policy["content"])
    data = json.loads(html.split('id="rows">')[1].split("</script>")[0])
    assert len(data["rows"]) == 2


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
    html = to_html(rows)
    assert '<html lang="ko">' in html
    said = " ".join(ParsedHtml(html).words["body"].split())
    assert "문서 2건, 그중 1건은 요약이 없음" in said
    assert "문서쪽어절쓰인 쪽확인 필요주의할 점초" in said
    assert "6 중 421" in said
    assert "b.pdf시작하지 않음" in said
    assert "# 요약 모음" in to_markdown_index(rows)


def test_a_table_for_spreadsheets_has_a_column_for_each_question_and_no_formula() -> None:
    rows = [
        row(
            title='=HYPERLINK("http://127.0.0.1:9/")', extracted={"amount": "-5 crowns", "who": "Ada,\nthe keeper"}
        ),
        row_without("./b.html", "@b.pdf", "refused", "+1", 0.1),
    ]
    text = "".join(to_csv(rows, extracted_names(rows)))
    assert text.startswith("\ufeffdocument,report,")
    first, second = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert (first["title"], first["amount"]) == ('\'=HYPERLINK("http://127.0.0.1:9/")', "'-5 crowns")
    assert (first["who"], first["coverage"], first["flagged"]) == ("Ada,\nthe keeper", "1.0", "2")
    assert (second["document"], second["error"], second["amount"], second["summary"]) == ("'@b.pdf", "'+1", "", "")
