"""What the tests of the engine share: sinks that keep tokens, answers computed alone, models that are watched."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar

from llm.mlx.backend import import_mlx
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.engine.drafts import PromptIndex
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.kv_budget import KVBudget
from llm.mlx.engine.request import Effort, Limits, LogitsProcessor, Request
from llm.mlx.engine.sampling import Sampler, Sampling, processors
from llm.mlx.engine.scheduler import Scheduler

# Before anything else imports MLX, as the program does: it brings the system's fast BLAS along.
import_mlx()

PROMPTS = [
    f"Part {i}. " + "The harbour opens at six. 항구는 여섯 시에 문을 연다. " * (i % 5 + 1) for i in range(16)
]
NEW_TOKENS = 24

# How far rounding moves a log probability at most, as a share of their standard deviation: measured 0.0005.
_ROUNDING = 0.003

# A seed that is no number: the sampler raises when it wants its first token.
BAD_SAMPLING = Sampling(temperature=1.0, seed="seven")  # type: ignore[arg-type]


class Ids:
    """A sink that keeps token ids, and writes every token of every request into one shared diary."""

    def __init__(self, diary: list[Ids] | None = None, enough_after: int | None = None) -> None:
        self.ids: list[int] = []
        self.reason: str | None = None
        self.error: BaseException | None = None
        self.effort = Effort()
        self.done = threading.Event()
        self.started = threading.Event()
        self._diary = diary if diary is not None else []
        self.enough_after = enough_after

    def token(self, token: int) -> bool:
        self.ids.append(token)
        self._diary.append(self)
        self.started.set()
        return len(self.ids) == self.enough_after

    @property
    def cached_tokens(self) -> int:
        """Tokens of the prompt that had been computed before."""
        return self.effort.cached_tokens

    def finish(self, reason: str, effort: Effort) -> None:
        assert not self.done.is_set(), "the answer ended twice"
        self.reason = reason
        self.effort = effort
        self.done.set()

    def fail(self, error: BaseException) -> None:
        assert not self.done.is_set(), "the answer ended twice"
        self.error = error
        self.done.set()

    def wait(self) -> Ids:
        assert self.done.wait(60), "no answer came"
        return self

    @property
    def outcome(self) -> tuple[list[int], str | None, BaseException | None]:
        """Tokens, reason and error, to compare with (tokens, "length", None)."""
        return self.ids, self.reason, self.error


class Loaded:
    """A checkpoint, its engine, and what `mlx_lm` itself says to the same prompts, one at a time."""

    def __init__(self, folder: Path, batch_size: int = 8, rounding: float = _ROUNDING) -> None:
        self.checkpoint = Checkpoint(str(folder))
        self.engine = Engine(self.checkpoint.load_weights, stop_ids=self.checkpoint.stop_ids)
        self.limits = Limits(rows=batch_size)
        self._rounding = rounding
        self.prompts = [self.checkpoint.tokenizer.encode(prompt) for prompt in PROMPTS]

    def ask(self, prompt: list[int], sink: Any, max_tokens: int = NEW_TOKENS, **sampling: Any) -> Request:
        request = Request(list(prompt), max_tokens, sink, Sampling(**sampling), limits=self.limits)
        self.engine.submit([request])
        return request

    def reference(
        self, prompt: list[int], max_tokens: int = NEW_TOKENS, heard: Sequence[int] = (), **options: Any
    ) -> list[int]:
        """Tokens of `mlx_lm.stream_generate`, the one that ends the answer left out. `heard`: see `Following`."""
        import mlx_lm

        model = self.checkpoint.load_weights()
        sampling = Sampling(options.pop("temperature", 0.0), seed=options.pop("seed", None))
        stream = mlx_lm.stream_generate(
            model,
            self.checkpoint.tokenizer,
            prompt,
            max_tokens=max_tokens,
            sampler=Following(Sampler(sampling), heard, self._rounding),
            **options,
        )
        return [r.token for r in stream if r.finish_reason != "stop"]


def load(folder: Path) -> Any:
    """The model of a checkpoint folder, its weights in memory."""
    import mlx.core as mx

    model = Checkpoint(str(folder)).load_weights()
    mx.eval(model.parameters())
    return model


class Following:
    """A sampler that takes the token that was `heard` at its place, where rounding could have chosen it too.

    A batch adds up in another order than a single row, and one BLAS in another than the next. A wrong context
    changes logits far more than that.
    """

    def __init__(self, sampler: Callable[[Any], Any], heard: Sequence[int], rounding: float = _ROUNDING) -> None:
        self._sampler = sampler
        self._rounding = rounding
        self._heard = iter(list(heard))

    def __call__(self, logprobs: Any) -> Any:
        import mlx.core as mx

        heard = next(self._heard, None)
        favoured = logprobs
        if heard is not None:
            margin = self._rounding * mx.std(logprobs.astype(mx.float32), axis=-1, keepdims=True)
            favoured = mx.where(mx.arange(logprobs.shape[-1]) == heard, logprobs + margin, logprobs)
        again = copy(self._sampler)  # draws with the same random key
        chosen, favourite = self._sampler(logprobs), again(favoured)
        return favourite if heard is not None and favourite.item() == heard else chosen


class Foreseeing:
    """A drafter that knows each prompt's answer, and often says something else: it drafts every length, right up
    to a random place, or nothing at all.
    """

    def __init__(self, index: PromptIndex, most: int) -> None:
        self._answer = self.answers.get(tuple(index.prompt), [])
        self._numbers = random.Random(len(index.prompt))
        self._taken = 0

    has_paid = True
    answers: ClassVar[dict[tuple[int, ...], list[int]]] = {}

    @classmethod
    def of(cls, answers: Mapping[tuple[int, ...], list[int]]) -> type[Foreseeing]:
        """A drafter for these prompts, to put in the place of the engine's own."""
        return type("Foreseeing", (cls,), {"answers": dict(answers)})

    def take(self, token: int) -> None:
        self._taken += 1

    def propose(self, most: int) -> tuple[list[int], list[float]]:
        length = self._numbers.randrange(most + 1) if self._numbers.random() < 0.8 and most > 0 else 0
        draft = self._answer[self._taken : self._taken + length]
        draft += [7] * (length - len(draft))
        if draft and self._numbers.random() < 0.6:
            draft[self._numbers.randrange(length)] = self._numbers.randrange(6, 600)
        return draft, [1.0] * length

    def learn(self, drafted: int, accepted: int, cost: float) -> None:
        """What became of a draft does not change the next."""


