"""The graph that `langgraph dev` serves, as langgraph.json says: what to read in, a summary out.

Its schemas are small, so that an agent can call it as a tool. The environment variable SUMMARIZE_CONFIG names the
configuration: a path, or the name of one that ships; "quickstart" by default.
"""

from __future__ import annotations

import os

from langgraph.graph import END, START, StateGraph

# Not typing's: pydantic takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.config import load_config
from graph.pipeline import build_graph
from graph.state import InputState


class Summary(TypedDict):
    """A summary, and what a reader should know of it."""

    title: str
    """Of the document."""
    summary: str
    """In plain text."""
    warnings: list[str]
    """What was left out, cut or failed, one sentence each."""


class ServedState(InputState, Summary):
    """What goes in and what comes out; everything else stays in the pipeline."""


def make_graph() -> StateGraph[ServedState, None, InputState, Summary]:
    """The pipeline behind small schemas. LangGraph's server compiles it, with a checkpointer of its own."""
    pipeline = build_graph(load_config(os.environ.get("SUMMARIZE_CONFIG", "quickstart")))
    served = StateGraph(ServedState, input_schema=InputState, output_schema=Summary)
    served.add_node("pipeline", pipeline)
    served.add_edge(START, "pipeline")
    served.add_edge("pipeline", END)
    return served


summarize = make_graph().compile(name="summarize")
