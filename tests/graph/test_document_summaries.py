"""Several documents in one summary: each has its own, with a share of the words, and one paragraph is on all."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph import SummarizeError, build_graph, ground, load_config
from graph.document_summaries import SummaryTracer, paragraphs, with_summaries
from graph.documents import Page
from graph.length import words_in
from graph.packing import fair_shares
from graph.report import to_html, to_markdown
from graph.results.types import Result
from tests.fakes import Call, FailingModel, RecordingModel, SilentModel, make_config

TOGETHER = "TOGETHER in {language} of {length}: <document>{document}</document>"
FINAL = "FINAL in {language} on {focus} of {length}: <document>{document}</document>"

# A prompt holds several part summaries; a chunk is 40 words.
ROOM = {"window": 400, "part": 30, "final": 30, "chunk": 40}


def sentences(tag: str, words: int) -> str:
    """Sentences of ten words that say where they stand: "alpha0x3"."""
    names = [f"{tag}{number // 10}x{number % 10}" for number in range(words)]
    return " ".join(f"{' '.join(names[at : at + 10]).capitalize()}." for at in range(0, words, 10))


def write(folder: Path, **sizes: int) -> list[str]:
    """A text file of so many words for each tag."""
    for tag, words in sizes.items():
        (folder / f"{tag}.txt").write_text(sentences(tag, words), "utf-8")
    return [str(folder / f"{tag}.txt") for tag in sizes]


def run(model: Any, sources: list[str], **more: Any) -> Result:
    prompts = {"prompts__together": TOGETHER, "prompts__final": FINAL}
    config = make_config(**{**ROOM, **prompts, **more})
    result: Result = build_graph(config, model=model).invoke({"source": sources})  # type: ignore[assignment]
    return result


def own(result: Result) -> dict[str, str]:
    return {file["name"]: file["summary"] for file in result["files"] if "summary" in file}


def compared(model: RecordingModel) -> list[Call]:
    return [call for call in model.calls if call.prompt.startswith("TOGETHER")]


class Chatty(RecordingModel):
    """Says of several documents what they share, and copies the beginning of a single one."""

    shared: str = "Alpha.txt and beta.txt agree."

    def answer(self, document: str, max_tokens: int) -> str:
        is_all = self.calls[-1].prompt.startswith("TOGETHER")
        return self.shared if is_all else super().answer(document, max_tokens)


def test_each_document_is_summarized_from_its_own_text_and_all_are_heard_at_once(tmp_path: Path) -> None:
    model = RecordingModel()
    result = run(model, write(tmp_path, alpha=300, beta=30, gamma=70))
    found = own(result)
    assert list(found) == ["alpha.txt", "beta.txt", "gamma.txt"]
    for name, summary in found.items():
        words = [word for word in summary.casefold().split() if "x" in word]
        assert words
        assert all(word.startswith(Path(name).stem) for word in words)
    for call in model.calls:
        if not call.prompt.startswith("TOGETHER"):
            assert sum(f"{tag}0x" in call.document.casefold() for tag in ("alpha", "beta", "gamma")) <= 1
    (call,) = compared(model)
    at = [call.document.index(f"{name}:\n{summary}") for name, summary in found.items()]
    assert at == sorted(at)


def test_the_summary_is_what_is_said_of_all_and_a_paragraph_on_each_under_its_name(tmp_path: Path) -> None:
    result = run(Chatty(), write(tmp_path, alpha=80, beta=60))
    found = own(result)
    assert result["summary"] == (
        f"Alpha.txt and beta.txt agree.\n\n## alpha.txt\n\n{found['alpha.txt']}\n\n"
        f"## beta.txt\n\n{found['beta.txt']}"
    )
    assert result["tree"][-1]["text"] == result["summary"]
    assert [summary["document"] for summary in result["tree"] if "document" in summary] == list(found)
    assert "# alpha; beta\n\nAlpha.txt and beta.txt agree. [alpha.txt; beta.txt?]\n" in to_markdown(result)


def test_a_document_that_calls_itself_something_has_that_and_its_file_as_its_name(tmp_path: Path) -> None:
    model = RecordingModel()
    (tmp_path / "one.md").write_text(f"# The Harbour\n\n{sentences('alpha', 40)}", "utf-8")
    (tmp_path / "two.txt").write_text(sentences("beta", 40), "utf-8")
    result = run(model, [str(tmp_path / "one.md"), str(tmp_path / "two.txt")])
    assert "## The Harbour (one.md)\n" in result["summary"]
    assert "## two.txt\n" in result["summary"]
    assert "The Harbour (one.md):\n" in compared(model)[0].document


def test_a_long_document_does_not_take_over(tmp_path: Path) -> None:
    result = run(RecordingModel(), write(tmp_path, alpha=4000, beta=80, gamma=90))
    lengths = {name: len(summary.split()) for name, summary in own(result).items()}
    assert max(lengths.values()) <= 2 * min(lengths.values())


@pytest.mark.parametrize(
    ("strategy", "stages"),
    [("one_call", {"final": 2}), ("auto", {"map": 3, "final": 2}), ("map_reduce", {"map": 3, "final": 2})],
)
def test_a_document_that_fits_one_prompt_may_be_one_call(
    tmp_path: Path, strategy: str, stages: dict[str, int]
) -> None:
    model = RecordingModel()
    run(model, write(tmp_path, alpha=100, beta=30), summarize__strategy=strategy)
    assert {stage: count for stage, count in model.stages().items() if stage} == stages
    assert len(compared(model)) == 1


def test_the_words_wanted_are_shared_out_and_a_short_document_leaves_some_to_the_others(tmp_path: Path) -> None:
    model = RecordingModel()
    sources = write(tmp_path, alpha=2000, beta=80, gamma=2000)
    result = run(model, sources, window=3000, chunk=1000, part=500, summarize__length="400 words")
    words = [file.get("words", 0) for file in result["files"]]
    assert words == [130, 40, 130]
    assert "of about 100 words" in compared(model)[0].prompt
    prompts = model.prompts("final")
    assert max(call.max_tokens or 0 for call in model.calls if call.stage == "final") == 3 * 130
    assert sum("of about 130 words" in prompt for prompt in prompts) >= 2
    assert any("of about 40 words" in prompt and "beta0x0" in prompt.casefold() for prompt in prompts)
    assert not any("summarize.length: " in warning for warning in result["warnings"])


def test_too_few_words_for_all_documents_are_said_and_each_is_heard_all_the_same(tmp_path: Path) -> None:
    sources = write(tmp_path, **{f"tag{number}n": 200 for number in range(12)})
    result = run(RecordingModel(), sources, window=4000, summarize__length="100 words")
    assert len(own(result)) == 12
    assert [file["words"] for file in result["files"]] == [30] * 12
    assert any("100 words are too few for 12 documents" in warning for warning in result["warnings"])


@pytest.mark.parametrize("window", [400, 4000])
def test_thirty_documents_are_all_in_the_summary_and_it_is_said_if_not_all_fit_at_once(
    tmp_path: Path, window: int
) -> None:
    chance = random.Random(3)
    sources = write(tmp_path, **{f"tag{number}n": chance.randint(20, 900) for number in range(30)})
    model = RecordingModel()
    result = run(model, sources, window=window)
    assert len(own(result)) == 30
    assert all(f"## tag{number}n.txt\n" in result["summary"] for number in range(30))
    assert len(compared(model)) == 1
    assert all(call.prompt_tokens + (call.max_tokens or 0) <= window for call in model.calls)
    said = [warning for warning in result["warnings"] if "do not fit one prompt" in warning]
    assert len(said) == (1 if window == 400 else 0)
    if window == 4000:
        assert all(f"tag{number}n.txt:" in compared(model)[0].document for number in range(30))


def test_without_an_answer_on_all_of_them_the_summary_of_each_stands(tmp_path: Path) -> None:
    class Refusing(Chatty):
        """Says nothing of several documents."""

    result = run(Refusing(shared=""), write(tmp_path, alpha=80, beta=60), summarize__retries=0)
    assert result["summary"].startswith("## alpha.txt\n")
    assert len(own(result)) == 2
    assert any("final summary" in warning and "empty" in warning for warning in result["warnings"])


def test_a_document_that_the_model_is_silent_on_is_missing_and_named(tmp_path: Path) -> None:
    class Silent(RecordingModel):
        """Says nothing of beta."""

        def answer(self, document: str, max_tokens: int) -> str:
            return "" if "beta" in document.casefold() else super().answer(document, max_tokens)

    more = {"summarize__retries": 0, "summarize__on_error": "skip"}
    model = Silent()
    result = run(model, write(tmp_path, alpha=80, beta=60, gamma=50), **more)
    assert list(own(result)) == ["alpha.txt", "gamma.txt"]
    assert any("beta.txt" in warning for warning in result["warnings"])
    model = Silent()
    alone = run(model, write(tmp_path, alpha=80, beta=60), **more)
    assert alone["summary"].startswith("## alpha.txt\n")
    assert not compared(model)
    assert any("Only alpha.txt has a summary" in warning for warning in alone["warnings"])


def test_no_summary_at_all_is_said(tmp_path: Path) -> None:
    model = SilentModel()
    more = {"summarize__retries": 0, "summarize__on_error": "skip"}
    result = run(model, write(tmp_path, alpha=80, beta=60), **more)
    assert result["summary"] == ""
    assert any("summarized no part" in warning for warning in result["warnings"])


def test_one_of_several_that_can_be_read_is_summarized_as_a_single_one(tmp_path: Path) -> None:
    model = RecordingModel()
    result = run(model, [*write(tmp_path, alpha=80), str(tmp_path / "none.pdf")])
    assert "##" not in result["summary"]
    assert own(result) == {}
    assert not compared(model)


def test_the_built_in_model_copies_from_every_document_and_says_that_it_cannot_compare(tmp_path: Path) -> None:
    for name, thing in (("a", "harbour"), ("b", "library"), ("c", "forest")):
        lines = [
            f"In {year} the {thing} cost {year - 1000} euros, more than the year before."
            for year in range(1900, {"a": 2020, "b": 1906, "c": 1950}[name])
        ]
        (tmp_path / f"{name}.txt").write_text(" ".join(lines), "utf-8")
    config = load_config("quickstart", ["cache.enabled=false"])
    result: Any = build_graph(config).invoke({"source": [str(tmp_path / f"{name}.txt") for name in "abc"]})
    words = {name: words_in(text) for name, text in own(result).items()}
    assert list(words) == ["a.txt", "b.txt", "c.txt"]
    assert max(words.values()) < 3 * min(words.values())
    assert all(sentence["support"] == 1 for sentence in result["sentences"])
    assert any("cannot compare" in warning for warning in result["warnings"])


# Which document a sentence is about


def test_a_sentence_is_compared_with_the_document_under_whose_name_it_stands(tmp_path: Path) -> None:
    said = "The harbour opens at six and the first boats leave before the fog has lifted."
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{said} {sentences(name, 60)}", "utf-8")
    result = run(Chatty(shared=said), [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")])
    found = {}
    for sentence in result["sentences"]:
        assert result["summary"][sentence["start"] : sentence["end"]].strip("# ") == sentence["text"]
        if sentence["text"] == said:
            found[sentence["start"]] = sentence["documents"]
    of_all, first, second = (found[start] for start in sorted(found))
    assert set(of_all) <= {"a.txt", "b.txt"}
    assert (first, second) == (["a.txt"], ["b.txt"])
    documents = {page["number"]: page["document"] for page in result["pages"]}
    for sentence in result["sentences"]:
        assert {documents[page] for page in sentence["pages"]} <= set(sentence["documents"])


def test_a_sentence_without_a_source_still_names_its_document(tmp_path: Path) -> None:
    class Inventing(Chatty):
        """Says of each document what stands in none."""

        def answer(self, document: str, max_tokens: int) -> str:
            return super().answer(document, max_tokens) if "FINAL" not in self.calls[-1].prompt else "Whales sing."

    result = run(Inventing(), write(tmp_path, alpha=30, beta=30), summarize__strategy="auto")
    assert "Whales sing. [alpha.txt?]" in to_markdown(result)
    assert "Whales sing. [beta.txt?]" in to_markdown(result)
    assert ">alpha.txt" in to_html(result)


def test_a_sentence_on_all_of_them_is_compared_with_the_documents_that_it_names(tmp_path: Path) -> None:
    boats, roads = "The boats leave at six before the fog has lifted.", "The town spent four millions on roads."
    for name, said in (("first", boats), ("second", roads), ("third", boats)):
        (tmp_path / f"{name}.txt").write_text(f"{sentences(name, 60)} {said} {sentences(name, 20)}", "utf-8")
    sources = [str(tmp_path / f"{name}.txt") for name in ("first", "second", "third")]
    wrong, right = f"In second.txt: {boats}", f"In second.txt and third.txt: {boats}"
    result = run(Chatty(shared=f"{wrong}\n\n{right}\n\n{boats}"), sources, final=60)
    told = {sentence["text"]: sentence for sentence in result["sentences"]}
    assert told[wrong]["documents"] == ["second.txt"]
    assert "weak support" in told[wrong]["flags"]
    assert told[right]["documents"] == ["second.txt", "third.txt"]
    assert {result["pages"][page - 1]["document"] for page in told[right]["pages"]} == {"third.txt"}
    assert told[right]["support"] > 0.5
    assert set(told[boats]["documents"]) <= {"first.txt", "third.txt"}
    assert result["coverage"]["chunks_used"] > 0


def test_passages_for_a_sentence_are_from_the_documents_that_it_is_about() -> None:
    pages = [
        Page(number=number, label=None, text=f"The wall cost {cost} crowns.", status="read", document=name)
        for number, (name, cost) in enumerate((("a.txt", "three"), ("b.txt", "four")), start=1)
    ]
    tracer = SummaryTracer(pages, [], tree=[], chunks=[])
    (sentence,) = ground("The wall cost nine crowns.", ["Nothing."])
    assert "three" in " ".join(tracer.passages(sentence))
    assert tracer.passages({**sentence, "documents": ["b.txt"]}) == ["The wall cost four crowns."]


def test_headings_of_an_answer_stand_below_the_names_of_the_documents(tmp_path: Path) -> None:
    class Headed(RecordingModel):
        """Answers under headings."""

        def answer(self, document: str, max_tokens: int) -> str:
            return f"# Decisions\n\n{' '.join(document.split()[:10])}\n\n## More\n\nNone."

    result = run(Headed(), write(tmp_path, alpha=30, beta=30), summarize__strategy="auto")
    lines = [line for line in result["summary"].splitlines() if line.startswith("#")]
    below = ["### Decisions", "#### More"]
    assert lines == ["# Decisions", "## More", "## alpha.txt", *below, "## beta.txt", *below]
    assert [part.document for part in paragraphs(result["summary"], result["files"])] == [
        None,
        "alpha.txt",
        "beta.txt",
    ]


def test_a_mended_summary_mends_what_it_says_of_each(tmp_path: Path) -> None:
    result = run(Chatty(), write(tmp_path, alpha=80, beta=60))
    parts = paragraphs(result["summary"], result["files"])
    assert [part.document for part in parts] == [None, "alpha.txt", "beta.txt"]
    assert all(part.end == following.start for part, following in pairwise(parts))
    mended = result["summary"].replace(own(result)["alpha.txt"], "Mended.")
    files = with_summaries(result["files"], mended)
    assert [file.get("summary") for file in files] == ["Mended.", own(result)["beta.txt"]]


# Beside other things


class Mending(RecordingModel):
    """Says a wrong number of each document, and what it is asked to mend by."""

    def answer(self, document: str, max_tokens: int) -> str:
        prompt = self.calls[-1].prompt
        if prompt.startswith("REVISE"):
            return next(line for line in document.split("\n\n") if "crowns" in line)
        if prompt.startswith("TOGETHER"):
            return "Both speak of walls."
        return (
            "The wall of the harbour cost nine million crowns. The boats leave at six before the fog has lifted."
        )


def test_a_doubtful_sentence_on_a_document_is_mended_by_that_one_alone(tmp_path: Path) -> None:
    boats = "The boats leave at six before the fog has lifted."
    for name, cost in (("first", "three"), ("second", "four")):
        text = f"The wall of the harbour cost {cost} million crowns. {sentences(name, 30)} {boats}"
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    model = Mending()
    more = {
        "window": 2000,
        "part": 200,
        "final": 200,
        "summarize__check": True,
        "summarize__strategy": "one_call",
        "prompts__revise": "REVISE ({doubts}) {sentence} <document>{document}</document>",
    }
    result = run(model, [str(tmp_path / f"{name}.txt") for name in ("first", "second")], **more)
    asked = [call for call in model.calls if call.prompt.startswith("REVISE") and "nine million" in call.prompt]
    assert len(asked) >= 2
    assert all(("three million" in call.document) != ("four million" in call.document) for call in asked)
    mended = own(result)
    assert "three million" in mended["first.txt"]
    assert "four million" in mended["second.txt"]
    assert all(text in result["summary"] for text in mended.values())
    assert "nine million" not in result["summary"]


def test_chapters_are_summarized_before_their_documents(tmp_path: Path) -> None:
    for name, tags in (("one", ("alpha", "beta")), ("two", ("gamma", "delta"))):
        text = "\n\n".join(f"# {tag.capitalize()}\n\n{sentences(tag, 80)}" for tag in tags)
        (tmp_path / f"{name}.md").write_text(text, "utf-8")
    plain = write(tmp_path, omega=120)
    sources = [str(tmp_path / "one.md"), str(tmp_path / "two.md"), *plain]
    model = RecordingModel()
    result = run(model, sources, summarize__by="section")
    assert [section["title"] for section in result["sections"] if "summary" in section] == [
        "Alpha", "Beta", "Gamma", "Delta",
    ]  # fmt: skip
    assert len(own(result)) == 3
    finals = [prompt for prompt in model.prompts("final") if "Alpha:\n" in prompt]
    assert len(finals) == 1
    assert "Beta:\n" in finals[0]
    assert "Gamma" not in finals[0]
    merged = [call.document.casefold() for call in model.calls if call.stage == "collapse"]
    assert not any("omega" in document for document in merged), "without chapters, its parts fit as they are"


def test_a_run_that_failed_goes_on_with_the_documents_apart(tmp_path: Path) -> None:
    sources = write(tmp_path, alpha=120, beta=30)
    broken = {"yes": True}
    config = make_config(**ROOM, prompts__together=TOGETHER, prompts__final=FINAL, summarize__strategy="auto")

    def failure(call: Call) -> Exception | None:
        return OSError("gone") if broken["yes"] and "beta0x" in call.document.casefold() else None

    app: Any = build_graph(config, model=FailingModel(failure=failure), checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "one"}}
    with pytest.raises(SummarizeError):
        app.invoke({"source": sources}, thread)
    broken["yes"] = False
    resumed = app.invoke(None, thread)
    whole = build_graph(config, model=RecordingModel()).invoke({"source": sources})
    assert [resumed[key] for key in ("summary", "files", "tree")] == [
        whole[key] for key in ("summary", "files", "tree")
    ]


def test_how_it_was_made_has_the_prompt_on_all_of_them(tmp_path: Path) -> None:
    made = run(RecordingModel(), write(tmp_path, alpha=30, beta=30))["made"]
    assert made["prompts"]["together"].startswith("TOGETHER in English of about 100 words")
    assert "together" not in run(RecordingModel(), write(tmp_path, alpha=30))["made"]["prompts"]


def test_event_loops_get_the_same(tmp_path: Path) -> None:
    sources = write(tmp_path, alpha=120, beta=30)
    app = build_graph(make_config(**ROOM), model=RecordingModel())
    one, other = app.invoke({"source": sources}), asyncio.run(app.ainvoke({"source": sources}))
    assert one["summary"] == other["summary"]


@pytest.mark.parametrize("seed", range(30))
def test_shares_are_fair(seed: int) -> None:
    chance = random.Random(seed)
    wants = [chance.randint(0, 300) for _ in range(chance.randint(1, 12))]
    total = chance.randint(0, 2000)
    shares = fair_shares(wants, total)
    assert all(0 <= share <= want for share, want in zip(shares, wants, strict=True))
    assert sum(shares) <= total
    short = [share for share, want in zip(shares, wants, strict=True) if share < want]
    if short:
        assert max(shares) - min(short) <= 1  # whoever does not get what it wants gets as much as anybody
        assert sum(shares) == total
    else:
        assert shares == wants
