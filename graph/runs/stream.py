"""The one loop over a graph's stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import BaseMessage
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StreamMode

from graph.calling.answer_cleanup import clean_so_far
from graph.node_names import NODE_OF
from graph.results.types import Result
from graph.state import InputState, PagesRead

_RESULT = list(Result.__annotations__)


async def follow(
    app: CompiledStateGraph[Any, Any, Any, Any],
    inputs: InputState,
    *,
    on_task: Callable[[dict[str, Any]], None],
    on_pages: Callable[[PagesRead], None] | None = None,
    on_result: Callable[[Result], None] | None = None,
    on_text: Callable[[str, int], None] | None = None,
) -> Result:
    """Run `app` to its end.

    `on_task` hears LangGraph's "tasks" events: a node started, or (with a result) ended. `on_pages` hears how far
    the document is read, `on_result` what is known of the result after each step, and `on_text` the final summary
    piece by piece, as the model writes it, each with where it begins: at 0 if an answer is begun anew.
    """
    modes: list[StreamMode] = ["tasks", "values"]
    modes += ["custom"] if on_pages else []
    modes += ["messages"] if on_text else []
    result: Any = {}
    writing = _Writing()
    event: Any
    async for mode, event in app.astream(inputs, stream_mode=modes, output_keys=_RESULT):
        if mode == "tasks":
            on_task(event)
        elif mode == "values":
            result = event
            if on_result:
                on_result(result)
        elif mode == "custom":
            if on_pages and _is_pages_read(event):
                on_pages(event)
        elif on_text and event[1].get("langgraph_node") == NODE_OF["final"] and (text := writing.add(event[0])):
            on_text(text, writing.length - len(text))
    return result  # type: ignore[no-any-return]


class _Writing:
    """The answer that is being written, as far as it can be shown: no thought, no preface."""

    def __init__(self) -> None:
        self._id: str | None = None
        self._text = self._shown = ""

    @property
    def length(self) -> int:
        """Characters that can be shown so far."""
        return len(self._shown)

    def add(self, message: BaseMessage) -> str:
        """What can be shown now that could not before. An answer that is asked for again starts anew."""
        if message.id != self._id:
            self._id, self._text, self._shown = message.id, "", ""
        self._text += str(message.text)
        shown = clean_so_far(self._text)
        if not shown.startswith(self._shown):
            return ""
        more = shown[len(self._shown) :]
        self._shown = shown
        return more


def _is_pages_read(event: Any) -> bool:
    """A caller's own model may write to the stream, too."""
    return isinstance(event, dict) and event.get("type") == "pages_read"
