"""The service is killed at ten moments: no job is lost, and no answer of the model is asked for again."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from graph import build_graph
from graph.service.storage.store import Store
from tests.graph.service.mortal_jobs import DOCUMENTS, TaggedModel, config_in, text

ROOT = Path(__file__).parents[3]
KILLS = 6


class Lives:
    """Starts the service again and again."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.graph.service.mortal_jobs", str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert self.process.stdin
        assert self.process.stdout
        self._in, self._out = self.process.stdin, self.process.stdout

    def live(self, numbers: list[str], lines: int, seconds: float) -> list[str]:
        """What a life says that submits documents, until it is killed, so long after so many lines."""
        self._in.write(f"{' '.join(numbers)}\n")
        pid = ""
        said: list[str] = []
        for line in self._out:
            if line.startswith("ended"):
                break
            if line.startswith("pid"):
                pid = line.split()[1]
                continue
            said.append(line.strip())
            if len(said) == lines:
                time.sleep(seconds)
                os.kill(int(pid), signal.SIGKILL)
        assert line.strip() == ("ended -9" if len(said) >= lines else "ended 0"), said
        return said


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    lives = Lives(tmp_path)
    yield lives
    lives.process.communicate(timeout=60)


def tags(said: list[str], word: str) -> list[str]:
    return [line.split()[1] for line in said if line.startswith(f"{word} ")]


def kept(folder: Path) -> set[str]:
    """The tags of the answers that are on the disk."""
    path = folder / "answers.sqlite"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT answer FROM answers").fetchall()
    return {json.loads(answer)[0]["message"]["data"]["content"].split()[0] for (answer,) in rows}


@pytest.mark.slow
def test_kills_lose_no_job_and_no_answer(lives: Lives, tmp_path: Path) -> None:
    chance = random.Random(66)
    moments = [chance.randint(1, 20) for _ in range(KILLS)]
    submitted: dict[str, str] = {}  # ids by number
    asked: list[str] = []
    for life in range(KILLS + 1):
        before = kept(tmp_path)
        lines = moments[life] if life < KILLS else 10**9
        new = [str(number) for number in range(DOCUMENTS) if str(number) not in submitted]
        said = lives.live(new, lines, chance.random() / 50)
        again = before & {*tags(said, "asked")}
        assert not again, f"life {life} asks again for what is on the disk"
        asked += tags(said, "asked")
        for line in said:
            if line.startswith("submitted"):
                _, number, id = line.split()
                assert submitted.setdefault(number, id) == id, "a job was lost, and queued again"
    assert len(submitted) == DOCUMENTS

    with closing(Store(tmp_path)) as store:
        jobs = store.newest(None, query="", before=None, limit=99)
        assert sorted(job.id for job in jobs) == sorted(submitted.values())
        assert {(job.status, job.error) for job in jobs} == {("done", None)}
        results = {job.file.name: store.result(None, job.id) for job in jobs}
    calls = 0
    for number in range(DOCUMENTS):
        model = TaggedModel()
        path = tmp_path / f"{number}.txt"
        path.write_text(text(number))
        expected = build_graph(config_in(tmp_path), model=model).invoke({"source": str(path)})
        for key in ("title", "summary", "tree", "sentences", "pages", "warnings"):
            assert results[path.name][key] == expected[key]  # type: ignore[literal-required]
        calls += len(model.calls)
    assert calls == len({*asked})
    assert len(asked) <= calls + KILLS * config_in(tmp_path).llm.concurrency, "more than was under way at a kill"
