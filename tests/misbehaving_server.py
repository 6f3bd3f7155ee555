"""An OpenAI-compatible server on this machine that answers, and fails, as a test's script says. Real HTTP.

A script is a function from a request to what is done with it: `says(...)`, `refuses(...)`, `hangs_up()` and the
others below. Without one the server is a good model: its answer depends on every word of the prompt, and on
nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from tests.fakes import PROMPTS

_DOCUMENT = re.compile(r"<document>(.*)</document>", re.DOTALL)
_STAGE = re.compile(r"\b(MAP|COLLAPSE|FINAL)\b")


@dataclass(frozen=True)
class Asked:
    """A request: its number from 1, how often this prompt was asked (1 the first time), and what it says."""

    number: int
    turn: int
    prompt: str
    body: dict[str, Any]

    @property
    def document(self) -> str:
        """The text between the document tags, or the whole prompt."""
        found = _DOCUMENT.search(self.prompt)
        return found[1] if found else self.prompt

    @property
    def stage(self) -> str:
        """Which of the prompts of tests/fakes.py this is."""
        found = _STAGE.search(self.prompt)
        return found[1].lower() if found else ""


# Requests under way at once, in the configurations below.
CONCURRENCY = 3


def config_for(url: str, **more: Any) -> dict[str, Any]:
    """A configuration for a server, without a document. `more` are single keys, written `section__key`.

    Collapse and final prompts hold some five summaries of a part.
    """
    data: dict[str, dict[str, Any]] = {
        "llm": {
            "provider": "openai",
            "model": "m",
            "base_url": url,
            "context_window": 250,
            "max_tokens": 40,
            "max_concurrency": CONCURRENCY,
            "max_retries": 0,
            "temperature": 0.2,
        },
        "summarize": {"strategy": "map_reduce", "retry_seconds": 0.01},
        "prompts": dict(PROMPTS),
    }
    for name, value in more.items():
        section, _, key = name.partition("__")
        data[section] = {**data.get(section, {}), key: value}
    return data


Behaviour = Callable[["Exchange"], None]
Script = Callable[[Asked], Behaviour]


class Exchange(BaseHTTPRequestHandler):
    """One connection, one request."""

    server: _Http

    def do_POST(self) -> None:
        prompt_of = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked = self.server.owner.note(json.loads(prompt_of))
        with suppress(ConnectionError):  # the caller was killed, or would wait no longer
            self.server.owner.script(self.asked)(self)

    def begin(self, status: int, kind: str, length: int | None, headers: dict[str, str] | None = None) -> None:
        """Status and headers; without a length the end of the connection is the end of the body."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, body: bytes) -> None:
        """A piece of the body, at once."""
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """A test's output is not the place."""


class _Http(ThreadingHTTPServer):
    owner: MisbehavingServer
    request_queue_size = 64

    def handle_error(self, *args: Any) -> None:
        """Callers that hang up are what these tests are about."""


class MisbehavingServer:
    """Listens until the `with` block ends. `release` lets all answers go that `holds` holds back."""

    def __init__(self, script: Script | None = None, *, port: int = 0) -> None:
        self.script: Script = script or obeys
        self.release = Event()
        self.arrived: Callable[[Asked], None] = lambda asked: None
        self._asked: list[Asked] = []
        self._answered: list[str] = []
        self._lock = Lock()
        self._http = _Http(("127.0.0.1", port), Exchange)
        self._http.owner = self
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,))
        self.port = self._http.server_port
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> MisbehavingServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def forget(self) -> None:
        """Begin anew, as a good model that was never asked; what is still held back is let go."""
        self.release.set()
        with self._lock:
            self.script, self.release = obeys, Event()
            self._asked, self._answered = [], []

    def die(self) -> None:
        """Listen no more: whoever connects from now on is refused."""
        self._http.socket.close()

    @property
    def asked(self) -> list[Asked]:
        """Every request so far, in the order they came."""
        with self._lock:
            return list(self._asked)

    @property
    def answered(self) -> list[str]:
        """The prompts whose answers went out whole, in the order they did."""
        with self._lock:
            return list(self._answered)

    def prompts(self, since: int = 0) -> list[str]:
        """The prompts of all requests, without the first `since`."""
        return [asked.prompt for asked in self.asked[since:]]

    def note(self, body: dict[str, Any]) -> Asked:
        """Write down a request."""
        prompt = "\n".join(message["content"] for message in body["messages"])
        with self._lock:
            turn = 1 + sum(earlier.prompt == prompt for earlier in self._asked)
            asked = Asked(len(self._asked) + 1, turn, prompt, body)
            self._asked.append(asked)
        self.arrived(asked)
        return asked

    def note_answered(self, asked: Asked) -> None:
        """Write down that an answer went out whole."""
        with self._lock:
            self._answered.append(asked.prompt)


