"""A report in a real browser: a headless Chromium, where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from graph.report import to_html

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP = {"viewport": {"width": 1280, "height": 900}}

Show = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Opens a result in a window of its own.

    In the end, whatever was shown must have asked for nothing but its file, said nothing on the console, raised no
    error and opened nothing.
    """
    happened: list[str] = []
    contexts = []

    def open_page(made: dict[str, Any] | str, **settings: Any) -> Page:
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(made if isinstance(made, str) else to_html(made), "utf-8")
        context = browser.new_context(**DESKTOP | settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: happened.append(f"request {request.url}"))
        page.on("console", lambda message: happened.append(f"console {message.text}"))
        page.on("pageerror", lambda error: happened.append(f"error {error}"))
        page.on("dialog", lambda dialog: (happened.append("dialog"), dialog.dismiss()))
        page.on("popup", lambda popup: happened.append("popup"))
        page.goto(path.as_uri())
        assert happened.pop(0) == f"request {path.as_uri()}"
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert happened == []
