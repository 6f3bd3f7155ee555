"""The header of a GGUF file: what it says of itself, and where its tensors are. Nothing in it is trusted.

The format is described in ggml's docs/gguf.md. The `gguf` library's own reader makes an array of each of Gemma's
262,144 tokens, and believes every length it reads, so only the library's tables and numbers are used.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm.errors import UnsupportedModelError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_ALIGNMENT = 32

# Most keys, tensors, entries of one list and bytes of one text: several times what the largest models have.
_MOST_KEYS = 10_000
_MOST_TENSORS = 100_000
_MOST_ENTRIES = 4_000_000
_MOST_BYTES = 16 * 2**20
_MOST_DIMENSIONS = 4

_SCALARS = {
    0: ("B", int), 1: ("b", int), 2: ("H", int), 3: ("h", int), 4: ("I", int), 5: ("i", int),
    6: ("f", float), 7: ("?", bool), 10: ("Q", int), 11: ("q", int), 12: ("d", float),
}  # fmt: skip
_STRING, _ARRAY = 8, 9


class Damaged(ValueError):
    """What is wrong with a file, to stand behind its name: "it ends …"."""


@dataclass(frozen=True)
class Tensor:
    """One tensor: `shape` has rows first, as NumPy's; `offset` counts from the start of the file."""

    name: str
    type: Any  # gguf.GGMLQuantizationType
    shape: tuple[int, ...]
    offset: int
    nbytes: int


@dataclass(frozen=True)
class Header:
    """Keys and values, and the tensors by name."""

    values: dict[str, Any]
    tensors: dict[str, Tensor]

    def integer(self, key: str, default: int | None = None, *, least: int = 1, most: int = 2**31) -> int:
        """The whole number under `key`. Raises Damaged if it is missing or senseless."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Damaged(f"{key} is {_shown(value)}, not a number from {least} to {most}")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """The positive number under `key`. Raises Damaged if it is missing or senseless."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e30:
            raise Damaged(f"{key} is {_shown(value)}, not a positive number")
        return float(value)

    def text(self, key: str) -> str:
        """The text under `key`, or an empty one."""
        value = self.values.get(key, "")
        return value if isinstance(value, str) else ""

    def listed(self, key: str, kind: type) -> list[Any]:
        """The list under `key`. Raises Damaged if it is missing or has anything but `kind`."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(type(entry) is kind for entry in value):
            raise Damaged(f"{key} is {_shown(value)}, not a list of {kind.__name__}")
        return value


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return repr(value)[:40]


def is_gguf(path: Path) -> bool:
    """Whether `path` is a file that begins as GGUF does, whatever its name: Ollama's have none."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


@contextmanager
def opened(path: Path) -> Iterator[tuple[Header, memoryview]]:
    """The header of a file, and all its bytes, which are not read before they are used.

    Raises:
        UnsupportedModelError: it is no GGUF file, or is damaged, cut short, or a part of one.
    """
    with path.open("rb") as file:
        try:
            bytes_of = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise UnsupportedModelError(f"{path} is empty.", "Download it again.") from None
        view = memoryview(bytes_of)
        try:
            header = read_header(view)
            refuse_parts(path, header)
            yield header, view
        except Damaged as error:
            raise UnsupportedModelError(
                f"{path} cannot be used as a GGUF model: {error}.", "Download it again, or choose another file."
            ) from None
        finally:
            view.release()
            _close(bytes_of)


def _close(mapped: mmap.mmap) -> None:
    try:
        mapped.close()
    except BufferError:  # an error under way still holds a piece of it
        return


def refuse_parts(path: Path, header: Header) -> None:
    """Raise UnsupportedModelError for one file of several."""
    parts = header.values.get("split.count", 1)
    if isinstance(parts, int) and parts > 1:
        raise UnsupportedModelError(
            f"{path} is one of {parts} parts of a model.",
            "Join them with llama-gguf-split --merge, and name that.",
        )


