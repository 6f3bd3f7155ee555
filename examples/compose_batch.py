"""Two documents at once with `batch`, the same with `ainvoke`, and the steps of one as they happen with `astream`.

Usage: compose_batch.py [FILE FILE ...]
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from langchain_core.runnables import Runnable

from graph import build_graph, load_config
from graph.documents import DocumentError
from graph.state import InputState

HERE = Path(__file__).parent


def line(result: Any) -> str:
    """A result, or what stood in its way, in one line."""
    if isinstance(result, Exception):
        return f"not summarized: {result}"
    return f"{result['title']}: {len(result['pages'])} pages, {result['stats']['calls']} calls"


def main() -> None:
    # In parts, to see all the steps; the built-in model would read these in one call.
    app = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml", ["summarize.strategy=map_reduce"]))
    paths = sys.argv[1:] or [str(HERE / "handbook.pdf"), str(HERE.parent / "README.md")]
    inputs = [InputState(source=path) for path in paths]

    # The results come in the order of the inputs. A document that cannot be used does not stop the others.
    for result in app.batch(inputs, return_exceptions=True):
        print("batch", line(result))
    asyncio.run(concurrently(app, inputs))


async def concurrently(app: Runnable[Any, Any], inputs: list[InputState]) -> None:
    for result in await asyncio.gather(*map(app.ainvoke, inputs), return_exceptions=True):
        print("ainvoke", line(result))
    try:
        async for update in app.astream(inputs[0], stream_mode="updates"):
            print("astream", *update)
    except DocumentError as error:
        print("astream", line(error))


if __name__ == "__main__":
    main()
