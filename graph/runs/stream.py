"""The one loop over a graph's stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StreamMode

from graph.node_names import NODE_OF
from graph.results.types import Result
from graph.state import InputState

_RESULT = list(Result.__annotations__)


async def follow(
    app: CompiledStateGraph[Any, Any, Any, Any],
    inputs: InputState,
    *,
    on_task: Callable[[dict[str, Any]], None],
    on_result: Callable[[Result], None] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Result:
    """Run `app` to its end.

    `on_task` hears LangGraph's "tasks" events: a node started, or (with a result) ended. `on_result` hears what is
    known of the result after each step, and `on_text` the final summary piece by piece, as the model writes it.
    """
    modes: list[StreamMode] = ["tasks", "values", "messages"] if on_text else ["tasks", "values"]
    result: Any = {}
    event: Any
    async for mode, event in app.astream(inputs, stream_mode=modes, output_keys=_RESULT):
        if mode == "tasks":
            on_task(event)
        elif mode == "values":
            result = event
            if on_result:
                on_result(result)
        elif on_text and event[1].get("langgraph_node") == NODE_OF["final"] and (text := str(event[0].text)):
            on_text(text)
    return result  # type: ignore[no-any-return]
