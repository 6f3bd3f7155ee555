"""What a run says while it goes on: the pages read, beside tasks and results."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langgraph.config import get_stream_writer

from graph import build_graph
from graph.runs.stream import follow
from graph.state import PagesRead
from tests.fakes import RecordingModel, make_config
from tests.pdfs import make_pdf

PAGES = [f"On day {number} the harbour opened and {number} boats left." for number in range(1, 31)]


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "harbour.pdf"
    path.write_bytes(make_pdf([*PAGES]))
    return str(path)


def counted(events: list[PagesRead]) -> list[tuple[int, int]]:
    return [(event["done"], event["wanted"]) for event in events]


class TalkingModel(RecordingModel):
    """Writes to the "custom" stream itself."""

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        for said in ("a word", {"type": "other", "done": 99, "wanted": 1}):
            get_stream_writer()(said)
        return self._generate(messages, **kwargs)


def test_pages_are_heard_of_before_reading_ends_and_nothing_else_is(source: str) -> None:
    heard: list[PagesRead] = []
    at_the_end: list[int] = []

    def on_task(event: dict[str, Any]) -> None:
        if event["name"] == "load" and "input" not in event:
            at_the_end.append(len(heard))

    app = build_graph(make_config(), model=TalkingModel())
    result = asyncio.run(follow(app, {"source": source}, on_task=on_task, on_pages=heard.append))
    assert result["summary"]
    assert counted(heard) == [(done, 30) for done in range(31)]
    assert at_the_end == [31]


def test_nobody_need_listen(source: str) -> None:
    app = build_graph(make_config(), model=RecordingModel())
    assert asyncio.run(follow(app, {"source": source}, on_task=lambda event: None))["summary"]
    assert app.invoke({"source": source})["summary"]


def test_threads_hear_of_pages_too(source: str) -> None:
    app = build_graph(make_config(), model=RecordingModel())
    heard: Any = list(app.stream({"source": source}, stream_mode="custom"))
    assert counted(heard) == [(done, 30) for done in range(31)]
