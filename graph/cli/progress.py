"""A run that people watch: bars on standard error, and the summary while it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from graph.cli.bars import StageBars
from graph.results.types import Result
from graph.runs.stream import follow
from graph.state import InputState


async def run_graph(
    app: CompiledStateGraph[Any, Any, Any, Any],
    inputs: InputState,
    *,
    bars: StageBars,
    on_text: Callable[[Result, str], None] | None,
) -> Result:
    """Run `app` to its end, shown in `bars`.

    `on_text` hears the final summary piece by piece, each time with what is known of the result so far; the
    bars end before its first word.
    """
    so_far: Any = {}

    def know(result: Result) -> None:
        nonlocal so_far
        so_far = result

    def show(text: str, at: int) -> None:
        bars.finish()
        if on_text:
            on_text(so_far, text)

    try:
        return await follow(
            app,
            inputs,
            on_task=bars.show,
            on_pages=bars.show_pages,
            on_result=know,
            on_text=show if on_text else None,
        )
    except asyncio.CancelledError:
        if not so_far.get("summary"):
            raise
        cut = "Interrupted while the summary was compared with the document, so no evidence is named."
        if so_far.get("sentences"):
            cut = "Interrupted while doubtful sentences were mended, so some stand as they were written."
        return so_far | {"warnings": [*so_far["warnings"], cut]}  # type: ignore[no-any-return]
    finally:
        bars.stop()
