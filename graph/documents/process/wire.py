"""What a worker and its parent say, as lines of JSON: frozen dataclasses, and others and tuples of them inside."""

import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

EXIT_OUT_OF_MEMORY = 77  # exit code of a worker that stopped itself

_T = TypeVar("_T")


class Request(Protocol):
    """What a worker is asked for."""

    @property
    def memory_mb(self) -> int: ...


def encode(message: object) -> bytes:
    """One line, its end included: the name of the class and its fields."""
    return json.dumps([type(message).__name__, vars(message)], default=vars).encode() + b"\n"


def decode(line: bytes, kinds: Mapping[str, Callable[..., _T]]) -> _T:
    """The message of a line; `kinds` are the classes that it may be of, by name."""
    name, fields = json.loads(line)
    return _built(kinds[name], fields)


def _built(kind: Callable[..., _T], fields: dict[str, Any]) -> _T:
    hints = _hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in fields.items()})


@cache
def _hints(kind: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, value: Any) -> Any:
    """What JSON made of a value, as its field has it: tuples, and dataclasses in them."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _built(hint, value)
    if get_origin(hint) is tuple:
        first, *others = get_args(hint)
        if others == [...]:
            return tuple(value if first is Any else (_value(first, entry) for entry in value))
        return tuple(map(_value, (first, *others), value))
    return value
