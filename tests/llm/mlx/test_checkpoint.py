"""Checkpoints on disk: what is damaged is named in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ModelError, ModelNotFoundError

from llm import ChatMLX

Folder = Callable[[str], Path]
WEIGHTS, CONFIG = "model.safetensors", "config.json"


@pytest.fixture
def folder(checkpoint: Folder, tmp_path: Path) -> Path:
    """A folder of its own, which may be changed."""
    return Path(shutil.copytree(checkpoint("gemma"), tmp_path / "own"))


def cut(size: int) -> Callable[[Path], object]:
    return lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:size])


def configured(**changes: Any) -> Callable[[Path], object]:
    return lambda folder: (folder / CONFIG).write_text(
        json.dumps({**json.loads((folder / CONFIG).read_text()), **changes})
    )


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (cut(100_000), r"weights of .*/own cannot be loaded: .*(size|corrupt)"),
        (cut(20), "weights of"),
        (cut(0), "weights of"),
        (lambda folder: (folder / WEIGHTS).unlink(), "No safetensors"),
        (configured(num_hidden_layers=9), r"Missing \d+ parameters\.$"),
        (configured(model_type="nonsense"), r"Model type nonsense not supported\.$"),
        (lambda folder: (folder / CONFIG).write_text("{"), "no readable config.json"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "tokenizer in .*/own cannot be loaded"),
    ],
)
def test_damage_is_named_in_one_sentence(folder: Path, damage: Callable[[Path], object], complaint: str) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=complaint) as caught:
        ChatMLX(model=folder, max_tokens=3).invoke("a")
    assert "\n" not in str(caught.value)
    assert not str(caught.value).endswith((".. ", "..", ":.", "?."))


def test_messages_name_arguments_and_not_a_configuration() -> None:
    for name in ("no-such/model", "no/such/model/at/all", str(Path(__file__).parent)):
        with pytest.raises(ModelNotFoundError) as caught:
            ChatMLX(model=name).invoke("a")
        assert "llm." not in str(caught.value)
