"""Writes GGUF files of small checkpoints, with the gguf library and llama.cpp's names.

It goes the other way than the program's converter, and takes nothing from it, so that the two can disagree.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter

from tests.checkpoints import make_checkpoint

GEMMAS = {"gemma": "gemma", "gemma2": "gemma2", "gemma3": "gemma3_text"}
OTHERS = ("llama", "qwen2", "qwen3")

_PARTS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "post_attention_layernorm": "ffn_norm",
}
_SANDWICH = {
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}
_TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def make_source(folder: Path, family: str, *, bits_friendly: bool = False, **changes: Any) -> Path:
    """A checkpoint of `family`, float32, whose rows are whole groups of 32 (with `bits_friendly`: of 256)."""
    wide = {"hidden_size": 256, "intermediate_size": 256, "heads": 4, "head_dim": 64} if bits_friendly else {}
    if family in GEMMAS:
        return make_checkpoint(folder, family, **wide)  # type: ignore[arg-type]
    make_checkpoint(folder, "gemma", **wide)  # its tokenizer serves
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": family, "rope_theta": 10_000.0, "tie_word_embeddings": family == "qwen3", **changes}
    if family == "qwen2":
        config["head_dim"] = config["hidden_size"] // config["num_attention_heads"]
    (folder / "config.json").write_text(json.dumps(config))
    # Not above: the first import of MLX in a test run is `import_mlx`, as make_checkpoint does it.
    import mlx.core as mx
    from mlx.utils import tree_flatten

    module = import_module(f"mlx_lm.models.{family}")
    mx.random.seed(3)
    model = module.Model(module.ModelArgs.from_dict(config))
    weights = {name: mx.random.normal(w.shape, scale=0.3) for name, w in tree_flatten(model.parameters())}
    mx.save_safetensors(str(folder / "model.safetensors"), weights)
    return folder


def write_gguf(source: Path, path: Path, kind: str = "F32", **changes: Any) -> Path:
    """`source` as a GGUF file whose matrices are of `kind`; `changes` replace keys (None: leave out)."""
    import mlx.core as mx

    config = json.loads((source / "config.json").read_text())
    arch = {"gemma3_text": "gemma3"}.get(config["model_type"], config["model_type"])
    writer = GGUFWriter(str(path), arch)
    values = _facts(arch, config) | _vocabulary(source, config) | changes
    for key, value in values.items():
        if value is None or key == "general.architecture":
            continue
        _put(writer, key, value)
    if "general.architecture" in changes:
        writer.kv_data[0]["general.architecture"].value = changes["general.architecture"]
    for name, weight in mx.load(str(source / "model.safetensors")).items():
        _add(writer, arch, config, name, np.array(weight), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _facts(arch: str, config: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        f"{arch}.context_length": config["max_position_embeddings"],
        f"{arch}.embedding_length": config["hidden_size"],
        f"{arch}.block_count": config["num_hidden_layers"],
        f"{arch}.feed_forward_length": config["intermediate_size"],
        f"{arch}.attention.head_count": config["num_attention_heads"],
        f"{arch}.attention.head_count_kv": config["num_key_value_heads"],
        f"{arch}.attention.key_length": config["head_dim"],
        f"{arch}.attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        f"{arch}.rope.freq_base": float(config.get("rope_theta", 1_000_000.0 if arch == "gemma3" else 10_000.0)),
    }
    if arch == "gemma3":
        facts["gemma3.attention.sliding_window"] = config["sliding_window"]
        facts["gemma3.attention.sliding_window_pattern"] = config["sliding_window_pattern"]
    if scaling := config.get("rope_scaling"):
        facts[f"{arch}.rope.scaling.type"] = scaling["rope_type"]
        facts[f"{arch}.rope.scaling.factor"] = float(scaling["factor"])
    return facts


def _vocabulary(source: Path, config: dict[str, Any]) -> dict[str, Any]:
    saved = json.loads((source / "tokenizer.json").read_text())
    vocabulary: dict[str, int] = saved["model"]["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    # SentencePiece's score of a piece falls with the number of the merge that makes it.
    made = {"".join(pair): rank for rank, pair in reversed(list(enumerate(saved["model"]["merges"])))}
    special = {token["content"] for token in saved["added_tokens"]}

    def kind(token: str) -> int:
        if token == "<unk>":
            return 2
        return 3 if token in special else 6 if token.startswith("<0x") else 5 if token.startswith("<unused") else 1

    settings = json.loads((source / "tokenizer_config.json").read_text())
    return {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [-float(made[token]) - 1 if token in made else 0.0 for token in tokens],
        "tokenizer.ggml.token_type": [kind(token) for token in tokens],
        "tokenizer.ggml.bos_token_id": config["bos_token_id"],
        "tokenizer.ggml.eos_token_id": vocabulary["<eos>"],
        "tokenizer.ggml.unknown_token_id": vocabulary["<unk>"],
        "tokenizer.ggml.padding_token_id": vocabulary["<pad>"],
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": settings.get("chat_template"),
    }


def _put(writer: GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
    else:
        writer.add_string(key, value)


def _add(writer: GGUFWriter, arch: str, config: dict[str, Any], name: str, weight: Any, kind: str) -> None:
    stem, _, ending = name.rpartition(".")
    if stem in _TOP:
        tensor = f"{_TOP[stem]}.{ending}"
    else:
        _, _, number, part = stem.split(".", 3)
        parts = _PARTS | (_SANDWICH if arch in ("gemma2", "gemma3") else {})
        tensor = f"blk.{number}.{parts[part]}.{ending}"
        heads = {"self_attn.q_proj": "num_attention_heads", "self_attn.k_proj": "num_key_value_heads"}.get(part)
        if arch == "llama" and heads:  # llama.cpp keeps the two halves of a head turn about
            count = config[heads]
            weight = weight.reshape(count, 2, -1, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)
    if arch.startswith("gemma") and "norm" in tensor:
        weight = weight + 1
    if weight.ndim == 1 or kind == "F32":
        writer.add_tensor(tensor, np.ascontiguousarray(weight, np.float32))
        return
    quantization = GGMLQuantizationType[kind]
    raw = random_blocks(weight.shape, kind) if kind in MADE_UP else gguf.quants.quantize(weight, quantization)
    writer.add_tensor(tensor, raw, raw_dtype=quantization)


# The library reads these and does not write them: their blocks are drawn, with small scales where those stand.
MADE_UP = {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,)}


def random_blocks(shape: tuple[int, ...], kind: str) -> Any:
    """Bytes of a matrix (rows, bytes) of `kind` with random numbers."""
    block, size = gguf.GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    random = np.random.default_rng(shape[0] + shape[1])
    raw = random.integers(0, 256, (shape[0], shape[1] // block, size), np.uint8)
    scale = np.frombuffer(np.float16(2e-4 if kind == "Q6_K" else 3e-4).tobytes(), np.uint8)
    for place in MADE_UP[kind]:
        raw[..., place : place + 2] = scale
    return raw.reshape(shape[0], -1)
