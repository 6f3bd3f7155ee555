"""The program pandoc: a document of any kind to a tree of blocks, within bounds of its own.

It runs in its sandbox, which reads no other file and no address, and with a bound for its heap.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from graph.documents.office.protocol import RefusedError

SPACE, BREAK = "", "\n"  # what white space and line breaks of the tree become; text is never empty
_OUT_OF_MEMORY = (251, -6, -9, 2)
_MOST_OUTPUT = 40  # bytes of the tree for each character that may be read, and a million


def tree_of(path: Path, format: str, *, memory_mb: int, most: int) -> dict[str, Any]:
    """What pandoc reads: "meta" and "blocks", as its JSON has them, words as strings. Raises RefusedError.

    `most` are the characters that may be read.
    """
    arguments = [_program(), "--sandbox", "--from", format, "--to", "json", "--track-changes=all", str(path)]
    limit = _MOST_OUTPUT * most + 10**6
    try:
        # What it takes too long for, it does not end: the parent does, with this process.
        with subprocess.Popen(
            [*arguments, "+RTS", f"-M{memory_mb}m", "-RTS"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            written = process.stdout.read(limit + 1)
            if len(written) > limit:
                process.kill()
                raise RefusedError("packed")
    except OSError:
        raise RefusedError("not_installed") from None
    if process.returncode:
        raise RefusedError("too_large" if process.returncode in _OUT_OF_MEMORY else "damaged")
    try:
        tree = json.loads(written, object_hook=_shrunk)
    except RecursionError:
        raise RefusedError("nested") from None
    except ValueError:
        raise RefusedError("damaged") from None
    assert isinstance(tree, dict)
    return tree


def _program() -> str:
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError):
        raise RefusedError("not_installed") from None


def _shrunk(node: dict[str, Any]) -> Any:
    """Words as strings: a tree of dicts takes ten times as much memory."""
    match node.get("t"):
        case "Str":
            return node["c"]
        case "Space" | "SoftBreak":
            return SPACE
        case "LineBreak":
            return BREAK
    return node
