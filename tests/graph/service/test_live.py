"""What readers of a job hear: each at its own pace, late or not, and never out of order."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

import pytest

from graph.service import live as module
from graph.service.live import EventIds, Live
from graph.service.types import JobEvent, Progress


@pytest.fixture
def live() -> Live:
    return Live(EventIds(3))


async def now(live: Live, after: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """What a new reader is told at once."""
    reader, heard = live.events(after), []
    while True:
        try:
            async with asyncio.timeout(0.02):
                event = await anext(reader)
        except (TimeoutError, StopAsyncIteration):
            return heard
        heard.append((event.kind, event.data))


def stages(heard: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [data["stage"] for kind, data in heard if kind == "progress"]


async def test_a_late_reader_is_told_all_at_once(live: Live) -> None:
    live.report(Progress("reading", 1, 3))
    live.report(Progress("final", 0, 1))
    for text, at in (("It ", 0), ("opens ", 3), ("at six.", 9)):
        live.write(text, at)
    assert stages(await now(live)) == ["final"]
    assert (await now(live))[1:] == [("token", {"text": "It opens at six.", "at": 0})]


async def test_an_answer_begun_anew_starts_again(live: Live) -> None:
    live.write("Sure! Here ", 0)
    reader = live.events(None)
    assert (await anext(reader)).data == {"text": "Sure! Here ", "at": 0}
    live.write("is", 11)
    live.write("It opens", 0)
    assert (await anext(reader)).data == {"text": "It opens", "at": 0}
    live.write(" at six.", 8)
    assert (await anext(reader)).data == {"text": " at six.", "at": 8}


async def test_a_reader_that_comes_back_hears_only_what_is_new(live: Live) -> None:
    live.report(Progress("final", 0, 1))
    live.write("It ", 0)
    reader = live.events(None)
    first, last = await anext(reader), await anext(reader)
    assert await now(live, last.id) == []
    assert await now(live, first.id) == [(first.kind, first.data), (last.kind, last.data)]
    back = live.events(last.id)
    waiting = asyncio.ensure_future(anext(back))
    await asyncio.sleep(0)
    live.write("opens", 3)
    assert (await waiting).data == {"text": "opens", "at": 3}
    assert (await now(live, last.id))[-1] == ("token", {"text": "It opens", "at": 0})


async def test_a_slow_reader_skips_what_is_outdated(live: Live) -> None:
    live.report(Progress("map", 0, 9))
    reader = live.events(None)
    assert (await anext(reader)).data["done"] == 0
    for number in range(10_000):
        live.write("word ", 5 * number)
    live.finish(JobEvent(str(EventIds(4).next()), "done", {}))
    rest = [event async for event in reader]
    assert [event.kind for event in rest] == ["token", "done"]
    assert rest[0].data == {"text": "word " * 10_000, "at": 0}
    assert int(rest[0].id) < int(rest[1].id)


async def test_progress_is_told_twice_a_second_and_new_stages_at_once(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 100.0
    monkeypatch.setattr(module, "_now", lambda: clock)
    later: list[Any] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda wait, work: later.append((wait, work)) or _Handle())
    reader = live.events(None)
    live.report(Progress("reading", 0, 900))
    assert (await anext(reader)).data["done"] == 0
    for page in range(1, 900):
        clock = 100.0 + page / 10_000
        live.report(Progress("reading", page, 900))
    assert len(later) == 1
    wait, work = later[0]
    assert wait == pytest.approx(0.4999)
    live.report(Progress("map", 0, 5))
    assert (await anext(reader)).data["stage"] == "map"
    live.report(Progress("map", 1, 5))
    work()
    assert live.progress
    assert (await anext(reader)).data == asdict(live.progress)
    clock = 101.0
    live.report(Progress("map", 2, 5))
    assert (await anext(reader)).data["done"] == 2


class _Handle:
    def cancel(self) -> None:
        pass


async def test_nothing_is_said_after_the_end(live: Live) -> None:
    live.report(Progress("map", 0, 9))
    live.report(Progress("map", 1, 9))
    live.close()
    live.write("too late", 0)
    assert [kind for kind, _ in await now(live)] == ["progress", "token"]


def test_ids_grow_from_start_to_start() -> None:
    first, second = EventIds(1), EventIds(2)
    numbers = [first.next() for _ in range(1000)]
    assert numbers == sorted({*numbers})
    assert second.next() > numbers[-1]
    assert EventIds(9_000_000).next() < 2**53
