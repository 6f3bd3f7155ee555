"""A LangChain cache on disk that survives a kill: each answer is written before the call that made it returns.

LangChain hands it the exact prompt, and a text that identifies the model and its settings.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import finalize

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import messages_from_dict, messages_to_dict
from langchain_core.outputs import ChatGeneration, Generation
from platformdirs import user_cache_path

from llm.config import CacheConfig

logger = logging.getLogger(__name__)

_TABLE = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, answer TEXT NOT NULL, bytes INTEGER NOT NULL, used_at REAL NOT NULL
)
"""
_EVICT = """
DELETE FROM answers WHERE key IN (
    SELECT key FROM (SELECT key, sum(bytes) OVER (ORDER BY used_at DESC, key) AS newer FROM answers)
    WHERE newer > ?
)
"""
_HEADER = b"SQLite format 3\0"
_SUFFIXES = {".sqlite", ".sqlite3", ".db"}
_INSERT = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)"

# Seconds to wait while another process writes; the second, once a wait or anything else has failed.
_BUSY_SECONDS = 30.0
_BUSY_SECONDS_THEN = 0.1

# The part of `max_mb` that is kept when old answers are evicted, so that it is not done at every answer.
_KEPT = 0.9


def open_cache(config: CacheConfig) -> AnswerCache | None:
    """The cache a configuration names; None if it is off, or if there is no home folder to keep it in."""
    if not config.enabled:
        return None
    path = _expanded(config.path) if config.path else default_path()
    if path is None:
        logger.warning(
            "There is no home folder, so answers are not cached; set cache.path to a file to keep them."
        )
        return None
    return AnswerCache(path, config.max_mb)


def default_path() -> Path | None:
    """The file in the user's cache folder (`~/.cache`; on a Mac `~/Library/Caches`); None if there is no home."""
    try:
        return _expanded(user_cache_path("mlx-pdf-summarizer", appauthor=False) / "answers.sqlite")
    except RuntimeError:  # platformdirs found no home; older ones leave the "~"
        return None


def _expanded(path: str | Path) -> Path | None:
    """`path` with "~" filled in; None where nobody has a home, as in a container under a bare user id."""
    expanded = os.path.expanduser(path)
    return None if expanded.startswith("~") else Path(expanded)


