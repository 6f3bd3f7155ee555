"""Pictures of pages: the right page, its passages marked where they stand, and bounds on what it may cost."""

import asyncio
import io
import os
import signal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from graph.documents import DocumentError, LoadConfig
from graph.documents.errors import (
    DamagedPDFError,
    NotAPDFError,
    NotFoundError,
    NothingSelectedError,
    PasswordNeededError,
    TimedOutError,
    TooLargeError,
    WrongPasswordError,
)
from graph.documents.pdf.page_image import adraw_page, draw_page, draw_pages
from tests.graph.test_cancel import workers
from tests.hostile import cases, one
from tests.pdfs import Sheet, bomb, encrypt, make_pdf, pictures, sheet

YELLOW = (255, 255, 119)
TEXT = (
    "The harbour opens at six in the morning.\nThe first boats leave before the fog has lifted.\n"
    "Nets dry on the quay."
)
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def is_grey(image: Image.Image) -> bool:
    return all(red == green == blue for red, green, blue in image.get_flattened_data())


def draw(
    tmp_path: Path, content: bytes, page: int = 1, *marks: str, width: int = 612, **settings: Any
) -> Image.Image:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    png = draw_page(path, page, LoadConfig.model_validate(settings), marks=marks, width=width)
    assert png.startswith(b"\x89PNG")
    return opened(png)


