"""The pipeline as a subagent: a graph of messages with a name and a description, as Deep Agents take them.

    agent = create_deep_agent(model=ChatMLX(...), subagents=[make_subagent()])     # pip install deepagents

Usage: compose_subagent.py [FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from graph import build_graph, load_config

HERE = Path(__file__).parent


class Conversation(MessagesState):
    """The messages are the subagent's own; source, summary and warnings are the pipeline's too."""

    source: str
    summary: str
    warnings: list[str]


def read_request(state: Conversation) -> dict[str, Any]:
    """The first word of the last message that is a file here."""
    words = state["messages"][-1].text.split()
    found = next((word for word in (word.strip("\"'`,;:") for word in words) if Path(word).is_file()), "")
    return {"source": found} if found else {"messages": [AIMessage("Name a file on this machine.")]}


def reply(state: Conversation) -> dict[str, Any]:
    """What the agent gets to read."""
    return {"messages": [AIMessage("\n\n".join([state["summary"], *state["warnings"]]))]}


def make_subagent() -> dict[str, Any]:
    """A CompiledSubAgent of Deep Agents."""
    graph = StateGraph(Conversation)
    graph.add_node("read_request", read_request)
    graph.add_node("pipeline", build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml")))
    graph.add_node("reply", reply)
    graph.add_edge(START, "read_request")
    graph.add_conditional_edges("read_request", lambda state: "pipeline" if state.get("source") else END)
    graph.add_edge("pipeline", "reply")
    graph.add_edge("reply", END)
    description = "Summarizes a long document: give it the path of a PDF, text or Markdown file."
    return {"name": "summarizer", "description": description, "runnable": graph.compile(name="summarizer")}


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else str(HERE / "handbook.pdf")
    subagent = make_subagent()
    result = subagent["runnable"].invoke({"messages": [HumanMessage(f"Summarize {path}, please.")]})
    print(f"{subagent['name']}: {result['messages'][-1].text[:300]} ...")


if __name__ == "__main__":
    main()
