"""Makes the pictures of the README: report.png, of the report of the handbook, and service.png, of the service.

    python examples/make_report.py [--output FOLDER]

The built-in model summarizes the handbook, and a Chromium that is installed takes the pictures.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from graph import build_graph, load_config
from graph.report import to_html
from graph.results.types import Result

HERE = Path(__file__).resolve().parent
HANDBOOK = HERE / "handbook.pdf"
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
Scheme = Literal["light", "dark"]
CHIP = 7  # of the sentence whose source is shown

# Pictures on one sheet. On that of the report, the phone is in front.
MARGIN, HEIGHT = 32, 816
SHEET = """<body style="margin: 0; position: relative; background: #dbe3e6">
<style>img { position: absolute; top: 32px; box-shadow: 0 8px 24px rgb(0 0 0 / .2) }</style>"""
DESK = '<img src="data:image/png;base64,{}" style="left: 32px; border-radius: 12px">'
PHONE = '<img src="data:image/png;base64,{}" style="right: 32px; width: 320px; top: 182px; border-radius: 28px">'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=HERE, metavar="FOLDER", help="where to write the pictures")
    folder: Path = parser.parse_args().output
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not chromium:
        parser.error("there is no Chromium; on Debian and Ubuntu, apt-get install chromium brings it")
    with TemporaryDirectory() as work, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        report = Path(work, "report.html")
        report.write_text(make_report(), "utf-8")
        desk = shoot(browser, report.as_uri(), width=1180, height=HEIGHT, scheme="light")
        phone = shoot(browser, report.as_uri(), width=360, height=720, scheme="dark")
        save(folder / "report.png", browser, 1456, {DESK: desk, PHONE: phone})
        with service(Path(work, "data")) as address:
            desk = shoot(browser, summarize(browser, address), width=1280, height=HEIGHT, scheme="light")
        save(folder / "service.png", browser, 1280, {DESK: desk})
        browser.close()


def make_report() -> str:
    """The page for the handbook."""
    app = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))
    return to_html(cast(Result, app.invoke({"source": str(HANDBOOK)})))


@contextmanager
def service(data: Path) -> Iterator[str]:
    """The address of a service that runs as long as the block."""
    command = [sys.executable, "-m", "graph", "serve", "quickstart", "--port", "0", "--data", str(data)]
    paths = os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout
            said = (re.search(r"http://\S+", line) for line in process.stdout)
            yield next(found[0] for found in said if found).rstrip("/.")
        finally:
            process.terminate()
            process.communicate()


def summarize(browser: Browser, address: str) -> str:
    """The address of the handbook's summary, made as people make it."""
    page = browser.new_page()
    page.goto(address)
    page.locator("#files").set_input_files(HANDBOOK)
    page.get_by_role("button", name="Summarize").click()
    page.locator(".chip").first.wait_for()
    return page.url


def shoot(browser: Browser, address: str, *, width: int, height: int, scheme: Scheme) -> bytes:
    """A picture of a report with the source of a sentence open."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page.goto(address)
    page.locator(".chip").nth(CHIP).click()
    page.locator(".sentence.selected").first.wait_for()
    wait_for_pictures(page)
    return page.screenshot()


def wait_for_pictures(page: Page) -> None:
    """Until every picture in the open card is drawn."""
    for image in page.locator(".card:popover-open img").all():
        image.evaluate("(image) => image.decode()")
        page.locator(".drawing").wait_for(state="detached")


def save(path: Path, browser: Browser, width: int, pictures: dict[str, bytes]) -> None:
    """Write a sheet with room for so many pixels, and the pictures of these elements on it."""
    size: ViewportSize = {"width": width + 2 * MARGIN, "height": HEIGHT + 2 * MARGIN}
    page = browser.new_page(viewport=size)
    elements = [element.format(b64encode(picture).decode()) for element, picture in pictures.items()]
    page.set_content("".join([SHEET, *elements]))
    # With 256 colours it is a third as large, and looks the same.
    Image.open(BytesIO(page.screenshot())).convert("RGB").quantize().save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
