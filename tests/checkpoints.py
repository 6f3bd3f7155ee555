"""Small checkpoints that mlx-lm really loads: real architectures, random weights, a tokenizer trained here.

Nothing is downloaded. A checkpoint takes well under a second to make.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from llm.mlx.backend import import_mlx

Family = Literal["gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "gemma4moe", "llama", "qwen3", "qwen3moe"]

# bits4: bfloat16, and all matrices in 4 bits.
Precision = Literal["float32", "bfloat16", "bits4"]

_MODEL_TYPES = {
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "gemma4moe": "gemma4_text",
    "qwen3moe": "qwen3_moe",
}

_SENTENCES = """\
The harbour opens at six and the first boats leave before the fog has lifted.
A report of forty pages says how much the town spent on roads, schools and water in 2021.
Each chapter ends with a table of figures, and every figure has a source and a date.
Nobody had measured the tide at the old bridge, so the engineers built a gauge of their own.
Results: the new pump uses 12.5 % less power and moves 340 litres a minute.
Summarize the following document in plain words and keep the numbers as they are.
Write the summary in English. Write the summary in Korean. Focus on costs, methods and limits.
What did they find? They found that small models read short parts better than long ones!
항구는 여섯 시에 문을 열고 첫 배는 안개가 걷히기 전에 떠난다.
보고서는 마을이 도로와 학교와 물에 얼마를 썼는지 마흔 쪽에 걸쳐 말한다.
다음 문서를 쉬운 말로 요약하고 숫자는 그대로 두십시오. 요약은 한국어로 쓰십시오.
새 펌프는 전기를 12.5% 적게 쓰고 1분에 340리터를 옮긴다. 그들은 무엇을 찾았는가?
""".splitlines()

# Deep networks of random weights whose norms are random too say the same to everyone.
_TAME = ("gemma3n", "gemma4_text", "llama", "qwen3", "qwen3_moe")

# Most pieces the sentences above are good for.
_TRAINED = 640

_SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]

# What Gemma's own templates do: one BOS, turns of user and model, a refusal of the system role (1 and 2)
# or its text put before the first user turn (3).
_TURNS = (
    "{% for m in messages %}"
    "{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('turns must go user, assistant, user, …') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' }}"
    "{{ (lead if loop.first else '') + (m['content'] | trim) + '<end_of_turn>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
_REFUSES_SYSTEM = (
    "{{ bos_token }}{% set lead = '' %}"
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + _TURNS
)
_TAKES_SYSTEM = (
    "{{ bos_token }}{% set lead = '' %}{% if messages[0]['role'] == 'system' %}"
    "{% set lead = messages[0]['content'] + '\n\n' %}{% set messages = messages[1:] %}{% endif %}" + _TURNS
)

# Two formats of tool calls that templates know: JSON between two markers, and Python between two others.
# These templates are made for these tests; they say the least such a template can say.
ToolFormat = Literal["json", "python"]
MARKERS: dict[ToolFormat, list[str]] = {
    "json": ["<tool_call>", "</tool_call>"],
    "python": ["<|tool_call_start|>", "<|tool_call_end|>"],
}
_TOOL_TURNS = (
    "{{ bos_token }}{% for tool in tools or [] %}{{ 'tool: ' + (tool.function | tojson) + '\n' }}{% endfor %}"
    "{% for m in messages %}{{ '<start_of_turn>' + m.role + '\n' + m.content }}"
    "{% for tool_call in m.tool_calls or [] %}{% set tool_call = tool_call.function %}CALL{% endfor %}"
    "{{ '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
_WRITTEN_CALL: dict[ToolFormat, str] = {
    "json": (
        '{{ \'<tool_call>\n{"name": "\' + tool_call.name + \'", "arguments": \' }}'
        "{{ (tool_call.arguments | tojson) + '}\n</tool_call>' }}"
    ),
    "python": (
        "{{ '<|tool_call_start|>[' + tool_call.name + '(' }}"
        "{% for key, value in tool_call.arguments.items() %}"
        "{{ (', ' if not loop.first else '') + key + '=' + (value | tojson) }}{% endfor %}"
        "{{ ')]<|tool_call_end|>' }}"
    ),
}


# How models think, in templates made for these tests: a thought between tags, by default (Qwen 3); one that the
# template opens, whether asked or not (R1); a channel, off by default (Gemma 4); messages with headers (gpt-oss).
Thinking = Literal["qwen3", "r1", "gemma4", "harmony"]
THOUGHT_MARKERS: dict[Thinking, list[str]] = {
    "qwen3": ["<think>", "</think>"],
    "r1": ["<think>", "</think>"],
    "gemma4": ["<|channel>", "<channel|>", "<|think|>"],
    "harmony": ["<|start|>", "<|channel|>", "<|message|>", "<|end|>"],
}
_THOUGHT_TURNS = (
    "{{ bos_token }}BEFORE"
    "{% for tool in tools or [] %}{{ 'tool: ' + (tool.function | tojson) + '\n' }}{% endfor %}"
    "{% for m in messages %}{{ OPEN }}"
    "{% if m.reasoning_content and m.tool_calls %}{{ THOUGHT }}{% endif %}{{ m.content }}"
    "{% for tool_call in m.tool_calls or [] %}{% set tool_call = tool_call.function %}CALL{% endfor %}"
    "{{ CLOSE }}{% endfor %}{% if add_generation_prompt %}AFTER{% endif %}"
)
_TAGGED = {
    "BEFORE": "",
    "OPEN": "'<start_of_turn>' + m.role + '\n'",
    "CLOSE": "'<end_of_turn>\n'",
    "THOUGHT": "'<think>' + m.reasoning_content + '</think>'",
}
_THOUGHT_PARTS: dict[Thinking, dict[str, str]] = {
    "qwen3": _TAGGED
    | {
        "AFTER": "{{ '<start_of_turn>model\n' }}{% if enable_thinking is defined and not enable_thinking %}"
        "{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    },
    "r1": _TAGGED | {"AFTER": "{{ '<start_of_turn>model\n<think>\n' }}"},
    "gemma4": _TAGGED
    | {
        "BEFORE": "{% if enable_thinking %}{{ '<start_of_turn>system\n<|think|><end_of_turn>\n' }}{% endif %}",
        "THOUGHT": "'<|channel>thought\n' + m.reasoning_content + '<channel|>'",
        "AFTER": "{{ '<start_of_turn>model\n' }}{% if not enable_thinking %}"
        "{{ '<|channel>thought\n<channel|>' }}{% endif %}",
    },
    "harmony": {
        "BEFORE": "",
        "OPEN": "'<|start|>' + m.role + ('<|channel|>final' if m.role == 'assistant' else '') + '<|message|>'",
        "THOUGHT": "'(' + m.reasoning_content + ')'",
        "CLOSE": "'<|end|>'",
        "AFTER": "{{ '<|start|>assistant' }}",
    },
}


def make_checkpoint(
    directory: Path | str,
    family: Family = "gemma",
    *,
    context_window: int = 8192,
    hidden_size: int = 64,
    layers: int = 4,
    intermediate_size: int = 128,
    heads: int = 4,
    head_dim: int = 16,
    vocab_size: int = 640,
    sliding_window: int = 64,
    random_seed: int = 0,
    tool_format: ToolFormat | None = None,
    thinking: Thinking | None = None,
    template: str | None = None,
    precision: Precision = "float32",
) -> Path:
    """Write a checkpoint of `family` into `directory` (made if need be) and return its path.

    With a `tool_format` its template knows tools; `thinking` gives it one that knows thoughts and tools;
    `template` is one of the caller's.
    """
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    markers = [*MARKERS[tool_format or "json"], *THOUGHT_MARKERS[thinking]] if thinking else []
    markers = markers or (MARKERS[tool_format] if tool_format else [])
    _write_tokenizer(folder, template or _chat_template(family, tool_format, thinking), vocab_size, markers)
    config: dict[str, Any] = {
        "model_type": _MODEL_TYPES.get(family, family),
        "hidden_size": hidden_size,
        "num_hidden_layers": layers,
        "intermediate_size": intermediate_size,
        "num_attention_heads": heads,
        "num_key_value_heads": heads // 2,
        "head_dim": head_dim,
        "rms_norm_eps": 1e-6,
        "vocab_size": vocab_size,
        "max_position_embeddings": context_window,
        "bos_token_id": _SPECIAL.index("<bos>"),
        "eos_token_id": [_SPECIAL.index("<eos>"), _SPECIAL.index("<end_of_turn>")],
        "torch_dtype": "float32" if precision == "float32" else "bfloat16",
    }
    config |= _own_settings(family, head_dim, sliding_window, layers)
    if family == "gemma3n":
        config = {"model_type": "gemma3n", "text_config": config, "eos_token_id": config["eos_token_id"]}
    if precision == "bits4":
        config |= {"quantization": {"group_size": 32, "bits": 4}}
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    _write_weights(folder, config, random_seed)
    return folder


def _own_settings(family: Family, head_dim: int, sliding_window: int, layers: int) -> dict[str, Any]:
    """What only some families have: windows, shared keys and values, per-layer inputs, experts."""
    window = {"sliding_window": sliding_window, "query_pre_attn_scalar": head_dim}
    kinds = ["sliding_attention", "full_attention"] * layers
    qwen = {"tie_word_embeddings": True, "rope_theta": 10000.0}
    gemma4 = window | {"sliding_window_pattern": 2, "global_head_dim": 2 * head_dim, "layer_types": kinds[:layers]}
    moe: dict[str, Any] = {"num_experts": 4, "moe_intermediate_size": 64, "norm_topk_prob": True}
    return {
        "gemma": {},
        "gemma2": {"query_pre_attn_scalar": head_dim},
        "gemma3": window | {"sliding_window_pattern": 2},
        "gemma3n": window
        | {"num_kv_shared_layers": 2, "vocab_size_per_layer_input": 640, "hidden_size_per_layer_input": 32}
        | {"rope_local_base_freq": 10000.0, "rope_theta": 10000.0, "final_logit_softcapping": 30.0}
        | {"layer_types": kinds[:layers], "activation_sparsity_pattern": [0.5, 0.5, *[0.0] * (layers - 2)]}
        | {"altup_num_inputs": 4, "altup_coef_clip": 120.0, "altup_correct_scale": True, "altup_active_idx": 0}
        | {"laurel_rank": 32},
        "gemma4": gemma4
        | {"num_kv_shared_layers": 2, "vocab_size_per_layer_input": 640, "hidden_size_per_layer_input": 32},
        "gemma4moe": gemma4
        | {"num_kv_shared_layers": 0, "hidden_size_per_layer_input": 0, "use_double_wide_mlp": False}
        | {"enable_moe_block": True, "top_k_experts": 2, "num_global_key_value_heads": 1, "attention_k_eq_v": True}
        | moe,
        "llama": qwen,
        "qwen3": qwen,
        "qwen3moe": qwen | moe | {"num_experts_per_tok": 2, "decoder_sparse_step": 1, "mlp_only_layers": []},
    }[family]


def _write_weights(folder: Path, config: dict[str, Any], random_seed: int) -> None:
    # First of all imports of MLX in a test run: it brings the system's fast BLAS along.
    import_mlx()
    import mlx.core as mx
    from mlx.utils import tree_flatten

    module = import_module(f"mlx_lm.models.{config['model_type']}")
    mx.random.seed(random_seed)
    model = module.Model(module.ModelArgs.from_dict(config))
    weights = {name: mx.random.normal(w.shape, scale=0.5) for name, w in tree_flatten(model.parameters())}
    # Small embeddings beside wide layers: the other way round, random weights only repeat their last input.
    for name in weights:
        if name.endswith("embed_tokens.weight"):
            weights[name] *= 0.1
        elif config["model_type"] in _TAME and any(kind in name for kind in ("norm", "scale", "scalar")):
            weights[name] = mx.ones(weights[name].shape)
    model.load_weights(list(weights.items()))
    if config.get("torch_dtype", "bfloat16") != "float32" or config.get("text_config"):
        model.set_dtype(getattr(mx, (config.get("text_config") or config)["torch_dtype"]))
    if quantization := config.get("quantization"):
        from mlx_lm.utils import quantize_model

        model, _ = quantize_model(model, {}, **quantization)
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(model.parameters())))


def _write_tokenizer(folder: Path, template: str, vocab_size: int, markers: list[str]) -> None:
    """A SentencePiece-like BPE with byte fallback, as Gemma's: any text goes in and comes out whole."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=min(vocab_size, _TRAINED),
        special_tokens=[*_SPECIAL, *markers, *(f"<0x{byte:02X}>" for byte in range(256))],
        max_token_length=8,
        limit_alphabet=160,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", _SPECIAL.index("<bos>"))]
    )
    saved = json.loads(tokenizer.to_str())
    # As in Gemma's own vocabulary, places that training did not fill have a name nobody writes.
    pieces = saved["model"]["vocab"]
    pieces |= {f"<unused{number}>": number for number in range(len(pieces), vocab_size)}
    # Byte tokens are ordinary pieces, not special ones: they must decode to their bytes.
    saved["added_tokens"] = [t for t in saved["added_tokens"] if not t["content"].startswith("<0x")]
    (folder / "tokenizer.json").write_text(json.dumps(saved, ensure_ascii=False))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
        "chat_template": template,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1))


def _chat_template(family: Family, tool_format: ToolFormat | None, thinking: Thinking | None) -> str:
    if thinking is not None:
        template = _THOUGHT_TURNS.replace("CALL", _WRITTEN_CALL[tool_format or "json"])
        for part, text in _THOUGHT_PARTS[thinking].items():
            template = template.replace(part, text)
        return template
    if tool_format is not None:
        return _TOOL_TURNS.replace("CALL", _WRITTEN_CALL[tool_format])
    return _TAKES_SYSTEM if family == "gemma3" else _REFUSES_SYSTEM
