"""A Jupyter notebook -> its prose and its code; what the code printed, and pictures, are left out and counted."""

import json
from typing import Any

from graph.documents.left_out import left_out
from graph.documents.markdown import Written, read_markdown


def read_notebook(text: str) -> Written:
    """The cells in order. The text is one that `formats.told` calls a notebook."""
    cells = [cell for cell in json.loads(text)["cells"] if isinstance(cell, dict)]
    parts: list[str] = []
    printed: list[str] = []
    for cell in cells:
        source = _joined(cell.get("source"))
        if cell.get("cell_type") == "code":
            parts.append(f"```\n{source}\n```" if source.strip() else "")
            printed += [
                _joined(output.get("text")) for output in cell.get("outputs") or [] if isinstance(output, dict)
            ]
        else:
            parts.append(source)
    done = read_markdown("\n\n".join(part for part in parts if part))
    if any(map(str.strip, printed)):
        done.left_out.append(left_out("output of code", "\n".join(printed)))
    return done


def _joined(lines: Any) -> str:
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")
