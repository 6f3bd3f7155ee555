"""A GGUF file to a folder that mlx-lm loads, made once in the cache folder, whole or not at all.

On a GPU the weights stay as small as they are in the file, for memory is what a GPU is short of. On a processor
with OpenBLAS, MLX multiplies floats some twenty times faster than quantized numbers, so they become floats where
those fit.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from llm.cache import default_path
from llm.errors import UnsupportedModelError, reason
from llm.mlx.gguf import architectures, weights
from llm.mlx.gguf.reader import Damaged, Header, Tensor, opened
from llm.mlx.gguf.source import Source
from llm.mlx.gguf.tokenizer import write_tokenizer

logger = logging.getLogger(__name__)

# Part of every folder's name: a converter that writes otherwise makes new folders.
_VERSION = 1

# Bytes in one file of weights.
_SHARD = 2 * 10**9

# Weights of four bits and their scales become up to seven times as many bytes in float32.
_GROWTH = 7

# Share of the machine's memory that weights may take as floats.
_FLOATS_FIT = 0.5

_DTYPES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True)
class Form:
    """How numbers are written: `dtype` of what is not quantized, and whether anything stays so."""

    dtype: str
    keeps_quantized: bool


def convert(source: Source, form: Form | None = None) -> Path:
    """The folder made of `source`, now or earlier. Two processes do not make it twice.

    Raises:
        UnsupportedModelError: the file is damaged, or is nothing that can be converted; or there is no room.
        MissingPackageError: the package gguf is not installed.
    """
    from filelock import FileLock

    form = form or choose_form(source.size)
    folder = _place(source, form)
    if folder is None:
        raise UnsupportedModelError(
            "There is no home folder to keep the converted model in.",
            "Set the variable XDG_CACHE_HOME to a folder.",
        )
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(folder.name + ".lock")):
            if not folder.is_dir():
                logger.info("%s is converted once, into %s", source.name, folder)
                with source.whole(folder.parent) as path:
                    _make(path, form, folder)
    except OSError as error:
        raise UnsupportedModelError(
            f"{source.name} cannot be converted into {folder}: {reason(error)}."
        ) from error
    return folder


def converted(source: Source) -> Path | None:
    """The folder made of `source` earlier; None if there is none."""
    folder = _place(source, choose_form(source.size))
    return folder if folder is not None and folder.is_dir() else None


def choose_form(file_bytes: int) -> Form:
    """What this machine computes fastest with."""
    if sys.platform == "darwin" or _has_cuda():
        return Form("bfloat16", keeps_quantized=True)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Form("float32", keeps_quantized=_GROWTH * file_bytes > _FLOATS_FIT * memory)


def _has_cuda() -> bool:
    return any((dist.metadata["Name"] or "").startswith("mlx-cuda") for dist in metadata.distributions())


def _place(source: Source, form: Form) -> Path | None:
    answers = default_path()
    if answers is None:
        return None
    key = hashlib.sha256(repr((_VERSION, source.identity, form)).encode()).hexdigest()
    return answers.parent / "models" / f"{source.name[:60]}-{key[:16]}"


def _make(path: Path, form: Form, folder: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        with opened(path) as (header, data):
            name, found = architectures.find(header)
            _refuse_full_disk(header, form, folder.parent)
            config = architectures.make_config(header, name, found)
            config |= write_tokenizer(header, temporary)
            _check_vocabulary(header, config)
            if "rope_freqs.weight" in header.tensors:
                config["rope_scaling"] = _llama3(header, data, config)
            writer = _Writer(temporary, form)
            for key, tensor in _wanted(header, found, config["num_hidden_layers"]):
                architectures.check_shape(key, tensor.shape, config)
                writer.add(key, tensor, _changed(key, tensor, data, found, config))
            writer.close()
            config |= {"torch_dtype": form.dtype} | writer.quantization()
        (temporary / "config.json").write_text(json.dumps(config, indent=1), "utf-8")
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _refuse_full_disk(header: Header, form: Form, folder: Path) -> None:
    size = _DTYPES[form.dtype]
    needed = sum(
        tensor.nbytes * 1.3 if form.keeps_quantized else size * _elements(tensor)
        for tensor in header.tensors.values()
    )
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UnsupportedModelError(
            f"The model takes {needed / 1e9:.1f} GB in {folder}, where {free / 1e9:.1f} GB are free.", "Make room."
        )


def _elements(tensor: Tensor) -> int:
    count = 1
    for dimension in tensor.shape:
        count *= dimension
    return count


def _check_vocabulary(header: Header, config: dict[str, Any]) -> None:
    tokens = len(header.values["tokenizer.ggml.tokens"])
    if tokens > config["vocab_size"]:
        raise Damaged(f"it has {tokens} tokens and weights for {config['vocab_size']}")


def _llama3(header: Header, data: memoryview, config: dict[str, Any]) -> dict[str, Any]:
    tensor = header.tensors["rope_freqs.weight"]
    factors = weights.numbers(tensor, weights.raw_rows(tensor, data))
    return architectures.llama3_scaling(factors, config["head_dim"], config["rope_theta"])


def _wanted(header: Header, found: architectures.Architecture, layers: int) -> Iterator[tuple[str, Tensor]]:
    for tensor in header.tensors.values():
        key = architectures.weight_name(tensor.name, found, layers)
        if key is not None:
            yield key, tensor


def _changed(
    key: str, tensor: Tensor, data: memoryview, found: architectures.Architecture, config: dict[str, Any]
) -> Any:
    """The tensor's rows of bytes, in mlx-lm's order; of one that is no matrix the values, float32."""
    rows = weights.raw_rows(tensor, data)
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    part = key.split(".")[-2]
    if found.interleaved and part in heads:
        rows = rows if len(tensor.shape) > 1 else weights.numbers(tensor, rows).reshape(-1, 1)
        rows = rows.reshape(heads[part], -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(len(rows), -1)
        return rows if len(tensor.shape) > 1 else rows.reshape(-1)
    if len(tensor.shape) > 1:
        return rows
    values = weights.numbers(tensor, rows)
    return values - 1 if found.one_added and part.endswith("norm") else values


class _Writer:
    """Writes weights into files of a bounded size, so that few of them are in memory at a time."""

    def __init__(self, folder: Path, form: Form) -> None:
        self._folder = folder
        self._form = form
        self._held: dict[str, tuple[str, Any]] = {}
        self._bytes = self._files = 0
        self._bits: dict[str, int] = {}

    def add(self, key: str, tensor: Tensor, rows: Any) -> None:
        """Take one tensor: rows of bytes, or the values of one that is no matrix."""
        import numpy as np

        if len(tensor.shape) == 1:
            self._hold(key, rows)
        elif self._form.keeps_quantized and weights.is_quantized(tensor):
            stem = key.removesuffix(".weight")
            self._bits[stem] = weights.bits_of(tensor)
            pieces = [weights.quantized(*piece) for piece in weights.in_slices(tensor, rows)]
            for name, parts in zip(("weight", "scales", "biases"), zip(*pieces, strict=True), strict=True):
                self._hold(f"{stem}.{name}", np.concatenate(parts))
        else:
            self._hold(key, np.concatenate([weights.numbers(*piece) for piece in weights.in_slices(tensor, rows)]))

    def close(self) -> None:
        """Write what is left."""
        if self._held:
            self._flush()

    def quantization(self) -> dict[str, Any]:
        """What config.json says of quantized layers: their most common bits, and those of every layer."""
        if not self._bits:
            return {}
        bits = list(self._bits.values())
        layers = {key: {"group_size": weights.GROUP, "bits": each} for key, each in self._bits.items()}
        return {"quantization": {"group_size": weights.GROUP, "bits": max(set(bits), key=bits.count), **layers}}

    def _hold(self, key: str, values: Any) -> None:
        import numpy as np

        if values.dtype == np.uint32:
            kind, array = "U32", values
        elif self._form.dtype == "bfloat16":
            kind, array = "BF16", _bfloat16(values)
        else:
            kind, array = "F32", np.ascontiguousarray(values)
        self._held[key] = kind, array
        self._bytes += array.nbytes
        if self._bytes >= _SHARD:
            self._flush()

    def _flush(self) -> None:
        """Write a file in the format of safetensors: the length of a JSON header, the header, the numbers."""
        described: dict[str, Any] = {"__metadata__": {"format": "mlx"}}
        at = 0
        for key, (kind, array) in self._held.items():
            offsets = [at, at + array.nbytes]
            described[key] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
            at += array.nbytes
        head = json.dumps(described).encode()
        head += b" " * (-len(head) % 8)
        self._files += 1
        with (self._folder / f"model-{self._files:05}.safetensors").open("wb") as file:
            file.write(len(head).to_bytes(8, "little") + head)
            for _, array in self._held.values():
                file.write(array)
        self._held, self._bytes = {}, 0


def _bfloat16(values: Any) -> Any:
    """float32 as bfloat16, rounded to even, in uint16: NumPy has no such type."""
    import numpy as np

    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
