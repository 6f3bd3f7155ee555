"""The pipeline as a tool: called by hand, and by a chat model that may call tools, in a loop of a few lines.

The chat model here is a stand-in that asks for the tool once and then answers; put any LangChain chat model
with tool calls in its place. (LangChain still calls `as_tool` beta, and says so on stderr.)
Usage: compose_tool.py [FILE]
"""

from __future__ import annotations

import sys
from operator import itemgetter
from pathlib import Path
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langchain_core.tools import BaseTool

from graph import build_graph, load_config

HERE = Path(__file__).parent


class StandIn(GenericFakeChatModel):
    """Says what it was told to say, and accepts tools."""

    def bind_tools(self, tools: Any, **_: Any) -> StandIn:
        return self


def make_tool() -> BaseTool:
    """A tool that takes a path and gives the summary as text."""
    app = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))
    return (app | itemgetter("summary")).as_tool(
        arg_types={"source": str}, name="summarize_file", description="Summarize a PDF, text or Markdown file."
    )


def converse(model: Any, tool: BaseTool, messages: list[AnyMessage]) -> list[AnyMessage]:
    """Let the model call the tool until it has an answer."""
    model = model.bind_tools([tool])
    while True:
        answer = model.invoke(messages)
        messages = [*messages, answer]
        if not answer.tool_calls:
            return messages
        messages += [tool.invoke(call) for call in answer.tool_calls]


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else str(HERE / "handbook.pdf")
    tool = make_tool()
    print(f"By hand: {tool.invoke({'source': path})[:200]} ...\n")

    call = {"name": tool.name, "args": {"source": path}, "id": "call-1"}
    model = StandIn(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("I have read it.")]))
    for message in converse(model, tool, [HumanMessage(f"What does {Path(path).name} say?")]):
        print(f"{message.type:>5}: {message.text[:200] or message.tool_calls}")  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
