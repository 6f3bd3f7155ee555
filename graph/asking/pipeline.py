"""The graph that answers questions about a document: wiring only."""

from __future__ import annotations

from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from chains.prompts import PromptError, Prompts, read_prompts
from graph.asking.nodes import AskNodes
from graph.asking.state import AskInput, AskState, AskTask
from graph.asking.types import Answers
from graph.calling.flow import FlowNode
from graph.calling.shared_model import SharedModel, share_model
from graph.config import RunConfig
from graph.errors import ConfigError
from graph.reading import LoadNode
from graph.results.provenance import prompts_said, provenance
from graph.results.types import Provenance


def build_ask(
    config: RunConfig,
    *,
    model: Runnable[Any, Any] | SharedModel | None = None,
    checkpointer: Checkpointer = None,
    cache: BaseCache | None = None,
) -> CompiledStateGraph[AskState, None, AskInput, Answers]:
    """Build what answers questions: a Runnable from a document and a question, or several, to answers.

    Each is answered from the passages that share most with it, and compared with the document. The model that is
    built in quotes. Otherwise like `build_graph`.

    Raises:
        ConfigError: the prompts cannot be used.
    """
    try:
        prompts = read_prompts(config.prompts)
    except PromptError as error:
        raise ConfigError(str(error)) from None
    shared = model if isinstance(model, SharedModel) else share_model(config, model, cache)
    nodes = AskNodes(config, prompts, shared, _made(config, prompts, shared))

    graph = StateGraph(AskState, input_schema=AskInput, output_schema=Answers)
    graph.add_node("load", LoadNode(nodes), input_schema=AskInput)
    graph.add_node("find", nodes.find)
    graph.add_node("answer", FlowNode(nodes.answer, shared.limiter), input_schema=AskTask)
    graph.add_node("ground", nodes.ground)

    graph.add_edge(START, "load")
    graph.add_edge("load", "find")
    graph.add_conditional_edges("find", nodes.fan_out, ["answer", "ground"])
    graph.add_edge("answer", "ground")
    graph.add_edge("ground", END)
    app = graph.compile(checkpointer=checkpointer, name="ask")
    return app.with_config({"max_concurrency": config.llm.concurrency})


def _made(config: RunConfig, prompts: Prompts, shared: SharedModel) -> Provenance:
    """How answers are made: with the prompt that asks, and no setting of summaries."""
    made = provenance(config, prompts, shared.handed_in)
    settings = {key: value for key, value in made["settings"].items() if key.startswith("llm.")}
    return {**made, "prompts": prompts_said(prompts, ["ask"]), "settings": settings}
