"""Flows, driven by threads and by event loops: the same calls, the same answers, the same errors."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.exceptions import ModelConnectionError
from langchain_core.runnables import RunnableLambda

from graph.calling.flow import Chain, Flow, ModelCall, adrive, drive
from graph.calling.limiter import Limiter

Drive = Callable[..., Any]


def in_thread(flow: Flow[Any], limiter: Limiter | None = None, run: str = "") -> Any:
    return drive(flow, limiter or Limiter(1), run, {})


def in_loop(flow: Flow[Any], limiter: Limiter | None = None, run: str = "") -> Any:
    return asyncio.run(adrive(flow, limiter or Limiter(1), run, {}))


DRIVERS = pytest.mark.parametrize("driven", [in_thread, in_loop])


def says(answer: Callable[[str], str]) -> Chain:
    return RunnableLambda(lambda prompt: answer(prompt["document"]))


def breaks(error: Exception) -> Chain:
    def fail(document: str) -> str:
        raise error

    return says(fail)


@DRIVERS
def test_a_flow_is_sent_what_its_calls_answer_and_returns(driven: Drive) -> None:
    def twice() -> Flow[str]:
        first = yield ModelCall(says(str.upper), "a")
        second = yield ModelCall(says(lambda text: text * 2), str(first))
        return str(second)

    assert driven(twice()) == "AA"


@DRIVERS
def test_a_flow_without_a_call_returns_at_once(driven: Drive) -> None:
    def nothing() -> Flow[int]:
        return 3
        yield ModelCall(says(str.upper), "never")

    assert driven(nothing()) == 3


@DRIVERS
@pytest.mark.parametrize("error", [OSError("gone"), StopIteration("odd")])
def test_a_flow_is_thrown_the_error_of_its_call_and_may_go_on(driven: Drive, error: Exception) -> None:
    def careful() -> Flow[str]:
        try:
            yield ModelCall(breaks(error), "a")
        except Exception as met:
            said = f"{{}} after {type(met).__name__}"
            return str((yield ModelCall(says(said.format), "b")))
        return "no error"

    assert driven(careful()).startswith("b after ")


@DRIVERS
def test_an_error_that_no_flow_catches_is_raised(driven: Drive) -> None:
    def careless() -> Flow[None]:
        yield ModelCall(breaks(KeyError("choices")), "a")

    with pytest.raises(KeyError, match="choices"):
        driven(careless())


def one(chain: Chain) -> Flow[str]:
    return str((yield ModelCall(chain, "a")))


@DRIVERS
def test_after_a_fatal_error_the_calls_of_its_run_are_not_made_and_those_of_others_are(driven: Drive) -> None:
    limiter = Limiter(1)
    asked: list[str] = []

    def answer(document: str) -> str:
        asked.append(document)
        return "ok"

    with pytest.raises(ModelConnectionError):
        driven(one(breaks(ModelConnectionError("the server is gone"))), limiter, "first")
    with pytest.raises(ModelConnectionError, match="the server is gone"):
        driven(one(says(answer)), limiter, "first")
    assert asked == []
    assert driven(one(says(answer)), limiter, "second") == "ok"
    assert driven(one(says(answer)), limiter) == "ok"


@DRIVERS
def test_an_error_of_one_call_leaves_the_others_of_its_run_alone(driven: Drive) -> None:
    limiter = Limiter(1)
    with pytest.raises(OSError, match="odd page"):
        driven(one(breaks(OSError("odd page"))), limiter, "run")
    assert driven(one(says(str.upper)), limiter, "run") == "A"


def test_who_waits_for_a_slot_when_the_fatal_error_comes_does_not_ask() -> None:
    limiter, under_way, go_on = Limiter(1), threading.Event(), threading.Event()
    asked: list[str] = []

    def answer(document: str) -> str:
        asked.append(document)
        return "ok"

    def fail_when_told(document: str) -> str:
        under_way.set()
        assert go_on.wait(20)
        raise ModelConnectionError("the server is gone")

    def wait_in_line() -> None:
        with pytest.raises(ModelConnectionError):
            in_thread(one(says(answer)), limiter, "run")

    def fail() -> None:
        with pytest.raises(ModelConnectionError):
            in_thread(one(says(fail_when_told)), limiter, "run")

    threads = [threading.Thread(target=fail), threading.Thread(target=wait_in_line)]
    threads[0].start()
    assert under_way.wait(20)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert asked == []
