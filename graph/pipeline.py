"""The graph: wiring only, in the order of the diagram in the README."""

from __future__ import annotations

from functools import partial
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from chains.prompts import PromptError, Prompts, read_prompts
from graph.calling.flow import FlowNode
from graph.calling.shared_model import SharedModel, share_model
from graph.calling.stage_caller import StageCaller
from graph.config import RunConfig
from graph.errors import ConfigError
from graph.nodes import Nodes
from graph.reading import LoadNode
from graph.results.provenance import provenance
from graph.results.types import Result
from graph.routes import fan_out, mend_or_end
from graph.state import CollapseTask, InputState, MapTask, ReviseTask, State


def build_graph(
    config: RunConfig,
    *,
    model: Runnable[Any, Any] | SharedModel | None = None,
    checkpointer: Checkpointer = None,
    cache: BaseCache | None = None,
) -> CompiledStateGraph[State, None, InputState, Result]:
    """Build the pipeline: a Runnable from a path, or LangChain documents, to a summary.

    `model` is any LangChain model; by default the one `config.llm` describes, whose answers `config.cache` keeps.
    `cache` is any LangChain cache, for either model. A `SharedModel` serves several graphs, and has its cache
    with it. Live objects are bound here, so a parent graph needs to know nothing. No tokenizer is read and no
    weights are loaded before a run.

    Raises:
        ConfigError: the prompts cannot be used.
    """
    prompts = _prompts(config)
    shared = model if isinstance(model, SharedModel) else share_model(config, model, cache)
    nodes = _bind(config, prompts, shared)
    calling = partial(FlowNode, limiter=shared.limiter)

    graph = StateGraph(State, input_schema=InputState, output_schema=Result)
    graph.add_node("load", LoadNode(nodes), input_schema=InputState)
    graph.add_node("split", nodes.split)
    graph.add_node("map_summarize", calling(nodes.map_summarize), input_schema=MapTask)
    graph.add_node("collect", nodes.collect)
    graph.add_node("collapse", calling(nodes.collapse), input_schema=CollapseTask)
    graph.add_node("final_summarize", calling(nodes.final_summarize))

    graph.add_edge(START, "load")
    graph.add_edge("load", "split")
    graph.add_conditional_edges("split", fan_out, ["map_summarize", "final_summarize"])
    graph.add_edge("map_summarize", "collect")
    graph.add_conditional_edges("collect", nodes.next_step, ["map_summarize", "collapse", "final_summarize"])
    graph.add_edge("collapse", "collect")
    if config.grounds:
        graph.add_node("ground", nodes.ground)
        graph.add_node("revise", calling(nodes.revise), input_schema=ReviseTask)
        graph.add_edge("final_summarize", "ground")
        graph.add_conditional_edges("ground", mend_or_end, ["revise", END])
        graph.add_edge("revise", "ground")
    else:
        graph.add_edge("final_summarize", END)

    app = graph.compile(checkpointer=checkpointer, name="summarize")
    return app.with_config({"max_concurrency": config.llm.concurrency})


def _prompts(config: RunConfig) -> Prompts:
    try:
        return read_prompts(config.prompts, words=config.words)
    except PromptError as error:
        raise ConfigError(str(error)) from None


def _bind(config: RunConfig, prompts: Prompts, shared: SharedModel) -> Nodes:
    """The nodes with the live objects that they need."""
    made = provenance(config, prompts, shared.handed_in)
    caller = StageCaller(config, prompts, shared.caching)
    return Nodes(config, caller, made, keeps_answers=shared.keeps_answers)


def draw_graph() -> str:
    """The graph as a Mermaid diagram. It is the same for every configuration, except that `ground` may be off."""
    from chains.config import PromptsConfig
    from llm.config import TextRankConfig

    prompts = PromptsConfig(map="{document}", collapse="{document}", final="{document}")
    return build_graph(RunConfig(llm=TextRankConfig(), prompts=prompts)).get_graph().draw_mermaid()
