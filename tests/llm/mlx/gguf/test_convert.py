"""GGUF files in the place of checkpoints: the same numbers, the same tokens, made once."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf.quants import dequantize

from llm import ChatMLX
from llm.errors import UnsupportedModelError
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.fingerprint import here
from llm.mlx.gguf import weights
from llm.mlx.gguf.convert import Form, convert
from llm.mlx.gguf.reader import opened
from llm.mlx.gguf.source import find_source
from llm.mlx.window import local_context_window
from tests.gguf_files import GEMMAS, OTHERS, make_source, write_gguf

TEXT = "The harbour opens at six.\n\n  항구는 12.5% <start_of_turn> é"
FLOATS = Form("float32", keeps_quantized=False)
PACKED = Form("float32", keeps_quantized=True)


def made(path: Path, form: Form = FLOATS) -> Path:
    source = find_source(str(path))
    assert source is not None
    return convert(source, form)


def logits(folder: Path, ids: list[int]) -> Any:
    import mlx.core as mx
    from mlx_lm.utils import load_model

    model, _ = load_model(folder)
    return np.array(model(mx.array([ids])).astype(mx.float32))


@pytest.mark.parametrize("family", [*GEMMAS, *OTHERS])
def test_logits_and_tokens_are_those_of_the_source(family: str, tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", family)
    folder = made(write_gguf(source, tmp_path / "model.gguf"))
    before, after = Checkpoint(str(source)), Checkpoint(str(folder))
    for special in (True, False):
        ids = before.encode(TEXT, add_special_tokens=special)
        assert after.encode(TEXT, add_special_tokens=special) == ids
    assert after.tokenizer.decode(ids) == before.tokenizer.decode(ids)
    assert after.stop_ids == before.stop_ids
    assert after.context_window == before.context_window
    assert after.tokenizer.chat_template == before.tokenizer.chat_template
    np.testing.assert_allclose(logits(folder, ids), logits(source, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "F16", "BF16"])
def test_what_mlx_can_hold_is_held_exactly(kind: str, tmp_path: Path) -> None:
    """Kept small or as floats, a model computes with the numbers that the gguf library reads from the file."""
    source = make_source(tmp_path / "source", "llama", bits_friendly=True)
    path = write_gguf(source, tmp_path / "model.gguf", kind)
    floats, packed = made(path), made(path, PACKED)
    ids = Checkpoint(str(floats)).encode(TEXT)
    np.testing.assert_allclose(logits(packed, ids), logits(floats, ids), rtol=2e-3, atol=2e-3)
    with opened(path) as (header, data):
        tensor = header.tensors["blk.1.ffn_up.weight"]
        expected = dequantize(weights.raw_rows(tensor, data), tensor.type)
    import mlx.core as mx

    stored = mx.load(str(next(floats.glob("*.safetensors"))))["model.layers.1.mlp.up_proj.weight"]
    np.testing.assert_array_equal(np.array(stored), expected)
    if kind.startswith("Q"):
        size = sum(file.stat().st_size for file in packed.glob("*.safetensors"))
        assert size < 0.45 * sum(file.stat().st_size for file in floats.glob("*.safetensors"))


def test_other_blocks_are_rounded_to_eight_bits(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", "llama", bits_friendly=True)
    path = write_gguf(source, tmp_path / "model.gguf", "Q6_K")
    floats, packed = made(path), made(path, PACKED)
    config = json.loads((packed / "config.json").read_text())
    assert config["quantization"]["model.layers.0.mlp.up_proj"] == {"group_size": 32, "bits": 8}
    ids = Checkpoint(str(floats)).encode(TEXT)
    exact = logits(floats, ids)
    assert np.abs(logits(packed, ids) - exact).max() < 0.02 * np.abs(exact).max()


def test_bfloat16_rounds_as_mlx_does(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", "gemma3")
    folder = made(write_gguf(source, tmp_path / "model.gguf"), Form("bfloat16", keeps_quantized=True))
    import mlx.core as mx

    ours = mx.load(str(next(folder.glob("*.safetensors"))))["model.embed_tokens.weight"]
    theirs = mx.load(str(source / "model.safetensors"))["model.embed_tokens.weight"].astype(mx.bfloat16)
    assert ours.dtype == mx.bfloat16
    assert mx.array_equal(ours, theirs)


def test_llama_3_finds_its_scaled_rotation_in_its_factors(tmp_path: Path) -> None:
    scaling = {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    from mlx_lm.models.rope_utils import Llama3RoPE

    from llm.mlx.gguf.architectures import llama3_scaling
    from llm.mlx.gguf.reader import Damaged

    rope = Llama3RoPE(dims=64, base=500_000.0, scaling_config=scaling)
    factors = np.array(rope._freqs) / 500_000.0 ** (np.arange(0, 64, 2) / 64)
    assert llama3_scaling(factors, 64, 500_000.0) == scaling
    with pytest.raises(Damaged, match="rotary"):
        llama3_scaling(factors**2, 64, 500_000.0)


def test_chat_and_count_and_window_take_the_file_by_its_path(tmp_path: Path) -> None:
    """As Ollama keeps it: a name without an ending."""
    source = make_source(tmp_path / "source", "gemma3")
    path = write_gguf(source, tmp_path / "sha256-0123")
    assert local_context_window(str(path)) == 8192
    assert here(str(path)) is None
    chat, same = ChatMLX(model=path, max_tokens=8), ChatMLX(model=source, max_tokens=8)
    assert chat.get_num_tokens(TEXT) == same.get_num_tokens(TEXT)
    assert chat.invoke("What did they find?").text == same.invoke("What did they find?").text
    assert here(str(path)) == chat.runtime.checkpoint.folder
    assert chat._identifying_params["fingerprint"]


def test_a_folder_with_one_model_is_that_model_as_lm_studio_leaves_it(tmp_path: Path) -> None:
    source = make_source(tmp_path / "source", "gemma3")
    studio = tmp_path / "studio"
    studio.mkdir()
    write_gguf(source, studio / "model-Q8_0.gguf")
    (studio / "mmproj-model.gguf").write_bytes(b"GGUF")
    assert made(studio).is_dir()
    (studio / "model-F16.gguf").write_bytes(b"GGUF")
    with pytest.raises(UnsupportedModelError, match="2 GGUF files"):
        find_source(str(studio))


def test_it_is_converted_once_and_anew_when_the_file_changes(tmp_path: Path) -> None:
    path = write_gguf(make_source(tmp_path / "source", "gemma"), tmp_path / "model.gguf")
    first = made(path)
    stamp = (first / "config.json").stat().st_mtime_ns
    moved = path.rename(tmp_path / "moved.gguf")
    other = made(moved)
    assert (first / "config.json").stat().st_mtime_ns == stamp
    assert other.name.partition("-")[2] == first.name.partition("-")[2], "the same content"
    os.utime(moved, ns=(0, moved.stat().st_mtime_ns + 1))
    assert made(moved) != other
    assert not list(first.parent.glob(".*")), "nothing half made is left"


def test_two_processes_make_one_folder(tmp_path: Path) -> None:
    path = write_gguf(make_source(tmp_path / "source", "gemma"), tmp_path / "model.gguf")
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        folders = pool.map(made, [path, path])
    assert folders[0] == folders[1]
    assert {each.name for each in folders[0].parent.iterdir()} == {folders[0].name, f"{folders[0].name}.lock"}


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    wrong = {"tokenizer.ggml.eos_token_id": 10**6}
    path = write_gguf(make_source(tmp_path / "source", "gemma"), tmp_path / "model.gguf", **wrong)
    with pytest.raises(UnsupportedModelError, match="eos_token_id"):
        made(path)
    cache = Path(os.environ["XDG_CACHE_HOME"]) / "mlx-pdf-summarizer" / "models"
    assert [each.suffix for each in cache.iterdir()] == [".lock"]


def test_a_base_model_continues_text_and_is_told_apart_from_a_chat_model(tmp_path: Path) -> None:
    from langchain_core.messages import HumanMessage, SystemMessage

    from llm import MLX
    from llm.errors import InvalidRequestError
    from llm.mlx.completion import ContinuingChat

    source = make_source(tmp_path / "source", "gemma3")
    path = write_gguf(source, tmp_path / "base.gguf", **{"tokenizer.chat_template": None})
    with pytest.raises(UnsupportedModelError, match=r"base model, which continues text.*prompting: completion"):
        ChatMLX(model=path).invoke("a")
    chat = ContinuingChat(model=path, max_tokens=8)
    answer = chat.invoke("The report says that")
    assert answer.text == MLX(model=path, max_tokens=8).invoke("The report says that")
    assert answer.response_metadata["finish_reason"] in ("stop", "length")
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] == chat.get_num_tokens_from_messages(
        [HumanMessage("The report says that")]
    )
    both = chat.invoke([SystemMessage("A report."), HumanMessage("It says")])
    assert both.text == chat.invoke("A report.\n\nIt says").text
    assert chat._identifying_params != ChatMLX(model=path)._identifying_params or chat._llm_type != "chat-mlx"
    with pytest.raises(InvalidRequestError, match="no tools"):
        chat.bind_tools([{"name": "f", "parameters": {"type": "object"}}], tool_choice="any").invoke("a")


def test_byte_level_vocabularies(tmp_path: Path) -> None:
    """Llama 3, Qwen and SmolLM cut text before they merge; the merges come with the file."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from tests.checkpoints import _SENTENCES

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<|endoftext|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )  # fmt: skip
    trained.train_from_iterator(_SENTENCES, trainer)
    saved = json.loads(trained.to_str())
    vocabulary = saved["model"]["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    tokens += [f"<unused{number}>" for number in range(len(tokens), 640)]
    changes: dict[str, Any] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": [" ".join(pair) for pair in saved["model"]["merges"]],
        "tokenizer.ggml.token_type": [3, 3, *[1] * 638],
        "tokenizer.ggml.scores": None,
        "tokenizer.ggml.eos_token_id": 0,
        "tokenizer.ggml.unknown_token_id": None,
        "tokenizer.ggml.add_bos_token": False,
    }
    source = make_source(tmp_path / "source", "llama")
    folder = made(write_gguf(source, tmp_path / "model.gguf", **changes))
    tokenizer = Checkpoint(str(folder)).tokenizer
    text = "In 2021 the town's pump moved 340 litres; 항구는 é\n\n  <|im_end|>"
    assert tokenizer.encode(text) == trained.encode(text).ids
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert sorted(tokenizer.eos_token_ids) == [0, 1]
    for pre in ("llama-bpe", "qwen2"):
        other = made(write_gguf(source, tmp_path / f"{pre}.gguf", **{**changes, "tokenizer.ggml.pre": pre}))
        ids = Checkpoint(str(other)).tokenizer.encode(text)
        assert Checkpoint(str(other)).tokenizer.decode(ids[-30:]).endswith("<|im_end|>")
