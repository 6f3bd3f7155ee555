"""The length of a summary is asked for in words, measured, and asked for once more where it was missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph import ConfigError, build_graph, load_config
from graph.cli.main import main
from graph.length import LENGTHS, misses, parse_length, tokens_for, words_in
from graph.report import to_markdown
from graph.results.types import Result
from llm import TextRank
from tests.fakes import RecordingModel, make_config, make_documents

PROMPTS = {
    "map": "MAP {document}",
    "collapse": "COLLAPSE {document}",
    "final": "FINAL in {length}: <document>{document}</document>",
}


class Stubborn(RecordingModel):
    """Writes final summaries of as many words as `writes` says, one after the other."""

    writes: list[int]

    def answer(self, document: str, max_tokens: int) -> str:
        number = sum(call.stage == "final" for call in self.calls)
        if not number:
            return super().answer(document, max_tokens)
        words = self.writes[min(number, len(self.writes)) - 1]
        return " ".join(f"word{number}x{place}." for place in range(words))


def run(model: Any, length: Any = "100 words", *, words: int = 1000, **more: Any) -> Result:
    config = make_config(
        window=8000,
        part=400,
        chunk=2000,
        prompts=PROMPTS,
        summarize={"strategy": "auto", "length": length, "retry_seconds": 0},
        **more,
    )
    result: Result = build_graph(config, model=model).invoke({"documents": make_documents(1, words=words)})  # type: ignore[assignment]
    return result


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("short", 100),
        ("Medium", 250),
        ("long", 600),
        ("300 words", 300),
        ("120", 120),
        ("1 word", None),
        ("", None),
    ],
)
def test_what_a_length_may_be(said: str, words: int | None) -> None:
    if words is not None:
        assert parse_length(said) == words
    else:
        with pytest.raises(ValueError, match="write short, medium, long"):
            parse_length(said)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The ship's log, page 3.", 5),
        ("It rose by 1,234.5 per cent — twice.", 7),
        ("항구는 아침 여섯 시에 문을 연다.", 6),
        ("港口早上六点开放，晚上十点关闭。", 8),
        ("", 0),
    ],
)
def test_words_are_counted_as_people_count_them(text: str, words: int) -> None:
    assert words_in(text) == words


def test_a_third_is_near_enough() -> None:
    assert [misses(words, 300) for words in (199, 200, 300, 400, 401)] == [True, False, False, False, True]


@pytest.mark.parametrize("value", ["short", "300 words", 300])
def test_the_length_reaches_the_prompt_and_the_budget(value: Any) -> None:
    model = Stubborn(writes=[100 if value == "short" else 300])
    result = run(model, value)
    words = LENGTHS["short"] if value == "short" else 300
    (call,) = [call for call in model.calls if call.stage == "final"]
    assert f"FINAL in about {words} words:" in call.prompt
    assert call.max_tokens == tokens_for(words)
    assert result["length"] == {"words": words, "wanted": words, "asked_again": False}


def test_without_a_length_the_prompt_says_a_usual_one_and_nothing_is_asked_again() -> None:
    model = Stubborn(writes=[7])
    result = run(model, None)
    assert "FINAL in about 250 words:" in model.prompts("final")[0]
    assert model.stages() == {"final": 1}
    assert result["length"] == {"words": 7, "wanted": None, "asked_again": False}


def test_a_summary_that_is_too_long_is_shortened_itself() -> None:
    model = Stubborn(writes=[250, 110])
    result = run(model)
    first, second = [call for call in model.calls if call.stage == "final"]
    assert second.document.startswith("word1x0.")
    assert "A first summary had 250 words. Write one of about 100 words." in second.prompt
    assert first.document != second.document
    assert result["length"] == {"words": 110, "wanted": 100, "asked_again": True}
    assert result["stats"]["calls"] == 2
    assert not result["warnings"]


def test_a_summary_that_is_too_short_is_written_anew_from_the_text() -> None:
    model = Stubborn(writes=[20, 90])
    result = run(model)
    first, second = [call for call in model.calls if call.stage == "final"]
    assert second.document == first.document
    assert result["length"]["words"] == 90


def test_it_is_asked_once_and_the_nearer_answer_stays_with_a_warning() -> None:
    model = Stubborn(writes=[250, 290, 100])
    result = run(model)
    assert model.stages() == {"final": 2}
    assert result["length"] == {"words": 250, "wanted": 100, "asked_again": True}
    (warning,) = result["warnings"]
    assert warning.startswith("The summary has 250 words, not about 100 (summarize.length)")


def test_a_text_that_bears_no_longer_summary_is_not_asked_for_one() -> None:
    model = Stubborn(writes=[20])
    result = run(model, words=150)
    assert model.stages() == {"final": 1}
    assert not result["warnings"]


def test_a_prompt_set_that_forbids_it_is_not_asked_again() -> None:
    model = Stubborn(writes=[250])
    run(model, prompts__resize="")
    assert model.stages() == {"final": 1}


@pytest.mark.parametrize("length", ["short", "medium", "400 words"])
def test_the_built_in_model_keeps_to_it_at_once(length: str) -> None:
    config = load_config("quickstart", [f"summarize.length={length}", "cache.enabled=false"])
    result = build_graph(config, model=TextRank()).invoke({"source": "examples/handbook.md"})
    assert not misses(result["length"]["words"], result["length"]["wanted"])
    assert not result["length"]["asked_again"]


def test_the_report_says_it() -> None:
    assert "100 words (about 100 asked for)" in to_markdown(run(Stubborn(writes=[100])))


def test_a_length_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"summarize.length.*write short, medium, long") as caught:
        load_config("quickstart", ["summarize.length=brief"])
    assert "\n" not in str(caught.value)


def test_an_error_of_the_option_is_not_said_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "quickstart", "--length", "brief"]) == 2
    assert capsys.readouterr().err.startswith("--set summarize.length: 'brief' is no length;")
