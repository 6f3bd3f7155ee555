"""Models that are known to run here: their names, what they weigh, and what each answer takes beside them.

Names were looked up in public sources in 2026: model pages of mlx-community on Hugging Face, issues and code that
load them. A size in GB was found for that very name, or, where `checked` is False, computed from the number of
weights and their bits; a name with `checked` None was itself not found and follows the pattern of its neighbours.
Layers, heads and windows are those of the makers' config.json files, as several programs repeat them; how many
heads the global layers of Gemma 4 12B have was not found, and is taken as most. Imports nothing heavy.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from llm.mlx.card import card_bytes

Family = Literal["gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "llama3", "qwen3"]
Preset = Literal["auto", "exact", "speed", "memory", "memory_extreme"]

FAMILIES: tuple[Family, ...] = get_args(Family)
PRESETS: tuple[Preset, ...] = get_args(Preset)
NEWEST: Family = "gemma4"

# Tokens of a prompt with a part of 3,000, and its answer: what "answers at once" are counted with.
ANSWER_TOKENS = 4000

# Answers at once that a preset wants to have room for: fewer leave a batch little to gain.
_ENOUGH = 4

# Share of what may be used that `memory` takes, so that other programs have room.
_MODEST = 0.5

# What is left to activations and freed buffers: the engine's budget leaves as much.
_SLACK = 0.1

# Of its memory, a Mac lets the GPU use two thirds, or three quarters from 36 GB on (as llama.cpp prints it at
# start: recommendedMaxWorkingSetSize 11,453 MB of 16 GB, 17,180 of 24); elsewhere the engine takes three quarters.
_SMALL_MAC = 36 * 2**30

_BYTES_PER_NUMBER = 2  # of keys and values


@dataclass(frozen=True)
class CatalogModel:
    """A checkpoint: `gb` of weights, `window` in tokens, and the keys of config.json that count here."""

    id: str
    family: Family
    size: str
    billions: float
    bits: int
    gb: float
    window: int
    config: Mapping[str, Any]
    checked: bool | None = True
    active_billions: float | None = None

    @property
    def bytes_per_token(self) -> int:
        """Bytes for each token of an answer's context, as long as no sliding window is full."""
        return sum(each for each, _ in kv_layers(self.config) or ())

    def answers_at_once(self, usable: int, tokens: int = ANSWER_TOKENS) -> int:
        """Answers of so many tokens that fit into `usable` bytes beside the weights."""
        return answers_at_once(int(self.gb * 1e9), self.config, usable, tokens) or 0


def kv_layers(config: Mapping[str, Any]) -> list[tuple[int, int | None]] | None:
    """For each layer with keys and values of its own: bytes for a token, and the most tokens it keeps.

    As mlx-lm makes its caches for Gemma, Llama and Qwen. None if `config` (a config.json) does not say enough.
    """
    text = {**config, **(config.get("text_config") or {})}
    count, heads = text.get("num_hidden_layers"), text.get("num_key_value_heads")
    dim = text.get("head_dim")
    if dim is None and text.get("hidden_size") and text.get("num_attention_heads"):
        dim = text["hidden_size"] // text["num_attention_heads"]
    if not (isinstance(count, int) and isinstance(heads, int) and isinstance(dim, int) and count > 0):
        return None
    slides = _slides(text, count)
    window = text.get("sliding_window")
    layers: list[tuple[int, int | None]] = []
    for index in range(count - (text.get("num_kv_shared_layers") or 0)):
        if slides[index] and isinstance(window, int):
            layers.append((2 * heads * dim * _BYTES_PER_NUMBER, window))
        else:
            wide = text.get("global_head_dim") or dim
            few = text.get("num_global_key_value_heads") or heads
            layers.append((2 * few * wide * _BYTES_PER_NUMBER, None))
    return layers


def _slides(text: Mapping[str, Any], count: int) -> Sequence[bool]:
    """Which layers look back no further than their window."""
    types = text.get("layer_types")
    if isinstance(types, list) and len(types) >= count:
        return [kind == "sliding_attention" for kind in types]
    every = text.get("sliding_window_pattern") or (6 if text.get("model_type") == "gemma3_text" else 1)
    return [(index + 1) % int(every) != 0 for index in range(count)]


