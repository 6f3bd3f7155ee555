"""One SQLite file: every change is one transaction, on disk when it returns. Knows nothing of jobs."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from graph.service.errors import ServiceError, StorageError, StorageFullError

# Seconds to wait while another program holds the file, such as one that makes a backup.
_BUSY_SECONDS = 10.0

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Database:
    """A connection that threads may share, to a file that is made with `schema` if there is none.

    Raises, here and at each use:
        StorageFullError: the disk is full; nothing was changed.
        StorageError: the file is locked, damaged, or cannot be written; nothing was changed.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self._lock = Lock()
        with told():
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            try:
                self._set_up(schema, version)
            except BaseException:
                self._connection.close()
                raise

    def _set_up(self, schema: str, version: int) -> None:
        run = self._connection.execute
        (found,) = run("PRAGMA user_version").fetchone()
        if found > version:
            raise StorageError(
                "The data folder was written by a newer version of this program", "install that one again"
            )
        run("PRAGMA auto_vacuum = FULL")  # in a new file: it shrinks when jobs are deleted
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")  # on disk, not on its way there, when a call returns
        run("PRAGMA secure_delete = ON")  # passwords
        run("PRAGMA foreign_keys = ON")
        if found < version:
            self._connection.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What the block does is done, or none of it."""
        with self._lock, told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite itself rolls back when the disk is full
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from, one state at a time."""
        with self._lock, told():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")

    def empty_log(self) -> None:
        """Leave nothing in the log beside the file, which keeps what was deleted; not while others read it."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """No more uses."""
        with self._lock:
            self._connection.close()


@contextmanager
def told() -> Iterator[None]:
    """Say in a sentence what SQLite or the file system says in the block."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_words(error) from error
    except OSError as error:
        if error.errno in _FULL:
            raise _full() from error
        reason = error.strerror or type(error).__name__
        raise StorageError(f"The data folder cannot be used ({reason})", "check it and its permissions") from error


def _full() -> StorageFullError:
    return StorageFullError("The disk is full", "make room on it, and try again")


def _in_words(error: sqlite3.Error) -> ServiceError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return _full()
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError("Another program keeps the list of summaries locked", "try again when it has ended")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StorageError("The list of summaries is damaged", "put back a backup of the data folder")
    return StorageError(f"The list of summaries cannot be used ({error})", "check the data folder and its disk")


def sync_folder(folder: Path) -> None:
    """Bring to disk which files a folder has."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
