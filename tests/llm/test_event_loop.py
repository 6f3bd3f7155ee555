"""No model stops the event loop, from its first call on: files are looked at, read and loaded on threads.

`langgraph dev` refuses what blocks (blockbuster), and where nothing refuses it a slow disk stops every other task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import llguidance  # noqa: F401  # imports are not calls
import mlx_lm  # noqa: F401
import pytest
from blockbuster import blockbuster_ctx
from langchain_core.caches import InMemoryCache
from langchain_core.exceptions import ModelNotFoundError
from pydantic import BaseModel

from llm import MLX, ChatMLX, TextRank, load_model
from llm.config import OpenAIConfig
from tests.checkpoints import make_checkpoint


class Year(BaseModel):
    """A year."""

    digits: str


async def read(pieces: AsyncIterator[Any]) -> list[Any]:
    return [piece async for piece in pieces]


async def typed(model: ChatMLX) -> str:
    stream: Any = await model.astream_events("a", version="v3")
    return "".join([piece async for piece in stream.text])


WAYS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "ainvoke": lambda model: model.ainvoke("a"),
    "astream": lambda model: read(model.astream("a")),
    "abatch": lambda model: model.abatch(["a", "b"]),
    "agenerate_prompt": lambda model: model.agenerate_prompt([model._convert_input("a")]),
    "astream_events": lambda model: read(model.astream_events("a", version="v2")),
    "gather": lambda model: asyncio.gather(model.ainvoke("a"), model.ainvoke("b")),
}


def run(way: Callable[[Any], Awaitable[Any]], model: Any) -> Any:
    async def go() -> Any:
        with blockbuster_ctx():
            return await way(model)

    return asyncio.run(go())


@pytest.fixture
def cold(tmp_path: Path) -> str:
    """A checkpoint that nothing has read."""
    return str(make_checkpoint(tmp_path / "cold"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [ChatMLX, MLX])
def test_a_cold_model_in_this_process(cold: str, kind: Any, way: str) -> None:
    for cache in (None, InMemoryCache()):
        model = kind(model=cold, max_tokens=3, cache=cache)
        assert run(WAYS[way], model)
        assert run(WAYS[way], model), "and once more"


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
def test_typed_events_and_structured_answers_of_a_cold_model(cold: str) -> None:
    assert run(typed, ChatMLX(model=cold, max_tokens=3))
    chat = ChatMLX(model=cold, max_tokens=60)
    assert run(lambda model: model.with_structured_output(Year).ainvoke("a"), chat)
    assert run(lambda model: model.bind_tools([Year], tool_choice="any").ainvoke("a"), chat).tool_calls


def test_a_model_that_is_not_here_is_named_and_stops_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        run(lambda model: model.ainvoke("a"), ChatMLX(model=str(tmp_path / "absent")))


def test_a_change_of_the_weights_is_seen(cold: str) -> None:
    """What is looked up for one call is not kept for the next."""
    model = MLX(model=cold, max_tokens=3)
    run(lambda model: model.ainvoke("a"), model)
    before = model._identifying_params
    make_checkpoint(cold, random_seed=1)
    fresh = MLX(model=cold + "/", max_tokens=3)
    assert fresh._identifying_params["fingerprint"] != before["fingerprint"]


@pytest.mark.parametrize("way", WAYS)
def test_the_built_in_model(way: str) -> None:
    assert run(WAYS[way], TextRank())


def test_a_server_that_is_not_there() -> None:
    model = load_model(OpenAIConfig(model="x", base_url="http://127.0.0.1:9/v1", max_retries=0))
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        run(lambda model: model.ainvoke("a"), model)
