"""The field for questions in a real browser: the answer comes without a reload, and its chips open the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.graph.service.conftest import Service, running
from tests.graph.service.pages.browsing import CHROMIUM, DOCUMENT, PHONE, Window, complaints, windows, yellow

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed: apt-get install chromium")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("asking")) as service:
        yield service


@pytest.fixture(scope="module")
def path(service: Service) -> str:
    id = service.submit(DOCUMENT, "harbour.pdf")
    assert service.ended(id)["status"] == "done"
    return f"/summaries/{id}"


@pytest.fixture
def window(browser: Browser, service: Service) -> Iterator[Window]:
    with windows(browser, service.url) as open_window:
        yield open_window


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question about harbour.pdf").fill(question)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("settings", [{}, PHONE])
def test_an_answer_comes_below_the_field_and_opens_its_page(
    window: Window, path: str, settings: dict[str, object]
) -> None:
    page = window(path, **settings)
    ask(page, "How much did the town spend on a zoo for penguins?")
    expect(page.locator(".answer")).to_contain_text("The document does not say.")
    ask(page, "Who wrote down the weather every evening?")
    answer = page.locator(".answer").first
    expect(answer).to_contain_text("The keeper of the light wrote down the weather every evening")
    expect(answer).to_be_focused()
    expect(page.locator(".answer")).to_have_count(2)
    expect(page.get_by_label("Your question about harbour.pdf")).to_have_value("")
    answer.locator(".chip").first.click()
    card = page.locator(".card:popover-open")
    expect(card.locator(".where")).to_have_text("Page 3 of 3")
    assert yellow(page) > 300
    assert complaints(page) == []


def test_without_a_script_the_answer_comes_with_the_page(browser: Browser, service: Service, path: str) -> None:
    context = browser.new_context(base_url=service.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(path)
    ask(page, "Who wrote down the weather every evening?")
    expect(page.locator(".answer")).to_contain_text("The keeper of the light wrote down the weather every evening")
    context.close()


def test_what_goes_wrong_is_said_beside_the_field(window: Window, path: str, service: Service) -> None:
    page = window(path)
    page.locator("#question").evaluate(
        "(field) => { field.removeAttribute('maxlength'); field.value = 'x'.repeat(1001); }"
    )
    page.locator("#ask button").click()
    expect(page.locator("#asked")).to_have_text("There is no such question.")
