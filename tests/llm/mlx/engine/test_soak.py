"""Hundreds of random calls, drops and failures from threads and tasks: every answer right, nothing left."""

from __future__ import annotations

import asyncio
import gc
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import llm.mlx.engine.ragged_batch
from llm.errors import EngineError, InvalidRequestError, ModelError, TimedOutError
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.client import Call, astream, await_answers, stream, wait
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.sampling import Sampling
from llm.mlx.output_processor import RequestOutput
from tests.checkpoints import make_checkpoint
from tests.engine_fakes import BAD_SAMPLING, Foreseeing, Ids, alone, engine_threads, is_clear, load, needed, tokens

THREADS, TASKS = 4, 4

# Sliding windows are what is most easily got wrong in company; without them the calls are the same, and fewer do.
ROUNDS = {"gemma": 8, "gemma3": 25}

SETTINGS = [
    Sampling(),
    Sampling(temperature=1.0, seed=1),
    Sampling(temperature=0.8, top_p=0.9, seed=2),
    Sampling(repetition_penalty=1.5),
]


@dataclass(frozen=True)
class Known:
    """A call and the text that mlx-lm gives to it alone."""

    call: Call
    text: str
    answer: list[int]

    def cut(self, numbers: random.Random) -> tuple[Call, str]:
        """The same call with another end: fewer tokens, or a stop string out of its text."""
        if numbers.random() < 0.5 or len(self.text) < 4:
            return self.call, self.text
        start = numbers.randrange(len(self.text) - 1)
        stop = self.text[start : start + 2]
        return replace(self.call, stop=(stop,)), self.text[: self.text.index(stop)]


def learn(folder: Path, engine: Engine, numbers: random.Random) -> list[Known]:
    """Calls of all lengths and settings, many with a beginning in common, and their answers."""
    model, checkpoint = load(folder), Checkpoint(str(folder))
    stems = [tokens(length, length) for length in (3, 40, 70, 130, 260)]
    limits = Limits(6, needed(model, [600, 600], 500))
    known = []
    for i in range(50):
        prompt = numbers.choice(stems) + tokens(numbers.randrange(1, 60), i)
        request = Request(prompt, numbers.choice([1, 4, 9, 16]), Ids(), numbers.choice(SETTINGS))
        if not is_clear(model, request):
            continue
        detokenizer = checkpoint.tokenizer.detokenizer
        answer = alone(model, request, stop_ids=checkpoint.stop_ids)
        for token in answer:
            detokenizer.add_token(token)
        detokenizer.finalize()
        new = lambda: checkpoint.tokenizer.detokenizer  # noqa: E731
        call = Call(engine, new, prompt, request.max_tokens, (), request.sampling, limits)
        known.append(Known(call, detokenizer.text, answer))
    return known


def broken(known: Known, numbers: random.Random) -> Call:
    """A call that must fail."""

    def hole(_: Any, logits: Any) -> Any:
        raise RuntimeError("the grammar has a hole")

    return numbers.choice(
        [
            replace(known.call, prompt=[]),
            replace(known.call, max_tokens=0),
            replace(known.call, prompt=[10**6]),
            replace(known.call, sampling=BAD_SAMPLING),
            replace(known.call, constrain=lambda _: hole),
            replace(known.call, max_tokens=100_000),
        ]
    )


def blocking_round(known: list[Known], numbers: random.Random) -> int:
    """One thing that a thread may do; how many calls that were."""
    match numbers.randrange(6):
        case 0:
            with pytest.raises(ModelError):
                wait([broken(numbers.choice(known), numbers)])
            return 1
        case 1:
            pieces = stream(replace(numbers.choice(known).call, max_tokens=400))
            next(pieces)
            pieces.close()
            return 1
        case 2:
            with pytest.raises(TimedOutError):
                wait([replace(numbers.choice(known).call, max_tokens=400, timeout=1e-6)])
            return 1
        case 3:
            call, text = numbers.choice(known).cut(numbers)
            *pieces_of, last = stream(call)
            assert isinstance(last, RequestOutput)
            assert "".join(map(str, pieces_of)) == last.text == text
            return 1
        case _:
            chosen = [each.cut(numbers) for each in numbers.choices(known, k=numbers.randrange(1, 5))]
            assert [answer.text for answer in wait([call for call, _ in chosen])] == [text for _, text in chosen]
            return len(chosen)


async def async_round(known: list[Known], numbers: random.Random) -> int:
    """One thing that a task may do; how many calls that were."""
    match numbers.randrange(6):
        case 0:
            good = [each.call for each in numbers.choices(known, k=2)]
            with pytest.raises((EngineError, InvalidRequestError, ModelError)):
                await await_answers([*good, broken(numbers.choice(known), numbers)])
            return 3
        case 1:
            calls = [replace(each.call, max_tokens=400) for each in numbers.choices(known, k=3)]
            task = asyncio.create_task(await_answers(calls))
            await asyncio.sleep(numbers.choice([0, 0.002, 0.02]))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return 3
        case 2:
            pieces = astream(replace(numbers.choice(known).call, max_tokens=400))
            await anext(pieces)
            await pieces.aclose()
            return 1
        case _:
            chosen = [each.cut(numbers) for each in numbers.choices(known, k=numbers.randrange(1, 7))]
            answers = await await_answers([call for call, _ in chosen])
            assert [answer.text for answer in answers] == [text for _, text in chosen]
            return len(chosen)


def work_in_thread(known: list[Known], seed: int, rounds: int) -> int:
    numbers = random.Random(seed)
    return sum(blocking_round(known, numbers) for _ in range(rounds))


async def work_in_tasks(known: list[Known], seed: int, rounds: int) -> int:
    async def one(number: int) -> int:
        numbers = random.Random(1000 * seed + number)
        return sum([await async_round(known, numbers) for _ in range(rounds)])

    return sum(await asyncio.gather(*(one(number) for number in range(TASKS))))


@pytest.mark.parametrize("family", ROUNDS)
@pytest.mark.slow
def test_after_hundreds_of_calls_every_answer_was_right_and_nothing_is_left(
    tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlx.core as mx

    folder = make_checkpoint(tmp_path / family, family, layers=2, sliding_window=64)  # type: ignore[arg-type]
    threads = engine_threads()
    engine = Engine(Checkpoint(str(folder)).load_weights, stop_ids=Checkpoint(str(folder)).stop_ids)
    known = learn(folder, engine, random.Random(11))
    foreseeing = Foreseeing.of({tuple(each.call.prompt): each.answer for each in known})
    monkeypatch.setattr(llm.mlx.engine.ragged_batch, "Drafter", foreseeing)
    before, rounds = mx.get_active_memory(), ROUNDS[family]
    with ThreadPoolExecutor(THREADS + 1) as pool:
        blocking = [pool.submit(work_in_thread, known, seed, rounds) for seed in range(THREADS)]
        tasks = pool.submit(asyncio.run, work_in_tasks(known, 7, rounds))
        calls = sum(done.result() for done in [*blocking, tasks])
    assert calls > 12 * rounds
    last = wait([replace(each.call, limits=Limits(rows=1)) for each in known[:4]])
    assert [answer.text for answer in last] == [each.text for each in known[:4]]
    assert sum(answer.accepted_tokens for answer in last) > 0
    engine.close()
    assert engine_threads() <= threads
    gc.collect()  # errors that were raised hold the frames they passed through
    assert mx.get_active_memory() <= before + 10_000
