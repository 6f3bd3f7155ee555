"""Lists of prompts: a failure or an interrupt takes the whole list back, however many are under way at once."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, main_thread
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from llm import MLX, ChatMLX
from llm.errors import ContextOverflowError
from llm.mlx.checkpoint import Checkpoint

Folder = Callable[[str], Path]


class Diary(BaseCallbackHandler):
    """How many calls were begun and how each ended; `interrupt_at`: Ctrl-C when so many have begun."""

    def __init__(self, interrupt_at: int = 0) -> None:
        self.begun = self.most = 0
        self.ends: list[str] = []
        self._interrupt_at = interrupt_at
        self._lock = Lock()

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        with self._lock:
            self.begun += 1
            self.most = max(self.most, self.begun - len(self.ends))
            if self.begun == self._interrupt_at:
                signal.pthread_kill(main_thread().ident, signal.SIGINT)  # type: ignore[arg-type]

    def on_llm_end(self, *_: Any, **__: Any) -> None:
        with self._lock:
            self.ends.append("answer")

    def on_llm_error(self, error: BaseException, **_: Any) -> None:
        with self._lock:
            self.ends.append(type(error).__name__)


@pytest.fixture
def may_load(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Until this is set there are no weights, and no answers."""
    event, load_weights = Event(), Checkpoint.load_weights

    def wait_and_load(checkpoint: Checkpoint) -> Any:
        event.wait(5)
        return load_weights(checkpoint)

    monkeypatch.setattr(Checkpoint, "load_weights", wait_and_load)
    return event


@pytest.fixture
def chat(checkpoint: Folder, may_load: Event, tmp_path: Path) -> ChatMLX:
    # A folder of its own, so that nothing else shares its engine.
    return ChatMLX(model=str(shutil.copytree(checkpoint("gemma"), tmp_path / "own")), max_tokens=3)


@pytest.mark.parametrize("most", [None, 2])
def test_an_interrupt_ends_a_list_at_once(chat: ChatMLX, may_load: Event, most: int | None) -> None:
    diary = Diary(interrupt_at=2)
    config: RunnableConfig = {"callbacks": [diary], "max_concurrency": most}
    with pytest.raises(KeyboardInterrupt):
        chat.batch(["a", "b", "c", "d"], config)
    # An interrupt may come before the executor knows of a thread that it has just started.
    for _ in range(200):
        if diary.begun == len(diary.ends):
            break
        time.sleep(0.01)
    assert diary.begun == len(diary.ends)
    assert "answer" not in diary.ends
    may_load.set()
    assert chat.invoke("a").text, "the engine goes on"


@pytest.mark.parametrize("most", [None, 2])
def test_a_failure_ends_a_list_at_once_wherever_in_it(chat: ChatMLX, may_load: Event, most: int | None) -> None:
    diary = Diary()
    with pytest.raises(ModelInvalidRequestError, match="cannot read"):
        chat.batch(
            [[HumanMessage("a")], [HumanMessage([{"type": "image", "url": "x"}])], [HumanMessage("b")]],
            {"callbacks": [diary], "max_concurrency": most},
        )
    may_load.set()
    assert "answer" not in diary.ends


def test_no_more_are_under_way_than_wanted_and_failures_may_be_answers(chat: ChatMLX, may_load: Event) -> None:
    may_load.set()
    diary = Diary()
    inputs = [
        [HumanMessage("a")],
        [HumanMessage([{"type": "image", "url": "x"}])],
        *([HumanMessage(str(n))] for n in range(4)),
    ]
    answers = chat.batch(inputs, {"callbacks": [diary], "max_concurrency": 2}, return_exceptions=True)
    assert isinstance(answers[1], ModelInvalidRequestError)
    assert [answer.text for answer in answers[:1] + answers[2:]] == [
        chat.invoke(given).text for given in inputs[:1] + inputs[2:]
    ]
    assert diary.most <= 2
    assert chat.batch([]) == []


@pytest.mark.parametrize("kind", [ChatMLX, MLX])
async def test_one_prompt_that_cannot_be_answered_costs_one_error(checkpoint: Folder, kind: Any) -> None:
    """A list of MLX was prepared and awaited as one."""
    model = kind(model=str(checkpoint("gemma")), max_tokens=3, context_window=64)
    prompts = ["a", "b " * 90, "c", "b " * 90]
    wanted = [False, True, False, True]
    for answers in (
        model.batch(prompts, return_exceptions=True),
        model.batch(prompts, {"max_concurrency": 1}, return_exceptions=True),
        await model.abatch(prompts, return_exceptions=True),
    ):
        assert [isinstance(answer, ContextOverflowError) for answer in answers] == wanted
    assert model.batch(["a", "c"])[0] == model.invoke("a") or kind is ChatMLX
    with pytest.raises(ContextOverflowError):
        model.batch(prompts)
    assert len(dict(model.batch_as_completed(prompts, return_exceptions=True))) == 4


@pytest.mark.parametrize("kind", [ChatMLX, MLX])
async def test_options_of_the_base_class_are_no_settings(checkpoint: Folder, kind: Any) -> None:
    model = kind(model=str(checkpoint("gemma")), max_tokens=3)
    for stream in (True, False):
        said = [
            model.invoke("a", stream=stream),
            model.bind(stream=stream).invoke("a"),
            await model.ainvoke("a", stream=stream),
            *model.batch(["a"], stream=stream),
            *await model.abatch(["a"], stream=stream),
        ]
        assert len({str(getattr(answer, "content", answer)) for answer in said}) == 1
    assert "".join(str(getattr(piece, "content", piece)) for piece in model.stream("a", stream=False))
    with pytest.raises(ModelInvalidRequestError, match="no setting 'streem'"):
        model.invoke("a", streem=True)
