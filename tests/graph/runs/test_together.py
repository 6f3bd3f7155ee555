"""One summary of several documents: pages numbered through, chunks of one document each, refusals named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import FakeListChatModel
from langgraph.checkpoint.memory import InMemorySaver

from graph import SummarizeError, build_graph, load_config
from graph.cli.main import main
from graph.documents import (
    DocumentError,
    LoadConfig,
    clean_pages,
    read_document,
    read_together,
    split_pages,
    whole_text,
)
from graph.report import to_html, to_markdown
from graph.results.page_ranges import in_pages
from tests.fakes import Call, FailingModel, RecordingModel, make_config, make_documents
from tests.pdfs import make_pdf

QUICK = str(Path(__file__).parents[3] / "configs" / "quickstart.yaml")
HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def book(path: str, pages: int, tag: str) -> str:
    """A text file of several pages, whose words say its tag and their page."""
    Path(path).parent.mkdir(exist_ok=True)
    texts = [document.page_content for document in make_documents(pages, words=60, tag=tag)]
    Path(path).write_text("\f".join(texts))
    return path


def words(text: str) -> int:
    return len(text.split())


def test_pages_are_numbered_through_and_say_their_document_and_their_own_number() -> None:
    paths = [Path(book("a/r.txt", 3, "one")), Path(book("b/r.txt", 2, "two"))]
    reading = read_together(paths, LoadConfig())
    assert [page["number"] for page in reading["pages"]] == [1, 2, 3, 4, 5]
    assert [(page["document"], page["document_page"]) for page in reading["pages"]] == [
        ("a/r.txt", 1),
        ("a/r.txt", 2),
        ("a/r.txt", 3),
        ("b/r.txt", 1),
        ("b/r.txt", 2),
    ]
    assert [page["label"] for page in reading["pages"]] == ["1", "2", "3", "1", "2"]
    assert reading["files"] == [
        {"name": "a/r.txt", "first_page": 1, "pages": 3, "title": "r"},
        {"name": "b/r.txt", "first_page": 4, "pages": 2, "title": "r"},
    ]
    assert in_pages([2, 3, 5], reading["files"]) == "a/r.txt pages 2–3, b/r.txt page 2"


def test_progress_counts_the_pages_of_all_files_that_are_open() -> None:
    Path("a.pdf").write_bytes(make_pdf([HARBOUR, TOWN]))
    Path("b.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    Path("c.pdf").write_bytes(make_pdf([TOWN, "", HARBOUR]))
    told: list[tuple[int, int]] = []
    paths = [Path("a.pdf"), Path("b.pdf"), Path(book("notes.txt", 2, "note")), Path("c.pdf")]
    read_together(paths, LoadConfig(), on_progress=lambda done, wanted: told.append((done, wanted)))
    assert told == [(0, 2), (1, 2), (2, 2), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_each_document_is_cut_as_if_it_were_alone() -> None:
    paths = [Path(book(f"{name}.txt", pages, name)) for name, pages in (("a", 7), ("b", 1), ("c", 12))]
    together = read_together(paths, LoadConfig())["pages"]
    chunks = split_pages(together, budget_tokens=100, count_tokens=words)
    alone = [
        chunk["text"]
        for path in paths
        for chunk in split_pages(
            clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig()),
            budget_tokens=100,
            count_tokens=words,
        )
    ]
    assert [chunk["text"] for chunk in chunks] == alone
    text = whole_text(together)
    assert all(text[chunk["start"] : chunk["start"] + len(chunk["text"])] == chunk["text"] for chunk in chunks)
    documents = {page["number"]: page["document"] for page in together}
    for chunk in chunks:
        tag = chunk["text"][0].lower()
        assert documents[chunk["first_page"]] == documents[chunk["last_page"]] == f"{tag}.txt"
        # The words say their page in their own document.
        first = next(page for page in together if page["number"] == chunk["first_page"])
        assert chunk["text"].lower().startswith(f"{tag}{first['document_page']}x")
    assert [chunk["id"] for chunk in chunks] == [f"chunk-{n:04}" for n in range(1, len(chunks) + 1)]


def test_a_list_of_paths_makes_one_summary_and_a_whole_ledger() -> None:
    paths = [book("a.txt", 4, "one"), "none.pdf", book("b.txt", 3, "two")]
    app = build_graph(make_config(), model=RecordingModel())
    result = app.invoke({"source": paths})
    assert [(page["number"], page["document"], page["document_page"]) for page in result["pages"]] == [
        *((n, "a.txt", n) for n in range(1, 5)),
        *((n + 4, "b.txt", n) for n in range(1, 4)),
    ]
    assert result["tree"][-1]["pages"] == [1, 2, 3, 4, 5, 6, 7]
    for part in (summary for summary in result["tree"] if summary["level"] == 0):
        assert {result["pages"][number - 1]["document"] for number in part["pages"]} in ({"a.txt"}, {"b.txt"})
    assert [file["pages"] for file in result["files"]] == [4, 0, 3]
    assert "none.pdf" in result["files"][1]["refused"]
    assert any(warning.startswith("Left out: ") and "none.pdf" in warning for warning in result["warnings"])
    assert result["title"] == "a; b"
    assert asyncio.run(app.ainvoke({"source": paths}))["summary"] == result["summary"]


def test_a_folder_is_a_list_of_its_pdfs() -> None:
    Path("papers").mkdir()
    for name, text in (("b.pdf", TOWN), ("a.pdf", HARBOUR)):
        Path("papers", name).write_bytes(make_pdf([text]))
    result = build_graph(make_config(), model=RecordingModel()).invoke({"source": "papers"})
    assert [file["name"] for file in result["files"]] == ["a.pdf", "b.pdf"]


def test_one_path_in_a_list_is_a_document_like_any_other() -> None:
    app = build_graph(make_config(), model=RecordingModel())
    path = book("a.txt", 4, "one")
    one, many = app.invoke({"source": path}), app.invoke({"source": [path]})
    assert {**one, "stats": None} == {**many, "stats": None}
    assert "document" not in one["pages"][0]


def test_documents_of_which_none_can_be_used_are_refused() -> None:
    app = build_graph(make_config(), model=RecordingModel())
    with pytest.raises(DocumentError, match=r"None of the 2 documents can be used: There is no file x\.pdf"):
        app.invoke({"source": ["x.pdf", "y.pdf"]})


def test_a_part_that_failed_is_named_by_its_document_and_page() -> None:
    paths = [book("a.txt", 3, "one"), book("b.txt", 3, "two")]
    model = FailingModel(failure=lambda call: OSError("gone") if "two2x" in call.document.lower() else None)
    skipping = build_graph(make_config(chunk=60, summarize__on_error="skip"), model=model)
    result = skipping.invoke({"source": paths})
    assert any(warning.startswith("b.txt page 2: ") and "gone" in warning for warning in result["warnings"])
    assert [page["status"] for page in result["pages"]] == ["read"] * 4 + ["unsummarized", "read"]
    with pytest.raises(SummarizeError, match=r"^b\.txt page 2: .*gone"):
        build_graph(make_config(chunk=60), model=model).invoke({"source": paths})


def test_answers_for_one_document_serve_all_of_them_together() -> None:
    paths = [book("a.txt", 6, "one"), book("b.txt", 5, "two")]
    cache, model = InMemoryCache(), RecordingModel()
    app = build_graph(make_config(), model=model, cache=cache)
    for path in paths:
        app.invoke({"source": path})
    asked = model.stages()["map"]
    result = app.invoke({"source": paths})
    assert model.stages()["map"] == asked
    assert result["stats"]["cached_calls"] >= asked


def test_a_checkpointer_goes_on_where_several_documents_failed() -> None:
    paths = [book("a.txt", 4, "one"), book("b.txt", 4, "two")]
    broken = {"yes": True}

    def failure(call: Call) -> Exception | None:
        return OSError("gone") if broken["yes"] and "two3x" in call.document.lower() else None

    model, thread = FailingModel(failure=failure), {"configurable": {"thread_id": "one"}}
    app: Any = build_graph(make_config(), model=model, checkpointer=InMemorySaver())
    with pytest.raises(SummarizeError):
        app.invoke({"source": paths}, thread)
    broken["yes"] = False
    for path in paths:
        Path(path).unlink()
    result = app.invoke(None, thread)
    plain = build_graph(make_config(), model=RecordingModel())
    for path, tag in zip(paths, ("one", "two"), strict=True):
        book(path, 4, tag)
    whole = plain.invoke({"source": paths})
    assert [result[key] for key in ("summary", "pages", "files", "tree")] == [
        whole[key] for key in ("summary", "pages", "files", "tree")
    ]


def test_the_command_line_makes_one_summary_and_exits_with_3_for_a_refusal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.pdf").write_bytes(make_pdf([HARBOUR, HARBOUR]))
    Path("b.pdf").write_bytes(make_pdf([TOWN]))
    argv = ["run", QUICK, "--quiet", "--set", "summarize.together=true", "--input", "a.pdf", "b.pdf"]
    assert main([*argv, "--output", "all.md"]) == 0
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "cannot compare" in err
    out = Path("all.md").read_text("utf-8")
    assert out.count("Made by") == 1
    assert "From a.pdf PDF pp. 1–2; b.pdf PDF p. 1, read in 2 parts." in out
    assert "no sentence draws on" not in out.lower()

    Path("bad.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    assert main([*argv, "bad.pdf", "--format", "json"]) == 3
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert [document["name"] for document in result["files"]] == ["a.pdf", "b.pdf", "bad.pdf"]
    assert [document["pages"] for document in result["files"]] == [2, 1, 0]
    assert err.startswith("warning: Left out: bad.pdf")

    assert main([*argv[:-2], "bad.pdf", "none.pdf"]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_a_document_that_the_summary_forgets_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.pdf").write_bytes(make_pdf([HARBOUR]))
    Path("b.pdf").write_bytes(make_pdf([TOWN]))
    config = load_config(QUICK, ["cache.enabled=false"])
    result = build_graph(config, model=FakeListChatModel(responses=[HARBOUR.split(". ")[0] + "."])).invoke(
        {"source": ["a.pdf", "b.pdf"]}
    )
    assert "No sentence draws on b.pdf." in to_markdown(result)
    assert ">Documents not used</dt><dd" in to_html(result)