class AnswerCache(BaseCache):
    """Answers in one SQLite file, which several processes can share.

    A damaged file is renamed to NAME.damaged, with a warning, and a new one is started; a file that is not a
    database, by content and by name, is left alone. When the answers exceed `max_mb` megabytes, the least recently
    used are evicted. Empty answers are not kept. A cached answer says so in its `response_metadata["cached"]`.
    """

    def __init__(self, path: str | Path, max_mb: float = 1000) -> None:
        self.path = _expanded(path) or Path(path)
        self._max_bytes = max_mb * 1e6
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._bytes = 0  # of all answers, as far as this process knows
        self._warned = False

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """The answer to the same prompt; None if there is none."""
        key = _key(prompt, llm_string)
        rows = self._run("SELECT answer FROM answers WHERE key = ?", key)
        if not rows:
            return None
        try:
            answer = [_from_plain(plain) for plain in json.loads(rows[0][0])]
        except Exception as error:  # a damaged row may hold anything
            logger.info("An answer in %s cannot be read (%s); it is asked for again", self.path, error)
            return None
        self._run("UPDATE answers SET used_at = ? WHERE key = ?", time.time(), key)
        return answer

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Write an answer to disk."""
        if any(generation.text.strip() or _calls_tools(generation) for generation in return_val):
            answer = json.dumps([_to_plain(generation) for generation in return_val], ensure_ascii=False)
            encoded = answer.encode(errors="backslashreplace")  # half a character, as JSON writes it
            self._run(_INSERT, _key(prompt, llm_string), encoded.decode(), len(encoded), time.time())
            self._make_room(len(encoded))

    def clear(self, **kwargs: Any) -> None:
        """Forget all answers."""
        self._run("DELETE FROM answers")

    def _run(self, statement: str, *values: Any) -> list[Any]:
        """Run a statement. If the file cannot be used, the answer is not kept, but never lost to its caller."""
        with self._lock:
            for _ in range(2):
                try:
                    return self._open().execute(statement, values).fetchall()
                # No room, no permission, locked too long, a name that no file can have.
                except (sqlite3.OperationalError, OSError, ValueError) as error:
                    self._warn(error)
                    return []
                except sqlite3.DatabaseError as error:
                    self._set_aside(error)
        return []

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():  # a connection does not survive a fork
            if _expanded(self.path) is None:
                raise ValueError("there is no home folder")
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            _refuse_other_files(self.path)
            patience = _BUSY_SECONDS_THEN if self._warned else _BUSY_SECONDS
            self._connection, self._process = _connect(self.path, patience), os.getpid()
            finalize(self, self._connection.close)
            (self._bytes,) = self._connection.execute("SELECT coalesce(sum(bytes), 0) FROM answers").fetchone()
        return self._connection

    def _make_room(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._max_bytes:
            self._run(_EVICT, self._max_bytes * _KEPT)
            rows = self._run("SELECT coalesce(sum(bytes), 0) FROM answers")
            self._bytes = rows[0][0] if rows else 0

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _warn(self, error: Exception) -> None:
        self._close()
        if not self._warned:
            self._warned = True
            reason = getattr(error, "strerror", None) or str(error)
            logger.warning("The cache %s cannot be used (%s); answers are not kept.", self.path, reason)

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Rename the file, unless another process that shares it has already done so."""
        self._close()
        if not _is_sound(self.path):
            aside = _free(self.path.with_name(f"{self.path.name}.damaged"))
            for ending in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.replace(f"{self.path}{ending}", f"{aside}{ending}")
            logger.warning(
                "The cache %s is damaged (%s); it was renamed to %s, and a new one was started.",
                self.path,
                str(error),
                aside,
            )


def _refuse_other_files(path: Path) -> None:
    if path.suffix not in _SUFFIXES and path.is_file():
        with path.open("rb") as file:
            if (start := file.read(len(_HEADER))) and start != _HEADER:
                raise ValueError("it is a file of another kind")


def _free(path: Path) -> Path:
    """`path`, with a number if there is already such a file."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return path if not path.exists() else next(other for other in numbered if not other.exists())


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    give_up = time.monotonic() + patience
    try:
        while not _set_up(connection, give_up):
            time.sleep(0.01)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, give_up: float) -> bool:
    """Create the table. False while another process does it: SQLite itself does not wait for that."""
    try:
        connection.execute("PRAGMA auto_vacuum = FULL")  # in a new file: it shrinks when answers are evicted
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # on disk, not on its way there, when a call returns
        connection.execute(_TABLE)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up:
            raise
        return False
    return True


def _is_sound(path: Path) -> bool:
    try:
        with closing(_connect(path, _BUSY_SECONDS)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _key(prompt: str, llm_string: str) -> bytes:
    return hashlib.sha256(json.dumps([prompt, llm_string]).encode()).digest()


def _calls_tools(generation: Generation) -> bool:
    return isinstance(generation, ChatGeneration) and bool(getattr(generation.message, "tool_calls", None))


def _to_plain(answer: Generation) -> dict[str, Any]:
    if isinstance(answer, ChatGeneration):
        return {"message": messages_to_dict([answer.message])[0], "info": answer.generation_info}
    return {"text": answer.text, "info": answer.generation_info}


def _from_plain(plain: dict[str, Any]) -> Generation:
    info = plain["info"]
    if "text" in plain:
        return Generation(text=plain["text"], generation_info={**(info or {}), "cached": True})
    (message,) = messages_from_dict([plain["message"]])
    message.response_metadata["cached"] = True
    return ChatGeneration(message=message, generation_info=info)
