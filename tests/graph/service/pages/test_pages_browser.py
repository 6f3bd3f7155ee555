"""The pages of the service in a real browser: a headless Chromium, where it is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes import make_config, make_documents
from tests.graph.service.conftest import Service, running
from tests.graph.service.pages.browsing import (
    CHROMIUM,
    DOCUMENT,
    PHONE,
    Window,
    complaints,
    drop,
    windows,
    yellow,
)
from tests.graph.service.pages.gated_model import GatedModel
from tests.pdfs import encrypt

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed: apt-get install chromium")

PICTURE = ".card:popover-open .picture"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the built-in model and a document that has been summarized, for tests that change neither."""
    with running(tmp_path_factory.mktemp("shared")) as service:
        yield service


@pytest.fixture(scope="module")
def done(shared: Service) -> str:
    """The id of a summary."""
    id = shared.submit(DOCUMENT, "harbour.pdf")
    assert shared.ended(id)["status"] == "done"
    return id


@pytest.fixture
def window(browser: Browser, shared: Service) -> Iterator[Window]:
    """Windows onto the shared service."""
    with windows(browser, shared.url) as open_window:
        yield open_window


@pytest.fixture
def model() -> Iterator[GatedModel]:
    model = GatedModel(max_tokens=40)
    yield model
    model.let_on()


@pytest.fixture
def slow(tmp_path: Path, model: GatedModel) -> Iterator[Service]:
    """A service whose model waits for the test."""
    with running(tmp_path / "slow", make_config(part=20, final=40, concurrency=1), model=model) as service:
        yield service
        model.let_on()


@pytest.fixture
def slow_window(browser: Browser, slow: Service) -> Iterator[Window]:
    """Windows onto the slow service."""
    with windows(browser, slow.url) as open_window:
        yield open_window


def text(pages: int, tag: str = "fact") -> str:
    return "\n\n".join(document.page_content for document in make_documents(pages, tag=tag))


def at_summary(page: Page) -> None:
    expect(page.locator("#summary .chip").first).to_be_visible()


