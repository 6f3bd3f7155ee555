"""The catalog: what models take is what the engine measures, and presets take what fits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from llm.config import MLXConfig
from llm.mlx.catalog import (
    CATALOG,
    FAMILIES,
    PRESETS,
    Family,
    Preset,
    answers_at_once,
    choose,
    find,
    kv_layers,
    total_memory,
    usable_bytes,
)

GB = 10**9


@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
def test_bytes_for_a_token_are_those_that_the_engine_measures(
    family: str, checkpoint: Callable[[str], Path]
) -> None:
    from mlx_lm.utils import load_model

    from llm.mlx.engine.kv_budget import measure
    from llm.mlx.engine.prefill import PREFILL_TOKENS

    folder = checkpoint(family)
    model, _ = load_model(folder)
    measured = [(layer.bytes_per_token, layer.most_tokens) for layer in measure(model).layers]
    layers = kv_layers(json.loads((folder / "config.json").read_text()))
    assert layers is not None
    # These checkpoints keep four bytes for a number, real ones two.
    assert [(2 * each, window and window + PREFILL_TOKENS) for each, window in layers] == measured


def test_shared_layers_and_wide_global_ones_are_counted_as_gemma_4_has_them() -> None:
    """Numbers that others measured on the real models, in bytes for a token: global and sliding layers apart."""
    for name, full, sliding in (
        ("mlx-community/gemma-4-e4b-it-4bit", 16384, 40960),
        ("mlx-community/gemma-4-26b-a4b-it-4bit", 20480, 204800),
        ("mlx-community/gemma-4-31b-it-4bit", 81920, 819200),
    ):
        model = find(name)
        assert model is not None
        layers = kv_layers(model.config)
        assert layers is not None
        assert sum(each for each, window in layers if window is None) == full
        assert sum(each for each, window in layers if window is not None) == sliding
        assert model.bytes_per_token == full + sliding


def test_a_config_inside_another_and_one_that_says_too_little() -> None:
    inner = {
        "num_hidden_layers": 6,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "layer_types": ["full_attention"] * 6,
    }
    assert kv_layers({"text_config": inner, "model_type": "gemma3"}) == [(64, None)] * 6
    assert kv_layers({"num_hidden_layers": 6}) is None
    assert kv_layers({}) is None
    assert answers_at_once(0, {}, GB, 100) is None


def fits(family: str, preset: Preset, memory: int) -> bool:
    """Whether any model that the preset may take has room for one answer."""
    bits = 16 if preset == "exact" else 4
    models = [each for each in CATALOG if each.family == family and each.bits == bits]
    return preset not in ("auto", "exact") or any(each.answers_at_once(memory * GB) for each in models)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("memory", [1, 4, 8, 11, 16, 30, 50, 100, 400])
def test_a_preset_takes_what_fits_or_says_why_not(family: Family, preset: Preset, memory: int) -> None:
    if not fits(family, preset, memory):
        with pytest.raises(ValueError, match=f"no {family}"):
            choose(family, preset, memory * GB)
        return
    model = choose(family, preset, memory * GB).model
    assert model.family == family
    if preset == "exact":
        assert model.bits == 16
    if preset in ("auto", "exact"):
        assert model.gb < memory
        assert model.answers_at_once(memory * GB) >= 1
    if preset == "auto":
        larger = [each for each in CATALOG if each.family == family and each.billions > model.billions]
        assert all(each.answers_at_once(memory * GB) < 4 for each in larger if each.bits == 4)
    if preset == "memory_extreme":
        assert model.gb == min(each.gb for each in CATALOG if each.family == family)


def test_more_memory_never_takes_a_smaller_model() -> None:
    for family in FAMILIES:
        sizes = [choose(family, "auto", memory * GB).model.billions for memory in range(12, 130, 4)]
        assert sizes == sorted(sizes)


def test_16_gb_start_with_e4b() -> None:
    assert choose("gemma4", "auto", 16 * 2**30 * 2 // 3).model.id == "mlx-community/gemma-4-e4b-it-4bit"


def test_ids_are_whole_and_said_once() -> None:
    ids = [each.id for each in CATALOG]
    assert len(set(ids)) == len(ids)
    assert all(name.count("/") == 1 and " " not in name for name in ids)
    assert find("mlx-community/gemma-4-12b-it-4bit") is not None, "whatever the case"
    assert find("nobody/nothing") is None


def test_the_configuration_takes_the_preset_and_a_named_model_wins() -> None:
    chosen = MLXConfig.model_validate({"family": "gemma3", "preset": "speed"})
    assert chosen.model == choose("gemma3", "speed").model.id
    assert MLXConfig.model_validate({"preset": "auto"}).model == choose("gemma4", "auto", usable_bytes()).model.id
    named = MLXConfig.model_validate({"family": "gemma3", "preset": "speed", "model": "some/other"})
    assert named.model == "some/other"
    for wrong in ({}, {"family": "gemma9"}, {"preset": "quick"}, {"model": None}):
        with pytest.raises(ValueError, match=r"model|family|preset"):
            MLXConfig.model_validate(wrong)


def test_where_mlx_runs_on_a_card_its_memory_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed package is real, if empty; what MLX says of the card is what it documents."""
    import mlx.core as mx

    from llm.mlx.engine.kv_budget import recommended_bytes

    machine = total_memory()
    monkeypatch.setattr(mx, "device_info", lambda: {"device_name": "a card", "total_memory": 8 * GB})
    assert total_memory() == machine, "no backend for it is installed"
    backend = tmp_path / "mlx_cuda_13-0.32.4.dist-info"
    backend.mkdir()
    (backend / "METADATA").write_text("Metadata-Version: 2.4\nName: mlx-cuda-13\nVersion: 0.32.4\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert total_memory() == 8 * GB
    assert recommended_bytes() == 6 * GB
    assert choose("gemma3").model.gb < 6
    monkeypatch.setattr(mx, "device_info", lambda: {"device_name": "a processor"})
    assert total_memory() == machine
