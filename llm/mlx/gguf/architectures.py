"""What a GGUF file calls a network, as mlx-lm calls it: the config.json, the names, and what is stored otherwise.

Names are llama.cpp's (its gguf-py/gguf/constants.py). What its converters change in weights is undone here: rows
of Llama's queries and keys are interleaved, and Gemma's norms have one added.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from llm.errors import UnsupportedModelError
from llm.mlx.gguf.reader import Damaged, Header

_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
# Gemma 2 and 3 have norms before and after both halves of a layer.
_SANDWICHED = _LAYER | {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}

# What a file may have beside its text model, and what is computed and not stored.
_LEFT_OUT = ("v.", "mm.", "rope_freqs.", "rope_factors_")

_LLAMA3: dict[str, float] = {
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


@dataclass(frozen=True)
class Architecture:
    """How one `general.architecture` becomes a `model_type`."""

    model_type: str
    more_config: Callable[[Header, str], dict[str, Any]]
    names: dict[str, str]
    interleaved: bool = False  # rows of queries and keys
    one_added: bool = False  # to norms


def find(header: Header) -> tuple[str, Architecture]:
    """The file's architecture and its name. Raises UnsupportedModelError for one that is not known here."""
    name = header.text("general.architecture")
    if name == "clip":
        raise UnsupportedModelError(
            "This GGUF file is the part of a model that sees pictures.", "Choose the file that lies beside it."
        )
    found = ARCHITECTURES.get(name)
    if found is None:
        known = ", ".join(sorted(ARCHITECTURES))
        raise UnsupportedModelError(
            f"GGUF files of the architecture {name or 'without a name'!r} cannot be converted; known are {known}.",
            "Choose an MLX version of the model, such as one of mlx-community on Hugging Face.",
        )
    if header.values.get(f"{name}.expert_count"):
        raise UnsupportedModelError(
            f"GGUF files with a mixture of experts ({name}) cannot be converted.",
            "Choose an MLX version of the model, such as one of mlx-community on Hugging Face.",
        )
    return name, found


