"""What is kept of jobs: every change of a job's state is one transaction. Knows nothing of models or of tasks.

Blocking, and for one thread at a time. Raises StorageFullError and StorageError, as Database does.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from graph.results.types import Result
from graph.service.errors import ConflictError, NotFoundError, QueueFullError
from graph.service.storage.database import Database
from graph.service.storage.files import Files, stored_name
from graph.service.storage.queue_order import QUEUE, Places, take_next
from graph.service.storage.rows import (
    ENDED_JOBS,
    all_settings,
    beyond,
    entitle,
    file_of,
    find,
    insert,
    job_of,
    masked,
)
from graph.service.types import FileInfo, Job, Progress, Status

# At so many deaths of the process in a row, without an answer between them, a job is not tried again.
_DEATHS = 3
_POISONED = (
    f"This document was being summarized each of {_DEATHS} times that the program ended unexpectedly, "
    "so it is not tried again by itself."
)

_KEY_SECONDS = 24 * 3600.0

_SCHEMA = f"""
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    client TEXT NOT NULL,
    title TEXT NOT NULL,
    folded TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    stored TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    settings TEXT NOT NULL,
    password TEXT,
    status TEXT NOT NULL DEFAULT 'queued',
    place INTEGER NOT NULL,
    deaths INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    progress TEXT,
    event INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    warnings INTEGER NOT NULL DEFAULT 0,
    result_bytes INTEGER NOT NULL DEFAULT 0,
    rerun_of TEXT
);
CREATE INDEX of_client ON jobs (client, number);
CREATE INDEX of_file ON jobs (stored);
CREATE INDEX by_end ON jobs (ended) WHERE ended IS NOT NULL;
CREATE TABLE results (number INTEGER PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, result BLOB NOT NULL);
CREATE TABLE keys (
    client TEXT NOT NULL, key TEXT NOT NULL, content TEXT NOT NULL, ids TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (client, key)
);
CREATE TABLE starts (count INTEGER NOT NULL);
INSERT INTO starts VALUES (0);
{QUEUE}
"""
_VERSION = 1


@dataclass(frozen=True)
class Work:
    """A job that was taken from the queue. `settings` have the password."""

    job: Job
    path: Path
    settings: dict[str, Any]
    deaths: int


class Store:
    """The jobs of a data folder. `starts` counts how often it was opened; `counts` are the jobs of each status."""

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self._database = Database(folder / "jobs.sqlite", _SCHEMA, _VERSION)
        self.counts: dict[Status, int] = {}
        with self._change() as run:
            run.execute("UPDATE starts SET count = count + 1")
            (self.starts,) = run.execute("SELECT count FROM starts").fetchone()

    def close(self) -> None:
        """No more uses."""
        self._database.close()

    def recover(self) -> None:
        """Put back what was running when the process died: in its old place, unless it is what kills."""
        with self._change() as run:
            running = self.counts.get("running", 0)
            # Of several, any may be what killed: that counts once, and then each of them is made alone.
            most = 1 if running > 1 else _DEATHS
            run.execute(
                "UPDATE jobs SET deaths = min(deaths + 1, ?), status = 'queued' WHERE status = 'running'", (most,)
            )
            run.execute(
                "UPDATE jobs SET status = 'failed', ended = ?, error = ?, password = NULL "
                "WHERE status = 'queued' AND deaths >= ?",
                (time.time(), _POISONED, _DEATHS),
            )

    def put_back(self, ids: Iterable[str]) -> None:
        """Queue running jobs again, in their old places."""
        with self._change() as run:
            run.executemany(
                "UPDATE jobs SET status = 'queued' WHERE id = ? AND status = 'running'", [(id,) for id in ids]
            )

    def put_back_all(self) -> None:
        """Queue again what is running: nobody works on it any more."""
        with self._change() as run:
            run.execute("UPDATE jobs SET status = 'queued' WHERE status = 'running'")

    def survived(self, id: str) -> None:
        """The running job has got an answer of the model: should the process die now, it is not by this job."""
        with self._change() as run:
            run.execute("UPDATE jobs SET deaths = -1 WHERE id = ? AND status = 'running'", (id,))

    # New ones

    def submit(
        self,
        client: str,
        files: Sequence[tuple[Path, FileInfo]],
        settings: Mapping[str, Any],
        key: str | None,
        *,
        most: int,
    ) -> list[Job]:
        """Queue a job for each file, all or none, unless more than `most` would wait. Moves the files here.

        What was submitted with the same key within a day is returned instead.
        """
        content = json.dumps([[(file.sha256, file.name) for _, file in files], masked(settings)], sort_keys=True)
        with self._change() as run:
            ids = _used(run, client, key, content) if key else None
            if ids is None:
                self._refuse_too_many(run, len(files), most)
                for path, file in files:
                    self.files.keep(path, stored_name(file.sha256, file.name))
                ids = [insert(run, client, file, settings) for _, file in files]
                if key:
                    used = client, key, content, json.dumps(ids), time.time()
                    run.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)", used)
            return self._jobs(run, [row for id in ids if (row := find(run, None, id))])

    def rerun(self, client: str | None, id: str, settings: Mapping[str, Any] | None, *, most: int) -> Job:
        """Queue a job with the document of another, and with its settings if none are given."""
        with self._change() as run:
            row = self._row(run, client, id)
            self._refuse_too_many(run, 1, most)
            chosen = all_settings(row) if settings is None else settings
            new = insert(run, row["client"], file_of(row), chosen, title=row["title"], rerun_of=id)
            return self._job(run, self._row(run, None, new))

    # To look at

    def get(self, client: str | None, id: str) -> Job:
        """A job."""
        with self._database.reading() as run:
            return self._job(run, self._row(run, client, id))

    def newest(self, client: str | None, *, query: str, before: str | None, limit: int) -> list[Job]:
        """Jobs, the latest first: those with `query` in title or name, made before the job `before`."""
        with self._database.reading() as run:
            top = self._row(run, client, before)["number"] if before else 1 << 62
            rows = run.execute(
                "SELECT * FROM jobs WHERE (?1 IS NULL OR client = ?1) AND number < ?2 "
                "AND (?3 = '' OR instr(folded, ?3)) ORDER BY number DESC LIMIT ?4",
                (client, top, query.casefold(), limit),
            ).fetchall()
            return self._jobs(run, rows)

    def places(self, ids: Iterable[str]) -> dict[str, Progress]:
        """How many are before each of these jobs, of those that wait."""
        with self._database.reading() as run:
            rows = [row for id in ids if (row := find(run, None, id)) and row["status"] == "queued"]
            return {job.id: job.progress for job in self._jobs(run, rows)}

    def last_event(self, id: str) -> int:
        """The number of the event with which a job ended; 0 if it was never told."""
        with self._database.reading() as run:
            return int(self._row(run, None, id)["event"])

    def result(self, client: str | None, id: str) -> Result:
        """What came of a job."""
        with self._database.reading() as run:
            row = self._row(run, client, id)
            found = run.execute("SELECT result FROM results WHERE number = ?", (row["number"],)).fetchone()
        if found is None:
            raise ConflictError(_no_result(row))
        result: Result = json.loads(zlib.decompress(found[0]))
        return result

    def document(self, client: str | None, id: str) -> Path:
        """The file of a job."""
        with self._database.reading() as run:
            path = self.files.path(self._row(run, client, id)["stored"])
        if not path.is_file():
            raise NotFoundError("The document is no longer there", "upload it again")
        return path

    # What becomes of them

    def take(self, *, alone: bool, without: Collection[str] = ()) -> Work | None:
        """The next job, which is running from here on; None if there is none.

        `alone`: no other is running. `without`: clients who have to wait now.
        """
        with self._change() as run:
            if (id := take_next(run, alone=alone, without=without)) is None:
                return None
            run.execute(
                "UPDATE jobs SET status = 'running', started = coalesce(started, ?), deaths = max(deaths, 0) "
                "WHERE id = ?",
                (time.time(), id),
            )
            row = self._row(run, None, id)
            return Work(self._job(run, row), self.files.path(row["stored"]), all_settings(row), row["deaths"])

    def entitle(self, id: str, title: str) -> None:
        """Note the title, once it is known."""
        with self._change() as run:
            entitle(run, id, title)

    def finish(self, id: str, result: Result, event: int) -> bool:
        """A running job is done. False if it is not running any more."""
        data = zlib.compress(json.dumps(result, ensure_ascii=False).encode())
        with self._change() as run:
            if not self._end(run, id, "done", ("running",), event):
                return False
            entitle(run, id, result["title"])
            run.execute(
                "UPDATE jobs SET warnings = ?, result_bytes = ? WHERE id = ?",
                (len(result["warnings"]), len(data), id),
            )
            run.execute("INSERT INTO results SELECT number, ? FROM jobs WHERE id = ?", (data, id))
            return True

    def fail(self, id: str, error: str, progress: Progress, event: int) -> bool:
        """A running job has failed. False if it is not running any more."""
        with self._change() as run:
            return self._end(run, id, "failed", ("running",), event, error=error, progress=progress)

    def cancel(self, client: str | None, id: str, progress: Progress | None, event: int) -> Job:
        """End a job that has not ended. `progress` is how far it had come."""
        with self._change() as run:
            row = self._row(run, client, id)
            if not self._end(run, id, "cancelled", ("queued", "running"), event, progress=progress):
                raise ConflictError(f"This summary is {row['status']} and cannot be cancelled")
            return self._job(run, self._row(run, client, id))

    def move_to_front(self, client: str | None, id: str) -> Job:
        """Make a queued job the next one of its client."""
        with self._change() as run:
            row = self._row(run, client, id)
            if row["status"] != "queued":
                raise ConflictError(f"This summary is {row['status']} and waits no more")
            run.execute(
                "UPDATE jobs SET place = (SELECT min(place) - 1 FROM jobs WHERE status = 'queued' AND client = ?)"
                " WHERE id = ?",
                (row["client"], id),
            )
            return self._job(run, self._row(run, client, id))

    def delete(self, client: str | None, id: str) -> None:
        """Forget a job that is not running, and its document unless another job has it."""
        with self._change() as run:
            row = self._row(run, client, id)
            if row["status"] == "running":
                raise ConflictError("This summary is being made", "cancel it first")
            dropped = self._forget(run, [row])
        self._drop(dropped)

    def clean_up(self, keep_days: float | None, keep_gb: float | None) -> None:
        """Forget jobs that ended so many days ago, and then the oldest, until all take no more room than that.

        What is queued or running stays.
        """
        with self._change() as run:
            dropped: list[str] = []
            if keep_days is not None:
                long_ago = time.time() - keep_days * 86400
                dropped += self._forget(run, run.execute(f"{ENDED_JOBS} AND ended < ?", (long_ago,)).fetchall())
            if keep_gb is not None:
                dropped += self._forget(run, beyond(run, keep_gb * 1e9))
        self._drop(dropped)

    def sweep(self) -> None:
        """Delete what a kill may have left: files that no job has, and keys that are of no more use."""
        with self._change() as run:
            run.execute("DELETE FROM keys WHERE created < ?", (time.time() - _KEY_SECONDS,))
            needed = {row["stored"] for row in run.execute("SELECT DISTINCT stored FROM jobs")}
        self.files.drop_all_but(needed)

    # Within a transaction

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        self._forgets = False  # whether this change is the end of a password
        with self._database.transaction() as run:
            yield run
            counts = run.execute("SELECT status, count(*) FROM jobs GROUP BY status").fetchall()
        self.counts = dict(counts)
        if self._forgets:
            self._database.empty_log()

    def _refuse_too_many(self, run: sqlite3.Connection, more: int, most: int) -> None:
        (waiting,) = run.execute("SELECT count(*) FROM jobs WHERE status = 'queued'").fetchone()
        if waiting + more > most:
            raise QueueFullError(f"{waiting} summaries are waiting, and no more than {most} may", retry_after=60)

    def _jobs(self, run: sqlite3.Connection, rows: Iterable[sqlite3.Row]) -> list[Job]:
        places = Places(run)
        return [job_of(row, places) for row in rows]

    def _job(self, run: sqlite3.Connection, row: sqlite3.Row) -> Job:
        return job_of(row, Places(run))

    def _row(self, run: sqlite3.Connection, client: str | None, id: str) -> sqlite3.Row:
        if (row := find(run, client, id)) is None:
            raise NotFoundError("There is no such summary")
        return row

    def _end(
        self,
        run: sqlite3.Connection,
        id: str,
        status: Status,
        before: tuple[Status, ...],
        event: int,
        *,
        error: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        marks = ", ".join("?" * len(before))
        said = json.dumps(asdict(progress)) if progress else None
        self._forgets = bool((row := find(run, None, id)) and row["password"])
        changed = run.execute(
            "UPDATE jobs SET status = ?, ended = ?, error = ?, progress = ?, event = ?, password = NULL "
            f"WHERE id = ? AND status IN ({marks})",
            (status, time.time(), error, said, event, id, *before),
        ).rowcount
        return bool(changed)

    def _forget(self, run: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[str]:
        """The files that no other job has: to be dropped when the jobs are gone for good."""
        run.executemany("DELETE FROM jobs WHERE number = ?", [(row["number"],) for row in rows])
        stored = {row["stored"] for row in rows}
        return [one for one in stored if not run.execute("SELECT 1 FROM jobs WHERE stored = ?", (one,)).fetchone()]

    def _drop(self, dropped: Sequence[str]) -> None:
        for stored in dropped:
            self.files.drop(stored)


def _used(run: sqlite3.Connection, client: str, key: str, content: str) -> list[str] | None:
    """The ids of what was submitted with this key, if it was used."""
    row = run.execute(
        "SELECT content, ids FROM keys WHERE client = ? AND key = ? AND created >= ?",
        (client, key, time.time() - _KEY_SECONDS),
    ).fetchone()
    if row is None:
        return None
    if row["content"] != content:
        raise ConflictError("The same Idempotency-Key was used for something else", "use a new one")
    ids: list[str] = json.loads(row["ids"])
    return ids


def _no_result(row: sqlite3.Row) -> str:
    if row["status"] in ("queued", "running"):
        return "This summary is not finished yet"
    return f"There is no summary, for this job {'has failed' if row['status'] == 'failed' else 'was cancelled'}"
