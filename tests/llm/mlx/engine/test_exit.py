"""A program ends in the middle of decoding: real processes, and their exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from tests.checkpoints import make_checkpoint

ROOT = Path(__file__).parents[4]

# What every program begins with. The ballast is garbage that only finalization frees: it makes that last.
START = """
import asyncio, atexit, os, sys, threading
from concurrent.futures import ThreadPoolExecutor
from llm import ChatMLX

ballast = [[i] for i in range(300_000)]
ballast.append(ballast)
chat = ChatMLX(model={large!r}, max_tokens=4000, temperature=1.0)
small = ChatMLX(model={small!r}, max_tokens=4000)

def in_the_middle(model=chat, count=1):
    # Daemon threads that wait for long answers, once the engine decodes these.
    def wait(number):
        for chunk in model.stream(f"Part {{number}}"):
            begun.release()
    begun = threading.Semaphore(0)
    for number in range(count):
        threading.Thread(target=wait, args=(number,), daemon=True).start()
    for _ in range(count):
        begun.acquire()
"""

ENDINGS = {
    "a call": "chat.invoke('a', max_tokens=3)",
    "open streams of two engines": "streams = [chat.stream('a'), small.stream('a')]; [next(s) for s in streams]",
    "daemon threads of two engines": "in_the_middle(count=2); in_the_middle(small, 2)",
    "an engine that is garbage": "in_the_middle(); del chat",
    "an engine that was closed": "next(chat.stream('a')); chat.runtime.engine.close()",
    "a model that is being loaded": """
calls = [threading.Thread(target=chat.invoke, args=("a",), daemon=True) for _ in range(2)]
[call.start() for call in calls]
chat.get_num_tokens("a")
""",
    "an event loop that was left": """
async def main():
    stream = chat.astream("a")
    await anext(stream)
    asyncio.create_task(chat.ainvoke("b"))
    await asyncio.sleep(0.01)
asyncio.run(main())
""",
    "an event loop on a daemon thread": """
begun = threading.Event()
async def main():
    other = asyncio.create_task(chat.ainvoke("b"))
    async for chunk in chat.astream("a"):
        begun.set()
threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
begun.wait()
""",
    "a daemon thread that asks again": """
begun = threading.Event()
def ask():
    while True:
        try:
            for chunk in chat.stream("a"):
                begun.set()
        except Exception:
            pass
threading.Thread(target=ask, daemon=True).start()
begun.wait()
""",
}


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint on which a step takes MLX a while, and one that is fast."""
    folder = tmp_path_factory.mktemp("checkpoints")
    large = make_checkpoint(folder / "large", layers=8, hidden_size=512, intermediate_size=2048)
    small = make_checkpoint(folder / "small", "gemma3")
    return START.format(large=str(large), small=str(small))


def end(program: str, **env: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `program`."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | env,
    )
    return done.returncode, done.stdout, done.stderr


# Each takes a process that loads a model: one way out is tried each time, the others where there is time.
@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(name, marks=() if name == "daemon threads of two engines" else pytest.mark.slow)
        for name in ENDINGS
    ],
)
def test_a_program_ends_well_in_the_middle_of(start: str, ending: str) -> None:
    assert end(start + ENDINGS[ending]) == (0, "", "")


def test_the_exit_code_of_a_program_is_its_own(start: str) -> None:
    assert end(start + "in_the_middle(count=2); sys.exit(7)") == (7, "", "")


@pytest.mark.slow
def test_an_error_in_the_main_program_is_what_is_seen(start: str) -> None:
    code, out, errors = end(start + "in_the_middle(count=2); raise ValueError('my own')")
    assert (code, out) == (1, "")
    assert errors.endswith("ValueError: my own\n")
    assert errors.count("Traceback") == 1


@pytest.mark.slow
def test_threads_and_pools_that_outlive_the_main_program_get_their_answers(start: str) -> None:
    program = """
def ask(number):
    print(len(chat.invoke(f"Part {number}", max_tokens=20).text) > 0, flush=True)
threading.Thread(target=ask, args=(1,)).start()
pool = ThreadPoolExecutor(2)
for number in (2, 3):
    pool.submit(ask, number)
"""
    assert end(start + program) == (0, "True\n" * 3, "")


def test_no_engine_is_left_when_finalization_begins_and_none_starts_any_more(start: str) -> None:
    """`atexit` calls the first handler last: this one comes after the engine's."""
    program = (
        """
import atexit
def last():
    print([t.name for t in threading.enumerate() if t.name.startswith("mlx")])
    try:
        chat.invoke("a")
    except Exception as error:
        print(type(error).__name__)
    for thread in threads:
        thread.join()
atexit.register(last)
"""
        + start
        + "in_the_middle(count=2); threads = threading.enumerate()[1:]"
    )
    assert end(program) == (0, "[]\nEngineError\n", "")


@pytest.mark.parametrize(
    "ending",
    [
        "in_the_middle(count=2); print(1, flush=True); threading.Event().wait()",
        "print(1, flush=True); chat.batch(['a', 'b'])",
        "[print(1, flush=True) for _ in chat.stream('a')]",
    ],
)
@pytest.mark.slow
def test_ctrl_c_ends_a_program_in_the_middle_of_an_answer(start: str, ending: str) -> None:
    with Popen([sys.executable, "-c", start + ending], cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    # Python dies of the signal, or exits with 1 if another thread runs exec() of a string meanwhile.
    assert process.returncode in (-signal.SIGINT, 1), errors
    assert "terminate" not in errors
    assert errors.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait_for_a_step(start: str) -> None:
    """A step cannot be cut short, so the process leaves without finalization."""
    program = (
        start
        + """
import signal, time
import llm.mlx.engine.worker as worker
def join(self):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
worker.Worker.join = join
in_the_middle()
print("kept")
"""
    )
    assert end(program) == (130, "kept\n", "")


def test_children_forked_in_the_middle_of_an_answer_end_too(start: str) -> None:
    """On MLX's own BLAS: OpenBLAS cannot be forked while another thread is inside it, whoever forks."""
    program = """
stream = chat.stream("a")
next(stream)
calls = lambda: None, lambda: next(stream), lambda: chat.invoke("b")
for action in (*calls, stream.close, chat.runtime.engine.close):
    if os.fork() == 0:
        try:
            action()
        except Exception as error:
            print(type(error).__name__, flush=True)
        os._exit(5)  # as the children of multiprocessing end
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""
    ended = end(start + program, MLX_SYSTEM_BLAS="0")
    assert ended == (0, "5\nEngineError\n5\nEngineError\n5\n5\n5\n", "")
