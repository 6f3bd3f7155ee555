"""Who may use the service: tokens, and the sessions of browsers that have shown one. Knows nothing of HTTP."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

from graph.errors import ConfigError

TOKEN_VARIABLE = "SUMMARIZE_TOKEN"
LOCAL = "local"  # the client where there is no token, or one without a name

SESSION_SECONDS = 30 * 24 * 3600
_MOST_SESSIONS = 1000
_SHORTEST_TOKEN = 16
_LINE = re.compile(r"(?:(?P<name>[\w.@-]{1,64})[ \t]*:[ \t]*)?(?P<token>[\x21-\x7e]+)")


def read_tokens(file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """Names and tokens, of a file with a line each (`name: token`, or a token alone) and of the environment.

    Raises ConfigError, which never shows a token.
    """
    tokens: dict[str, str] = {}
    if token := environment.get(TOKEN_VARIABLE):
        tokens[LOCAL] = _long_enough(token.strip(), TOKEN_VARIABLE)
    for number, line in enumerate(_lines(file), start=1) if file else ():
        where = f"{file}, line {number}"
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if not match:
            raise ConfigError(f"{where}: write a token, or a name, a colon and a token.")
        name = match["name"] or LOCAL
        if name in tokens:
            raise ConfigError(f"{where}: there is a token for {name!r} already; give each a name of its own.")
        tokens[name] = _long_enough(match["token"], where)
    if file and not tokens:
        raise ConfigError(f"{file} has no token; write one with at least {_SHORTEST_TOKEN} characters into it.")
    if len(set(tokens.values())) < len(tokens):
        raise ConfigError(f"{file}: two names have the same token; give each one of its own.")
    return tokens


def is_private(file: Path) -> bool:
    """Whether nobody but its owner can read or change the file."""
    return not file.stat().st_mode & 0o077


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; check --token-file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not a text file; write a line for each token into it.") from None


def _long_enough(token: str, where: str) -> str:
    if len(token) < _SHORTEST_TOKEN:
        raise ConfigError(
            f"{where}: a token has at least {_SHORTEST_TOKEN} characters; "
            'make one with: python -c "import secrets; print(secrets.token_urlsafe())".'
        )
    return token


class _Session(TypedDict):
    name: str
    token: str
    """The hash of the token's hash."""
    ends: float


class Access:
    """The tokens, by their hashes, and the sessions, in a file that survives a restart.

    A session ends with its time, when somebody logs out, and when its token is no longer there.
    """

    def __init__(self, tokens: Mapping[str, str], folder: Path) -> None:
        self._tokens = {name: _hash(token) for name, token in tokens.items()}
        self._file = folder / "sessions.json"
        self._sessions = self._read()

    @property
    def is_open(self) -> bool:
        """Whether anybody may use it."""
        return not self._tokens

    @property
    def separates(self) -> bool:
        """Whether clients see only what is theirs."""
        return len(self._tokens) > 1

    def name_of(self, token: str) -> str | None:
        """Whose token it is. It takes as long for every token that is none."""
        given, found = _hash(token), None
        for name, hashed in self._tokens.items():
            if hmac.compare_digest(hashed, given):
                found = name
        return found

    def begin_session(self, name: str) -> str:
        """What a browser of this client keeps from now on."""
        session = secrets.token_urlsafe(32)
        self._forget_old()
        self._sessions[_hash(session)] = _Session(
            name=name, token=_hash(self._tokens[name]), ends=time.time() + SESSION_SECONDS
        )
        self._write()
        return session

    def session_name(self, session: str) -> str | None:
        """Whose session it is, if it is one."""
        found = self._sessions.get(_hash(session))
        return found["name"] if found and self._is_good(found) else None

    def end_session(self, session: str) -> None:
        """Log out."""
        if self._sessions.pop(_hash(session), None):
            self._write()

    def _is_good(self, session: _Session) -> bool:
        hashed = self._tokens.get(session["name"])
        return hashed is not None and session["token"] == _hash(hashed) and session["ends"] > time.time()

    def _forget_old(self) -> None:
        good = [(key, session) for key, session in self._sessions.items() if self._is_good(session)]
        self._sessions = dict(good[-_MOST_SESSIONS + 1 :])

    def _read(self) -> dict[str, _Session]:
        try:
            sessions: dict[str, _Session] = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return sessions

    def _write(self) -> None:
        beside = self._file.with_suffix(".new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._sessions, file)
        os.replace(beside, self._file)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
