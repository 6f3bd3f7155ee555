"""A job as a row of the database, and back. Called within a transaction of the store."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from graph.service.storage.files import stored_name
from graph.service.storage.queue_order import Places
from graph.service.types import PASSWORD, FileInfo, Job, Progress

# Stands in settings for a password that was given.
MASK = "***"

ENDED_JOBS = "SELECT * FROM jobs WHERE ended IS NOT NULL AND status IN ('done', 'failed', 'cancelled')"


def masked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may be shown."""
    return {key: MASK if key == PASSWORD else value for key, value in settings.items()}


def find(run: sqlite3.Connection, client: str | None, id: str) -> sqlite3.Row | None:
    """The row of a job, if it is this client's."""
    row: sqlite3.Row | None = run.execute(
        "SELECT * FROM jobs WHERE id = ?1 AND (?2 IS NULL OR client = ?2)", (id, client)
    ).fetchone()
    return row


def job_of(row: sqlite3.Row, places: Places) -> Job:
    """The job that a row is."""
    return Job(
        id=row["id"],
        client=row["client"],
        title=row["title"],
        file=file_of(row),
        settings=json.loads(row["settings"]),
        status=row["status"],
        created=_time(row["created"]),
        started=_time(row["started"]) if row["started"] else None,
        ended=_time(row["ended"]) if row["ended"] else None,
        progress=_progress(row, places),
        error=row["error"],
        warnings=row["warnings"],
        rerun_of=row["rerun_of"],
    )


def insert(
    run: sqlite3.Connection,
    client: str,
    file: FileInfo,
    settings: Mapping[str, Any],
    *,
    title: str | None = None,
    rerun_of: str | None = None,
) -> str:
    """Queue a new job behind all others of its client, and return its id."""
    id = secrets.token_urlsafe(16)
    values = {
        "id": id,
        "client": client,
        "title": title or file.name,
        "folded": "",
        **asdict(file),
        "stored": stored_name(file.sha256, file.name),
        "settings": json.dumps(masked(settings), ensure_ascii=False),
        "password": settings.get(PASSWORD),
        "place": 0,
        "created": time.time(),
        "rerun_of": rerun_of,
    }
    marks = ", ".join("?" * len(values))
    number = run.execute(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})", [*values.values()]).lastrowid
    run.execute("UPDATE jobs SET place = number WHERE number = ?", (number,))
    entitle(run, id, values["title"])
    return id


def entitle(run: sqlite3.Connection, id: str, title: str) -> None:
    """Set the title, and what is searched."""
    (name,) = run.execute("SELECT name FROM jobs WHERE id = ?", (id,)).fetchone()
    folded = f"{title}\n{name}".casefold()
    run.execute("UPDATE jobs SET title = ?, folded = ? WHERE id = ?", (title, folded, id))


def beyond(run: sqlite3.Connection, most: float) -> list[sqlite3.Row]:
    """The oldest jobs that ended, as many as it takes until documents and results are at most so many bytes."""
    used: dict[str, list[int]] = {}  # of each file: its size, and how many jobs have it
    total = 0
    for row in run.execute(
        "SELECT stored, bytes, count(*) AS jobs, sum(result_bytes) AS results FROM jobs GROUP BY stored"
    ):
        used[row["stored"]] = [row["bytes"], row["jobs"]]
        total += row["bytes"] + row["results"]
    gone = []
    for row in run.execute(f"{ENDED_JOBS} ORDER BY ended"):
        if total <= most:
            break
        gone.append(row)
        file = used[row["stored"]]
        file[1] -= 1
        total -= row["result_bytes"] + (0 if file[1] else file[0])
    return gone


def all_settings(row: sqlite3.Row) -> dict[str, Any]:
    """Settings with the password, as long as it is kept."""
    settings: dict[str, Any] = json.loads(row["settings"])
    settings.pop(PASSWORD, None)
    return settings | ({PASSWORD: row["password"]} if row["password"] is not None else {})


def file_of(row: sqlite3.Row) -> FileInfo:
    """The file of a job."""
    return FileInfo(row["sha256"], row["name"], row["bytes"], row["media_type"])


def _progress(row: sqlite3.Row, places: Places) -> Progress:
    if row["status"] == "queued":
        return Progress("waiting", places.before(row["client"], row["place"]), places.waiting)
    if row["status"] == "done":
        return Progress("done", 1, 1)
    return Progress(**json.loads(row["progress"])) if row["progress"] else Progress("waiting")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