def make_config(header: Header, name: str, found: Architecture) -> dict[str, Any]:
    """The config.json, without what the tokenizer knows. Raises Damaged where numbers contradict one another."""
    hidden = header.integer(f"{name}.embedding_length")
    heads = header.integer(f"{name}.attention.head_count")
    kv_heads = header.integer(f"{name}.attention.head_count_kv", heads)
    head_dim = header.integer(f"{name}.attention.key_length", hidden // heads)
    if heads % kv_heads or head_dim % 2:
        raise Damaged(f"{heads} heads of {head_dim} numbers cannot share {kv_heads} heads of keys")
    if header.integer(f"{name}.rope.dimension_count", head_dim) != head_dim:
        raise Damaged("its rotary embedding turns a part of each head, which is not known here")
    embedding = header.tensors.get("token_embd.weight")
    if embedding is None or embedding.shape[1:] != (hidden,):
        raise Damaged(f"token_embd.weight is missing, or not {hidden} wide")
    config = {
        "model_type": found.model_type,
        "hidden_size": hidden,
        "num_hidden_layers": header.integer(f"{name}.block_count", most=1000),
        "intermediate_size": header.integer(f"{name}.feed_forward_length"),
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": head_dim,
        "rms_norm_eps": _round(header.number(f"{name}.attention.layer_norm_rms_epsilon")),
        "vocab_size": embedding.shape[0],
        "max_position_embeddings": header.integer(f"{name}.context_length"),
        "rope_theta": _round(header.number(f"{name}.rope.freq_base", 10_000.0)),
        "rope_scaling": _scaling(header, name),
        "tie_word_embeddings": "output.weight" not in header.tensors,
    }
    return config | found.more_config(header, name)


def _round(value: float) -> float:
    """A number that was written in 32 bits as people write it: 1e-06, not 9.999999974752427e-07."""
    return float(f"{value:.7g}")


def _scaling(header: Header, name: str) -> dict[str, Any] | None:
    """Scaled rotary embedding as mlx-lm reads it. Raises UnsupportedModelError for a kind it does not have."""
    if "rope_freqs.weight" in header.tensors:
        return None  # `convert` reads Llama 3's from the factors themselves
    kind = header.text(f"{name}.rope.scaling.type") or "none"
    factor = header.values.get(f"{name}.rope.scaling.factor", 1.0)
    if kind == "none" or factor in (0.0, 1.0):
        return None
    scaling: dict[str, Any] = {"rope_type": kind, "factor": header.number(f"{name}.rope.scaling.factor")}
    if kind == "yarn":
        key = f"{name}.rope.scaling.original_context_length"
        scaling["original_max_position_embeddings"] = header.integer(key)
    elif kind != "linear":
        raise UnsupportedModelError(f"Its rotary embedding is scaled in a way that is not known here ({kind}).")
    return scaling


def llama3_scaling(factors: Any, head_dim: int, theta: float) -> dict[str, Any]:
    """Llama 3's settings from the factors (head_dim / 2,) that its GGUF files have instead.

    Raises:
        Damaged: other settings made them.
    """
    import numpy as np

    factor = round(float(factors.max()), 3)
    low, high, old = _LLAMA3.values()
    wavelengths = 2 * math.pi * theta ** (np.arange(0, head_dim, 2) / head_dim)
    smooth = np.clip((old / wavelengths - low) / (high - low), 0, 1)
    expected = 1 / ((1 - smooth) / factor + smooth)
    if factors.shape != expected.shape or not np.allclose(factors, expected, rtol=0.01):
        raise Damaged("its rotary embedding is scaled in a way that is not known here")
    return {"rope_type": "llama3", "factor": factor, **_LLAMA3}


def weight_name(tensor: str, found: Architecture, layers: int) -> str | None:
    """mlx-lm's name of a tensor; None for one that the text model does without. Raises Damaged for any other."""
    if tensor.startswith(_LEFT_OUT):
        return None
    stem, _, kind = tensor.rpartition(".")
    if stem in _TOP and kind == "weight":
        return f"{_TOP[stem]}.weight"
    block, _, rest = stem.partition(".")
    number, _, part = rest.partition(".")
    in_layer = block == "blk" and number.isdecimal() and int(number) < layers
    if in_layer and part in found.names and kind in ("weight", "bias"):
        return f"model.layers.{int(number)}.{found.names[part]}.{kind}"
    raise Damaged(f"it has the tensor {tensor[:60]!r}, which this architecture does not")


def check_shape(key: str, shape: tuple[int, ...], config: dict[str, Any]) -> None:
    """Raise Damaged if a tensor that will be `key` has not the shape that `config` gives it."""
    hidden, ffn, dim = (config[name] for name in ("hidden_size", "intermediate_size", "head_dim"))
    queries, keys = config["num_attention_heads"] * dim, config["num_key_value_heads"] * dim
    matrices = {
        "q_proj": (queries, hidden),
        "k_proj": (keys, hidden),
        "v_proj": (keys, hidden),
        "o_proj": (hidden, queries),
        "gate_proj": (ffn, hidden),
        "up_proj": (ffn, hidden),
        "down_proj": (hidden, ffn),
        "embed_tokens": (config["vocab_size"], hidden),
        "lm_head": (config["vocab_size"], hidden),
    }
    _, part, kind = f".{key}".rsplit(".", 2)
    expected = matrices.get(part) or ((dim,) if part in ("q_norm", "k_norm") else (hidden,))
    if shape != (expected if kind == "weight" else expected[:1]):
        raise Damaged(f"what becomes {key} has the shape {list(shape)}, which does not fit the rest")


def _llama(header: Header, name: str) -> dict[str, Any]:
    biased = "blk.0.attn_q.bias" in header.tensors
    return {"attention_bias": biased, "mlp_bias": "blk.0.ffn_up.bias" in header.tensors}


def _nothing_more(header: Header, name: str) -> dict[str, Any]:
    return {}


def _gemma2(header: Header, name: str) -> dict[str, Any]:
    return {
        "attn_logit_softcapping": header.number(f"{name}.attn_logit_softcapping", 50.0),
        "final_logit_softcapping": header.number(f"{name}.final_logit_softcapping", 30.0),
        "query_pre_attn_scalar": _query_scalar(header, name, largest=46),
        "sliding_window": header.integer(f"{name}.attention.sliding_window", 4096),
    }


def _gemma3(header: Header, name: str) -> dict[str, Any]:
    theta = header.values.get(f"{name}.rope.global.freq_base")  # as Ollama's own converter calls it
    local = header.values.get(f"{name}.rope.local.freq_base", header.values.get(f"{name}.rope.freq_base_swa"))
    pattern = header.values.get(f"{name}.attention.sliding_window_pattern", 6)
    return {
        "query_pre_attn_scalar": _query_scalar(header, name, largest=62),
        "sliding_window": header.integer(f"{name}.attention.sliding_window"),
        "sliding_window_pattern": pattern if isinstance(pattern, int) and not isinstance(pattern, bool) else 6,
        "rope_local_base_freq": _round(local) if isinstance(local, float) and local > 0 else 10_000.0,
    } | ({"rope_theta": _round(theta)} if isinstance(theta, float) and theta > 0 else {})


def _query_scalar(header: Header, name: str, largest: int) -> int:
    """What the scores are divided by the root of: in the largest model of the family not the size of a head.

    llama.cpp tells the largest by its number of layers, for the file does not say.
    """
    hidden, heads = header.integer(f"{name}.embedding_length"), header.integer(f"{name}.attention.head_count")
    if header.integer(f"{name}.block_count") == largest:
        return hidden // heads
    return header.integer(f"{name}.attention.key_length", hidden // heads)


ARCHITECTURES = {
    "llama": Architecture("llama", _llama, _LAYER, interleaved=True),
    "qwen2": Architecture("qwen2", _nothing_more, _LAYER),
    "qwen3": Architecture("qwen3", _nothing_more, _LAYER),
    "gemma": Architecture("gemma", _nothing_more, _LAYER, one_added=True),
    "gemma2": Architecture("gemma2", _gemma2, _SANDWICHED, one_added=True),
    "gemma3": Architecture("gemma3_text", _gemma3, _SANDWICHED, one_added=True),
}
