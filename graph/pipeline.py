"""The graph: wiring only. It reads like the diagram in the README."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Checkpointer

from chains.prompts import PromptError, read_prompts
from graph.calling.model_adapter import with_cache
from graph.calling.stage_caller import Caller
from graph.config import RunConfig
from graph.errors import ConfigError
from graph.nodes import Nodes, Update
from graph.results.provenance import made_by
from graph.results.types import Result
from graph.routes import fan_out
from graph.state import CollapseTask, InputState, MapTask, State


def build_graph(
    config: RunConfig,
    *,
    model: Runnable[Any, Any] | None = None,
    checkpointer: Checkpointer = None,
    cache: BaseCache | None = None,
) -> CompiledStateGraph[State, None, InputState, Result]:
    """Build the pipeline: a Runnable from a path, or LangChain documents, to a summary.

    `model` is any LangChain model; by default the one `config.llm` describes, whose answers `config.cache` keeps.
    `cache` is any LangChain cache, for either model. Live objects are bound here, so a parent graph needs to know
    nothing. No tokenizer is read and no weights are loaded before a run.

    Raises:
        ConfigError: the prompts cannot be used.
    """
    try:
        prompts = read_prompts(config.prompts)
    except PromptError as error:
        raise ConfigError(str(error)) from None
    made = made_by(config, prompts, model)
    if model is None:
        from llm.cache import open_cache
        from llm.load import load_model

        model = load_model(config.llm)
        cache = cache or open_cache(config.cache)
    if cache is not None:
        model = with_cache(model, cache)
    nodes = Nodes(config, Caller(config, prompts, model), made, keeps_answers=cache is not None)

    graph = StateGraph(State, input_schema=InputState, output_schema=Result)
    graph.add_node("load", nodes.load, input_schema=InputState)
    graph.add_node("split", nodes.split)
    graph.add_node("map_summarize", _Node(nodes.map_summarize, nodes.amap_summarize), input_schema=MapTask)
    graph.add_node("collect", nodes.collect)
    graph.add_node("collapse", _Node(nodes.collapse, nodes.acollapse), input_schema=CollapseTask)
    graph.add_node("final_summarize", _Node(nodes.final_summarize, nodes.afinal_summarize))

    graph.add_edge(START, "load")
    graph.add_edge("load", "split")
    graph.add_conditional_edges("split", fan_out, ["map_summarize", "final_summarize"])
    graph.add_edge("map_summarize", "collect")
    graph.add_conditional_edges("collect", nodes.next_step, ["map_summarize", "collapse", "final_summarize"])
    graph.add_edge("collapse", "collect")
    if config.output.grounding:
        graph.add_node("ground", nodes.ground)
        graph.add_edge("final_summarize", "ground")
        graph.add_edge("ground", END)
    else:
        graph.add_edge("final_summarize", END)

    app = graph.compile(checkpointer=checkpointer, name="summarize")
    return app.with_config({"max_concurrency": config.llm.concurrency})


class _Node(Runnable[Any, Update]):
    """One node for threads and for event loops.

    Not a RunnableLambda: LangChain remembers the functions of those, and with them the model and its weights.
    """

    def __init__(self, node: Callable[..., Update], anode: Callable[..., Awaitable[Update]]) -> None:
        self.name = node.__name__
        self._node = node
        self._anode = anode

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:
        """Do the work, in this thread."""
        return self._node(input, ensure_config(config))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:
        """Do the work, without holding a thread."""
        return await self._anode(input, ensure_config(config))


def draw_graph() -> str:
    """The graph as a Mermaid diagram, the same for every configuration but for `ground`, which may be off."""
    from chains.config import PromptsConfig
    from llm.config import TextRankConfig

    prompts = PromptsConfig(map="{document}", collapse="{document}", final="{document}")
    return build_graph(RunConfig(llm=TextRankConfig(), prompts=prompts)).get_graph().draw_mermaid()
