"""Any folder of files: each ends in time, within memory, with a summary or one plain refusal.

    python -m pytest -m corpus --corpus=DIR [--corpus=DIR ...]

Every *.pdf below DIR is given to the real command, which takes one to three seconds for most. Files of each kind
that the project makes itself are in hostile.py.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 60
MEGABYTES = 2000
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Run(NamedTuple):
    """What the command did with a file."""

    code: int
    out: bytes
    err: bytes
    seconds: float
    megabytes: float  # the most that it and its processes held at a time


def run(path: Path) -> Run:
    """`graph run` as a user would, with the built-in model. Fails when it takes too long."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", "run", "configs/quickstart.yaml", "--input", str(path), "--quiet"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    megabytes = 0.0
    try:
        while True:
            try:
                out, err = process.communicate(timeout=0.05)
                return Run(process.returncode, out, err, time.monotonic() - started, megabytes)
            except subprocess.TimeoutExpired:
                megabytes = max(megabytes, sum(_resident(pid) for pid in _tree(process.pid)))
                assert time.monotonic() - started < SECONDS, "it hangs"
    finally:
        process.kill()
        process.wait()


def _tree(pid: int) -> list[int]:
    """The process and those below it."""
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def _resident(pid: int) -> float:
    """Megabytes, 0 once it is gone (and where there is no /proc)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0


@pytest.mark.corpus
def test_it_ends_with_a_summary_or_one_plain_refusal(
    corpus_file: Path, record_property: Callable[[str, object], None]
) -> None:
    ran = run(corpus_file)
    record_property("corpus", (f"exit code {ran.code}", ran.seconds, ran.megabytes))
    out, err = ran.out.decode("utf-8"), ran.err.decode("utf-8")
    assert ran.code in (0, 3), err
    assert not _FORBIDDEN.search(out + err)
    assert ran.megabytes < MEGABYTES
    if ran.code:
        assert out == ""
        assert re.fullmatch(r"[^\n]+[.?]\n", err)
        assert corpus_file.name in err
    else:
        assert out.strip()
        assert all(line.startswith("warning: ") for line in err.splitlines())
