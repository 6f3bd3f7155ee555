"""A ZIP of documents from the command line: a folder of them, and what hostile ones come to."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from graph.cli import archives
from graph.cli.archives import unpacked
from graph.cli.main import main
from graph.documents.errors import DocumentError
from tests.pdfs import make_pdf

QUICK = str(Path(__file__).parents[3] / "configs" / "quickstart.yaml")
HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."
PDF = make_pdf([HARBOUR])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def packed(*members: tuple[str, bytes], name: str = "papers.zip") -> Path:
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as file:
        for inner, content in members:
            file.writestr(inner, content)
    return Path(name)


def inside(path: Path, max_mb: int = 100) -> list[str]:
    """The files that an archive comes to."""
    with unpacked([str(path)], max_mb) as found:
        root = Path(found.paths[0])
        files = sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())
        assert [str(found.shown(root / file)) for file in files] == [f"{path}/{file}" for file in files]
    assert not root.exists()
    return files


def test_an_archive_is_a_folder_and_its_reports_stand(capsys: pytest.CaptureFixture[str]) -> None:
    packed(("a/harbour.pdf", PDF), ("town.pdf", make_pdf([TOWN])), ("notes.txt", b"none"))
    words = ["run", QUICK, "papers.zip", "--output", "out", "--quiet"]
    assert main(words) == 0
    capsys.readouterr()
    assert main(words[:-1]) == 0
    assert "2 of 2 documents are up to date" in capsys.readouterr().err
    rows = [json.loads(line) for line in Path("out/index.jsonl").read_text("utf-8").splitlines()]
    assert [row["document"] for row in rows] == ["harbour.pdf", "town.pdf"]
    assert HARBOUR in Path("out/harbour.md").read_text()


def test_its_documents_are_named_within_it(capsys: pytest.CaptureFixture[str]) -> None:
    packed(("a/harbour.pdf", PDF), ("b/bad.pdf", b"%PDF-1.4 nothing"))
    assert main(["run", QUICK, "papers.zip"]) == 3
    out, err = capsys.readouterr()
    assert "*papers.zip/a/harbour.pdf*" in out
    assert "refused    papers.zip/b/bad.pdf" in err
    assert "mlx-pdf-summarizer-" not in out + err  # the temporary folder
    assert main(["check", QUICK, "papers.zip"]) == 3
    assert main(["ask", QUICK, "papers.zip", "When does the harbour open?", "--quiet"]) == 3
    assert "opens at six" in capsys.readouterr().out


def test_a_document_that_is_packed_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    path = packed(("word/document.xml", b"<w/>"), name="letter.docx")
    assert not archives.is_archive(str(path))


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["../../evil.pdf", "/etc/evil.pdf", "good.pdf"], ["etc/evil.pdf", "good.pdf"]),
        (["..\\evil.pdf", "C:\\evil.pdf", "a\\good.pdf"], ["a/good.pdf"]),
        (["same.pdf", "same.pdf"], ["same-2.pdf", "same.pdf"]),
        ([".hidden.pdf", "__MACOSX/._a.pdf", "a.pdf"], ["a.pdf"]),
        (["in.zip", "a.pdf"], ["a.pdf"]),
        (["보고서/가.pdf"], ["보고서/가.pdf"]),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # which is what is tried
def test_names_lead_nowhere_else(folder: Path, names: list[str], kept: list[str]) -> None:
    assert inside(packed(*((name, PDF) for name in names))) == kept
    assert [path.name for path in folder.rglob("*evil*")] == []


def test_a_bomb_is_cut_where_the_reader_refuses_it(capsys: pytest.CaptureFixture[str]) -> None:
    packed(("bomb.pdf", b"%PDF-1.4 " + bytes(40_000_000)), ("harbour.pdf", PDF))
    assert main(["run", QUICK, "papers.zip", "--quiet", "--set", "load.max_file_mb=2"]) == 3
    out, err = capsys.readouterr()
    assert HARBOUR in out
    assert "load.max_file_mb" in err


def encrypted() -> bytes:
    packed(("a.pdf", PDF))
    content = bytearray(Path("papers.zip").read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def damaged() -> bytes:
    packed(("a.pdf", PDF))
    content = bytearray(Path("papers.zip").read_bytes())
    content[60:80] = bytes(20)
    return bytes(content)


def unknown_method() -> bytes:
    packed(("a.pdf", PDF))
    content = bytearray(Path("papers.zip").read_bytes())
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + at] = 77
    return bytes(content)


def empty() -> bytes:
    buffer = io.BytesIO()
    zipfile.ZipFile(buffer, "w").close()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (encrypted, "papers.zip is encrypted; unpack it, and give the folder."),
        (damaged, "papers.zip is damaged ("),
        (unknown_method, "papers.zip is damaged (That compression method is not supported); get a fresh copy."),
        (empty, "papers.zip is a packed file (ZIP) without documents; give the files themselves"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    make: object, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("papers.zip").write_bytes(make())  # type: ignore[operator]
    assert main(["run", QUICK, "papers.zip"]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(sentence)


def test_too_many_and_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(*((f"{number}.pdf", PDF) for number in range(4)))
    monkeypatch.setattr(archives, "_MOST", 3)
    with pytest.raises(DocumentError, match="holds more than 3 documents; unpack it"):
        inside(path)
    monkeypatch.setattr(archives, "_MOST", 4)
    monkeypatch.setattr(archives, "_MOST_BYTES", 3 * len(PDF))
    with pytest.raises(DocumentError, match="holds more than 0 GB of documents"):
        inside(path)
