"""Cancelling a read ends that read, at once, and nothing else."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph.documents import CancelToken, LoadConfig, ReadCancelledError, cancellable, read_document, read_together
from graph.documents.cancel import current_token
from tests.pdfs import bomb, make_pdf

ENDLESS = make_pdf(["one", bomb(100)])  # as far as a test is concerned
PATIENT = LoadConfig(page_timeout_seconds=60, timeout_seconds=120, memory_mb=4000)


class Watched(CancelToken):
    """Says when a worker has been started under it, and counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.started = threading.Event()
        self.workers = 0

    @contextmanager
    def on_cancel(self, action: Callable[[], None]) -> Iterator[None]:
        with super().on_cancel(action):
            self.workers += 1
            self.started.set()
            yield


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_of_two_reads_at_once_only_the_cancelled_one_ends(tmp_path: Path) -> None:
    endless = write(tmp_path / "endless.pdf", ENDLESS)
    other = write(tmp_path / "other.pdf", make_pdf(["one", bomb(3), "three"]))
    token, kept = Watched(), Watched()
    with ThreadPoolExecutor(2) as threads:
        cancelled = threads.submit(read_document, endless, PATIENT, cancel=token)
        complete = threads.submit(read_document, other, PATIENT, cancel=kept)
        assert token.started.wait(30)
        assert kept.started.wait(30)
        token.cancel()
        with pytest.raises(ReadCancelledError, match=r"endless\.pdf"):
            cancelled.result(30)
        assert [page["text"] for page in complete.result(60)["pages"]][::2] == ["one", "three"]
    assert token.workers == 1, "no other worker takes over"


def test_a_token_that_was_cancelled_stays_so_and_others_are_free(tmp_path: Path) -> None:
    path = write(tmp_path / "paper.pdf", make_pdf(["one"]))
    token = Watched()
    token.cancel()
    for name in ("paper.pdf", "notes.txt"):
        with pytest.raises(ReadCancelledError, match=name):
            read_document(tmp_path / name, LoadConfig(), cancel=token)
    assert token.workers == 0
    assert read_document(path, LoadConfig())["pages"][0]["text"] == "one"


def test_an_action_set_up_too_late_is_done_at_once() -> None:
    token, done = CancelToken(), []
    token.cancel()
    with token.on_cancel(lambda: done.append("action")):
        assert done == ["action"]
    token.cancel()
    assert done == ["action"], "after its block it is forgotten"


def test_reading_several_files_stops_at_the_cancelled_one(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.pdf", ENDLESS), write(tmp_path / "b.pdf", make_pdf(["two"]))]
    token = Watched()
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(read_together, paths, PATIENT, cancel=token)
        assert token.started.wait(30)
        token.cancel()
        with pytest.raises(ReadCancelledError, match=r"a\.pdf"):
            reading.result(30)
    assert token.workers == 1


def test_a_block_around_a_read_can_cancel_it(tmp_path: Path) -> None:
    path = write(tmp_path / "paper.pdf", make_pdf(["one"]))
    with cancellable() as token:
        assert current_token() is token
        assert read_document(path, LoadConfig())["pages"][0]["text"] == "one"
        assert read_document(path, LoadConfig(), cancel=CancelToken())["pages"][0]["text"] == "one"
        token.cancel()
        with pytest.raises(ReadCancelledError):
            read_document(path, LoadConfig())
    assert read_document(path, LoadConfig())["pages"][0]["text"] == "one"


def test_blocks_within_one_another_are_cancelled_from_the_outside_in() -> None:
    with cancellable() as outer, cancellable() as inner:
        inner.cancel()
        assert not outer.is_cancelled
    with cancellable() as outer, cancellable() as inner:
        outer.cancel()
        assert inner.is_cancelled


def test_an_exception_that_leaves_the_block_cancels_and_a_quiet_end_does_not() -> None:
    with cancellable() as token:
        pass
    assert not token.is_cancelled
    with pytest.raises(KeyboardInterrupt), cancellable() as token:
        raise KeyboardInterrupt
    assert token.is_cancelled


async def test_cancelling_a_task_ends_the_read_on_its_thread(tmp_path: Path) -> None:
    path = write(tmp_path / "endless.pdf", ENDLESS)
    token, ended = Watched(), threading.Event()

    def read() -> None:
        try:
            with current_token().on_cancel(token.cancel):  # the block is around the thread as well
                read_document(path, PATIENT, cancel=token)
        finally:
            ended.set()

    async def task() -> None:
        with cancellable():
            await asyncio.to_thread(read)

    reading = asyncio.create_task(task())
    assert await asyncio.to_thread(token.started.wait, 30)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await asyncio.to_thread(ended.wait, 30)
    assert token.is_cancelled
