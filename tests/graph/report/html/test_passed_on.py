"""What readers do with a report: copy the summary, and open the PDF beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, expect

from graph.report import to_html
from graph.results.types import Result
from tests.graph.report.html.conftest import Show
from tests.reports import result

LISTED = """The **harbour** opens at six.

## Costs

- It cost 512 crowns.
- Boats leave at five.
"""
SAYS = [
    ("The **harbour** opens at six.", [1], []),
    ("It cost 512 crowns.", [2], ["weak support"]),
    ("Boats leave at five.", [3], []),
]
COPIED = "The harbour opens at six.\n\nCosts\n\n- It cost 512 crowns.\n- Boats leave at five."


def test_the_button_copies_the_summary_and_nothing_else(show: Show) -> None:
    page = show(result(LISTED, SAYS))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == COPIED
    expect(page.get_by_role("button", name="Copy", exact=True)).to_be_focused()


def test_where_there_is_no_clipboard_to_write_to_it_copies_the_old_way(show: Show) -> None:
    page = show(result(LISTED, SAYS))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == COPIED


def test_who_selects_the_summary_copies_no_chips(show: Show) -> None:
    page = show(result(LISTED, SAYS))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#summary .prose").evaluate("prose => getSelection().selectAllChildren(prose)")
    page.keyboard.press("Control+C")
    lines = [line.strip() for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
    assert [line.lstrip("• ") for line in lines if line] == [
        line.lstrip("- ") for line in COPIED.split("\n") if line
    ]


def test_a_card_leads_to_its_page_in_the_pdf_beside_the_report(show: Show) -> None:
    page = show(to_html(cast(Result, result()), links={2: "./a%20b.pdf#page=2"}))
    page.get_by_role("button", name="Source: pp. 2–3").click()
    link = page.get_by_role("link", name="Open in the PDF")
    expect(link).to_have_count(1)
    assert link.evaluate("link => link.href").endswith("/a%20b.pdf#page=2")


@pytest.mark.parametrize("how", [{"modifiers": ["Control"]}, {"button": "middle"}], ids=["ctrl", "middle"])
def test_a_chip_itself_opens_the_page_as_a_link_would(
    browser: Browser, tmp_path: Path, how: dict[str, Any]
) -> None:
    for name in ("other 1.html", "report.html"):  # which the browser shows where a PDF might be saved
        (tmp_path / name).write_text(
            to_html(cast(Result, result()), links={2: "./other%201.html#page=2"}), "utf-8"
        )
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        with context.expect_page() as opened:
            page.get_by_role("button", name="Source: pp. 2–3").click(**how)
        opened.value.wait_for_url("**/other%201.html#page=2")
        assert not page.locator("#e2").is_visible()


def test_a_numbered_list_is_copied_with_its_numbers(show: Show) -> None:
    page = show(result("3. Boats leave.\n4. Nets dry.", [("Boats leave.", [1], [])]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "3. Boats leave.\n4. Nets dry."
