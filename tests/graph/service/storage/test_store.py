"""The store alone: what is kept, in what order jobs are taken, and what a full disk or a lock does."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from graph.service.errors import ConflictError, NotFoundError, QueueFullError, StorageError, StorageFullError
from graph.service.storage import database, store
from graph.service.storage.files import hashed, shown_name
from graph.service.storage.rows import MASK, insert
from graph.service.storage.store import Store
from graph.service.types import FileInfo, Job, Progress

RESULT: Any = {"title": "The harbour", "summary": "It opens at six.", "warnings": ["A page is missing."]}


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as kept:
        yield kept


def upload(kept: Store, content: str, name: str = "harbour.txt") -> tuple[Path, FileInfo]:
    path = kept.files.incoming / str(random.getrandbits(64))
    path.write_text(content)
    sha256, size = hashed(path)
    return path, FileInfo(sha256, name, size, "text/plain")


def submit(kept: Store, client: str = "ann", content: str = "text", **more: Any) -> Job:
    settings = more.pop("settings", {})
    name = more.pop("name", "harbour.txt")
    (job,) = kept.submit(client, [upload(kept, content, name)], settings, more.pop("key", None), most=100_000)
    return job


def take(kept: Store, **more: Any) -> str:
    work = kept.take(**{"alone": True, **more})
    assert work
    return work.job.id


def stored(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in (folder / "files").glob("*/*"))


def ended(kept: Store, **more: Any) -> Job:
    """A job that is done."""
    job = submit(kept, **more)
    assert take(kept) == job.id
    assert kept.finish(job.id, RESULT, 7)
    return kept.get(None, job.id)


# What is kept


def test_a_job_goes_from_the_queue_to_its_result(kept: Store) -> None:
    job = submit(kept, name="harbour.pdf", settings={"load.pages": "1-2"})
    assert (job.status, job.title, job.settings) == ("queued", "harbour.pdf", {"load.pages": "1-2"})
    assert job.progress == Progress("waiting", 0, 1)
    work = kept.take(alone=True)
    assert work
    assert (work.job.status, work.settings, work.path.read_text()) == ("running", {"load.pages": "1-2"}, "text")
    assert kept.take(alone=True) is None
    with pytest.raises(ConflictError, match="not finished yet"):
        kept.result("ann", job.id)
    kept.entitle(job.id, "Harbour")
    assert kept.get("ann", job.id).title == "Harbour"
    assert kept.finish(job.id, RESULT, 7)
    job = kept.get("ann", job.id)
    assert (job.status, job.title, job.warnings) == ("done", "The harbour", 1)
    assert job.started
    assert job.ended
    assert kept.result("ann", job.id) == RESULT
    assert kept.last_event(job.id) == 7
    assert not kept.finish(job.id, RESULT, 8), "it was done already"
    assert not kept.fail(job.id, "never", Progress("map"), 8)


def test_a_job_ends_once(kept: Store) -> None:
    job = submit(kept)
    take(kept)
    assert kept.cancel("ann", job.id, Progress("map", 1, 2), 3).progress == Progress("map", 1, 2)
    assert not kept.finish(job.id, RESULT, 4)
    assert kept.get("ann", job.id).status == "cancelled"
    for call in (lambda: kept.cancel("ann", job.id, None, 5), lambda: kept.move_to_front("ann", job.id)):
        with pytest.raises(ConflictError):
            call()
    with pytest.raises(ConflictError, match="was cancelled"):
        kept.result("ann", job.id)


def test_several_are_queued_or_none(kept: Store, tmp_path: Path) -> None:
    files = [upload(kept, "one"), upload(kept, "two")]
    files[1][0].unlink()
    with pytest.raises(StorageError):
        kept.submit("ann", files, {}, None, most=10)
    assert kept.newest(None, query="", before=None, limit=9) == []
    assert kept.counts == {}
    assert stored(tmp_path) == ["one"]
    kept.sweep()
    assert stored(tmp_path) == []


def test_no_more_wait_than_may(kept: Store) -> None:
    files = [upload(kept, "one"), upload(kept, "two")]
    with pytest.raises(QueueFullError, match="0 summaries are waiting, and no more than 1 may"):
        kept.submit("ann", files, {}, None, most=1)
    kept.submit("ann", files, {}, None, most=2)
    take(kept)
    job = submit(kept)
    with pytest.raises(QueueFullError) as refused:
        kept.rerun("ann", job.id, None, most=2)
    assert refused.value.retry_after > 0


def test_a_key_is_used_once(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    job = submit(kept, key="k", content="one")
    assert submit(kept, key="k", content="one") == job
    with pytest.raises(ConflictError, match="used for something else"):
        submit(kept, key="k", content="two")
    with pytest.raises(ConflictError):
        submit(kept, key="k", content="one", settings={"load.pages": "2"})
    assert submit(kept, "bob", key="k", content="two").id != job.id
    monkeypatch.setattr(store, "_KEY_SECONDS", 0)
    assert submit(kept, key="k", content="two").id != job.id


def test_a_password_is_kept_until_the_end_and_never_shown(tmp_path: Path) -> None:
    secret = "open sesame, sesame"
    with closing(Store(tmp_path)) as kept:
        job = submit(kept, settings={"load.password": secret, "load.pages": "1"})
        assert job.settings == {"load.password": MASK, "load.pages": "1"}
        again = kept.rerun("ann", job.id, None, most=9)
        work = kept.take(alone=True)
        assert work
        assert work.settings["load.password"] == secret
        assert secret not in repr(work.job)
        kept.fail(job.id, "It was in vain.", Progress("reading"), 1)
        assert kept.rerun("ann", job.id, None, most=9).settings == {"load.pages": "1"}
        kept.cancel("ann", again.id, None, 1)
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        assert b"load.password" in content
        assert secret.encode() not in content, "not in the log either, which a service that runs keeps"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\harbour.pdf", "harbour.pdf"),
        ("..", ".."),
        ("", "document"),
        ("a/", "document"),
        ("한국어 보고서.pdf", "한국어 보고서.pdf"),
        ("two\nlines\0.pdf", "two\N{REPLACEMENT CHARACTER}lines\N{REPLACEMENT CHARACTER}.pdf"),
        ("n" * 300 + ".pdf", "n" * 200 + "….pdf"),
    ],
)
def test_a_name_is_for_people_and_never_a_path(kept: Store, tmp_path: Path, name: str, shown: str) -> None:
    assert shown_name(name) == shown
    submit(kept, name=shown_name(name))
    (file,) = (tmp_path / "files").glob("*/*")
    assert file.stem == hashed(file)[0]
    assert {path.name for path in tmp_path.iterdir()} <= {
        "files", "incoming", "jobs.sqlite", "jobs.sqlite-wal", "jobs.sqlite-shm",
    }  # fmt: skip


def test_the_newest_come_first_page_by_page_and_are_found_by_title(kept: Store) -> None:
    jobs = [submit(kept, "ann" if number % 2 else "bob", name=f"{number}.pdf") for number in range(6)]
    ids = [job.id for job in reversed(jobs)]

    def found(client: str | None, query: str = "", before: str | None = None, limit: int = 9) -> list[str]:
        return [job.id for job in kept.newest(client, query=query, before=before, limit=limit)]

    assert found(None) == ids
    assert found("ann") == ids[::2]
    assert [*found(None, limit=4), *found(None, before=ids[3])] == ids
    kept.entitle(ids[2], "Über 100% der Straße")
    for query in ("über", "STRASSE", "100%", "3.PDF"):
        assert found(None, query) == [ids[2]]
    assert found(None, "%") == [ids[2]]
    with pytest.raises(NotFoundError):
        found("bob", before=ids[0])


# Whose turn it is


def test_clients_take_turns_and_everybody_knows_how_many_are_before(kept: Store) -> None:
    chance = random.Random(4)
    for _ in range(5):
        submit(kept, "eve")
        take(kept)
    for _ in range(40):
        submit(kept, chance.choice(["ann", "bob", "bob", "bob", "eve"]))
    waiting = kept.newest(None, query="", before=None, limit=99)
    places = {job.id: job.progress.done for job in waiting if job.status == "queued"}
    assert {job.progress.total for job in waiting if job.status == "queued"} == {40}
    assert kept.places(places) == {id: kept.get(None, id).progress for id in places}
    taken = [take(kept) for _ in places]
    assert [places[id] for id in taken] == list(range(40))
    clients = [kept.get(None, id).client for id in taken]
    assert clients[:2] == ["ann", "bob"] or clients[:2] == ["bob", "ann"]
    assert clients[2] == "eve"


def test_a_job_moved_to_the_front_is_the_next_of_its_client(kept: Store) -> None:
    first, second, third = (submit(kept, "ann") for _ in range(3))
    other = submit(kept, "bob")
    assert kept.move_to_front("ann", third.id).progress.done == 0
    assert kept.move_to_front("ann", second.id).progress.done == 0
    assert [take(kept) for _ in range(4)] == [second.id, other.id, third.id, first.id]


def test_clients_who_have_to_wait_are_passed_over(kept: Store) -> None:
    first, second = submit(kept, "ann"), submit(kept, "bob")
    assert take(kept, without={"ann"}) == second.id
    assert kept.take(alone=True, without={"ann"}) is None
    assert take(kept) == first.id


def test_ten_thousand_queued_jobs_cost_little(kept: Store) -> None:
    """In steps of SQLite's machine, which no other process makes more. A step takes some 20 ns."""
    file = FileInfo("0" * 64, "harbour.pdf", 9, "application/pdf")
    with kept._database.transaction() as run:
        ids = [insert(run, f"client {number % 7}", file, {}) for number in range(10_000)]
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1000
        return 0

    def cost(work: Callable[[], object]) -> int:
        nonlocal steps
        steps = 0
        work()
        return steps

    kept._database._connection.set_progress_handler(step, 1000)
    assert cost(lambda: kept.get(None, ids[-1])) < 300_000
    assert cost(lambda: kept.newest(None, query="", before=None, limit=50)) < 1_000_000
    assert cost(lambda: kept.newest("client 3", query="", before=ids[5001], limit=50)) < 1_000_000
    assert cost(lambda: kept.take(alone=True)) < 500_000
    assert cost(lambda: kept.move_to_front(None, ids[-1])) < 500_000