def digest(asked: Asked) -> str:
    """What a good model says: a word that depends on all of the prompt, and the first words of the document."""
    code = int(hashlib.sha256(asked.prompt.encode()).hexdigest(), 16)
    word = "".join("abcdefghij"[code // 10**place % 10] for place in range(12))
    words = re.findall(r"\w+", asked.document)
    limit = int(asked.body.get("max_tokens") or 40)
    return f"{word.capitalize()} is on {' '.join(words[: limit * 2 // 5])}."


def obeys(asked: Asked) -> Behaviour:
    """The script of a good model."""
    return says(digest(asked))


def slowly(asked: Asked) -> Behaviour:
    """The script of a good model that takes some time."""
    time.sleep(0.01)
    return says(digest(asked))


def says(text: str | None, finish_reason: str | None = "stop", *, usage: bool = True) -> Behaviour:
    """A whole answer, streamed if it was asked for as a stream."""

    def answer(exchange: Exchange) -> None:
        if exchange.asked.body.get("stream"):
            exchange.begin(200, "text/event-stream", None)
            for part in _parts(text or ""):
                exchange.send(event(part))
            exchange.send(event("", finish_reason) + (_USAGE_EVENT if usage else b"") + b"data: [DONE]\n\n")
        else:
            body = completion(text, finish_reason, usage=usage)
            exchange.begin(200, "application/json", len(body))
            exchange.send(body)
        exchange.server.owner.note_answered(exchange.asked)

    return answer


def refuses(status: int, message: str, **headers: str) -> Behaviour:
    """An error as OpenAI's servers put it. In the names of headers, write _ for -."""
    body = json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def refuse(exchange: Exchange) -> None:
        exchange.begin(status, "application/json", len(body), named)
        exchange.send(body)

    return refuse


def sends(body: bytes, kind: str = "application/json", *, promised: int | None = None) -> Behaviour:
    """Any bytes. `promised` is the length that the headers name; the connection ends after the bytes."""

    def send(exchange: Exchange) -> None:
        exchange.begin(200, kind, len(body) if promised is None else promised)
        exchange.send(body)

    return send


def hangs_up() -> Behaviour:
    """The connection ends before a byte of the answer."""

    def hang_up(exchange: Exchange) -> None:
        exchange.connection.shutdown(socket.SHUT_RDWR)

    return hang_up


def breaks_stream(text: str, *, chunked: bool) -> Behaviour:
    """A stream whose connection ends in the middle of `text`.

    Not `chunked` (mlx_lm.server streams so), the end of the connection is all that says the end of the body.
    """

    def stream(exchange: Exchange) -> None:
        framing = {"Transfer-Encoding": "chunked"} if chunked else {}
        exchange.protocol_version = "HTTP/1.1"
        exchange.begin(200, "text/event-stream", None, framing)
        parts = _parts(text)
        for part in parts[: len(parts) // 2]:
            piece = event(part)
            exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)

    return stream


def holds(asked: Asked) -> Behaviour:
    """A good answer, but not before the server's `release` is set."""

    def hold(exchange: Exchange) -> None:
        exchange.server.owner.release.wait(60)
        says(digest(asked))(exchange)

    return hold


def stalls(text: str) -> Behaviour:
    """A stream that says half of `text` and then nothing, until `release` is set."""

    def stall(exchange: Exchange) -> None:
        exchange.begin(200, "text/event-stream", None)
        parts = _parts(text)
        for part in parts[: len(parts) // 2]:
            exchange.send(event(part))
        exchange.server.owner.release.wait(60)

    return stall


def completion(text: str | None, finish_reason: str | None = "stop", *, usage: bool = True) -> bytes:
    """The body of an answer that is not streamed."""
    message = {"role": "assistant", "content": text}
    data: dict[str, Any] = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
    }
    if usage:
        data["usage"] = _USAGE
    return json.dumps(data).encode()


_USAGE = {"prompt_tokens": 50, "completion_tokens": 10, "total_tokens": 60}
_CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def event(text: str, finish_reason: str | None = None) -> bytes:
    """An event of a stream."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish_reason}
    return b"data: " + json.dumps({**_CHUNK, "choices": [choice]}).encode() + b"\n\n"


_USAGE_EVENT = b"data: " + json.dumps({**_CHUNK, "choices": [], "usage": _USAGE}).encode() + b"\n\n"


def _parts(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)
