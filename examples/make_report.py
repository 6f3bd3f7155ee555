"""Makes report.png, the picture that the README opens with: the report of the handbook, on a desk and on a phone.

    python examples/make_report.py [--output PATH]

The built-in model summarizes the handbook, and a Chromium that is installed takes the pictures.
"""

from __future__ import annotations

import argparse
import shutil
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from graph import build_graph, load_config
from graph.report import to_html
from graph.results.types import Result

HERE = Path(__file__).resolve().parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
Scheme = Literal["light", "dark"]
CHIP = 7  # of the sentence whose source is shown

# Both pictures on one sheet, the phone in front.
WIDTH, HEIGHT = 1520, 880
SHEET = """<body style="margin: 0; position: relative; background: #dbe3e6">
<style>img {{ position: absolute; top: 32px; box-shadow: 0 8px 24px rgb(0 0 0 / .2) }}</style>
<img src="data:image/png;base64,{desk}" style="left: 32px; border-radius: 12px">
<img src="data:image/png;base64,{phone}" style="right: 32px; width: 320px; top: 182px; border-radius: 28px">"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=HERE / "report.png", help="where to write the picture")
    output: Path = parser.parse_args().output
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not chromium:
        parser.error("there is no Chromium; on Debian and Ubuntu, apt-get install chromium brings it")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder, "report.html")
        report.write_text(make_report(), "utf-8")
        browser = playwright.chromium.launch(executable_path=chromium)
        desk = shoot(browser, report, width=1180, height=816, scheme="light")
        phone = shoot(browser, report, width=360, height=720, scheme="dark")
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_content(SHEET.format(desk=b64encode(desk).decode(), phone=b64encode(phone).decode()))
        sheet = page.screenshot()
        browser.close()
    # With 256 colours it is a third as large, and looks the same.
    Image.open(BytesIO(sheet)).convert("RGB").quantize().save(output, optimize=True)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


def make_report() -> str:
    """The page for the handbook."""
    app = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))
    return to_html(cast(Result, app.invoke({"source": str(HERE / "handbook.pdf")})))


def shoot(browser: Browser, report: Path, *, width: int, height: int, scheme: Scheme) -> bytes:
    """A picture of the report with the source of a sentence open."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    page.goto(report.as_uri())
    page.locator(".chip").nth(CHIP).click()
    page.locator(".sentence.selected").first.wait_for()
    return page.screenshot()


if __name__ == "__main__":
    main()
