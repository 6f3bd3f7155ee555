"""LoRA adapters: made with mlx-lm for a tiny checkpoint, loaded through ChatMLX."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from llm import ChatMLX
from llm.errors import UnsupportedModelError
from tests.checkpoints import make_checkpoint
from tests.engine_fakes import load

PROMPTS = [f"Part {i}. The harbour opens at six. 항구는 여섯 시에 문을 연다." for i in range(4)]

Folder = Callable[[str], Path]


def make_adapter(model_folder: str, folder: Path) -> str:
    """A LoRA adapter as mlx_lm.lora writes it, with weights that change something."""
    import mlx.core as mx
    from mlx.utils import tree_flatten
    from mlx_lm.tuner.utils import linear_to_lora_layers

    settings = {"rank": 4, "scale": 20.0, "dropout": 0.0}
    model = load(Path(model_folder))
    model.freeze()
    linear_to_lora_layers(model, 2, settings)
    mx.random.seed(1)
    weights = {
        name: mx.random.normal(w.shape, scale=0.3) for name, w in tree_flatten(model.trainable_parameters())
    }
    folder.mkdir()
    mx.save_safetensors(str(folder / "adapters.safetensors"), weights)
    (folder / "adapter_config.json").write_text(
        json.dumps({"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": settings})
    )
    return str(folder)


@pytest.mark.parametrize("family", ["gemma", "gemma2"])
def test_an_adapter_changes_the_answer_to_what_mlx_lm_says_with_it(
    checkpoint: Folder, tmp_path: Path, family: str
) -> None:
    import mlx_lm

    folder = str(checkpoint(family))
    adapter = make_adapter(folder, tmp_path / "adapter")
    adapted, plain = (ChatMLX(model=folder, adapter=each, max_tokens=24) for each in (adapter, None))
    texts = [message.text for message in adapted.batch(PROMPTS)]
    assert texts != [message.text for message in plain.batch(PROMPTS)]
    model, tokenizer = mlx_lm.load(folder, adapter_path=adapter)
    for prompt, text in zip(PROMPTS, texts, strict=True):
        ids = tokenizer.apply_chat_template([{"role": "user", "content": prompt}], add_generation_prompt=True)
        assert mlx_lm.generate(model, tokenizer, ids, max_tokens=24) == text


def test_an_adapter_for_another_model_is_refused(checkpoint: Folder, tmp_path: Path) -> None:
    adapter = make_adapter(str(checkpoint("gemma")), tmp_path / "adapter")
    other = make_checkpoint(tmp_path / "other", hidden_size=128, layers=2)
    with pytest.raises(UnsupportedModelError, match="adapter"):
        ChatMLX(model=str(other), adapter=adapter).invoke("a")
