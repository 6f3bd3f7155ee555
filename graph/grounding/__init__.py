"""Where the sentences of a summary come from: found afterwards, in code. Calls no model and knows no graph."""

from graph.grounding.evidence import Traced, Tracer, ground, trace
from graph.grounding.types import Evidence, Flag, Sentence

__all__ = ["Evidence", "Flag", "Sentence", "Traced", "Tracer", "ground", "trace"]
