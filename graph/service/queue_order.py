"""Whose job is next: clients take turns, and each has its own jobs in their order."""

from __future__ import annotations

import sqlite3

# `place` orders the jobs of a client; one that had begun before a restart goes first of all.
QUEUE = """
CREATE INDEX queue ON jobs (status, client, place);
CREATE INDEX begun ON jobs (place) WHERE status = 'queued' AND started IS NOT NULL;
CREATE TABLE turns (client TEXT PRIMARY KEY, turn INTEGER NOT NULL);
"""

# A job that was running at so many deaths of the process is made alone: another would be taken for what kills.
_SUSPECT = 2

_BEGUN = "SELECT id, deaths FROM jobs WHERE status = 'queued' AND started IS NOT NULL ORDER BY place LIMIT 1"
_CLIENTS = """
SELECT client, count(*) AS waiting, coalesce((SELECT turn FROM turns WHERE turns.client = jobs.client), 0) AS turn
FROM jobs WHERE status = 'queued' GROUP BY client ORDER BY turn, min(place)
"""
_FIRST = "SELECT id FROM jobs WHERE status = 'queued' AND client = ? ORDER BY place LIMIT 1"
_BEFORE = "SELECT count(*) FROM jobs WHERE status = 'queued' AND client = ? AND place < ?"
_SERVED = "INSERT OR REPLACE INTO turns VALUES (?, (SELECT coalesce(max(turn), 0) + 1 FROM turns))"


def is_suspect(deaths: int) -> bool:
    """Whether a job must be made alone, having been there at so many deaths of the process in a row."""
    return deaths >= _SUSPECT


def take_next(run: sqlite3.Connection, *, alone: bool) -> str | None:
    """The id of the next job, whose client is then the last in turn. `alone`: no other is running."""
    if found := run.execute(_BEGUN).fetchone():
        return None if is_suspect(found["deaths"]) and not alone else str(found["id"])
    if (client := run.execute(_CLIENTS).fetchone()) is None:
        return None
    id = run.execute(_FIRST, (client["client"],)).fetchone()["id"]
    run.execute(_SERVED, (client["client"],))
    return str(id)


def jobs_before(run: sqlite3.Connection, client: str, place: int) -> int:
    """How many jobs are taken before this one, if no other comes."""
    (rank,) = run.execute(_BEFORE, (client, place)).fetchone()
    before, is_behind = rank, False
    for other in run.execute(_CLIENTS).fetchall():
        if other["client"] == client:
            is_behind = True
        else:
            before += min(other["waiting"], rank + (not is_behind))
    return int(before)
