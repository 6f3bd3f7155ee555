"""Files of every kind become pages, or one plain refusal."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from graph.documents import DocumentError, LoadConfig, Reading, read_document
from graph.documents import errors as refusals
from tests.hostile import HELLO, one
from tests.pdfs import Sheet, encrypt, make_pdf, sheet, stream

ROOT = Path(__file__).parents[3]
ENGLISH = "The first sentence is here. So is the second one."
KOREAN = "한국은행은 기준금리를 동결했다. 물가는 안정되었다."


def read(tmp_path: Path, content: bytes, name: str = "paper.pdf", **settings: Any) -> Reading:
    path = tmp_path / name
    path.write_bytes(content)
    return read_document(path, LoadConfig.model_validate(settings))


def refuse(tmp_path: Path, content: bytes, name: str = "paper.pdf", **settings: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(tmp_path, content, name, **settings)
    message = str(caught.value)
    assert name in message
    assert "\n" not in message
    assert message.endswith(".")
    assert caught.value.hint in message
    return caught.value


def texts(reading: Reading) -> list[str]:
    return [page["text"] for page in reading["pages"]]


def test_text_labels_and_title_of_a_pdf(tmp_path: Path) -> None:
    labels = "0 <</S /r>> 1 <</S /D /St 5>>"
    reading = read(tmp_path, make_pdf([ENGLISH, KOREAN, ""], title="금리 보고서", labels=labels))
    assert texts(reading) == [ENGLISH, KOREAN, ""]
    assert [page["label"] for page in reading["pages"]] == ["i", "5", "6"]
    assert [page["status"] for page in reading["pages"]] == ["read", "read", "empty"]
    assert reading["title"] == "금리 보고서"
    assert any("page 3" in warning for warning in reading["warnings"])


@pytest.mark.parametrize("title", [None, " ", "untitled", "Microsoft Word - draft2.doc", "paper_final.tex", "1"])
def test_a_title_that_is_none_gives_way_to_the_largest_line(tmp_path: Path, title: str | None) -> None:
    page = Sheet([(72, 700, 20, "On the Growth of"), (72, 676, 20, "Small Gardens"), (72, 640, 11, ENGLISH)])
    assert read(tmp_path, make_pdf([page], title=title))["title"] == "On the Growth of Small Gardens"


def test_without_any_title_the_file_name_is_it(tmp_path: Path) -> None:
    assert read(tmp_path, make_pdf([ENGLISH]), "my notes.pdf")["title"] == "my notes"


@pytest.mark.parametrize("name", ["-rf.pdf", "보고서 최종 (1).pdf", "a b'c\"d$(e).pdf", "no_suffix"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    assert texts(read(tmp_path, make_pdf([ENGLISH]), name)) == [ENGLISH]


def test_a_relative_path_starting_with_a_dash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "-x").write_bytes(make_pdf([ENGLISH]))
    monkeypatch.chdir(tmp_path)
    assert texts(read_document("-x", LoadConfig())) == [ENGLISH]


@pytest.mark.parametrize("junk", [b"junk\n", b"HTTP/1.1 200 OK\r\n\r\n" * 30, b"\0" * 5000])
def test_junk_before_the_header_is_passed_over(tmp_path: Path, junk: bytes) -> None:
    assert texts(read(tmp_path, make_pdf([ENGLISH], prefix=junk))) == [ENGLISH]


def test_only_selected_pages_are_read_and_all_are_listed(tmp_path: Path) -> None:
    reading = read(tmp_path, make_pdf(["one", "two", "three", "four"]), pages="2,4-9")
    assert texts(reading) == ["", "two", "", "four"]
    assert [page["status"] for page in reading["pages"]] == ["skipped", "read", "skipped", "read"]
    assert [page["number"] for page in reading["pages"]] == [1, 2, 3, 4]
    assert reading["warnings"] == ["Pages 5-9 of load.pages are not in the file, whose last page is 4."]


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_encryption(tmp_path: Path, algorithm: str) -> None:
    locked = encrypt(make_pdf([ENGLISH]), user="pass word", algorithm=algorithm)
    assert texts(read(tmp_path, locked, password="pass word")) == [ENGLISH]
    assert texts(read(tmp_path, locked, password="owner")) == [ENGLISH]
    assert isinstance(refuse(tmp_path, locked), refusals.PasswordNeededError)
    assert isinstance(refuse(tmp_path, locked, password="guess"), refusals.WrongPasswordError)
    assert texts(read(tmp_path, encrypt(make_pdf([ENGLISH]), user="", algorithm=algorithm))) == [ENGLISH]


@pytest.mark.parametrize("password", ["pässwörd", "비밀번호"])
def test_a_password_of_any_letters(tmp_path: Path, password: str) -> None:
    locked = encrypt(make_pdf([ENGLISH]), user=password)
    assert texts(read(tmp_path, locked, password=password)) == [ENGLISH]


def test_a_password_that_is_not_needed_does_no_harm(tmp_path: Path) -> None:
    assert texts(read(tmp_path, make_pdf([ENGLISH]), password="x")) == [ENGLISH]
    assert texts(read(tmp_path, encrypt(make_pdf([ENGLISH]), user=""), password="x")) == [ENGLISH]


def test_the_password_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = encrypt(make_pdf([ENGLISH]), user="pass word")
    assert "MLX_PDF_PASSWORD" in str(refuse(tmp_path, locked))
    monkeypatch.setenv("MLX_PDF_PASSWORD", "pass word")
    assert texts(read(tmp_path, locked)) == [ENGLISH]
    assert isinstance(refuse(tmp_path, locked, password="guess"), refusals.WrongPasswordError)
    monkeypatch.setenv("MLX_PDF_PASSWORD", "hunter2")
    error = refuse(tmp_path, locked)
    assert isinstance(error, refusals.WrongPasswordError)
    assert "MLX_PDF_PASSWORD" in str(error)
    assert "hunter2" not in str(error) + repr(error)
    assert texts(read(tmp_path, locked, password="pass word")) == [ENGLISH], "the configuration comes first"


def test_files_within_the_file_are_named(tmp_path: Path) -> None:
    """A portfolio has a page that says what it is, and its documents attached."""
    files = {6: rb"<</Type /Filespec /UF (annex\n\033[31m.pdf) /EF <</F 7 0 R>>>>", 7: stream(b"x")}
    catalog = b"/Collection <<>> /Names <</EmbeddedFiles <</Names [(annex) 6 0 R]>>>>"
    reading = read(tmp_path, one(catalog=catalog, more=files))
    assert reading["warnings"] == ["Files attached to the PDF were not read: annex ˙[31m.pdf."]


def test_a_form_that_is_drawn_elsewhere_is_refused(tmp_path: Path) -> None:
    form = b"/AcroForm <</Fields [] /XFA 6 0 R>>"
    content = one(catalog=b"/NeedsRendering true " + form, more={6: stream(b"<xdp/>")})
    assert isinstance(refuse(tmp_path, content), refusals.NoTextError)
    assert texts(read(tmp_path, one(catalog=form, more={6: stream(b"<xdp/>")}))) == [HELLO], "its pages are real"


def test_arabic_comes_in_reading_order(tmp_path: Path) -> None:
    """The font shows the lam-alef as one glyph, which pdfium turns round."""
    word, drawn = "\u0633\u0644\u0627\u0645", "\u0633\ufefb\u0645"
    reading = read(tmp_path, make_pdf([Sheet([(72, 700, 12, " ".join([drawn[::-1]] * 8))])]))
    assert reading["pages"][0]["text"].split() == [word] * 8


def test_a_truncated_file_gives_what_is_left(tmp_path: Path) -> None:
    """pdfium finds the objects again without the cross-reference table; it needs the trailer."""
    content = make_pdf([ENGLISH, KOREAN])
    table = content.index(b"xref"), content.index(b"trailer")
    assert texts(read(tmp_path, content[: table[0]] + content[table[1] :])) == [ENGLISH, KOREAN]


REFUSED: list[tuple[bytes, dict[str, Any], str, str]] = [
    (b"", {}, "EmptyFileError", "empty"),
    (b"\x7fELF\x02\x01\x01\0\0\0\0", {}, "NotAPDFError", "not a PDF"),
    (b"%PDF-1.7\n", {}, "DamagedPDFError", "header"),
    (b"%PDF-1.7\n" + b"rubbish " * 50, {}, "DamagedPDFError", "damaged"),
    (make_pdf([]), {}, "NoPagesError", "without pages"),
    (make_pdf([Sheet(image=True)] * 2), {"ocr": "off"}, "NoTextError", "ocrmypdf"),
    (make_pdf(["", ""]), {}, "NoTextError", "blank pages"),
    (make_pdf(["1. 2. 3.", "*** - 2024"]), {"ocr": "off"}, "NoTextError", "no words"),
    (make_pdf(["one"]), {"pages": "7"}, "NothingSelectedError", "last page is 1;"),
    (make_pdf(["one"] * 3), {"max_pages": 2}, "TooLargeError", "3 pages"),
    (make_pdf(["x" * 9000] * 200), {"max_file_mb": 1}, "TooLargeError", "max_file_mb"),
]


@pytest.mark.parametrize(("content", "settings", "kind", "words"), REFUSED, ids=[r[2] for r in REFUSED])
def test_refusals(tmp_path: Path, content: bytes, settings: dict[str, Any], kind: str, words: str) -> None:
    error = refuse(tmp_path, content, **settings)
    assert type(error).__name__ == kind
    assert words in str(error)


def test_a_missing_file_a_folder_and_an_impossible_name(tmp_path: Path) -> None:
    (tmp_path / "loop.pdf").symlink_to("loop.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    names = ["gone.pdf", "", "a\0b.pdf", "loop.pdf", "pipe.pdf", "x" * 300, "gone.pdf/under"]
    paths: list[str | Path] = [tmp_path / name for name in names]
    for path in [*paths, "/dev/null", "~nobody-of-this-name/a.pdf"]:
        with pytest.raises(refusals.NotFoundError) as caught:
            read_document(path, LoadConfig())
        assert str(caught.value).isprintable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(make_pdf([ENGLISH]))
    (tmp_path / "secret.pdf").chmod(0)
    with pytest.raises(refusals.NotFoundError, match="Permission denied"):
        read_document(tmp_path / "secret.pdf", LoadConfig())


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="no /dev/stdin")
def test_standard_input_is_read_where_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf([ENGLISH]))
    code = (
        "from graph.documents import read_document, LoadConfig\n"
        "print(read_document('/dev/stdin', LoadConfig())['pages'][0]['text'])"
    )
    command = [sys.executable, "-c", code]
    with (tmp_path / "a.pdf").open("rb") as file:
        ran = subprocess.run(command, stdin=file, capture_output=True, text=True, cwd=ROOT)
    assert (ran.stdout.strip(), ran.stderr) == (ENGLISH, "")
    ran = subprocess.run(command, input="text", capture_output=True, text=True, cwd=ROOT)
    assert "is a pipe or a device" in ran.stderr


def test_a_name_that_is_no_text_makes_a_title_that_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\x1b\n noir.pdf")
    reading = read(tmp_path, make_pdf([ENGLISH]), name)
    assert texts(reading) == [ENGLISH]
    assert reading["title"] == "caf noir"
    locked = tmp_path / name
    locked.write_bytes(encrypt(make_pdf([ENGLISH]), user="x"))
    with pytest.raises(refusals.PasswordNeededError) as caught:
        read_document(locked, LoadConfig())
    assert str(caught.value).isprintable()


def test_a_file_of_holes(tmp_path: Path) -> None:
    """Sparse files: large on paper, and nothing in them."""
    for name, start, kind in (
        ("a.pdf", b"", refusals.NotAPDFError),
        ("b.txt", b"", refusals.NotAPDFError),
        ("c.pdf", b"%PDF-1.7\n", refusals.DamagedPDFError),
    ):
        with (tmp_path / name).open("wb") as file:
            file.write(start)
            file.truncate(20 * 2**20)
        with pytest.raises(kind):
            read_document(tmp_path / name, LoadConfig())
    with (tmp_path / "a.pdf").open("ab") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(refusals.TooLargeError, match="5,120 MB"):
        read_document(tmp_path / "a.pdf", LoadConfig())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp949"])
def test_of_a_huge_text_only_the_beginning_is_read(tmp_path: Path, encoding: str) -> None:
    """The bytes that are read end in the middle of a letter, whatever the encoding."""
    for shift in ("", "a", "ab", "abc"):
        text = shift + "가나다라 " * 4000
        reading = read(tmp_path, text.encode(encoding), "a.txt", max_characters=1000)
        assert texts(reading) == [text[:1000]]
        assert "first 1,000 characters" in reading["warnings"][-1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949"])
def test_text_files_in_the_encodings_people_have(tmp_path: Path, encoding: str) -> None:
    assert texts(read(tmp_path, KOREAN.encode(encoding), "notes.txt")) == [KOREAN]


def test_a_korean_text_too_short_for_statistics(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "안녕".encode("cp949"), "notes.txt")) == ["안녕"]


def test_western_text_without_a_byte_order_mark(tmp_path: Path) -> None:
    text = "Il a été décidé que la façade du théâtre serait rénovée dès l'été prochain. " * 20
    assert texts(read(tmp_path, text.encode("latin-1"), "notes.txt")) == [text]


def test_form_feeds_are_pages_of_a_text_file(tmp_path: Path) -> None:
    reading = read(tmp_path, b"one\ftwo\f\fthree\f", "notes.txt", pages="2-")
    assert texts(reading) == ["", "two", "", "three"]
    assert [page["status"] for page in reading["pages"]] == ["skipped", "read", "empty", "read"]


def test_markdown_keeps_its_marks_and_gives_its_heading(tmp_path: Path) -> None:
    text = "# A handbook\n\n- one\n- two\n\nIt mentions %PDF-1.7 files.\n"
    reading = read(tmp_path, text.encode(), "handbook.md")
    assert texts(reading) == [text]
    assert reading["title"] == "A handbook"


def test_bad_text_files(tmp_path: Path) -> None:
    assert isinstance(refuse(tmp_path, b" \n\t", "a.txt"), refusals.EmptyFileError)
    assert isinstance(refuse(tmp_path, b"1. 2. -- 3.", "a.txt"), refusals.NoTextError)
    assert isinstance(refuse(tmp_path, b"PK\x03\x04\0\0", "a.docx"), refusals.DamagedFileError)
    assert read(tmp_path, b"\xff\xfea\0b", "a.txt")["warnings"] == [
        "a.txt is damaged in 1 place: bytes that are not utf-16 stand as \N{REPLACEMENT CHARACTER} in the text."
    ]
    assert isinstance(refuse(tmp_path, b"one", "a.txt", pages="3"), refusals.NothingSelectedError)


def test_no_text_holds_control_characters(tmp_path: Path) -> None:
    reading = read(tmp_path, "ab\x07cd \ufffe\uffffe\x85f\r\ng\u2028h\ti\x1bj".encode(), "a.txt")
    assert texts(reading) == ["abcd e\nf\ng\nh\tij"]


def test_reading_works_from_another_folder_in_an_unguarded_script(tmp_path: Path) -> None:
    """No main guard, packages found through sys.path alone, a module in the way in the working directory."""
    (tmp_path / "a.pdf").write_bytes(make_pdf([ENGLISH]))
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    root = Path(__file__).parents[3]
    script = (
        f"import sys; sys.path[:0] = [{str(root)!r}]; sys.path.remove('')\n"
        "from graph.documents import read_document, LoadConfig\n"
        "print(read_document('a.pdf', LoadConfig())['pages'][0]['text'])"
    )
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ran = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (ran.stdout.strip(), ran.stderr) == (ENGLISH, "")


def test_page_geometry_of_the_maker() -> None:
    assert [line[1] for line in sheet("a\n\nb", top=700, leading=10).lines] == [700, 680]
