"""The JSON Schema of a result. Knows its types alone; imports pydantic when it is asked."""

from __future__ import annotations

from typing import Any

from graph.documents.types import FileRecord, Section
from graph.results.types import Result


def result_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `--format json` writes and a compiled graph returns."""
    return schema_of(Result)


def schema_of(result: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a TypedDict, with its docstrings."""
    from pydantic import ConfigDict, TypeAdapter

    # The types are plain, so that the configuration is given to a list of them; they inherit it.
    config = ConfigDict(use_attribute_docstrings=True)
    types = TypeAdapter(list[result], config=config).json_schema()["$defs"]  # type: ignore[valid-type]
    # What a type inherits comes without its docstrings.
    for name, inherits in (("SectionRecord", Section), ("SummarizedFile", FileRecord)):
        if name in types:
            base = TypeAdapter(list[inherits], config=config).json_schema()["$defs"][inherits.__name__]  # type: ignore[valid-type]
            types[name]["properties"] |= base["properties"]
    whole = types.pop(result.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "$defs": types}