def marked(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Around everything that is yellow: left, top, right, bottom, in pixels from the upper left."""
    yellow = Image.new("L", image.size)
    yellow.putdata([255 * (pixel == YELLOW) for pixel in image.get_flattened_data()])
    return yellow.getbbox()


def words_below(content: bytes, image: Image.Image) -> str:
    """The text of the first page that stands where its picture is yellow."""
    page = pypdfium2.PdfDocument(content)[0]
    box = marked(image)
    assert box
    places = page.render(scale=image.width / page.get_width()).get_posconv(page)
    corners = [places.to_page(x, y) for x, y in (box[:2], box[2:])]
    (left, right), (bottom, top) = (sorted(values) for values in zip(*corners, strict=True))
    return " ".join(page.get_textpage().get_text_bounded(left, bottom, right, top).split())


def test_the_page_is_drawn_as_wide_as_it_should_be(tmp_path: Path) -> None:
    content = make_pdf([TEXT, Sheet(content=b"1 0 0 rg 0 0 612 842 re f")])
    image = draw(tmp_path, content, 1, width=900)
    assert image.size == (900, 1239)
    assert is_grey(image)
    assert image.getextrema() == ((0, 255),) * 3
    red = draw(tmp_path, content, 2)
    assert red.getcolors() == [(612 * 842, (255, 0, 0))]


def test_a_passage_is_marked_where_it_stands_and_stays_black(tmp_path: Path) -> None:
    content = make_pdf([sheet(TEXT)])
    image = draw(tmp_path, content, 1, "The first boats leave before the fog has lifted.", width=1224)
    assert words_below(content, image) == "The first boats leave before the fog has lifted."
    left, top, right, bottom = marked(image) or (0, 0, 0, 0)
    assert abs(left - 2 * 72) <= 4
    assert top < 2 * (842 - 746 - 8) < 2 * (842 - 746) < bottom
    line = image.crop((left, top, right, bottom))
    assert (0, 0, 0) in line.get_flattened_data()
    assert line.getpixel((0, 0)) != YELLOW  # its corners are round
    assert line.getpixel((0, (bottom - top) // 2)) == YELLOW


def test_passages_over_several_lines_and_several_passages(tmp_path: Path) -> None:
    content = make_pdf([sheet(TEXT)])
    image = draw(tmp_path, content, 1, "morning. The first boats", "Nets dry", "nothing of this is there")
    assert {"morning.", "first", "boats", "Nets", "dry"} <= set(words_below(content, image).split())
    for box in ((72, 74, 200, 82), (180, 88, 400, 96), (130, 102, 400, 110)):  # what stands beside them
        assert marked(image.crop(box)) is None


def test_of_a_passage_that_goes_on_on_the_next_page_this_one_shows_its_part(tmp_path: Path) -> None:
    content = make_pdf([sheet("One.\nTwo.\nThe first boats leave before"), "the fog has lifted. Nets dry."])
    passage = "The first boats leave before the fog has lifted."
    assert words_below(content, draw(tmp_path, content, 1, passage)) == "The first boats leave before"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_may_be_turned_and_cropped(tmp_path: Path, turn: int) -> None:
    shown = b"BT /F1 12 Tf 150 300 Td (The lamp was lit.) Tj 0 -40 Td (The lamp went out.) Tj ET"
    content = one(shown, page=b"/CropBox [100 200 400 500] /Rotate %d" % turn, box=b"[50 50 700 900]")
    image = draw(tmp_path, content, 1, "The lamp went out.", width=600)
    assert image.size == (600, 600)
    assert words_below(content, image) == "The lamp went out."


def test_print_that_stands_on_its_side_is_marked_line_by_line(tmp_path: Path) -> None:
    shown = b"BT /F1 12 Tf 0 1 -1 0 200 300 Tm (The lamp was lit.) Tj ET"
    image = draw(tmp_path, one(shown), 1, "The lamp was lit.")
    left, top, right, bottom = marked(image) or (0, 0, 0, 0)
    assert 10 <= right - left <= 20
    assert 80 <= bottom - top <= 110
    edge = image.crop((left + 1, top + 4, left + 2, bottom - 4))
    assert set(edge.get_flattened_data()) == {YELLOW}  # no corners within


def test_a_scan_has_a_picture_without_marks(tmp_path: Path) -> None:
    image = draw(tmp_path, pictures(make_pdf([sheet(TEXT)])), 1, "The first boats leave")
    assert is_grey(image)


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"[0 0 14400 14400]", (2000, 2000)),  # five metres
        (b"[0 0 10 14400]", (5, 6000)),
        (b"[0 0 400 1600]", (1000, 4000)),
        (b"[0 0 14400 1]", (2000, 1)),
    ],
)
def test_a_picture_has_bounds(tmp_path: Path, box: bytes, size: tuple[int, int]) -> None:
    assert draw(tmp_path, one(box=box), width=100_000).size == size


def test_a_picture_is_never_too_narrow_to_see(tmp_path: Path) -> None:
    assert draw(tmp_path, one(), width=-1).width == 200


def test_passwords_are_those_of_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encrypt(make_pdf([sheet(TEXT)]), user="six boats")
    with pytest.raises(PasswordNeededError):
        draw(tmp_path, content)
    with pytest.raises(WrongPasswordError):
        draw(tmp_path, content, password="five boats")
    image = draw(tmp_path, content, 1, "Nets dry on the quay.", password="six boats")
    assert marked(image)
    monkeypatch.setenv("MLX_PDF_PASSWORD", "six boats")
    assert is_grey(draw(tmp_path, content))


def test_what_has_no_such_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        draw_page(tmp_path / "none.pdf", 1, LoadConfig())
    (tmp_path / "notes.md").write_text("# Notes\n\nNets dry on the quay.")
    with pytest.raises(NotAPDFError, match=r"notes\.md is a text file"):
        draw_page(tmp_path / "notes.md", 1, LoadConfig())
    for page in (0, -1, 3):
        with pytest.raises(NothingSelectedError, match=rf"paper\.pdf has no page {page}; choose one from 1 to 2"):
            draw(tmp_path, make_pdf(["one", "two"]), page)
    with pytest.raises(TooLargeError, match="2 pages"):
        draw(tmp_path, make_pdf(["one", "two"]), max_pages=1)


def test_a_page_that_cannot_be_drawn_says_so(tmp_path: Path) -> None:
    content = make_pdf(["one", "two"]).replace(b"/Kids [10 0 R 12 0 R]", b"/Kids [10 0 R 99 0 R]")
    with pytest.raises(DamagedPDFError, match=r"Page 2 of paper\.pdf cannot be drawn: it is damaged"):
        draw(tmp_path, content, 2)
    assert is_grey(draw(tmp_path, content, 1))


@linux
def test_a_page_that_takes_too_much_ends_in_a_sentence_and_leaves_no_process(tmp_path: Path) -> None:
    content = make_pdf(["one", bomb(60), "three"])
    with pytest.raises(TooLargeError, match=r"Page 2 of paper\.pdf cannot be drawn.*memory"):
        draw(tmp_path, content, 2, memory_mb=256)
    with pytest.raises(TimedOutError, match=r"Page 2 of paper\.pdf cannot be drawn.* 2 seconds"):
        draw(tmp_path, make_pdf(["one", bomb(100)]), 2, page_timeout_seconds=2, memory_mb=4000)
    drawn = draw_pages(tmp_path / "paper.pdf", {3: [()], 2: [()], 1: [()]}, LoadConfig(memory_mb=256))
    assert 2 not in drawn
    assert workers(os.getpid()) == []


@linux
def test_pages_behind_one_that_kills_the_process_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(make_pdf(["one", bomb(60), "three"]))
    pages = {3: [["three"], [], ["three"]], 2: [[]], 1: [["one"]]}
    drawn = draw_pages(tmp_path / "paper.pdf", pages, LoadConfig(memory_mb=256))
    assert drawn.keys() == {1, 3}
    assert drawn[3][0] == drawn[3][2]
    images = [opened(png) for png in [*drawn[1], *drawn[3]]]
    assert [marked(image) is not None for image in images] == [True, True, False, True]


@linux
def test_a_task_that_is_cancelled_ends_the_process(tmp_path: Path) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(make_pdf([bomb(100)]))
    config = LoadConfig(page_timeout_seconds=300, timeout_seconds=300, memory_mb=4000)

    async def begin_and_cancel() -> None:
        task = asyncio.create_task(adraw_page(path, 1, config))
        while not (drawing := workers(os.getpid())):
            await asyncio.sleep(0.02)
        os.kill(drawing[0], signal.SIGSTOP)  # by itself it comes to no end
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            async with asyncio.timeout(30):
                while workers(os.getpid()):
                    await asyncio.sleep(0.02)
        finally:
            for worker in workers(os.getpid()):
                os.kill(worker, signal.SIGKILL)

    asyncio.run(begin_and_cancel())


def test_a_coroutine_draws_the_same(tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf([sheet(TEXT)]))
    drawn = asyncio.run(adraw_page(path, 1, LoadConfig(), marks=["Nets dry"], width=300))
    assert drawn == draw_page(path, 1, LoadConfig(), marks=["Nets dry"], width=300)


def test_a_page_of_many_colours_keeps_them(tmp_path: Path) -> None:
    """Among them two that differ in green alone."""
    colours = [(255, 0, 0), (255, 255, 0), (0, 136, 255), (17, 34, 51), (255, 102, 0)]
    stripes = b"".join(
        b"%f %f %f rg %d 0 100 842 re f " % (*(part / 255 for part in colour), 100 * place)
        for place, colour in enumerate(colours)
    )
    image = draw(tmp_path, make_pdf([Sheet(content=stripes)]))
    assert [image.getpixel((100 * place + 50, 400)) for place in range(5)] == colours


def test_a_page_of_print_is_a_small_file(tmp_path: Path) -> None:
    lines = "\n".join(
        "The first boats leave before the fog has lifted, and nets dry on the quay." for _ in range(50)
    )
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf([sheet(lines)]))
    assert len(draw_page(path, 1, LoadConfig())) < 100_000
    assert len(draw_page(path, 1, LoadConfig(), marks=[lines])) < 110_000


@pytest.mark.parametrize("content", [pytest.param(c, id=n) for n, c, _ in cases()])
def test_a_hostile_file_has_a_picture_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    limits = {"memory_mb": 256, "page_timeout_seconds": 20}
    try:
        size = draw(tmp_path, content, 1, "Hello, this is a page of text.", **limits).size
    except DocumentError as error:
        size, words = (1, 1), str(error)
    else:
        words = "paper.pdf"
    assert size[0] * size[1] <= 4_100_000
    assert words.isprintable()
    assert "paper.pdf" in words
