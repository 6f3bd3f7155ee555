"""The identity of weights in the keys of caches: their files, not only their name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache

from llm import MLX, ChatMLX
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.fingerprint import here
from tests.checkpoints import make_checkpoint

Folder = Callable[[str], Path]
KINDS: list[type[ChatMLX] | type[MLX]] = [ChatMLX, MLX]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(checkpoint: Folder, tmp_path: Path) -> Path:
    """A folder of its own, which may be changed."""
    return Path(shutil.copytree(checkpoint("gemma"), tmp_path / "own"))


def params(kind: Any = ChatMLX, **settings: Any) -> dict[str, Any]:
    return dict(kind(**settings)._identifying_params)


def rewrite(path: Path) -> None:
    """Another file of the same size in the place of one."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "tokenizer_config.json", "config.json"])
def test_a_file_that_was_replaced_shows(folder: Path, kind: Any, name: str) -> None:
    before = params(kind, model=folder)
    assert params(kind, model=folder) == before
    rewrite(folder / name)
    assert params(kind, model=folder) != before


def test_what_does_not_change_an_answer_does_not_show(folder: Path) -> None:
    before = params(model=folder)
    (folder / "README.md").write_text("Words.")
    (folder / "model.safetensors").read_bytes()
    assert params(model=folder) == before
    model = ChatMLX(model=folder, max_tokens=2)
    model.invoke("a")
    assert model._identifying_params["fingerprint"] == before["fingerprint"], "reading changes nothing"


@pytest.mark.parametrize("beside", ["adapter", "draft_model"])
def test_adapters_and_draft_models_show(folder: Path, tmp_path: Path, beside: str) -> None:
    other = tmp_path / "beside"
    plain, missing = params(model=folder), params(model=folder, **{beside: other})
    other.mkdir()
    (other / "adapters.safetensors").write_bytes(b"one")
    made = params(model=folder, **{beside: other})
    rewrite(other / "adapters.safetensors")
    changed = params(model=folder, **{beside: other})
    prints = [each["fingerprint"] for each in (plain, made, changed)]
    assert len(set(prints)) == 3
    assert missing["fingerprint"] == plain["fingerprint"]


def test_other_processes_find_the_same(folder: Path) -> None:
    program = "import sys; from llm import ChatMLX; print(ChatMLX(model=sys.argv[1])._identifying_params)"
    out = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == str(params(model=folder))


def test_weights_in_use_are_what_they_were_when_they_were_read(folder: Path, tmp_path: Path) -> None:
    """A cached answer belongs to the weights that gave it, and is not given for others of the same name."""
    cache = InMemoryCache()
    model = ChatMLX(model=folder, max_tokens=8, cache=cache)
    said = model.invoke("a").text
    other = make_checkpoint(tmp_path / "other", random_seed=1)
    shutil.copy(other / "model.safetensors", folder)
    assert model.invoke("a").text == ChatMLX(model=folder, max_tokens=8, cache=cache).invoke("a").text == said
    assert model.runtime.fingerprint == model._identifying_params["fingerprint"]
    # Under another name for the same folder, the weights are read anew.
    twin = ChatMLX(model=f"{folder}/", max_tokens=8, cache=cache)
    assert twin._identifying_params["fingerprint"] != model._identifying_params["fingerprint"]
    assert twin.invoke("a").text != said


def test_without_the_model_there_is_the_name(folder: Path) -> None:
    for name in ("no-such/model", "no/such/model/at/all", "~/nowhere"):
        assert params(model=name)["model"] == name
        assert params(model=name)["fingerprint"] is None


def test_a_model_of_the_hub_is_its_commit(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found without the network, by branch or commit; and the weights read are of the tokenizer's commit."""
    from huggingface_hub import constants

    old, new = "0" * 39 + "1", "0" * 39 + "2"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    repository = tmp_path / "hub" / "models--some--model"
    for commit in (old, new):
        shutil.copytree(folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(old)
    assert here("some/model") == repository / "snapshots" / old
    before, pinned = params(model="some/model"), params(model="some/model", revision=new)
    assert before["fingerprint"] != pinned["fingerprint"]
    rewrite(repository / "snapshots" / old / "model.safetensors")
    assert params(model="some/model") == before
    read = Checkpoint("some/model")
    (repository / "refs" / "main").write_text(new)
    assert params(model="some/model")["fingerprint"] == pinned["fingerprint"]
    shutil.rmtree(repository / "snapshots" / new)
    read.load_weights()
