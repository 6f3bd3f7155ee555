"""How a state's values are kept by checkpointers, which keep every value that they are given."""

from __future__ import annotations

import bz2
import json
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from langgraph.channels import UntrackedValue

T = TypeVar("T")


class Lost:
    """Stands for a value that was given in an earlier process, and was not kept."""


class NotKept(UntrackedValue[Any]):
    """An untracked value of which a checkpoint says that there was one: `Lost` is read in its place."""

    def checkpoint(self) -> Any:
        return True if self.is_available() and self.value else super().checkpoint()

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = super().from_checkpoint(checkpoint)
        if checkpoint is True:
            channel.value = Lost()
        return channel


def latest(value: T, writes: Sequence[T]) -> T:
    """The last write; what was there if there is none."""
    return writes[-1] if writes else value


def appended(value: list[T], writes: Sequence[list[T]]) -> list[T]:
    """All that was ever added."""
    return [*value, *(item for write in writes for item in write)]


def compress(value: Any) -> bytes:
    """A value that JSON can hold, made small: prose takes about a third of its size."""
    return bz2.compress(json.dumps(value, ensure_ascii=False).encode())


def decompress(data: bytes) -> Any:
    """What `compress` was given."""
    return json.loads(bz2.decompress(data))
