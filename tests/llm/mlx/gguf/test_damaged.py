"""GGUF files that are damaged, lie, or are of another kind: each is refused in one sentence, at once."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ModelError

from llm.errors import MissingPackageError, UnsupportedModelError
from llm.mlx.gguf import source as sources
from llm.mlx.gguf.convert import Form, convert
from llm.mlx.gguf.source import Packaged, find_source
from tests.gguf_files import make_source, write_gguf

FLOATS = Form("float32", keeps_quantized=False)


@pytest.fixture(scope="module")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_source(tmp_path_factory.mktemp("gguf") / "source", "gemma3")


@pytest.fixture(scope="module")
def whole(checkpoint_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_gguf(checkpoint_folder, tmp_path_factory.mktemp("whole") / "model.gguf").read_bytes()


def refusal(path: Path) -> str:
    """What is said of the file: one sentence or two, of the path and of what is wrong."""
    with pytest.raises(ModelError) as caught:
        _convert(path)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 400
    return said


def _convert(path: Path) -> None:
    found = find_source(str(path))
    assert found is not None
    convert(found, FLOATS)


def put(at: int, code: str, value: Any) -> Callable[[bytearray], object]:
    return lambda data: struct.pack_into("<" + code, data, at, value)


def after(name: bytes, skip: int, code: str, value: Any) -> Callable[[bytearray], object]:
    """Change a number behind the first `name` in the file."""

    def change(data: bytearray) -> None:
        struct.pack_into("<" + code, data, data.index(name) + len(name) + skip, value)

    return change


def cut(size: int | float) -> Callable[[bytearray], object]:
    def change(data: bytearray) -> None:
        del data[int(size * len(data)) if isinstance(size, float) else size :]

    return change


HUGE = 2**60


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (cut(0), "no GGUF"),
        (cut(3), "no GGUF"),
        (cut(4), "in the middle of its header"),
        (cut(23), "in the middle of its header"),
        (cut(900), "in the middle of its header"),
        (cut(0.5), "it ends after"),
        (cut(-1), "it ends after"),
        (put(4, "I", 1), "version is 1"),
        (put(4, "I", 0x03000000), "big-endian"),
        (put(8, "Q", HUGE), "claims"),
        (put(8, "Q", 99_999), "in the middle of its header|cannot|dimensions|text"),
        (put(16, "Q", HUGE), "claims"),
        (put(16, "Q", 9_999), "in the middle of its header|text|type|twice"),
        (put(24, "Q", HUGE), "claims a text"),
        (after(b"tokenizer.ggml.tokens", 8, "Q", HUGE), "claims a list"),
        (after(b"tokenizer.ggml.tokens", 8, "Q", 3_999_999), "in the middle|text|UTF-8"),
        (after(b"tokenizer.ggml.scores", 8, "Q", 3_999_999), "in the middle"),
        (after(b"tokenizer.ggml.scores", 4, "I", 99), "unknown type 99"),
        (after(b"gemma3.block_count", 0, "I", 77), "unknown type 77"),
        (after(b"gemma3.block_count", 4, "I", 0), "block_count is 0"),
        (after(b"gemma3.block_count", 4, "I", 2), "which this architecture does not"),
        (after(b"gemma3.attention.head_count", 4, "I", 3), "cannot share"),
        (after(b"gemma3.embedding_length", 4, "I", 65), "token_embd"),
        (after(b"tokenizer.ggml.eos_token_id", 4, "I", 10**6), "eos_token_id"),
        (after(b"token_embd.weight", 4, "Q", HUGE), "it ends after|lies on"),
        (after(b"token_embd.weight", 4, "Q", 0), "shape"),
        (after(b"token_embd.weight", 0, "I", 9), "9 dimensions"),
        (after(b"token_embd.weight", 20, "I", 99), "unknown type"),
        (after(b"token_embd.weight", 24, "Q", HUGE), "it ends after"),
        (after(b"blk.0.attn_q.weight", 24, "Q", 0), "lies on another"),
        (after(b"blk.0.attn_q.weight", 4, "Q", 32), "which does not fit"),
    ],
)
def test_damage_is_named_at_once(
    whole: bytes, change: Callable[[bytearray], object], complaint: str, tmp_path: Path
) -> None:
    data = bytearray(whole)
    change(data)
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    said = refusal(path)
    assert str(path) in said
    assert re.search(complaint, said), said


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"general.architecture": "mamba"}, "'mamba' cannot be converted; known are"),
        ({"general.architecture": "clip"}, "sees pictures"),
        ({"gemma3.expert_count": 8}, "mixture of experts"),
        ({"split.count": 3}, "one of 3 parts"),
        ({"tokenizer.ggml.model": "rwkv"}, "'rwkv' are not known"),
        ({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "chameleon"}, "'chameleon'"),
        ({"tokenizer.ggml.tokens": None}, "tokens is missing"),
        ({"tokenizer.ggml.tokens": ["a", "b"]}, "not equally many"),
        ({"tokenizer.ggml.scores": [0.5]}, "not equally many"),
        ({"tokenizer.ggml.token_type": [1, 1]}, "not equally many"),
        ({"gemma3.rope.scaling.type": "magic", "gemma3.rope.scaling.factor": 8.0}, "magic"),
        ({"gemma3.attention.layer_norm_rms_epsilon": None}, "epsilon is missing"),
        ({"gemma3.attention.head_count": [4, 4]}, "head_count is"),
    ],
)
def test_what_cannot_be_converted_is_refused_with_its_reason(
    checkpoint_folder: Path, changes: dict[str, Any], complaint: str, tmp_path: Path
) -> None:
    assert complaint in refusal(write_gguf(checkpoint_folder, tmp_path / "model.gguf", **changes))


def test_numbers_that_are_none_are_refused(checkpoint_folder: Path, tmp_path: Path) -> None:
    path = write_gguf(checkpoint_folder, tmp_path / "model.gguf", "F16")
    data = bytearray(path.read_bytes())
    data[-2:] = b"\xff\xff"
    path.write_bytes(data)
    assert "no numbers" in refusal(path)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("A note.")
    assert "is a file, but no GGUF model" in refusal(path)


def test_without_the_library_the_extra_is_named(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "gguf", None)  # type: ignore[arg-type]
    path = tmp_path / "model.gguf"
    path.write_bytes(whole)
    assert "pip install 'mlx-pdf-summarizer[gguf]'" in refusal(path)


@pytest.fixture
def packages(whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model in two packages, as `gemma3-270m` is in four."""
    import hashlib

    half = len(whole) // 2
    for number, part in enumerate((whole[:half], whole[half:])):
        folder = tmp_path / "site" / f"small_model_part{number}"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "part").write_bytes(part)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    parts = tuple((f"small_model_part{number}", "part") for number in range(2))
    small = Packaged(parts, hashlib.sha256(whole).hexdigest(), "small", 8192)
    monkeypatch.setitem(sources.PACKAGED, "small-model", small)
    return tmp_path / "site"


def test_a_model_in_packages_is_joined_and_known_by_its_hash(packages: Path) -> None:
    found = find_source("small-model")
    assert found is not None
    folder = convert(found, FLOATS)
    assert {path.name for path in folder.parent.iterdir()} == {folder.name, f"{folder.name}.lock"}
    assert (folder / "tokenizer.json").is_file()


def test_packages_with_another_content_are_refused(packages: Path) -> None:
    part = packages / "small_model_part1" / "part"
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    found = find_source("small-model")
    assert found is not None
    with pytest.raises(UnsupportedModelError, match="SHA-256 differs"):
        convert(found, FLOATS)


def test_packages_that_are_missing_are_named_with_their_extra(packages: Path) -> None:
    (packages / "small_model_part1" / "part").unlink()
    with pytest.raises(MissingPackageError, match=r"pip install 'mlx-pdf-summarizer\[small\]'"):
        find_source("small-model")
