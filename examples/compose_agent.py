"""An agent of LangChain on a model in this process, the pipeline as its tool, and its events as they come.

`create_agent` is in the package langchain. Small models call tools when they see fit: name the tool when you ask.
Usage: compose_agent.py [MODEL [FILE]]
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from graph import build_graph, load_config
from llm import ChatMLX

HERE = Path(__file__).parent
PIPELINE = build_graph(load_config(HERE.parent / "configs" / "quickstart.yaml"))


@tool
def summarize_file(path: str) -> str:
    """Summarize a PDF, text or Markdown file on this machine."""
    return str(PIPELINE.invoke({"source": path})["summary"])


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "mlx-community/gemma-3-4b-it-4bit"
    path = sys.argv[2] if len(sys.argv) > 2 else str(HERE / "handbook.pdf")
    chat = ChatMLX(model=model, max_tokens=300)

    # The tool by itself: a call that is forced always follows the tool's schema.
    (call,) = (
        chat.bind_tools([summarize_file], tool_choice="summarize_file").invoke(f"Summarize {path}").tool_calls
    )
    print(f"call: {call['name']} {call['args']}")

    # LangChain calls version 3 of its events beta, and says so on stderr.
    agent = create_agent(chat, [summarize_file], system_prompt="Answer in one paragraph.")
    run = agent.stream_events({"messages": [HumanMessage(f"Use summarize_file on {path}.")]}, version="v3")
    for message in run.messages:
        print("ai:  ", "".join(message.text))
    output = run.output or {}
    print(f"messages: {len(output['messages'])}")


if __name__ == "__main__":
    main()
