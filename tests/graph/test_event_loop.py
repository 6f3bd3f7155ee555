"""A run on an event loop does not stop it: reading, splitting, calling, grounding, and the cache of answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blockbuster import blockbuster_ctx

from graph import build_graph, load_config
from tests.checkpoints import make_checkpoint

EXAMPLES = Path(__file__).parents[2] / "examples"
# Enough letters for the statistics of languages, which are read from a file.
KOREAN = "항구는 여섯 시에 문을 열고 첫 배는 안개가 걷히기 전에 떠난다. 보고서는 마흔 쪽이다. "
GERMAN = "Der Hafen öffnet um sechs Uhr, und die ersten Boote fahren hinaus, bevor sich der Nebel lichtet. "

WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "ainvoke": lambda app, given: app.ainvoke(given),
    "astream": lambda app, given: read(app.astream(given)),
    "abatch": lambda app, given: app.abatch([given, {"documents": [KOREAN * 9]}]),
    "astream_events": lambda app, given: read(app.astream_events(given, version="v2")),
}


async def read(pieces: Any) -> list[Any]:
    return [piece async for piece in pieces]


def run(app: Any, way: str, given: Any) -> Any:
    async def go() -> Any:
        with blockbuster_ctx():
            return await WAYS[way](app, given)

    return asyncio.run(go())


@pytest.mark.parametrize("way", WAYS)
def test_the_built_in_model_reads_a_pdf_and_a_text(way: str, tmp_path: Path) -> None:
    app = build_graph(load_config("quickstart", [f"cache.path={tmp_path / 'answers.sqlite'}"]))
    for name in ("handbook.pdf", "handbook.md"):
        assert run(app, way, {"source": str(EXAMPLES / name)})
        assert run(app, way, {"source": str(EXAMPLES / name)}), "from the cache"


@pytest.mark.parametrize("strategy", ["auto", "map_reduce"])
def test_a_cold_model_in_this_process(strategy: str, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "cold", context_window=2048)
    keys = [f"llm.model={folder}", "llm.max_tokens=30", f"summarize.strategy={strategy}"]
    app = build_graph(load_config("gemma", [*keys, f"cache.path={tmp_path / 'answers.sqlite'}"]))
    assert run(app, "ainvoke", {"documents": [GERMAN * 6, KOREAN * 3]})["summary"]
