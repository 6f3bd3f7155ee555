"""What the operating system does to the engine's thread: fork. (Its life is in llm/mlx/engine/test_engine.py.)"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """
import os
from llm import ChatMLX

chat = ChatMLX(model={model!r}, max_tokens=4)
{before}
child = os.fork()
if child == 0:
    try:
        print("child:", chat.invoke("a").text == {expected!r}, flush=True)
    except Exception as error:
        print("child:", type(error).__name__, error, flush=True)
    raise SystemExit
os.waitpid(child, 0)
print("parent:", chat.invoke("a").text == {expected!r}, flush=True)
"""


def run(model: Path, before: str, expected: str) -> str:
    program = PROGRAM.format(model=str(model), before=before, expected=expected)
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def expected(checkpoint: Callable[[str], Path]) -> str:
    from llm import ChatMLX

    return str(ChatMLX(model=str(checkpoint("gemma")), max_tokens=4).invoke("a").text)


def test_a_process_forked_after_mlx_ran_hears_why_it_cannot_go_on(
    checkpoint: Callable[[str], Path], expected: str
) -> None:
    out = run(checkpoint("gemma"), 'chat.invoke("warm up")', expected)
    assert "child: EngineError" in out
    assert "spawn" in out
    assert "parent: True" in out


def test_a_process_forked_before_mlx_ran_is_like_any_other(
    checkpoint: Callable[[str], Path], expected: str
) -> None:
    out = run(checkpoint("gemma"), "", expected)
    assert "child: True" in out
    assert "parent: True" in out


def test_an_idle_engine_gives_up_what_it_kept_of_prompts(
    checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import llm.mlx.engine.worker
    from tests.engine_fakes import Ids, Loaded, tokens

    loaded = Loaded(checkpoint("gemma"))

    def cached() -> int:
        sink = Ids()
        loaded.ask(tokens(60), sink, max_tokens=1)
        return sink.wait().cached_tokens

    assert [cached(), cached(), cached()] == [0, 0, 59], "the second keeps what the third finds"
    monkeypatch.setattr(llm.mlx.engine.worker, "_KEEP_SECONDS", 0.01)
    cached()
    time.sleep(0.5)
    assert cached() == 0
    loaded.engine.close()
