"""The index of a folder of five thousand reports in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from graph.report.html.index import html_index
from graph.report.index import IndexRow, row_of, row_without
from tests.reports import HOSTILE, hostile, result

ROWS = 5000
PHONE = {"viewport": {"width": 390, "height": 844}}


def made(number: int) -> IndexRow:
    if number % 100 == 7:
        return row_without(f"./r{number}.html", f"paper {number}.pdf", "refused", "It is damaged.", 0.1)
    row = row_of(f"./r{number}.html", f"paper {number}.pdf", result(), number / 10)
    row |= {"title": f"Report on harbour {number}", "pages": number, "pages_read": number, "warnings": []}  # type: ignore[typeddict-item]
    row |= {"flagged": number % 3, "language": "ko" if number % 10 == 0 else "en"}  # type: ignore[typeddict-item]
    row["summary"] = "The tide reached the Über-gauge." if number == 4321 else row["summary"]
    row["extracted"] = {"amount": f"{number} crowns"}
    return row


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [made(number) for number in range(1, ROWS)]
    spoiled = row_of("./hostile.html", HOSTILE, hostile(), 1.0)  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("index") / "index.html"
    path.write_text("".join(html_index([*rows, spoiled])), "utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, index: Path) -> Iterator[Any]:
    happened: list[str] = []
    contexts = []

    def open_it(**how: Any) -> Page:
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: happened.append(message.text))
        page.on("pageerror", lambda error: happened.append(str(error)))
        page.on("dialog", lambda dialog: happened.append(dialog.message))
        page.on("request", lambda request: happened.append(request.url) if request.url != index.as_uri() else None)
        page.goto(index.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert happened == []


def names(page: Page) -> list[str]:
    return page.locator(".rows tbody th > :first-child").all_inner_texts()


def test_it_is_searched_as_one_types_also_in_summaries(opened: Any) -> None:
    page = opened()
    rows = page.locator(".rows tbody tr")
    page.get_by_label("Search").fill("HARBOUR 4999")
    expect(rows).to_have_count(1)
    assert names(page) == ["Report on harbour 4999"]
    assert page.get_by_role("link", name="Report on harbour 4999").get_attribute("href") == "./r4999.html"
    expect(page.locator("#count")).to_have_text("1 of 5,000 documents")
    page.get_by_label("Search").fill("uber gauge tide")  # in any order, whatever the marks on letters
    expect(rows).to_contain_text(["Report on harbour 4321"])
    page.get_by_label("Search").fill("4998 crowns")
    expect(rows).to_contain_text(["Report on harbour 4998"])
    page.get_by_label("Search").fill("nothing like it")
    expect(rows).to_have_count(0)
    page.get_by_label("Search").fill("")
    expect(rows).to_have_count(200)
    expect(page.locator("#count")).to_have_text("")


def test_it_is_sorted_by_any_column_with_the_keyboard_too(opened: Any) -> None:
    page = opened()
    heading = page.get_by_role("columnheader", name="Pages", exact=True)
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert names(page)[:2] == ["Report on harbour 4999", "Report on harbour 4998"]
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert names(page)[0] == "paper 7.pdf"  # what has no pages comes first
    page.get_by_role("columnheader", name="amount").get_by_role("button").click()
    assert page.locator(".rows tbody tr").nth(199).inner_text() != ""
    page.get_by_role("columnheader", name="Document").get_by_role("button").click()
    assert page.locator("[aria-sort]").count() == 1
    assert "Report on harbour 2" in names(page)[:4]  # paper 2 before paper 10


def test_it_shows_what_is_to_be_looked_at(opened: Any) -> None:
    page = opened()
    page.get_by_label("Show").select_option("Without a summary")
    expect(page.locator("#count")).to_have_text("50 of 5,000 documents")
    assert page.locator(".rows tbody a").count() == 0
    page.get_by_label("Show").select_option("All")
    page.get_by_label("Language").select_option("ko")
    expect(page.locator("#count")).to_have_text("499 of 5,000 documents")


def test_the_rest_comes_as_one_scrolls(opened: Any) -> None:
    page = opened()
    rows = page.locator(".rows tbody tr")
    expect(rows).to_have_count(200)
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(400)
    assert len(set(names(page))) == 400


def test_hostile_names_are_text_and_a_phone_is_wide_enough(opened: Any) -> None:
    page = opened(**PHONE)
    page.get_by_label("Search").fill("owned")
    expect(page.locator(".rows tbody tr")).to_have_count(1)
    assert page.title() == "Summaries"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_script_the_first_rows_are_there(browser: Browser, index: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(index.as_uri())
    assert len(names(page)) == 200
    expect(page.get_by_text("index.csv has all")).to_be_visible()
    expect(page.get_by_label("Search")).to_be_hidden()
    context.close()
