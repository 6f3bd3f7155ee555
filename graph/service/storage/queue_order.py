"""Whose job is next: clients take turns, and each has its own jobs in their order."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from functools import cached_property

# `place` orders the jobs of a client; one that had begun before a restart goes first of all.
QUEUE = """
CREATE INDEX queue ON jobs (status, client, place);
CREATE INDEX begun ON jobs (place) WHERE status = 'queued' AND started IS NOT NULL;
CREATE TABLE turns (client TEXT PRIMARY KEY, turn INTEGER NOT NULL);
"""

# A job that was running at so many deaths of the process is made alone: another would be taken for what kills.
_SUSPECT = 1

_BEGUN = "SELECT id, client, deaths FROM jobs WHERE status = 'queued' AND started IS NOT NULL ORDER BY place"
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


def take_next(run: sqlite3.Connection, *, alone: bool, without: Collection[str] = ()) -> str | None:
    """The id of the next job, whose client is then the last in turn. `alone`: no other is running.

    `without`: clients who have to wait now.
    """
    for found in run.execute(_BEGUN):
        if is_suspect(found["deaths"]) and not alone:
            return None
        if found["client"] not in without:
            return str(found["id"])
    for client, *_ in run.execute(_CLIENTS).fetchall():
        if client not in without:
            id = run.execute(_FIRST, (client,)).fetchone()["id"]
            run.execute(_SERVED, (client,))
            return str(id)
    return None


class Places:
    """Which jobs are before others, if no other comes: as they are in one transaction, and looked up once."""

    def __init__(self, run: sqlite3.Connection) -> None:
        self._run = run

    @cached_property
    def _clients(self) -> list[sqlite3.Row]:
        return self._run.execute(_CLIENTS).fetchall()

    @property
    def waiting(self) -> int:
        """How many jobs are queued."""
        return sum(client["waiting"] for client in self._clients)

    def before(self, client: str, place: int) -> int:
        """How many jobs are taken before the one that has this place among its client's."""
        (rank,) = self._run.execute(_BEFORE, (client, place)).fetchone()
        before, is_behind = rank, False
        for other in self._clients:
            if other["client"] == client:
                is_behind = True
            else:
                before += min(other["waiting"], rank + (not is_behind))
        return int(before)
