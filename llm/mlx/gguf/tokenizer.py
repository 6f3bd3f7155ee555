"""The vocabulary of a GGUF file as `tokenizers` writes one: tokenizer.json and tokenizer_config.json.

SentencePiece's vocabularies (`llama`) have scores, from which the merges of the same BPE follow; byte-level ones
(`gpt2`) have their merges, and a name (`tokenizer.ggml.pre`) for how text is cut before them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llm.errors import UnsupportedModelError
from llm.mlx.gguf.reader import Damaged, Header

# Kinds of tokens (llama.cpp's llama_token_type).
_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4

# How models call the token that ends a turn, where their file names only the one that ends a text.
_TURN_ENDS = ("<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|endoftext|>", "<turn|>")

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
_CUTS = {
    "default": None, "gpt-2": None, "smollm": "digits", "qwen2": _QWEN2,
    "llama-bpe": _LLAMA3, "llama3": _LLAMA3, "llama-v3": _LLAMA3,
}  # fmt: skip


def write_tokenizer(header: Header, folder: Path) -> dict[str, Any]:
    """Write both files into `folder`, and return what belongs into config.json: BOS and all ends.

    Raises:
        Damaged: lists that do not belong together.
        UnsupportedModelError: a kind of tokenizer that is not known here.
    """
    tokens = header.listed("tokenizer.ggml.tokens", str)
    if len(set(tokens)) != len(tokens):
        raise Damaged("two of its tokens are the same")
    kinds = header.values.get("tokenizer.ggml.token_type")
    if not isinstance(kinds, list) or len(kinds) != len(tokens):
        raise Damaged("its tokens and their kinds are not equally many")
    model = header.text("tokenizer.ggml.model")
    if model == "llama":
        tokenizer = _sentencepiece(header, tokens)
    elif model == "gpt2":
        tokenizer = _byte_level(header, tokens)
    else:
        raise UnsupportedModelError(f"Tokenizers of the kind {model or 'without a name'!r} are not known here.")
    _add_special(tokenizer, tokens, kinds)
    bos = _token(header, "bos", tokens)
    if bos is not None and header.values.get("tokenizer.ggml.add_bos_token", _adds_bos(header)):
        _open_with(tokenizer, tokens[bos], bos)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    return _write_settings(header, tokens, kinds, folder)


def _sentencepiece(header: Header, tokens: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    scores = header.listed("tokenizer.ggml.scores", float)
    if len(scores) != len(tokens):
        raise Damaged("its tokens and their scores are not equally many")
    vocabulary = {token: number for number, token in enumerate(tokens)}
    unknown = _token(header, "unknown", tokens)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary,
            merges=_merges(vocabulary, scores),
            byte_fallback="<0x00>" in vocabulary,
            fuse_unk=True,
            unk_token=None if unknown is None else tokens[unknown],
        )
    )
    spaces: list[Any] = [normalizers.Replace(" ", "▁")]
    ends: list[Any] = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if header.values.get("tokenizer.ggml.add_space_prefix", True):
        spaces.insert(0, normalizers.Prepend("▁"))
        ends.append(decoders.Strip(" ", 1, 0))
        tokenizer.normalizer = normalizers.Sequence(spaces)
    else:
        tokenizer.normalizer = spaces[0]
        # Finds nothing, since spaces have gone; Gemma's own file has it too.
        tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(ends)
    return tokenizer


def _merges(vocabulary: dict[str, int], scores: list[float]) -> list[tuple[str, str]]:
    """The pairs that make up each token, those of the highest score first, as transformers derives them."""
    found = []
    for token in vocabulary:
        for cut in range(1, len(token)):
            left, right = token[:cut], token[cut:]
            if left in vocabulary and right in vocabulary:
                found.append((-scores[vocabulary[token]], -len(left), vocabulary[token], left, right))
    found.sort()
    return [(left, right) for *_, left, right in found]


def _byte_level(header: Header, tokens: list[str]) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    name = header.text("tokenizer.ggml.pre") or "default"
    if name not in _CUTS:
        raise UnsupportedModelError(f"Tokenizers that cut text as {name!r} does are not known here.")
    merges = [tuple(merge.split(" ")) for merge in header.listed("tokenizer.ggml.merges", str)]
    if any(len(pair) != 2 for pair in merges):
        raise Damaged("one of its merges is not of two tokens")
    cut, vocabulary = _CUTS[name], {token: number for number, token in enumerate(tokens)}
    try:
        model = models.BPE(vocab=vocabulary, merges=merges, ignore_merges=cut == _LLAMA3)
    except Exception as error:  # raised from Rust, without a class of its own
        raise Damaged(f"its merges do not belong to its tokens ({error})") from None
    tokenizer = Tokenizer(model)
    if cut is None:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    elif cut == "digits":
        digits = pre_tokenizers.Digits(individual_digits=True)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    else:
        split = pre_tokenizers.Split(Regex(cut), "isolated")
        level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    if cut == _QWEN2:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _add_special(tokenizer: Any, tokens: list[str], kinds: list[int]) -> None:
    from tokenizers import AddedToken

    named = [
        AddedToken(token, normalized=False, special=kind == _CONTROL)
        for token, kind in zip(tokens, kinds, strict=True)
        if kind in (_CONTROL, _USER_DEFINED) and token
    ]
    tokenizer.add_tokens(named)
    if tokenizer.get_vocab_size() != len(tokens):
        raise Damaged("its control tokens are not among its tokens")


def _open_with(tokenizer: Any, token: str, number: int) -> None:
    from tokenizers.processors import ByteLevel, Sequence, TemplateProcessing

    single, pair = f"{token}:0 $A:0", f"{token}:0 $A:0 {token}:1 $B:1"
    if ":" in token or " " in token:
        raise Damaged(f"its first token is {token!r}")
    template = TemplateProcessing(single=single, pair=pair, special_tokens=[(token, number)])
    is_byte_level = type(tokenizer.decoder).__name__ == "ByteLevel"
    tokenizer.post_processor = Sequence([ByteLevel(trim_offsets=False), template]) if is_byte_level else template


def _adds_bos(header: Header) -> bool:
    """Whether prompts begin with BOS where the file does not say."""
    return (
        header.text("tokenizer.ggml.model") == "llama" or _CUTS.get(header.text("tokenizer.ggml.pre")) == _LLAMA3
    )


def _token(header: Header, name: str, tokens: list[str]) -> int | None:
    """The number of a token that the file names. Raises Damaged if there is none of that number."""
    key = f"tokenizer.ggml.{name}_token_id"
    if key not in header.values:
        return None
    return header.integer(key, least=0, most=len(tokens) - 1)


def _write_settings(header: Header, tokens: list[str], kinds: list[int], folder: Path) -> dict[str, Any]:
    named = {name: _token(header, name, tokens) for name in ("bos", "eos", "unknown", "padding")}
    ends = {number for number in (named["eos"], _token(header, "eot", tokens)) if number is not None}
    turn_ends = [
        number for number, token in enumerate(tokens) if token in _TURN_ENDS and kinds[number] == _CONTROL
    ]
    stops = sorted(ends.union(turn_ends))
    if not stops:
        raise Damaged("it does not say which token ends an answer")
    words = {"bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token"}
    settings: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        **{words[name]: tokens[number] for name, number in named.items() if number is not None},
    }
    if template := header.text("tokenizer.chat_template"):
        settings["chat_template"] = template
    text = json.dumps(settings, indent=1, ensure_ascii=False)
    (folder / "tokenizer_config.json").write_text(text, "utf-8")
    return {"bos_token_id": named["bos"], "eos_token_id": stops}
