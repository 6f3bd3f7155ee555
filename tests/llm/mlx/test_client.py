"""Ways to wait for an answer: whoever stops waiting takes the request back, and no row or thread is left."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from llm.errors import EngineError, InvalidRequestError, TimedOutError
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.client import Call, astream, await_answers, stream, submit, wait
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Limits
from llm.mlx.engine.sampling import Sampling
from llm.mlx.output_processor import RequestOutput
from tests.engine_fakes import clear_prompts, engine_threads, intercept, load


class Desk:
    """An engine that counts the rows of each forward pass, and calls on it."""

    def __init__(self, folder: Path) -> None:
        self.rows: list[int] = []
        self.may_load = Event()
        self.may_load.set()
        self._folder = folder
        self._checkpoint = Checkpoint(str(folder))
        self.engine = Engine(self._load, stop_ids=[])

    def _load(self) -> Any:
        self.may_load.wait(60)
        return intercept(load(self._folder), lambda inputs: self.rows.append(inputs.shape[0]))

    def call(self, number: int = 0, max_tokens: int = 10, **options: Any) -> Call:
        ids = clear_prompts(self._folder, 8, 30)[number]
        detokenizer = lambda: self._checkpoint.tokenizer.detokenizer  # noqa: E731
        call = Call(self.engine, detokenizer, ids, max_tokens, (), Sampling(), Limits())
        return replace(call, **options)

    def check_free(self) -> None:
        """Nobody else is in the engine: calls that want it for themselves run at once, and nothing else runs."""
        before = len(self.rows)
        first, second = (wait([self.call(1, limits=Limits(rows=1))])[0] for _ in range(2))
        assert (first.text, first.output_tokens) == (second.text, 10)
        # For each: a forward pass for each token, and one to read the prompt; and the step under way.
        assert len(self.rows) - before <= 2 * 11 + 4


@pytest.fixture
def desk(checkpoint: Callable[[str], Path]) -> Iterator[Desk]:
    before = engine_threads()
    made = Desk(checkpoint("gemma"))
    wait([made.call(1, 1)])
    made.rows.clear()
    yield made
    made.may_load.set()
    made.engine.close()
    assert engine_threads() <= before


def answers(desk: Desk, prompts: range, **options: Any) -> list[str]:
    return [wait([desk.call(i, **options)])[0].text for i in prompts]


def test_a_list_is_decoded_together_and_answered_in_order(desk: Desk) -> None:
    expected = answers(desk, range(6), max_tokens=30)
    desk.rows.clear()
    assert [answer.text for answer in wait([desk.call(i, 30) for i in range(6)])] == expected
    assert max(desk.rows) == 6 or desk.rows.count(max(desk.rows)) > 10
    assert [a.text for a in asyncio.run(await_answers([desk.call(i, 30) for i in range(6)]))] == expected
    assert wait([]) == []
    assert asyncio.run(await_answers([])) == []


def test_four_ways_to_wait_give_the_same_answer(desk: Desk) -> None:
    async def pieces() -> list[str | RequestOutput]:
        return [item async for item in astream(desk.call(2, 30))]

    (whole,) = wait([desk.call(2, 30)])
    (awaited,) = asyncio.run(await_answers([desk.call(2, 30)]))
    for items in (list(stream(desk.call(2, 30))), asyncio.run(pieces())):
        *texts, last = items
        assert isinstance(last, RequestOutput)
        assert "".join(map(str, texts)) == last.text == whole.text == awaited.text
        assert (last.output_tokens, last.finish_reason) == (30, "length")


def test_each_call_in_a_batch_ends_at_its_own_stop_string(desk: Desk) -> None:
    expected = answers(desk, range(5), max_tokens=40)
    stops = [text[12:14] for text in expected]
    cut = wait([desk.call(i, 40, stop=(stop,)) for i, stop in enumerate(stops)])
    for answer, whole, stop in zip(cut, expected, stops, strict=True):
        assert (answer.text, answer.finish_reason) == (whole[: whole.index(stop)], "stop")
        assert answer.output_tokens < 40
    whole_again = wait([desk.call(0, 40, stop=("never said",)), desk.call(1, 40, stop=(stops[1], stops[0]))])
    assert whole_again[0].text == expected[0]
    desk.check_free()


def test_a_cancelled_task_takes_its_request_back_running_or_queued(desk: Desk) -> None:
    async def main() -> None:
        only = Limits(rows=1)
        tasks = [asyncio.create_task(await_answers([desk.call(i, 5000, limits=only)])) for i in range(3)]
        while not desk.rows:
            await asyncio.sleep(0.001)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(end) for end in ended} == {asyncio.CancelledError}
        await asyncio.to_thread(desk.check_free)

    asyncio.run(main())


def test_a_closed_stream_takes_its_request_back(desk: Desk) -> None:
    running = stream(desk.call(0, 5000))
    next(running)
    running.close()
    desk.check_free()

    async def main() -> None:
        async_running = astream(desk.call(0, 5000))
        await anext(async_running)
        await async_running.aclose()
        await asyncio.to_thread(desk.check_free)  # while the loop runs: without one the request could not go on

    asyncio.run(main())


def test_a_stream_that_is_let_go_takes_its_request_back(desk: Desk) -> None:
    running = stream(desk.call(0, 5000))
    next(running)
    del running
    gc.collect()
    desk.check_free()


def test_a_stream_that_nobody_reads_asks_for_nothing(desk: Desk) -> None:
    stream(desk.call(0, 5000))
    desk.check_free()
    assert set(desk.rows) == {1}


def test_a_task_that_waits_for_the_next_piece_can_be_cancelled(desk: Desk) -> None:
    async def read() -> None:
        async for _ in astream(desk.call(0, 5000)):
            pass

    async def main() -> None:
        task = asyncio.create_task(read())
        while not desk.rows:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(desk.check_free)

    asyncio.run(main())


def ways(desk: Desk, call: Call) -> dict[str, Callable[[], object]]:
    async def read() -> list[object]:
        return [item async for item in astream(call)]

    return {
        "wait": lambda: wait([call]),
        "ticket": lambda: submit([call])[0].wait(),
        "stream": lambda: list(stream(call)),
        "await": lambda: asyncio.run(await_answers([call, call])),
        "astream": lambda: asyncio.run(read()),
    }


@pytest.mark.parametrize("way", ["wait", "ticket", "stream", "await", "astream"])
@pytest.mark.parametrize("timeout", [1e-6, 0.1])
def test_who_waits_too_long_is_told_so_and_its_request_is_gone(desk: Desk, way: str, timeout: float) -> None:
    with pytest.raises(TimedOutError, match="within"):
        ways(desk, desk.call(0, 7000, timeout=timeout))[way]()
    desk.check_free()


@pytest.mark.parametrize("way", ["wait", "stream", "await", "astream"])
def test_an_answer_in_time_is_given_and_a_bad_request_is_an_error(desk: Desk, way: str) -> None:
    assert ways(desk, desk.call(0, 5, timeout=60))[way]()
    with pytest.raises(InvalidRequestError):
        ways(desk, desk.call(0, prompt=[]))[way]()
    desk.check_free()


def test_one_failure_in_a_list_takes_the_others_back(desk: Desk) -> None:
    calls = [desk.call(0, 5000), desk.call(1, 5000), desk.call(2, prompt=[])]
    with pytest.raises(InvalidRequestError):
        asyncio.run(await_answers(calls))
    desk.check_free()
    calls = [desk.call(2, prompt=[]), desk.call(0, 5000), desk.call(1, 5000)]
    with pytest.raises(InvalidRequestError):
        wait(calls)
    desk.check_free()


def test_an_abandoned_call_lets_its_waiter_go(desk: Desk) -> None:
    (ticket,) = submit([desk.call(0, 5000)])
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(ticket.wait)
        ticket.abandon()
        with pytest.raises(EngineError):
            waiter.result(60)
    desk.check_free()


def test_what_is_taken_back_before_the_weights_are_there_is_never_run(desk: Desk) -> None:
    desk.engine.close()
    desk.may_load.clear()
    tickets = submit([desk.call(i, 5000) for i in range(4)])
    for ticket in tickets[1:]:
        ticket.cancel()
    short = submit([desk.call(1, 3)])
    tickets[0].cancel()
    desk.may_load.set()
    assert short[0].wait().output_tokens == 3
    desk.check_free()


def test_a_loop_that_is_gone_does_not_hold_a_row(desk: Desk) -> None:
    loop = asyncio.new_event_loop()
    call = desk.call(0, 5000)
    running = astream(call)
    loop.run_until_complete(anext(running))
    loop.close()
    desk.check_free()
    with pytest.raises(StopIteration):
        running.aclose().send(None)


@pytest.mark.parametrize("way", ["await", "astream"])
def test_a_task_that_still_waits_when_its_loop_is_closed_ends_in_silence(
    desk: Desk, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for asyncio's own word on tasks that were destroyed; and its row is given back."""
    raised: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", raised.append)
    monkeypatch.setattr("threading.excepthook", raised.append)

    async def read() -> None:
        async for _ in astream(desk.call(0, 5000)):
            pass

    async def begin() -> object:
        task = asyncio.create_task(read() if way == "astream" else await_answers([desk.call(0, 5000)]))
        while not desk.rows:
            await asyncio.sleep(0.001)
        return task

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    task = loop.run_until_complete(begin())
    loop.close()
    del task
    gc.collect()
    desk.check_free()
    assert raised == []


def test_many_threads_leave_no_thread_behind(desk: Desk) -> None:
    expected = answers(desk, range(8))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda i: wait([desk.call(i % 8)])[0].text, range(32))) == expected * 4
    mine = engine_threads()
    desk.check_free()
    assert engine_threads() == mine
