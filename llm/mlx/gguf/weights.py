"""The numbers of a tensor as MLX takes them: exact, or as small as they are in the file.

Blocks of 32 numbers `scale * q + bias` (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K) are what MLX's own quantization
is too, so nothing is lost in it. Blocks of 16 (Q6_K and the like) become 8 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from llm.mlx.gguf.reader import Damaged, Tensor

GROUP = 32

# Bits of the types that MLX can hold exactly, and by how much numbers are shifted (None: each block says).
_EXACT: dict[str, tuple[int, int | None]] = {
    "Q4_0": (4, 8), "Q5_0": (5, 16), "Q8_0": (8, 128),
    "Q4_1": (4, None), "Q5_1": (5, None), "Q4_K": (4, None), "Q5_K": (5, None),
}  # fmt: skip
_OTHER_BITS = 8
# Numbers that are worked on at a time.
_SLICE = 2**22

_PLAIN = ("F32", "F16", "BF16", "F64")


def raw_rows(tensor: Tensor, data: memoryview) -> Any:
    """The tensor's bytes, a row of uint8 for each of its rows: (rows, bytes)."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8, tensor.nbytes, tensor.offset)
    rows = tensor.shape[0] if len(tensor.shape) > 1 else 1
    return raw.reshape(rows, -1)


def numbers(tensor: Tensor, rows: Any) -> Any:
    """The tensor's values, float32, in its shape. Raises Damaged for a type that the library cannot read."""
    import numpy as np
    from gguf.quants import dequantize

    # A file of another machine may hold nonsense in a scale; it is refused below, not warned of.
    with np.errstate(all="ignore"):
        try:
            values = dequantize(rows, tensor.type)
        except NotImplementedError:
            raise Damaged(f"{tensor.name} has the type {tensor.type.name}, which cannot be read") from None
    values = values.astype(np.float32, copy=False).reshape(tensor.shape)
    if not np.isfinite(values).all():
        raise Damaged(f"{tensor.name} has values that are no numbers")
    return values


def is_quantized(tensor: Tensor) -> bool:
    """Whether the tensor is held in fewer than 16 bits, and is one that MLX can quantize."""
    return tensor.type.name not in _PLAIN and len(tensor.shape) == 2


def bits_of(tensor: Tensor) -> int:
    """Bits for each of the tensor's numbers, where it stays quantized."""
    return _EXACT.get(tensor.type.name, (_OTHER_BITS, None))[0]


def in_slices(tensor: Tensor, rows: Any) -> Iterator[tuple[Tensor, Any]]:
    """The tensor in pieces of whole rows that take little memory while they are worked on."""
    columns = tensor.shape[-1]
    step = max(_SLICE // columns, 1)
    for first in range(0, len(rows), step):
        piece = rows[first : first + step]
        shape = (len(piece), columns) if len(tensor.shape) > 1 else tensor.shape
        yield replace(tensor, shape=shape), piece


def quantized(tensor: Tensor, rows: Any) -> tuple[Any, Any, Any]:
    """The tensor as MLX quantizes: packed (rows, columns * bits / 32) uint32, scales and biases (rows, groups)."""
    import numpy as np

    values = numbers(tensor, rows).reshape(len(rows), -1, GROUP)
    name = tensor.type.name
    bits, shift = _EXACT.get(name, (_OTHER_BITS, None))
    if name in _EXACT:
        scales, biases = _scales(name, rows, shift)
    else:
        biases = values.min(axis=-1)
        scales = (values.max(axis=-1) - biases) / (2**bits - 1)
    scale = scales[..., None]
    q = np.divide(values - biases[..., None], scale, out=np.zeros_like(values), where=scale != 0)
    return _packed(np.rint(q).clip(0, 2**bits - 1).astype(np.uint8), bits), scales, biases


def _scales(name: str, rows: Any, shift: int | None) -> tuple[Any, Any]:
    """Scale and bias of each group of 32, float32: (rows, groups) both."""
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
    from gguf.quants import Q4_K

    block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[name]][1]
    blocks = rows.reshape(-1, block_bytes)
    d = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    if shift is not None:
        scales, biases = d, -shift * d
    else:
        m = np.ascontiguousarray(blocks[:, 2:4]).view(np.float16).astype(np.float32)
        if name.endswith("_K"):
            small, least = Q4_K.get_scale_min(np.ascontiguousarray(blocks[:, 4:16]))
            scales, biases = d * small.astype(np.float32), -(m * least.astype(np.float32))
        else:
            scales, biases = d, m
    return scales.reshape(rows.shape[0], -1), biases.reshape(rows.shape[0], -1)


def _packed(q: Any, bits: int) -> Any:
    """Numbers (rows, groups, 32) of so many `bits` as one stream of bits a row, the lowest first: uint32."""
    import numpy as np

    if bits == 8:
        stream = q
    else:
        stream = np.packbits((q[..., None] >> np.arange(bits, dtype=np.uint8)) & 1, axis=None, bitorder="little")
    return np.ascontiguousarray(stream).reshape(q.shape[0], -1).view(np.uint32)