def test_a_document_that_is_dropped_becomes_a_report_to_check(window: Window, shared: Service) -> None:
    page = window()
    drop(page, "harbour.pdf", DOCUMENT)
    expect(page.locator("#chosen li")).to_contain_text("harbour.pdf")
    page.locator(".settings > summary").click()
    page.get_by_label("Pages", exact=True).fill("1-2")
    page.get_by_role("button", name="Summarize").click()
    page.wait_for_url(re.compile(r"/summaries/[\w-]{22}$"))
    at_summary(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The Harbour")
    expect(page).to_have_title("The Harbour · summary")
    id = page.url.rsplit("/", 1)[1]
    assert shared.client.get(f"/api/summaries/{id}").json()["settings"] == {"load.pages": "1-2"}
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert download.value.suggested_filename == "The Harbour.md"
    page.get_by_role("link", name="All summaries").click()
    expect(page.locator(f"#job-{id} .state")).to_have_text("Done")


def test_several_files_and_a_text_are_sent_at_once_and_seen_to_their_end(window: Window, tmp_path: Path) -> None:
    page = window()
    files = [tmp_path / "one.pdf", tmp_path / "two.txt", tmp_path / "three.md"]
    for file in files:
        file.write_bytes(
            DOCUMENT if file.suffix == ".pdf" else f"# Title {file.stem}\n\nIt is said here.".encode()
        )
    page.locator("#files").set_input_files(files)
    page.get_by_role("button", name="Remove three.md").click()
    page.locator(".paste > summary").click()
    page.get_by_label("Text", exact=True).fill("The boats leave at six. The fog lifts at nine.")
    page.get_by_label("Its title").fill("Boats")
    page.get_by_role("button", name="Summarize").click()
    expect(page.locator("#said")).to_have_text("3 documents are being summarized.")
    rows = page.locator(".job").filter(has_text=re.compile("one.pdf|two.txt|Boats.md"))
    expect(rows.locator(".state")).to_have_text(["Done"] * 3, timeout=30_000)
    assert page.locator("#chosen li").count() == 0
    assert page.get_by_label("Text", exact=True).input_value() == ""


def test_a_folder_brings_its_documents_and_nothing_else(window: Window, tmp_path: Path) -> None:
    folder = tmp_path / "papers" / "deep"
    folder.mkdir(parents=True)
    for name in ("a.pdf", ".hidden.pdf", "picture.png", "deep/b.md"):
        (tmp_path / "papers" / name).write_bytes(b"%PDF-")
    page = window()
    page.locator("#folder").set_input_files(tmp_path / "papers")
    expect(page.locator("#chosen .name")).to_have_text(["a.pdf", "b.md"])
    expect(page.locator("#said")).to_have_text("2 documents chosen.")


def test_what_cannot_be_used_is_refused_in_words_beside_its_name(window: Window) -> None:
    page = window()
    page.get_by_role("button", name="Summarize").click()
    expect(page.locator("#said")).to_have_text("Choose a document or paste a text first.")
    drop(page, "setup.exe", b"MZ\x00\x01\x02" * 100)
    page.get_by_role("button", name="Summarize").click()
    refused = page.locator("#chosen li .why")
    expect(refused).to_contain_text("setup.exe")
    expect(page.locator("#said")).to_contain_text("the reasons stand above")
    page.get_by_role("button", name="Remove setup.exe").click()
    page.locator(".settings > summary").click()
    page.get_by_label("Pages", exact=True).fill("nine")
    drop(page, "harbour.pdf", DOCUMENT)
    page.get_by_role("button", name="Summarize").click()
    expect(refused).to_contain_text("load.pages")
    page.get_by_label("Pages", exact=True).fill("1")
    page.get_by_role("button", name="Summarize").click()
    at_summary(page)


def test_a_chip_shows_the_page_with_the_passage_marked(window: Window, done: str) -> None:
    page = window(f"/summaries/{done}")
    chip = page.locator(".chip").first
    chip.click()
    image, where = page.locator(f"{PICTURE} img"), page.locator(f"{PICTURE} .where")
    expect(where).to_have_text("Page 1 of 3")
    assert yellow(page) > 300
    assert image.get_attribute("alt") == "Page 1 of harbour.pdf, with the passage behind sentence 1 marked"
    box, prose = image.bounding_box(), page.locator(".prose").bounding_box()
    assert box
    assert prose
    assert box["x"] > prose["x"] + prose["width"], "beside the text"
    assert box["width"] > 400

    expect(page.get_by_role("button", name="Previous page")).to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="Next page").click()
    expect(where).to_have_text("Page 2 of 3")
    assert yellow(page) == 0
    assert image.get_attribute("alt") == "Page 2 of harbour.pdf"
    page.keyboard.press("Escape")
    expect(chip).to_be_focused()
    assert not page.locator(PICTURE).is_visible()


def test_a_picture_that_does_not_come_says_so_and_can_be_asked_for_again(window: Window, done: str) -> None:
    page = window(f"/summaries/{done}")
    said = '{"detail": "Page 1 took too long to draw."}'
    page.route("**/pages/1.png*", lambda route: route.fulfill(status=503, body=said))
    page.locator(".chip").first.click()
    failure = page.locator(f"{PICTURE} .failure")
    expect(failure).to_contain_text("Page 1 took too long to draw.")
    assert page.locator(".card:popover-open .excerpt").is_visible()
    page.unroute("**/pages/1.png*")
    failure.get_by_role("button", name="Try again").click()
    assert yellow(page) > 300
    expect(failure).to_be_hidden()


def test_a_text_has_no_pages_to_show_and_says_so(window: Window, shared: Service) -> None:
    id = shared.submit("The harbour opens at six. The boats leave before the fog lifts. It is so.", "harbour.txt")
    shared.ended(id)
    page = window(f"/summaries/{id}")
    page.locator(".chip").first.click()
    card = page.locator(".card:popover-open")
    expect(card).to_contain_text("text without pages")
    assert card.locator("img").count() == 0
    assert card.locator(".excerpt").is_visible()


