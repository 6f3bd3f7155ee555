"""Windows of a real browser onto a running service, and what must be true of every page that they show."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.pdfs import make_pdf

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}

PAGES = [
    "The harbour opens at six and the first boats leave before the fog has lifted from the piers.",
    "A report of forty pages says how much the town spent on roads, schools and clean water.",
    "The keeper of the light wrote down the weather every evening for thirty-one years.",
]
DOCUMENT = make_pdf(list(PAGES), title="The Harbour")

# A file that is dropped onto the page, made in the page: (name, bytes).
_DROP = """([name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragover", "drop"]) {
    document.querySelector("#drop").dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }),
    );
  }
}"""

# How many pixels of the picture are as yellow as a mark.
_YELLOW = """(image) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += data[i] > 200 && data[i + 1] > 180 && data[i + 2] < 190;
  return count;
}"""

Window = Callable[..., Page]


@contextmanager
def windows(browser: Browser, url: str) -> Iterator[Window]:
    """Opens windows, each a person's own, unless `beside` names one to share its browser with.

    In the end no page may have said anything on the console, raised an error, or asked for anything elsewhere.
    """
    happened: list[str] = []
    contexts: list[BrowserContext] = []

    def noted(said: str, about: str = "") -> None:
        # A browser writes of every answer that is an error; that a page is gone is not ours to hide.
        if "Failed to load resource" not in said:
            happened.append(f"{said} {about}")

    def open_window(path: str = "/", *, beside: Page | None = None, **settings: Any) -> Page:
        if beside is None:
            contexts.append(browser.new_context(base_url=url, **(DESKTOP | settings)))
        page = (beside.context if beside else contexts[-1]).new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: None if request.url.startswith(url) else noted("asked", request.url))
        page.on("console", lambda message: noted(message.text, message.type))
        page.on("pageerror", lambda error: noted(f"{error}"))
        page.goto(path)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not happened, happened


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file onto the page."""
    page.evaluate(_DROP, [name, list(content)])


def yellow(page: Page) -> int:
    """How many pixels of the open picture are marked."""
    image = page.locator(".card:popover-open .picture img")
    image.evaluate("(image) => image.decode()")
    return int(image.evaluate(_YELLOW))


def complaints(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out; in dark, only what colours can do."""
    page.emulate_media(reduced_motion="reduce")  # or a colour is looked at on its way to another
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += (
        Axe()
        .run(page, options={"runOnly": ["color-contrast"], "resultTypes": ["violations"]})
        .response["violations"]
    )
    page.emulate_media(color_scheme="light")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
