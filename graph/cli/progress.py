"""Runs the graph and shows how far it is: stream events to bars, pieces of the summary to whoever wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StreamMode

from graph.cli.bars import StageBars
from graph.documents.pdf.supervisor import resume_reading, stop_reading
from graph.state import InputState, OutputState

_FINAL = "final_summarize"
_RESULT = list(OutputState.__annotations__)


async def run_graph(
    app: CompiledStateGraph[Any, Any, Any, Any],
    inputs: InputState,
    *,
    bars: StageBars,
    on_text: Callable[[OutputState, str], None] | None,
) -> OutputState:
    """Run `app` to its end, shown in `bars`.

    `on_text` hears the final summary piece by piece, each time with what is known of the result so far; the
    bars end before its first word.
    """
    resume_reading()
    result: Any = {}
    modes: list[StreamMode] = ["tasks", "values"]
    if on_text:
        modes.append("messages")
    event: Any
    try:
        async for mode, event in app.astream(inputs, stream_mode=modes, output_keys=_RESULT):
            if mode == "values":
                result = event
            elif mode == "tasks":
                bars.show(event)
            elif on_text and event[1].get("langgraph_node") == _FINAL and (text := str(event[0].text)):
                bars.finish()
                on_text(result, text)
    except asyncio.CancelledError:
        stop_reading()  # it happens on a thread, which the event loop would wait for
        if not result.get("summary"):
            raise
        cut = "Interrupted while the summary was compared with the document, so no evidence is named."
        result = result | {"warnings": [*result["warnings"], cut]}
    finally:
        bars.stop()
    return result  # type: ignore[no-any-return]