def test_the_summary_is_seen_as_it_is_written_and_a_reload_shows_the_same(
    slow_window: Window, slow: Service, model: GatedModel
) -> None:
    model.hold("final")
    page = slow_window(f"/summaries/{slow.submit(text(3))}")
    writing = page.locator("#writing")
    expect(writing).to_have_text(re.compile(r"^(\S+ ){11}\S+$"))
    before = writing.inner_text()
    expect(page.locator("#progress .now")).to_have_text(re.compile("Write"))
    expect(page.locator("#progress .done")).to_have_count(2)
    page.reload()
    expect(writing).to_have_text(before)
    model.let_on()
    at_summary(page)
    assert " ".join(page.locator("#summary .sentence").all_inner_texts()).startswith(before)
    expect(page.locator("#announcer")).to_have_text("The summary is ready.")


def test_progress_counts_parts_and_who_waits_knows_how_many_are_before(
    slow_window: Window, slow: Service, model: GatedModel
) -> None:
    model.hold("map")
    page = slow_window(f"/summaries/{slow.submit(text(3), 'first.txt')}")
    expect(page.locator("#progress")).to_contain_text("Summarizing its parts · part 1 of 3")
    bar = page.get_by_role("progressbar", name="Summarizing its parts")
    expect(bar).to_have_attribute("max", "3")
    assert complaints(page) == []
    phone = slow_window(page.url, **PHONE)
    expect(phone.locator("#progress .now")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    others = [slow.submit(text(1, tag), f"{tag}.txt") for tag in ("tide", "wind", "fog")]
    last = slow_window(f"/summaries/{others[-1]}", beside=page)
    expect(last.locator("#progress")).to_contain_text(re.compile("Waiting, .* before it"))
    before = last.locator("#progress").inner_text()
    last.get_by_role("button", name="Move to front").click()
    expect(last.locator("#progress")).not_to_have_text(before)
    expect(last.locator("#progress")).to_contain_text("it is next")


@pytest.mark.slow
def test_two_tabs_agree(slow_window: Window, slow: Service, model: GatedModel) -> None:
    model.hold("map")
    one = slow_window(f"/summaries/{slow.submit(text(3))}")
    other, listed = slow_window(one.url, beside=one), slow_window("/", beside=one)
    expect(other.locator("#progress")).to_contain_text("Summarizing its parts")
    expect(listed.locator(".job .state")).to_contain_text("Summarizing its parts")
    one.get_by_role("button", name="Cancel").click()
    for page in (one, other):
        expect(page.get_by_role("heading", name="It was cancelled")).to_be_visible()
    expect(listed.locator(".job .state")).to_have_text("Cancelled")
    expect(listed.locator("#announcer")).to_contain_text("Cancelled")

    one.get_by_role("button", name="Run again").click()
    expect(one.get_by_role("heading", name="It was cancelled")).to_have_count(0)
    model.let_on()
    at_summary(one)
    expect(listed.locator(".job .state")).to_have_text(["Done", "Cancelled"])


def test_delete_asks_and_takes_the_document_too(slow_window: Window, slow: Service) -> None:
    id = slow.submit(DOCUMENT, "harbour.pdf")
    slow.ended(id)
    page = slow_window(f"/summaries/{id}")
    stored = [file for file in slow.folder.rglob("*") if file.is_file() and file.read_bytes()[:5] == b"%PDF-"]
    assert len(stored) == 1
    other = slow_window("/", beside=page)
    expect(other.locator(".job")).to_have_count(1)
    page.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("dialog", name="Delete this summary?")
    expect(asked).to_contain_text("harbour.pdf")
    asked.get_by_role("button", name="Keep").click()
    expect(asked).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    asked.get_by_role("button", name="Delete").click()
    page.wait_for_url(f"{slow.url}/")
    for one in (page, other):
        expect(one.locator(".empty")).to_contain_text("There is none yet.")
    assert not stored[0].exists()
    page.goto(f"/summaries/{id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such summary")


def test_a_document_that_fails_says_why_and_runs_again_with_a_password(window: Window) -> None:
    page = window()
    drop(page, "secret.pdf", encrypt(DOCUMENT, user="open sesame"))
    page.get_by_role("button", name="Summarize").click()
    expect(page.get_by_role("heading", name="There is no summary")).to_be_visible()
    expect(page.locator(".notice .flag")).to_contain_text("password")
    assert complaints(page) == []
    page.get_by_role("button", name="Delete").click()
    page.keyboard.press("Escape")
    page.get_by_label("Pages", exact=True).fill("nine")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("alert")).to_contain_text("nine")
    page.get_by_label("Pages", exact=True).fill("1-2")
    page.get_by_label("Password").fill("open sesame")
    page.get_by_role("button", name="Run again").click()
    at_summary(page)


