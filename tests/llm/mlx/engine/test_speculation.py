"""Drafts change how fast an answer comes, and nothing else of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import llm.mlx.engine.ragged_batch
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.sampling import Sampling
from llm.mlx.engine.scheduler import Scheduler
from tests.checkpoints import Family, make_checkpoint
from tests.engine_fakes import Foreseeing, Ids, add, alone, fails_at, load, run, tokens

Folder = Callable[..., Path]

LENGTHS = [1, 5, 31, 33, 64, 90, 130, 300]


def foresee(monkeypatch: pytest.MonkeyPatch, answers: dict[tuple[int, ...], list[int]]) -> None:
    """Let every draft come from these answers, wrong ones among them."""
    monkeypatch.setattr(llm.mlx.engine.ragged_batch, "Drafter", Foreseeing.of(answers))


def ask(scheduler: Scheduler, asked: list[Request]) -> list[list[int]]:
    """Requests that come one after the other, and their answers."""
    for request in asked:
        scheduler.add(request)
        scheduler.step()
        scheduler.step()
    run(scheduler)
    return [request.sink.ids for request in asked]


def requests(count: int, most: int = 40, **options: Any) -> list[Request]:
    """Ragged ones, on both sides of the sliding window."""
    return [
        Request(tokens(LENGTHS[i % 8], i), most - 3 * i, Ids(), limits=Limits(8), **options) for i in range(count)
    ]


@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
@pytest.mark.parametrize("rows", [1, 2, 8])
def test_rows_that_accept_different_lengths_say_what_each_says_alone(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, family: str, rows: int
) -> None:
    model = load(checkpoint(family))
    with closing(open_scheduler(model, [])) as scheduler:
        plain = ask(scheduler, requests(rows, speculate="off"))
        foresee(monkeypatch, {tuple(r.prompt): ids for r, ids in zip(requests(rows), plain, strict=True)})
        asked = requests(rows)
        ask(scheduler, asked)
    for request in asked:
        assert request.sink.outcome == (alone(model, request), "length", None)
        assert 0 < request.sink.effort.accepted_tokens < request.max_tokens
    assert any(request.sink.effort.accepted_tokens < request.sink.effort.drafted_tokens for request in asked)


@pytest.mark.parametrize(
    ("family", "window"),
    [
        ("gemma3", 4),
        ("gemma3", 16),
        ("gemma3", 40),
        pytest.param("gemma3n", 4, marks=pytest.mark.slow),
        pytest.param("gemma4", 16, marks=pytest.mark.slow),
    ],
)
def test_a_window_that_is_crossed_many_times_keeps_what_a_rejected_draft_overwrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: Family, window: int
) -> None:
    model = load(make_checkpoint(tmp_path / family, family, sliding_window=window))
    with closing(open_scheduler(model, [])) as scheduler:
        plain = ask(scheduler, requests(3, 200, speculate="off"))
        foresee(monkeypatch, {tuple(r.prompt): ids for r, ids in zip(requests(3), plain, strict=True)})
        asked = requests(3, 200)
        ask(scheduler, asked)
    for request in asked:
        assert request.sink.ids == alone(model, request)
        assert request.sink.effort.accepted_tokens > 40


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=1.0, seed=3),
        Sampling(temperature=0.8, top_p=0.9, seed=5),
        Sampling(repetition_penalty=1.5),
        Sampling(temperature=1.0, repetition_penalty=1.3, seed=8),
    ],
    ids=str,
)
def test_a_seed_and_a_penalty_say_the_same_drafted_or_not(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, sampling: Sampling
) -> None:
    model = load(checkpoint("gemma3"))
    with closing(open_scheduler(model, [])) as scheduler:
        plain = ask(scheduler, requests(5, sampling=sampling, speculate="off"))
        foresee(monkeypatch, {tuple(r.prompt): ids for r, ids in zip(requests(5), plain, strict=True)})
        asked = requests(5, sampling=sampling)
        ask(scheduler, asked)
    for request in asked:
        assert request.sink.ids == alone(model, request)
        assert request.sink.effort.accepted_tokens > 0


def test_sampled_tokens_follow_their_distribution_whatever_is_drafted(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chi-square of tokens after each token, against a known distribution that hangs on the token before."""
    import mlx.core as mx

    shares = [0.5, 0.25, 0.15, 0.07, 0.03]

    def distribute(context: Any, logits: Any) -> Any:
        turned = [shares[(i + int(context[-1])) % 5] for i in range(5)]
        known = mx.full(logits.shape, -mx.inf)
        known[:, 10:15] = mx.log(mx.array(turned))
        return known

    prompts = [tokens(12, i) for i in range(4)]
    wishful = [10, 10, 11, 10, 12, 14] * 150
    foresee(monkeypatch, {tuple(prompt): wishful for prompt in prompts})
    with closing(open_scheduler(load(checkpoint("gemma", layers=1)), [])) as scheduler:
        asked = [
            Request(prompt, 800, Ids(), Sampling(temperature=1.0, seed=i), [distribute])
            for i, prompt in enumerate(prompts)
        ]
        said = ask(scheduler, asked)
    assert sum(request.sink.effort.accepted_tokens for request in asked) > 200
    pairs = Counter(pair for ids in said for pair in pairwise(ids))
    assert {token for pair in pairs for token in pair} == set(range(10, 15))
    chi_square = 0.0
    for before in range(10, 15):
        total = sum(pairs[before, token] for token in range(10, 15))
        expected = [total * shares[(i + before) % 5] for i in range(5)]
        chi_square += sum((pairs[before, 10 + i] - each) ** 2 / each for i, each in enumerate(expected))
    assert chi_square < 45.3, "999 of 1,000 samples stay below, with 20 degrees of freedom"


