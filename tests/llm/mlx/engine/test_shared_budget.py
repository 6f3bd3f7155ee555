"""Several engines on one machine: they share its memory, and none takes what another one has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlx.utils import tree_flatten

import llm.mlx.engine.kv_budget
from llm.errors import ContextOverflowError
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.kv_budget import SharedBudget
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.single import SingleOptions
from tests.engine_fakes import Ids, add, load, needed, run, tokens

Folder = Callable[[str], Path]


class Small:
    """Two schedulers on a machine that has room for one large request."""

    def __init__(self, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(llm.mlx.engine.kv_budget, "shared_budget", SharedBudget())
        self.large = Request(tokens(200), 1400, Ids())
        weights = sum(array.nbytes for _, array in tree_flatten(model.parameters()))
        usable = 2 * weights + 1.15 * needed(model, [self.large.total], 200)
        monkeypatch.setattr(llm.mlx.engine.kv_budget, "recommended_bytes", lambda: int(usable / 0.9))
        self.first, self.second = open_scheduler(model, []), open_scheduler(model, [])

    def another(self) -> Request:
        return Request(tokens(200, 1), 1400, Ids())


@pytest.fixture
def small(checkpoint: Folder, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = Small(load(checkpoint("gemma")), monkeypatch)
    yield made
    made.first.close()
    made.second.close()


def test_two_engines_take_turns_with_the_memory_of_one_machine(small: Small) -> None:
    other = small.another()
    small.first.add(small.large)
    small.second.add(other)
    for _ in range(4):
        small.first.step()
        small.second.step()
    assert small.large.sink.ids
    assert not other.sink.ids
    small.large.sink.enough_after = len(small.large.sink.ids) + 1
    run(small.first)
    small.second.step()
    small.second.step()
    assert other.sink.ids


def test_memory_of_a_dropped_request_is_free_for_another_engine_at_once(small: Small) -> None:
    other = small.another()
    small.first.add(small.large)
    small.first.step()
    small.first.step()
    small.first.drop(small.large)
    small.second.add(other)
    for _ in range(3):
        small.second.step()
    assert other.sink.ids


def test_two_engines_that_choose_at_the_same_moment_do_not_take_the_same_memory(small: Small) -> None:
    """The second one turns in the midst of the first one's turn, as a thread of its own may."""

    class Nosy(Ids):
        def token(self, token: int) -> bool:
            small.second.step()
            return super().token(token)

    other = small.another()
    small.first.add(Request(tokens(3), 40, Nosy()))
    small.first.step()
    small.first.add(small.large)
    small.second.add(other)
    for _ in range(3):
        small.first.step()
    assert not (small.large.sink.ids and other.sink.ids)


def test_beginnings_that_two_engines_keep_do_not_stop_both_for_ever(small: Small) -> None:
    beginning = tokens(300, 9)
    for scheduler in (small.first, small.second):
        for i in range(3):
            sink = add(scheduler, beginning + [i + 6] * 20, 2)
            run(scheduler)
        assert sink.cached_tokens == len(beginning)
    both = {small.first: small.large, small.second: small.another()}
    for scheduler, request in both.items():
        scheduler.add(request)
    for _ in range(40):
        for scheduler, request in both.items():
            scheduler.step()
            if request.sink.started.is_set():
                scheduler.drop(request)
    assert all(request.sink.started.is_set() for request in both.values())


def test_a_draft_model_counts_as_memory_too(checkpoint: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights and its keys and values are held beside the model's own."""
    model, draft = load(checkpoint("gemma")), load(checkpoint("gemma"))
    plain = needed(model, [400], 200)
    scheduler = open_scheduler(model, [], SingleOptions(draft_model=draft))
    sink = add(scheduler, tokens(200), 200, limits=Limits(1, int(1.2 * plain)))
    assert isinstance(sink.error, ContextOverflowError)
    scheduler.close()
