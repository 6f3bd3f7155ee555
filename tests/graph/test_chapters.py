"""summarize.by: section. Each chapter has a summary of its own text, and the whole is made from those."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from graph import build_graph
from graph.results.types import Result
from tests.fakes import RecordingModel, SilentModel, make_config

# A prompt holds several part summaries; a chunk is 40 words.
ROOM = {"window": 400, "part": 30, "chunk": 40}


def sentences(tag: str, words: int) -> str:
    """Sentences of ten words that say where they stand: "alpha0x3"."""
    names = [f"{tag}{number // 10}x{number % 10}" for number in range(words)]
    return " ".join(f"{' '.join(names[at : at + 10]).capitalize()}." for at in range(0, words, 10))


def write(folder: Path, chapters: dict[str, int], *, front: int = 0, name: str = "book.md") -> str:
    """A Markdown file with a chapter of so many words for each title."""
    parts = [sentences("front", front)] if front else []
    parts += [f"# {title}\n\n{sentences(title.casefold(), words)}" for title, words in chapters.items()]
    path = folder / name
    path.write_text("\n\n".join(parts), "utf-8")
    return str(path)


def run(model: Any, source: str | list[str], **more: Any) -> Result:
    config = make_config(**{**ROOM, "summarize__by": "section", **more})
    result: Result = build_graph(config, model=model).invoke({"source": source})  # type: ignore[assignment]
    return result


def summaries(result: Result) -> dict[str, str]:
    return {section["title"]: section["summary"] for section in result["sections"] if "summary" in section}


def test_each_chapter_is_summarized_from_its_own_text_and_the_whole_from_the_chapters(tmp_path: Path) -> None:
    model = RecordingModel()
    result = run(model, write(tmp_path, {"Alpha": 150, "Beta": 30, "Gamma": 70}))
    found = summaries(result)
    assert list(found) == ["Alpha", "Beta", "Gamma"]
    for title, summary in found.items():
        words = [word for word in summary.casefold().split() if "x" in word]
        assert words
        assert all(word.startswith(title.casefold()) for word in words)
    for call in model.calls:
        if call.stage == "map":
            assert sum(tag in call.document.casefold() for tag in ("alpha0x", "beta0x", "gamma0x")) <= 1
        if call.stage == "collapse":
            assert call.document.startswith("# ")  # a title stands over a chapter, not over a part of one
    (final,) = model.prompts("final")
    at = [final.index(f"{title}:\n{summary}") for title, summary in found.items()]
    assert at == sorted(at)


def test_a_chapter_of_several_parts_is_merged_although_all_parts_would_fit_at_once(
    tmp_path: Path,
) -> None:
    model = RecordingModel()
    run(model, write(tmp_path, {"Alpha": 60, "Beta": 60}))
    assert model.stages() == {"map": 4, "collapse": 2, "final": 1}


def test_the_tree_has_the_chapters_as_a_level(tmp_path: Path) -> None:
    result = run(RecordingModel(), write(tmp_path, {"Alpha": 80, "Beta": 80}))
    final = result["tree"][-1]
    tops = [summary for summary in result["tree"] if summary["id"] in final["sources"]]
    assert [top["text"] for top in tops] == list(summaries(result).values())
    assert {top["level"] for top in tops} == {1}


@pytest.mark.parametrize("seed", range(20))
def test_rounds_stay_within_the_logarithms(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    sizes = {f"Chapter{number}": chance.randint(30, 500) for number in range(chance.randint(2, 12))}
    model = RecordingModel()
    result = run(model, write(tmp_path, sizes), window=116, part=30, chunk=40)
    chapters = [chunk.get("chapter") for chunk in result["chunks"]]
    longest = max(chapters.count(chapter) for chapter in set(chapters))
    most = math.ceil(math.log2(longest)) + math.ceil(math.log2(len(sizes)))
    assert result["tree"][-1]["level"] <= most + 1
    assert len(summaries(result)) == len(sizes)


def test_what_comes_before_the_first_chapter_is_in_the_whole(tmp_path: Path) -> None:
    model = RecordingModel()
    result = run(model, write(tmp_path, {"Alpha": 30, "Beta": 30}, front=30))
    assert list(summaries(result)) == ["Alpha", "Beta"]
    assert "front0x" in model.prompts("final")[0].casefold()


def test_a_heading_without_text_goes_with_the_next_chapter(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    body = "\n\n".join(f"## {title}\n\n{sentences(title.casefold(), 40)}" for title in ("Alpha", "Beta"))
    path.write_text(f"# The Book\n\n{body}", "utf-8")
    result = run(RecordingModel(), str(path))
    assert list(summaries(result)) == ["Alpha", "Beta"]


@pytest.mark.parametrize("strategy", ["auto", "map_reduce"])
def test_without_chapters_the_whole_is_summarized_and_it_is_said(tmp_path: Path, strategy: str) -> None:
    path = tmp_path / "plain.txt"
    path.write_text(sentences("plain", 100), "utf-8")
    result = run(RecordingModel(), str(path), summarize__strategy=strategy)
    assert result["summary"]
    assert not summaries(result)
    assert [warning for warning in result["warnings"] if warning.startswith("summarize.by: section")]


def test_chapters_win_over_one_call_for_all(tmp_path: Path) -> None:
    source = write(tmp_path, {"Alpha": 40, "Beta": 40})
    result = run(RecordingModel(), source, summarize__strategy="one_call")
    assert len(summaries(result)) == 2
    whole = run(RecordingModel(), source, summarize__strategy="one_call", summarize__by="document")
    assert not summaries(whole)
    assert len(whole["chunks"]) == 1


def test_the_sentences_of_a_chapter_rest_on_its_own_pages(tmp_path: Path) -> None:
    result = run(RecordingModel(), write(tmp_path, {"Alpha": 80, "Beta": 80}))
    for section in result["sections"]:
        assert section["sentences"]
        for sentence in section["sentences"]:
            assert sentence["support"] > 0.8
            assert set(sentence["pages"]) <= set(range(section["first_page"], section["last_page"] + 1))


def test_chapters_of_several_documents_stay_apart(tmp_path: Path) -> None:
    first = write(tmp_path, {"Alpha": 40, "Beta": 40})
    second = write(tmp_path, {"Gamma": 40, "Delta": 90}, name="other.md")
    result = run(RecordingModel(), [first, second], summarize__together=True)
    assert list(summaries(result)) == ["Alpha", "Beta", "Gamma", "Delta"]


def test_a_chapter_that_the_model_is_silent_on_has_no_summary_and_the_others_do(tmp_path: Path) -> None:
    class Silent(RecordingModel):
        """Says nothing of Beta."""

        def answer(self, document: str, max_tokens: int) -> str:
            return "" if "beta" in document.casefold() else super().answer(document, max_tokens)

    source = write(tmp_path, {"Alpha": 40, "Beta": 40, "Gamma": 40})
    result = run(Silent(), source, summarize__retries=0, summarize__on_error="skip")
    assert list(summaries(result)) == ["Alpha", "Gamma"]
    assert any("empty" in warning for warning in result["warnings"])


def test_a_merge_that_says_nothing_loses_no_chapter(tmp_path: Path) -> None:
    model = SilentModel(silent=("collapse",))
    result = run(model, write(tmp_path, {"Alpha": 80, "Beta": 80}), summarize__retries=0)
    assert len(summaries(result)) == 2
    assert all(text.strip() for text in summaries(result).values())
