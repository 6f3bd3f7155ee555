"""Several engines on one machine: they share its memory, and none takes what another one has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlx.utils import tree_flatten

import llm.mlx.engine.kv_budget
from llm.errors import ContextOverflowError
from llm.mlx.engine.build import open_decoder
from llm.mlx.engine.kv_budget import Ledger
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.single import Alone
from tests.engine_fakes import Ids, add, load, needed, run, tokens

Folder = Callable[[str], Path]


class Small:
    """Two decoders on a machine that has room for one large request."""

    def __init__(self, model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(llm.mlx.engine.kv_budget, "ledger", Ledger())
        self.large = Request(tokens(200), 1400, Ids())
        weights = sum(array.nbytes for _, array in tree_flatten(model.parameters()))
        usable = 2 * weights + 1.15 * needed(model, [self.large.total], 200)
        monkeypatch.setattr(llm.mlx.engine.kv_budget, "recommended_bytes", lambda: int(usable / 0.9))
        self.first, self.second = open_decoder(model, []), open_decoder(model, [])

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
        small.first.turn()
        small.second.turn()
    assert small.large.sink.ids
    assert not other.sink.ids
    small.large.sink.enough_after = len(small.large.sink.ids) + 1
    run(small.first)
    small.second.turn()
    small.second.turn()
    assert other.sink.ids


def test_memory_of_a_dropped_request_is_free_for_another_engine_at_once(small: Small) -> None:
    other = small.another()
    small.first.add(small.large)
    small.first.turn()
    small.first.turn()
    small.first.drop(small.large)
    small.second.add(other)
    for _ in range(3):
        small.second.turn()
    assert other.sink.ids


def test_two_engines_that_choose_at_the_same_moment_do_not_take_the_same_memory(small: Small) -> None:
    """The second one turns in the midst of the first one's turn, as a thread of its own may."""

    class Nosy(Ids):
        def token(self, token: int) -> bool:
            small.second.turn()
            return super().token(token)

    other = small.another()
    small.first.add(Request(tokens(3), 40, Nosy()))
    small.first.turn()
    small.first.add(small.large)
    small.second.add(other)
    for _ in range(3):
        small.first.turn()
    assert not (small.large.sink.ids and other.sink.ids)


def test_beginnings_that_two_engines_keep_do_not_stop_both_for_ever(small: Small) -> None:
    beginning = tokens(300, 9)
    for decoder in (small.first, small.second):
        for i in range(3):
            sink = add(decoder, beginning + [i + 6] * 20, 2)
            run(decoder)
        assert sink.cached_tokens == len(beginning)
    both = {small.first: small.large, small.second: small.another()}
    for decoder, request in both.items():
        decoder.add(request)
    for _ in range(40):
        for decoder, request in both.items():
            decoder.turn()
            if request.sink.started.is_set():
                decoder.drop(request)
    assert all(request.sink.started.is_set() for request in both.values())


def test_a_draft_model_counts_as_memory_too(checkpoint: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its weights and its keys and values are held beside the model's own."""
    model, draft = load(checkpoint("gemma")), load(checkpoint("gemma"))
    plain = needed(model, [400], 200)
    decoder = open_decoder(model, [], Alone(draft_model=draft))
    sink = add(decoder, tokens(200), 200, limits=Limits(1, int(1.2 * plain)))
    assert isinstance(sink.error, ContextOverflowError)
    decoder.close()