# Deaths


def test_what_was_running_goes_on_first_after_a_restart(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as kept:
        jobs = [submit(kept, client).id for client in ("ann", "ann", "bob", "ann")]
        running = [take(kept), take(kept)]
        assert running == [jobs[0], jobs[2]]
    with closing(Store(tmp_path)) as kept:
        kept.recover()
        assert kept.counts == {"queued": 4}
        assert kept.get(None, jobs[0]).progress.done == 0
        assert [take(kept), take(kept)] == running
        kept.put_back([jobs[0]])
        assert take(kept) == jobs[0]
        kept.put_back_all()
        assert kept.counts == {"queued": 4}


def test_what_is_there_at_three_deaths_in_a_row_is_not_tried_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as kept:
        bad, good, other = (submit(kept, client).id for client in ("ann", "ann", "bob"))
        assert take(kept) == bad
        assert take(kept) == other
        kept.recover()
        assert kept.take(alone=False) is None, "what may be what kills is made alone"
        for _ in range(2):
            assert take(kept) == bad
            kept.recover()
        job = kept.get(None, bad)
        assert (job.status, job.error) == ("failed", store._POISONED)
        assert kept.counts == {"queued": 2, "failed": 1}
        assert [take(kept), take(kept)] == [other, good]


def test_deaths_that_may_be_by_another_count_once(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as kept:
        both = {submit(kept).id, submit(kept).id}
        for _ in range(9):
            assert {take(kept), take(kept)} == both
            kept.recover()
        assert kept.counts == {"queued": 2}


def test_a_job_that_gets_further_each_time_is_not_given_up(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as kept:
        job = submit(kept)
        for _ in range(4):
            assert take(kept) == job.id
            kept.recover()
            assert take(kept) == job.id
            kept.survived(job.id)
            kept.recover()
        assert kept.get(None, job.id).status == "queued"


def test_ids_of_starts_differ(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        with closing(Store(tmp_path)) as kept:
            assert kept.starts == number


# What goes


def test_a_document_goes_with_its_last_job(kept: Store, tmp_path: Path) -> None:
    first, other = ended(kept, content="one"), ended(kept, content="two")
    again = kept.rerun("ann", first.id, {"load.pages": "2"}, most=9)
    assert (again.title, again.rerun_of, again.settings) == ("The harbour", first.id, {"load.pages": "2"})
    kept.delete("ann", first.id)
    assert stored(tmp_path) == ["one", "two"]
    with pytest.raises(NotFoundError):
        kept.result("ann", first.id)
    take(kept)
    with pytest.raises(ConflictError, match="cancel it first"):
        kept.delete("ann", again.id)
    kept.cancel("ann", again.id, None, 1)
    kept.delete("ann", again.id)
    assert stored(tmp_path) == ["two"]
    kept.document("ann", other.id).unlink()
    with pytest.raises(NotFoundError, match="upload it again"):
        kept.document("ann", other.id)


def test_what_ended_long_ago_goes(kept: Store, tmp_path: Path) -> None:
    old, new = ended(kept, content="old"), ended(kept, content="new")
    waiting = submit(kept, content="waiting")
    with kept._database.transaction() as run:
        run.execute("UPDATE jobs SET created = 0")
        run.execute("UPDATE jobs SET ended = ended - 2 * 86400 WHERE id = ?", (old.id,))
    kept.clean_up(3, None)
    assert kept.counts == {"done": 2, "queued": 1}
    kept.clean_up(1, None)
    assert {job.id for job in kept.newest(None, query="", before=None, limit=9)} == {new.id, waiting.id}
    assert stored(tmp_path) == ["new", "waiting"]


def test_the_oldest_go_when_all_take_too_much(kept: Store, tmp_path: Path) -> None:
    size = 100_000
    jobs = [ended(kept, content=letter * size) for letter in "abc"]
    again = kept.rerun(None, jobs[0].id, None, most=9)
    running = submit(kept, content="r" * size)
    kept.clean_up(None, 5 * size / 1e9)
    assert kept.counts == {"done": 3, "queued": 2}
    kept.clean_up(None, 3.1 * size / 1e9)
    assert [job.id for job in kept.newest(None, query="", before=None, limit=9)] == [
        running.id,
        again.id,
        jobs[2].id,
    ]
    assert [text[0] for text in stored(tmp_path)] == ["a", "c", "r"]
    kept.clean_up(None, 0)
    assert kept.counts == {"queued": 2}


# Disks and locks


def test_a_full_disk_refuses_new_jobs_and_loses_none(kept: Store, tmp_path: Path) -> None:
    job = submit(kept)
    take(kept)
    connection = kept._database._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    large = {**RESULT, "summary": random.Random(1).randbytes(100_000).hex()}
    with pytest.raises(StorageFullError, match="The disk is full; make room"):
        submit(kept, content="more", settings={"prompts.focus": "x" * 100_000})
    with pytest.raises(StorageFullError):
        kept.finish(job.id, large, 1)
    assert kept.get(None, job.id).status == "running"
    connection.execute("PRAGMA max_page_count = 100000")
    assert kept.finish(job.id, large, 1)
    assert kept.result(None, job.id) == large
    kept.sweep()
    assert len(stored(tmp_path)) == sum(kept.counts.values())


def test_a_locked_database_is_waited_for_and_then_said_to_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    with closing(Store(tmp_path)) as kept, closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as other:
        job = submit(kept)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked; try again"):
            take(kept)
        assert kept.get(None, job.id).status == "queued"
        other.rollback()
        assert take(kept) == job.id


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"this is no database " * 1000), "is damaged; put back a backup"),
        (lambda path: _set_version(path, 99), "newer version"),
        (lambda path: path.unlink() or path.mkdir(), "cannot be used"),
    ],
    ids=["damaged", "newer", "folder"],
)
def test_a_list_that_cannot_be_read_is_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    with closing(Store(tmp_path)):
        pass
    path = tmp_path / "jobs.sqlite"
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StorageError, match=said):
        Store(tmp_path)
    assert (path.read_bytes() if path.is_file() else b"") == before


def _set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def test_a_result_is_small_on_the_disk(kept: Store) -> None:
    job = submit(kept)
    take(kept)
    long = {**RESULT, "summary": "The harbour opens at six. " * 10_000}
    kept.finish(job.id, long, 1)
    with kept._database.reading() as run:
        ((size,),) = run.execute("SELECT length(result) FROM results").fetchall()
    assert size < len(json.dumps(long)) / 20