def answers_at_once(weights: int, config: Mapping[str, Any], usable: int, tokens: int) -> int | None:
    """Answers of so many tokens that fit into `usable` bytes beside so many bytes of `weights`; None: not known.

    Counted as the engine does: while a row joins a batch it is there twice.
    """
    from llm.mlx.engine.kv_budget import Layer
    from llm.mlx.engine.prefill import PREFILL_TOKENS

    layers = kv_layers(config)
    if layers is None:
        return None
    row = sum(
        Layer(each, None if window is None else window + PREFILL_TOKENS).nbytes(tokens) for each, window in layers
    )
    return max(int((1 - _SLACK) * usable - weights) // row - 1, 0)


def total_memory() -> int:
    """Bytes of memory in this machine, or on its NVIDIA card, where MLX runs on that."""
    return card_bytes() or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def usable_bytes(memory: int | None = None) -> int:
    """Bytes that a model may use, of this machine's memory or of so much."""
    total = total_memory() if memory is None else memory
    if sys.platform == "darwin" and total < _SMALL_MAC:
        return total * 2 // 3
    return total * 3 // 4


@dataclass(frozen=True)
class Choice:
    """What a preset takes, and why, as the end of a sentence."""

    model: CatalogModel
    why: str


def choose(family: Family = NEWEST, preset: Preset = "auto", usable: int | None = None) -> Choice:
    """The model of `family` that `preset` takes where `usable` bytes may be used (None: this machine's).

    Raises:
        ValueError: none of them fits.
    """
    room = usable_bytes() if usable is None else usable
    models = sorted(
        (each for each in CATALOG if each.family == family), key=lambda each: (each.billions, each.bits)
    )
    four = [each for each in models if each.bits == 4]
    fit = [each for each in models if each.answers_at_once(room)]
    if preset == "memory_extreme":
        return Choice(min(models, key=lambda each: each.gb), f"the least of {family}")
    if preset == "exact":
        whole = [each for each in fit if each.bits == 16]
        if not whole:
            raise ValueError(f"no {family} with all its 16 bits fits into {room / 1e9:.1f} GB; choose preset auto")
        return Choice(
            whole[-1], f"the largest of {family} with all its 16 bits that fits into {room / 1e9:.1f} GB"
        )
    share = _MODEST if preset == "memory" else 1
    several = [each for each in four if each.answers_at_once(int(share * room)) >= _ENOUGH]
    if preset == "speed":
        fast = min(several or four, key=lambda each: each.active_billions or each.billions)
        return Choice(fast, f"the fastest of {family} in 4 bits")
    if several:
        part = "half of " if preset == "memory" else ""
        return Choice(
            several[-1],
            f"the largest of {family} in 4 bits that fits, with {_ENOUGH} answers at once, "
            f"into {part}{room / 1e9:.1f} GB",
        )
    if not any(each in fit for each in four) and preset == "auto":
        least = min(each.gb for each in four)
        raise ValueError(
            f"no {family} fits into {room / 1e9:.1f} GB (the least takes {least:g} GB); choose another family, "
            "or llm.provider textrank"
        )
    return Choice(four[0], f"the smallest of {family} in 4 bits, for no larger one fits")


def find(model: str) -> CatalogModel | None:
    """The catalog's entry for an id on Hugging Face."""
    return next((each for each in CATALOG if each.id.lower() == model.lower()), None)


def _gemma3(layers: int, heads: int, dim: int, window: int) -> dict[str, Any]:
    return _plain(layers, heads, dim) | {"sliding_window": window, "sliding_window_pattern": 6}


def _gemma3n(layers: int, *, shared: int) -> dict[str, Any]:
    return _gemma3(layers, 2, 256, 512) | {"sliding_window_pattern": 5, "num_kv_shared_layers": shared}


def _plain(layers: int, heads: int, dim: int) -> dict[str, Any]:
    return {"num_hidden_layers": layers, "num_key_value_heads": heads, "head_dim": dim}


def _gemma4(layers: int, heads: int, window: int, every: int, **more: int) -> dict[str, Any]:
    sliding = {"sliding_window": window, "sliding_window_pattern": every, "global_head_dim": 512}
    return _plain(layers, heads, 256) | sliding | more


# (size, billions of weights, those used for one token, window, config, [(bits, id, GB or None, checked)])
_Row = tuple[str, float, float | None, int, dict[str, Any], list[tuple[int, str, float | None, bool | None]]]

_GEMMA: list[_Row] = [
    ("2B", 2.5, None, 8192, _plain(18, 1, 256), [(4, "quantized-gemma-2b-it", None, True)]),
    ("7B", 8.5, None, 8192, _plain(28, 16, 256), [(4, "quantized-gemma-7b-it", None, True)]),
]  # fmt: skip
_GEMMA2: list[_Row] = [
    ("2B", 2.6, None, 8192, _plain(26, 4, 256), [(4, "gemma-2-2b-it-4bit", None, True)]),
    ("9B", 9.2, None, 8192, _plain(42, 8, 256), [
        (4, "gemma-2-9b-it-4bit", None, True), (8, "gemma-2-9b-it-8bit", None, True)]),
    ("27B", 27.2, None, 8192, _plain(46, 16, 128), [(4, "gemma-2-27b-it-4bit", None, True)]),
]  # fmt: skip
_GEMMA3: list[_Row] = [
    ("1B", 1.0, None, 32768, _gemma3(26, 1, 256, 512), [
        (4, "gemma-3-1b-it-4bit", None, True), (16, "gemma-3-1b-it-bf16", None, None)]),
    ("4B", 4.3, None, 131072, _gemma3(34, 4, 256, 1024), [
        (4, "gemma-3-4b-it-4bit", 3.0, True), (8, "gemma-3-4b-it-8bit", None, None),
        (16, "gemma-3-4b-it-bf16", None, None)]),
    ("12B", 12.2, None, 131072, _gemma3(48, 8, 256, 1024), [
        (4, "gemma-3-12b-it-4bit", 8.0, True), (8, "gemma-3-12b-it-8bit", None, True),
        (16, "gemma-3-12b-it-bf16", None, True)]),
    ("27B", 27.4, None, 131072, _gemma3(62, 16, 128, 1024), [
        (4, "gemma-3-27b-it-4bit", None, True), (8, "gemma-3-27b-it-8bit", None, True),
        (16, "gemma-3-27b-it-bf16", None, None)]),
]  # fmt: skip
_GEMMA3N: list[_Row] = [
    ("E2B", 4.5, 2.0, 32768, _gemma3n(30, shared=10), [
        (4, "gemma-3n-E2B-it-lm-4bit", None, True)]),
    ("E4B", 6.9, 4.0, 32768, _gemma3n(35, shared=15), [
        (4, "gemma-3n-E4B-it-lm-4bit", 3.9, True)]),
]  # fmt: skip
_GEMMA4: list[_Row] = [
    ("E2B", 5.1, 2.3, 131072, _gemma4(35, 1, 512, 5, num_kv_shared_layers=20), [
        (4, "gemma-4-e2b-it-4bit", 3.61, True), (8, "gemma-4-e2b-it-8bit", None, True),
        (16, "gemma-4-e2b-it-bf16", None, True)]),
    ("E4B", 8.0, 4.5, 131072, _gemma4(42, 2, 512, 6, num_kv_shared_layers=18), [
        (4, "gemma-4-e4b-it-4bit", 5.2, True), (8, "gemma-4-e4b-it-8bit", 9.0, True),
        (16, "gemma-4-e4b-it-bf16", None, True)]),
    ("12B", 12.0, None, 262144, _gemma4(48, 8, 1024, 6), [
        (4, "gemma-4-12B-it-4bit", 6.74, True), (8, "gemma-4-12B-it-8bit", None, True)]),
    ("26B-A4B", 26.0, 3.8, 262144, _gemma4(30, 8, 1024, 6, num_global_key_value_heads=2), [
        (4, "gemma-4-26b-a4b-it-4bit", 15.6, True), (8, "gemma-4-26b-a4b-it-8bit", None, True)]),
    ("31B", 31.0, None, 262144, _gemma4(60, 16, 1024, 6, num_global_key_value_heads=4), [
        (4, "gemma-4-31b-it-4bit", 18.4, True), (8, "gemma-4-31b-it-8bit", 33.8, True),
        (16, "gemma-4-31b-it-bf16", 62.6, True)]),
]  # fmt: skip
_LLAMA3: list[_Row] = [
    ("3B", 3.2, None, 131072, _plain(28, 8, 128), [(4, "Llama-3.2-3B-Instruct-4bit", 1.8, True)]),
    ("8B", 8.0, None, 131072, _plain(32, 8, 128), [(4, "Meta-Llama-3.1-8B-Instruct-4bit", None, None)]),
]
_QWEN3: list[_Row] = [
    ("4B", 4.0, None, 40960, _plain(36, 8, 128), [(4, "Qwen3-4B-4bit", None, None)]),
    ("8B", 8.2, None, 40960, _plain(36, 8, 128), [(4, "Qwen3-8B-4bit", 4.6, True)]),
    ("14B", 14.8, None, 40960, _plain(40, 8, 128), [(4, "Qwen3-14B-4bit", None, True)]),
    ("32B", 32.8, None, 40960, _plain(64, 8, 128), [(4, "Qwen3-32B-4bit", None, None)]),
]


def _models() -> Iterator[CatalogModel]:
    families: dict[Family, list[_Row]] = {
        "gemma4": _GEMMA4, "gemma3n": _GEMMA3N, "gemma3": _GEMMA3, "gemma2": _GEMMA2, "gemma": _GEMMA,
        "llama3": _LLAMA3, "qwen3": _QWEN3,
    }  # fmt: skip
    for family, rows in families.items():
        for size, billions, active, window, config, builds in rows:
            for bits, name, gb, checked in builds:
                # A group of 64 weights has a scale and a bias of 16 bits each.
                computed = round(billions * (bits if bits == 16 else bits + 0.5) / 8, 1)
                yield CatalogModel(
                    f"mlx-community/{name}", family, size, billions, bits, gb or computed, window, config,
                    checked if gb or checked is None else False, active,
                )  # fmt: skip


CATALOG: tuple[CatalogModel, ...] = tuple(_models())