def alone(
    model: Any, request: Request, processor: LogitsProcessor | None = None, stop_ids: Sequence[int] = ()
) -> list[int]:
    """The tokens that mlx-lm's `generate_step` gives to `request`, with the sampler of its settings.

    Where rounding decides, what the request's sink has heard is right (see `Following`).
    """
    import mlx.core as mx
    from mlx_lm.generate import generate_step

    steps = generate_step(
        mx.array(request.prompt),
        model,
        max_tokens=request.max_tokens,
        sampler=Following(Sampler(request.sampling), getattr(request.sink, "ids", ())),
        logits_processors=[
            *processors(request.sampling, len(request.prompt)),
            *([processor] if processor else []),
        ],
    )
    tokens: list[int] = []
    for token, _ in steps:
        if token in stop_ids:
            break
        tokens.append(int(token))
    return tokens


def is_clear(model: Any, request: Request) -> bool:
    """Whether rounding decides none of the tokens that `request` gets alone."""
    import mlx.core as mx

    class Doubting(Sampler):
        is_clear = True

        def __call__(self, logprobs: Any) -> Any:
            again = copy(self)
            chosen = super().__call__(logprobs)
            margin = _ROUNDING * mx.std(logprobs, axis=-1, keepdims=True)
            doubted = mx.where(mx.arange(logprobs.shape[-1]) == chosen.item(), logprobs - margin, logprobs)
            self.is_clear &= Sampler.__call__(again, doubted).item() == chosen.item()
            return chosen

    from mlx_lm.generate import generate_step

    sampler = Doubting(request.sampling)
    options = {
        "max_tokens": request.max_tokens,
        "logits_processors": processors(request.sampling, len(request.prompt)),
    }
    for _ in generate_step(mx.array(request.prompt), model, sampler=sampler, **options):
        if not sampler.is_clear:
            return False
    return True


@cache
def clear_prompts(folder: Path, count: int, max_tokens: int) -> list[list[int]]:
    """Prompts with `count` different answers in which rounding decides nothing, whatever is beside them."""
    model, tokenizer = load(folder), Checkpoint(str(folder)).tokenizer
    more = (f"{number}. {text}" for number in range(10) for text in PROMPTS)
    every = (tokenizer.encode(text) for text in chain(PROMPTS, more))
    clear = (prompt for prompt in every if is_clear(model, Request(prompt, max_tokens, Ids())))
    return list(islice(clear, count))


def tokens(count: int, seed: int = 0) -> list[int]:
    """A prompt of `count` tokens, the same for the same seed."""
    numbers = random.Random(seed)
    return [numbers.randrange(6, 600) for _ in range(count)]


def needed(model: Any, totals: list[int], prompt_tokens: int) -> int:
    """Bytes that the engine plans for one batch of rows that come to `totals`, while a prompt is read."""
    budget = KVBudget(model)
    try:
        return budget.needed([totals], prompt_tokens)
    finally:
        budget.release()


def add(
    scheduler: Scheduler, prompt: list[int], max_tokens: int = 8, sink: Ids | None = None, **options: Any
) -> Ids:
    """Add a request, and return its sink."""
    sink = sink or Ids()
    scheduler.add(Request(prompt, max_tokens, sink, **options))
    return sink


def run(scheduler: Scheduler, most_steps: int = 20_000) -> int:
    """Step until every request is done; how many steps that took."""
    steps = 0
    while scheduler.requests:
        scheduler.step()
        steps += 1
        assert steps < most_steps, "requests are left that are never served"
    return steps


def intercept(model: Any, look: Callable[[Any], None]) -> Any:
    """Let `look` see the tokens (B, T) of every forward pass of `model`, before it is computed; it may raise."""

    class Watched(type(model)):  # type: ignore[misc]
        def __call__(self, inputs: Any, *arguments: Any, **options: Any) -> Any:
            look(inputs)
            return super().__call__(inputs, *arguments, **options)

    model.__class__ = Watched
    return model


def fails_at(call: int, result: Any = None) -> LogitsProcessor:
    """A logits processor that raises, or returns `result`, at its call of this number (from 1)."""
    calls = 0

    def process(_: Any, logits: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < call:
            return logits
        if result is None:
            raise RuntimeError("the grammar has a hole")
        return result(logits)

    return process


def engine_threads() -> set[threading.Thread]:
    """The engines' threads that are alive."""
    return {thread for thread in threading.enumerate() if thread.name == "mlx-engine"}