@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_a_processor_is_called_once_for_every_token_and_sees_no_rejected_draft(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    import mlx.core as mx

    seen: list[list[int]] = []

    def forbid_odd(context: Any, logits: Any) -> Any:
        seen.append(context.tolist())
        return mx.where(mx.arange(logits.shape[-1]) % 2 == 1, -mx.inf, logits)

    model, prompt = load(checkpoint(family)), tokens(70)
    answer = alone(model, Request(prompt, 30, Ids()), forbid_odd)
    seen.clear()
    foresee(monkeypatch, {tuple(prompt): answer})
    with closing(open_scheduler(model, [])) as scheduler:
        request = Request(prompt, 30, Ids(), processors=[forbid_odd], limits=Limits(4))
        ask(scheduler, [Request(tokens(9), 40, Ids()), request])
    said = request.sink.ids
    assert not any(token % 2 for token in said)
    assert seen[: len(said)] == [prompt + said[:i] for i in range(len(said))]
    assert request.sink.effort.accepted_tokens > 0
    assert said == alone(model, request, forbid_odd)


@pytest.mark.parametrize("call", [1, 2, 7, 20])
def test_a_processor_that_raises_within_a_draft_fails_its_own_request(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    model, prompt = load(checkpoint("gemma3")), tokens(25, 9)
    answer = alone(model, Request(prompt, 30, Ids()))
    foresee(monkeypatch, {tuple(prompt): answer})
    other = Request(tokens(40), 30, Ids())
    with closing(open_scheduler(model, [])) as scheduler:
        scheduler.add(other)
        broken = add(scheduler, prompt, 30, processors=[fails_at(call)])
        run(scheduler)
    assert broken.ids == answer[: call - 1]
    assert "the grammar has a hole" in str(broken.error)
    assert other.sink.outcome == (alone(model, other), "length", None)


@pytest.mark.parametrize("enough", [1, 2, 5, 17])
def test_a_sink_that_has_had_enough_within_a_draft_hears_no_more(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, enough: int
) -> None:
    model, prompt = load(checkpoint("gemma")), tokens(25, 9)
    answer = alone(model, Request(prompt, 30, Ids()))
    foresee(monkeypatch, {tuple(prompt): answer})
    other = Request(tokens(40), 30, Ids())
    with closing(open_scheduler(model, [])) as scheduler:
        scheduler.add(other)
        sink = add(scheduler, prompt, 30, Ids(enough_after=enough))
        run(scheduler)
    assert sink.outcome == (answer[:enough], "stop", None)
    assert other.sink.outcome == (alone(model, other), "length", None)


def test_the_token_that_ends_an_answer_ends_it_within_a_draft_too(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, prompt = load(checkpoint("gemma")), tokens(25, 9)
    answer = alone(model, Request(prompt, 30, Ids()))
    end = next(place for place in range(6, 30) if answer[place] not in answer[:place])
    foresee(monkeypatch, {tuple(prompt): answer})
    with closing(open_scheduler(model, [answer[end]])) as scheduler:
        sink = add(scheduler, prompt, 30)
        run(scheduler)
    assert sink.outcome == (answer[:end], "stop", None)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_answer_is_longer_than_asked_for(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    model, prompt = load(checkpoint("gemma3")), tokens(25, 9)
    answer = alone(model, Request(prompt, 9, Ids()))
    foresee(monkeypatch, {tuple(prompt): answer})
    with closing(open_scheduler(model, [])) as scheduler:
        sink = add(scheduler, prompt, most)
        run(scheduler)
    assert sink.outcome == (answer[:most], "length", None)


def test_a_row_that_is_dropped_between_drafts_leaves_the_others_as_they_are(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(checkpoint("gemma3"))
    with closing(open_scheduler(model, [])) as scheduler:
        plain = ask(scheduler, requests(6, speculate="off"))
        foresee(monkeypatch, {tuple(r.prompt): ids for r, ids in zip(requests(6), plain, strict=True)})
        asked = requests(6)
        for request in asked:
            scheduler.add(request)
        for _ in range(8):
            scheduler.step()
        for request in asked[::2]:
            scheduler.drop(request)
        heard = [len(request.sink.ids) for request in asked[::2]]
        run(scheduler)
        assert [len(request.sink.ids) for request in asked[::2]] == heard
        assert scheduler.kv_bytes < 10_000 or not scheduler.requests
    for request in asked[1::2]:
        assert request.sink.outcome == (alone(model, request), "length", None)


def test_who_wants_no_drafts_gets_none(checkpoint: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(checkpoint("gemma"))
    asked = requests(2, speculate="off")
    foresee(monkeypatch, {tuple(request.prompt): alone(model, request) for request in asked})
    with closing(open_scheduler(model, [])) as scheduler:
        ask(scheduler, asked)
    assert [request.sink.effort.drafted_tokens for request in asked] == [0, 0]


@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_what_the_engine_itself_drafts_changes_no_answer(checkpoint: Folder, family: str) -> None:
    """Random weights that may use two words say much of it again."""
    import mlx.core as mx

    def narrow(_: Any, logits: Any) -> Any:
        return mx.where(mx.arange(logits.shape[-1]) // 2 == 50, logits, -mx.inf)

    model = load(checkpoint(family))
    asked = requests(4, 80, processors=[narrow])
    with closing(open_scheduler(model, [])) as scheduler:
        ask(scheduler, asked)
    for request in asked:
        assert request.sink.outcome == (alone(model, request, narrow), "length", None)
    assert sum(request.sink.effort.accepted_tokens for request in asked) > 20


@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_a_long_row_that_leaves_takes_its_room_along(checkpoint: Folder, family: str) -> None:
    with closing(open_scheduler(load(checkpoint(family)), [])) as scheduler:
        short = Request(tokens(100), 60, Ids(), limits=Limits(2))
        long = Request(tokens(600, 1), 5, Ids(), limits=Limits(2))
        for request in (short, long):
            scheduler.add(request)
        beside = 0
        while long.sink.reason is None:
            scheduler.step()
            beside = max(beside, scheduler.kv_bytes)
        scheduler.clear_prefixes()
        after = scheduler.kv_bytes
        run(scheduler)
    assert len(short.sink.ids) == 60
    assert 0 < after <= beside / 4
