"""What the graph's nodes are called: in the wiring, in streams, in the timings of a run."""

from __future__ import annotations

from typing import Literal

from chains.prompts import Stage

NodeName = Literal[
    "load",
    "split",
    "map_summarize",
    "collect",
    "collapse",
    "final_summarize",
    "ground",
    "revise",
    # of the graph that answers questions
    "find",
    "answer",
]

# The node that calls the model for each stage.
NODE_OF: dict[Stage, NodeName] = {
    "map": "map_summarize",
    "collapse": "collapse",
    "final": "final_summarize",
    "revise": "revise",
}
CALLING_NODES = frozenset(NODE_OF.values())
