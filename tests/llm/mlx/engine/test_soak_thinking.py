"""Hundreds of random calls of models that think, from threads and tasks: no thought is ever in an answer."""

from __future__ import annotations

import asyncio
import random
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import mlx.core as mx
import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool

from llm import ChatMLX
from llm.mlx.checkpoint import Checkpoint
from tests.checkpoints import Thinking, make_checkpoint
from tests.fakes import summed
from tests.scripted_network import Reciter

THREADS, TASKS, ROUNDS = 3, 3, 10

# Words of thoughts and of answers. None of the former may be in an answer, or the other way round.
THOUGHTS = [
    "Nobody had measured the tide,",
    "the fog has lifted,",
    "each figure has a date,",
    "so the boats leave.",
]
ANSWERS = ["They found a gauge.", "Results: 340 litres.", "The harbour opens at six.", "Twelve boats, one report."]

FORMS: dict[Thinking, tuple[str, str]] = {
    "qwen3": ("<think>\n{}\n</think>\n\n", "<think>\n\n</think>\n\n"),
    "r1": ("<think>\n{}\n</think>\n\n", "<think>\n\n</think>\n\n"),
    "gemma4": ("<|channel>thought\n{}<channel|>", "<|channel>thought\n<channel|>"),
    "harmony": (
        "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel|>final<|message|>",
    ),
}
MARKS = [
    "<think>",
    "</think>",
    "<|channel",
    "channel|>",
    "<|message|>",
    "<|start|>",
    "<|end|>",
    "analysis",
    "thought",
]


@tool
def tide(place: str) -> str:
    """The tide at a place."""
    return place


CALL = '<tool_call>\n{"name": "tide", "arguments": {"place": "bridge"}}\n</tool_call>'


class Muser(Reciter):
    """Thinks something, or nothing, and answers something: what, the length of the prompt decides."""

    def __init__(self, tokenizer: Any, style: Thinking) -> None:
        super().__init__(tokenizer, [], 640)
        thinks, closed = FORMS[style]
        numbers = random.Random(style)
        self._thoughtful, self._short = [], []
        for number in range(24):
            words = " ".join(numbers.choices(THOUGHTS, k=numbers.randrange(1, 4)))
            thought = f"{words} {CALL}" if number % 3 == 0 else words
            answer = CALL if number % 5 == 0 else " ".join(numbers.choices(ANSWERS, k=numbers.randrange(1, 3)))
            self._thoughtful.append(self._ids(thinks.format(thought) + answer))
            self._short.append(self._ids(closed + answer))

    def _ids(self, text: str) -> list[int]:
        return [*self._tokenizer.encode(text, add_special_tokens=False), self._stop]

    def _next(self, tokens: list[int]) -> int:
        # The question's number is in the prompt, so that what comes next depends on nothing but the row.
        asked = re.findall(r"no\. (\d+)\?", self._tokenizer.decode(tokens))
        if not asked:  # the engine tries the network out
            return self._stop
        number = int(asked[-1])
        self._texts = [self._thoughtful[number], self._short[number]]
        return super()._next(tokens)


def check(answer: AIMessage, *, tools: bool) -> None:
    """Fail on anything of a thought in an answer, and on anything of an answer in a thought."""
    thought = answer.additional_kwargs.get("reasoning_content", "")
    said = answer.text + str(answer.tool_calls)
    assert not any(words in said for words in [*THOUGHTS, *MARKS]), answer
    assert not any(words in thought for words in [*ANSWERS, *MARKS[:7]]), answer
    assert len(answer.tool_calls) <= 1
    assert not answer.tool_calls or tools
    ended = answer.response_metadata["finish_reason"] == "stop"
    assert answer.text or answer.tool_calls or not ended or thought


def settings(numbers: random.Random) -> dict[str, Any]:
    """Settings of a call: whether it thinks, how long, where it ends."""
    chosen: dict[str, Any] = {"thinking": numbers.choice([True, False, None])}
    if numbers.random() < 0.3:
        chosen["thinking_tokens"] = numbers.choice([1, 5, 20])
    if numbers.random() < 0.3:
        chosen["max_tokens"] = numbers.choice([1, 4, 9])
    if numbers.random() < 0.3:
        chosen["stop"] = [numbers.choice(["boats", "tide", "a gauge", "fog"])]
    return chosen


def question(numbers: random.Random) -> list[Any]:
    return [HumanMessage(f"What? {'Tell me. ' * numbers.randrange(5)} no. {numbers.randrange(24)}?")]


def in_thread(models: list[ChatMLX], seed: int) -> int:
    numbers = random.Random(seed)
    for _ in range(ROUNDS):
        tools = numbers.random() < 0.5
        model = numbers.choice(models)
        bound = model.bind_tools([tide]) if tools else model
        asked, chosen = question(numbers), settings(numbers)
        if not tools:  # a call that nobody asked for is text
            check_text(bound.invoke(asked, **chosen))
            continue
        match numbers.randrange(3):
            case 0:
                check(bound.invoke(asked, **chosen), tools=tools)
            case 1:
                check(summed(list(bound.stream(asked, **chosen))), tools=tools)  # type: ignore[arg-type]
            case _:
                pieces = bound.stream(asked, **chosen)
                next(pieces)
                pieces.close()  # type: ignore[attr-defined]
    return ROUNDS


def check_text(answer: AIMessage) -> None:
    """As `check`, of an answer in which a call is text."""
    assert not any(words in answer.text for words in [*THOUGHTS, *MARKS]), answer
    assert answer.tool_calls == []


async def in_tasks(models: list[ChatMLX], seed: int) -> int:
    async def one(number: int) -> int:
        numbers = random.Random(1000 * seed + number)
        for _ in range(ROUNDS):
            model, asked, chosen = numbers.choice(models), question(numbers), settings(numbers)
            if numbers.random() < 0.5:
                answers = await model.bind_tools([tide]).abatch([asked, question(numbers)], **chosen)
                for answer in answers:
                    check(answer, tools=True)
            else:
                chunks = [chunk async for chunk in model.bind_tools([tide]).astream(asked, **chosen)]
                check(summed(chunks), tools=True)  # type: ignore[arg-type]
        return ROUNDS

    return sum(await asyncio.gather(*(one(number) for number in range(TASKS))))


def test_no_thought_is_ever_in_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    styles = {str(tmp_path / style): style for style in get_args(Thinking)}
    monkeypatch.setattr(Checkpoint, "load_weights", lambda self: Muser(self.tokenizer, styles[self.model]))
    models = [
        ChatMLX(model=str(make_checkpoint(folder, thinking=style)), max_tokens=120, thinking_tokens=150)
        for folder, style in styles.items()
    ]
    with ThreadPoolExecutor(THREADS + 1) as pool:
        blocking = [pool.submit(in_thread, models, seed) for seed in range(THREADS)]
        tasks = pool.submit(asyncio.run, in_tasks(models, 7))
        assert sum(done.result() for done in [*blocking, tasks]) == ROUNDS * (THREADS + TASKS)
    for model in models:
        model.runtime.engine.close()
    assert mx.get_active_memory() < 10**8
