"""When a model is asked again."""

from __future__ import annotations

from typing import Any

import pytest

from graph.calling.retry import RetryPolicy
from graph.errors import EmptyAnswerError
from llm.errors import BrokenOffError
from tests.fakes import RecordingModel, make_config


def policy(**more: Any) -> RetryPolicy:
    return RetryPolicy(make_config(**more), RecordingModel())


def test_an_answer_that_broke_off_is_tried_as_often_as_configured() -> None:
    error = BrokenOffError("half")
    assert [policy(summarize__retries=2).is_last(tries, error) for tries in (1, 2, 3)] == [False, False, True]
    assert policy(summarize__retries=0).is_last(1, error)


def test_pauses_double_up_to_a_minute_and_are_drawn() -> None:
    first = 2.0
    for tries, least in ((1, 2.0), (2, 4.0), (5, 32.0), (6, 60.0), (10_000, 60.0)):
        assert least <= policy(summarize__retry_seconds=first).pause(tries) <= least + first
    assert policy(summarize__retry_seconds=0).pause(9) == 0


@pytest.mark.parametrize(
    ("provider", "has_fallback", "accepted"),
    [("textrank", False, True), ("textrank", True, True), ("openai", False, False), ("openai", True, True)],
)
def test_nothing_is_taken_for_an_answer_of_a_model_here_or_where_there_is_a_fallback(
    provider: str, has_fallback: bool, accepted: bool
) -> None:
    some = policy(llm={"provider": "textrank"}) if provider == "textrank" else policy()
    assert some.accepts_nothing(EmptyAnswerError(), has_fallback) is accepted
    assert not some.accepts_nothing(BrokenOffError("half"), has_fallback)