def read_header(data: memoryview) -> Header:
    """Read keys, values and tensors. Raises Damaged."""
    cursor = _Cursor(data)
    if bytes(data[:4]) != MAGIC:
        raise Damaged("it does not begin as a GGUF file does")
    cursor.at = 4
    version = cursor.number("I")
    if version not in _VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS
        raise Damaged("its numbers are big-endian" if swapped else f"its version is {version}, not 2 or 3")
    tensor_count, key_count = cursor.number("Q"), cursor.number("Q")
    if key_count > _MOST_KEYS or tensor_count > _MOST_TENSORS:
        raise Damaged(f"it claims {key_count} keys and {tensor_count} tensors")
    values: dict[str, Any] = {}
    for _ in range(key_count):
        key = cursor.string()
        if key in values:
            raise Damaged(f"it has {_shown(key)} twice")
        values[key] = cursor.value(cursor.number("I"))
    described = [_described(cursor) for _ in range(tensor_count)]
    alignment = values.get("general.alignment", _ALIGNMENT)
    if not isinstance(alignment, int) or not 0 < alignment <= 2**20:
        raise Damaged(f"general.alignment is {_shown(alignment)}")
    start = -(-cursor.at // alignment) * alignment
    return Header(values, _placed(described, start, len(data)))


class _Cursor:
    """Reads on from `at`, and never past the end."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> memoryview:
        if self.at + size > len(self.data):
            raise Damaged(f"it ends after {len(self.data)} bytes, in the middle of its header")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> str:
        size = self.number("Q")
        if size > _MOST_BYTES:
            raise Damaged(f"it claims a text of {size} bytes")
        try:
            return str(self.take(size), "utf-8")
        except UnicodeDecodeError:
            raise Damaged("a text in its header is not UTF-8") from None

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind in _SCALARS:
            return self.number(_SCALARS[kind][0])
        if kind != _ARRAY:
            raise Damaged(f"a value has the unknown type {kind}")
        inner, count = self.number("I"), self.number("Q")
        if count > _MOST_ENTRIES:
            raise Damaged(f"it claims a list of {count} entries")
        if inner == _STRING:
            return [self.string() for _ in range(count)]
        if inner not in _SCALARS:
            raise Damaged(f"a list has the unknown type {inner}")
        code = _SCALARS[inner][0]
        return list(struct.unpack(f"<{count}{code}", self.take(count * struct.calcsize("<" + code))))


def _described(cursor: _Cursor) -> tuple[str, list[int], int, int]:
    """Name, dimensions (columns first), type and relative offset of one tensor."""
    name = cursor.string()
    dimensions = cursor.number("I")
    if not 0 < dimensions <= _MOST_DIMENSIONS:
        raise Damaged(f"{_shown(name)} has {dimensions} dimensions")
    return name, [cursor.number("Q") for _ in range(dimensions)], cursor.number("I"), cursor.number("Q")


def _placed(described: list[tuple[str, list[int], int, int]], start: int, size: int) -> dict[str, Tensor]:
    """The tensors, all of which lie in the file and beside one another."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    tensors: dict[str, Tensor] = {}
    for name, dimensions, number, relative in described:
        try:
            kind = GGMLQuantizationType(number)
        except ValueError:
            raise Damaged(f"{_shown(name)} has the unknown type {number}") from None
        block, block_bytes = GGML_QUANT_SIZES[kind]
        elements = 1
        for dimension in dimensions:
            elements *= dimension
        if not elements or dimensions[0] % block:
            raise Damaged(f"{_shown(name)} has the shape {dimensions[::-1]}, which {kind.name} cannot have")
        if name in tensors:
            raise Damaged(f"it has the tensor {_shown(name)} twice")
        nbytes = elements // block * block_bytes
        tensors[name] = Tensor(name, kind, tuple(dimensions[::-1]), start + relative, nbytes)
    end = start
    for tensor in sorted(tensors.values(), key=lambda tensor: tensor.offset):
        if tensor.offset < end:
            raise Damaged(f"the tensor {_shown(tensor.name)} lies on another one")
        end = tensor.offset + tensor.nbytes
    if end > size:
        raise Damaged(f"it ends after {size} bytes of {end}")
    return tensors
