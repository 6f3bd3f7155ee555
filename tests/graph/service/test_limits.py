"""Clients that mean harm, or have a bad line: nobody waits for them for ever, and nothing is left of them."""

from __future__ import annotations

import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from graph.config import load_config
from graph.service import limits, server
from tests.graph.service.conftest import Serve, Service
from tests.hostile import cases

SHORT = 0.3  # seconds, for limits that are minutes otherwise
FORM = (
    "POST /api/summaries HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n"
)
PART = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'


@pytest.fixture
def impatient(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    for module, name in ((server, "_HEAD_SECONDS"), (server, "_WRITE_SECONDS"), (limits, "_BODY_SECONDS")):
        monkeypatch.setattr(module, name, SHORT)
    return service


def connected(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=60)


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received = bytearray()
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return bytes(received)


def trickle(connection: socket.socket) -> bytes:
    """What the server says while a byte comes every now and then; nothing if it only ends the connection."""
    connection.settimeout(0.05)
    for _ in range(1000):
        try:
            connection.sendall(b"x")
            return connection.recv(65536)
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return b""
    raise AssertionError("the server waits for ever")


def pour(connection: socket.socket) -> None:
    """Send without end."""
    while True:
        connection.sendall(b"x" * 65536)


def is_well(service: Service) -> None:
    assert service.client.get("/healthz").status_code == 200
    end = time.monotonic() + 30
    while list(service.jobs.incoming.iterdir()) and time.monotonic() < end:  # who has gone is not told when it is
        time.sleep(0.01)
    assert list(service.jobs.incoming.iterdir()) == []


@pytest.mark.parametrize("begun", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_a_head_that_does_not_come_ends_the_connection(impatient: Service, begun: str) -> None:
    with connected(impatient) as connection:
        connection.sendall(begun.encode())
        assert answer(connection) == b""
    is_well(impatient)


def test_a_head_that_trickles_in_ends_the_connection(impatient: Service) -> None:
    with connected(impatient) as connection:
        assert trickle(connection) == b""
    is_well(impatient)


def test_the_time_for_a_head_begins_anew_with_each_request(impatient: Service) -> None:
    with connected(impatient) as connection:
        for _ in range(3):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b'{"status":"ok"}' not in connection.recv(65536):
                pass
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert answer(connection) == b""


@pytest.mark.parametrize("length", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
def test_a_body_that_stops_is_408_and_leaves_no_file(impatient: Service, length: str) -> None:
    with connected(impatient) as connection:
        begun = f"{len(PART):x}\r\n{PART}\r\n" if "chunked" in length else PART
        connection.sendall(f"{FORM}{length}\r\n\r\n{begun}".encode())
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in said
    is_well(impatient)


def test_a_body_that_trickles_in_is_408(impatient: Service) -> None:
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}Content-Length: 100000\r\n\r\n{PART}".encode())
        said = trickle(connection)
    assert said.startswith(b"HTTP/1.1 408 ")
    is_well(impatient)


def test_a_client_that_goes_in_the_midst_of_a_body_leaves_nothing(impatient: Service) -> None:
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}Content-Length: 100000\r\n\r\n{PART}half a".encode())
        connection.shutdown(socket.SHUT_WR)
        answer(connection)
    is_well(impatient)


def test_more_than_content_length_says_is_no_second_upload(impatient: Service) -> None:
    body = f"{PART}The harbour opens at six.\r\n--b--\r\n"
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}Content-Length: {len(body) - 20}\r\n\r\n{body}".encode())
        said = answer(connection)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert impatient.client.get("/api/summaries").json()["summaries"] == []
    is_well(impatient)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: -5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5x",
        "Transfer-Encoding: gzip",
        f"X: {'x' * 100_000}",
        "X: \x00",
        " folded: x",
    ],
)
def test_a_head_that_lies_is_refused(impatient: Service, header: str) -> None:
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}{header}\r\n\r\n".encode())
        said = answer(connection)
    assert said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")) or said == b""
    is_well(impatient)


def test_what_is_said_to_be_too_large_is_refused_before_it_comes(impatient: Service) -> None:
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}Content-Length: 99999999999999\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    is_well(impatient)


def test_who_goes_on_sending_after_the_answer_is_cut_off(impatient: Service) -> None:
    with connected(impatient) as connection:
        connection.sendall(f"{FORM}Content-Length: 99999999999999\r\n\r\n".encode())
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            pour(connection)
    is_well(impatient)


def test_a_body_without_a_length_is_counted(impatient: Service) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    answer = impatient.client.post("/api/summaries/0123456789012345678901/rerun", content=endless())
    assert answer.status_code == 413
    is_well(impatient)


def test_an_upload_is_never_in_memory_as_a_whole(service: Service) -> None:
    def form() -> Iterator[bytes]:
        yield f'{PART}<?xml version="1.0"?><svg>'.encode()  # which is refused when all of it is there
        for _ in range(24 * 16):
            yield b"The harbour opens at six.\n" * 2520
        yield b"\r\n--b--\r\n"

    tracemalloc.start()
    answer = service.client.post(
        "/api/summaries", content=form(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.json()["detail"].startswith("a.txt is XML")
    assert most < 12_000_000  # of 25 million bytes; imports and the client are in it
    is_well(service)


@pytest.mark.parametrize("name", ["a flate bomb", "packed forty times"])
def test_a_bomb_is_only_a_summary_that_fails(service: Service, name: str) -> None:
    content = next(content for case, content, _ in cases() if case == name)
    summary = service.ended(service.submit(content, "bomb.pdf"))
    if summary["status"] == "failed":
        assert "bomb.pdf" in summary["error"]
    is_well(service)


def test_a_full_queue_is_said_before_anything_is_sent(serve: Serve) -> None:
    service = serve(load_config("quickstart", [("service.max_queue", 1)]))
    texts = [f"The harbour opens at {number}." for number in range(20)]
    statuses = [service.client.post("/api/summaries", json={"text": text}) for text in texts]
    full = [one for one in statuses if one.status_code == 429]
    assert {one.status_code for one in statuses} <= {202, 429}
    assert all(int(one.headers["retry-after"]) == 60 for one in full)


def test_no_answer_waits_for_what_a_client_acknowledges() -> None:
    with server._listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
