"""Base models in the graph: they continue text, the result says so, and chat prompts are refused with advice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graph.cli.main import main
from tests.gguf_files import make_source, write_gguf

ROOT = Path(__file__).parents[2]


@pytest.fixture
def base_model(tmp_path: Path) -> Path:
    """A GGUF file without a chat template."""
    source = make_source(tmp_path / "source", "gemma3")
    return write_gguf(source, tmp_path / "base.gguf", **{"tokenizer.chat_template": None})


def run(model: Path, folder: Path, *more: str) -> int:
    document = folder / "note.txt"
    document.write_text("A report of forty pages says how much the town spent on roads and water in 2021.")
    sets = [f"llm.model={model}", "llm.max_tokens=8", "summarize.final_tokens=8", *more]
    words = [word for each in sets for word in ("--set", each)]
    return main(
        ["run", str(ROOT / "configs/gemma270m.yaml"), str(document), "--format", "json", "--quiet", *words]
    )


def test_a_base_model_completes_and_the_result_says_what_it_is(
    base_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(base_model, tmp_path, "llm.stop=[]") == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["summary"]
    assert result["stats"]["prompt_tokens"] > 0
    assert result["stats"]["output_tokens"] > 0
    (warning,) = [each for each in result["warnings"] if "base model" in each]
    assert warning.startswith(f"{base_model} is a base model: it continues text")
    assert "base model" in err


def test_chat_prompts_for_a_base_model_are_refused_with_advice(
    base_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(base_model, tmp_path, "llm.prompting=chat") == 4
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "no chat template" in err
    assert "prompting: completion" in err


def test_a_model_that_chats_says_nothing_of_base_models(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_gguf(make_source(tmp_path / "source", "gemma3"), tmp_path / "chat.gguf")
    assert run(path, tmp_path, "llm.prompting=chat", "llm.stop=[]") == 0
    assert "base model" not in capsys.readouterr().out