def test_a_lost_connection_is_said_and_mended(slow_window: Window, slow: Service, model: GatedModel) -> None:
    page = slow_window()
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_contain_text("no connection", timeout=15_000)
    page.context.set_offline(False)
    slow.submit(text(1))
    expect(page.locator(".job .state")).to_have_text("Done", timeout=15_000)
    expect(page.locator("#lost")).to_be_hidden()


@pytest.mark.parametrize("settings", [{}, PHONE], ids=["desktop", "phone"])
@pytest.mark.slow
def test_nobody_is_kept_out(window: Window, done: str, settings: dict[str, Any]) -> None:
    """As far as axe-core can tell: names, headings, landmarks, and contrast in light and in dark."""
    page = window("/", reduced_motion="reduce", **settings)
    page.locator("details").evaluate_all("(all) => all.forEach((one) => one.open = true)")
    drop(page, "harbour.pdf", DOCUMENT)
    assert complaints(page) == []
    for path in ("/?q=nothing", "/docs", "/summaries/none") if not settings else ():
        page.goto(path)
        assert complaints(page) == [], path
    page.goto(f"/summaries/{done}")
    page.locator(".chip").first.click()
    assert yellow(page) > 300
    assert complaints(page) == []
    page.keyboard.press("Escape")
    for name in ("Run again", "Delete"):
        page.get_by_role("button", name=name).click()
        assert complaints(page) == [], name
        page.keyboard.press("Escape")


def test_a_phone_scrolls_in_one_direction_only(window: Window, shared: Service, done: str) -> None:
    page = window("/", **PHONE)
    page.locator("details").evaluate_all("(all) => all.forEach((one) => one.open = true)")
    drop(page, "W" * 80 + ".pdf", DOCUMENT)
    for path in ("", "/?q=" + "W" * 200, f"/summaries/{done}", "/docs"):
        if path:
            page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto(f"/summaries/{done}")
    page.locator(".chip").first.tap()
    assert yellow(page) > 300
    card, sentence = page.locator(".card:popover-open").bounding_box(), page.locator(".sentence.selected")
    assert card
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 390
    assert card["y"] + card["height"] == 844, "a sheet at the foot"
    expect(sentence.first).to_be_in_viewport()


def test_everything_can_be_done_with_the_keyboard(window: Window, done: str) -> None:
    page = window()

    def tab_to(said: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if said in page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent"):
                return
        raise AssertionError(f"Tab does not lead to {said}")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the summaries"
    page.keyboard.press("Enter")
    tab_to("Search")
    tab_to("The Harbour")
    assert page.evaluate("getComputedStyle(document.activeElement.closest('.job')).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    at_summary(page)
    tab_to("p. 1")
    page.keyboard.press("Enter")
    tab_to("Next page")
    page.keyboard.press("Enter")
    expect(page.locator(f"{PICTURE} .where")).to_have_text("Page 2 of 3")
    page.keyboard.press("Escape")
    expect(page.locator(".chip").first).to_be_focused()
    page.reload()
    tab_to("Delete")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#delete")).to_be_hidden()
    assert page.url.endswith(done) or "/summaries/" in page.url


def test_without_scripts_everything_is_there_to_read(window: Window, done: str) -> None:
    page = window("/?q=harbour", java_script_enabled=False)
    assert page.locator("noscript").count() == 1
    page.locator(f"#job-{done} a").click()
    at_summary(page)
    page.locator(".chip").first.click()
    assert page.locator(".card:popover-open .excerpt").is_visible()
    page.get_by_role("link", name="All summaries").click()
    page.get_by_label("Search by title").fill("no such title")
    page.get_by_role("button", name="Search").click()
    assert "No title has" in page.locator(".empty").inner_text()
