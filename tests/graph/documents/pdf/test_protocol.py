"""What is sent arrives as it was, of the same types, frozen."""

import json
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path
from typing import get_args

import pytest

from graph.documents import LoadConfig
from graph.documents.line import Line
from graph.documents.pdf import protocol
from graph.documents.pdf.protocol import (
    CharactersGarbled,
    Ended,
    Event,
    Failure,
    Metadata,
    MetadataRead,
    OCRUnavailable,
    Opened,
    PageDrawn,
    PageFailed,
    PageRead,
    PageRecognized,
    PictureRequest,
    Ready,
    Refused,
    ScanFound,
    Started,
    decode_event,
    decode_request,
)
from graph.documents.pdf.supervisor import first_request
from graph.documents.process.wire import encode

EVENTS: list[Event] = [
    Ready(),
    Opened(3, repaired=True),
    Refused("password"),
    Started("metadata"),
    Started("drawing", 2),
    PageRead.of(
        1, [Line("두\nof \ud800", (1.5, 2, 3, 4), 9.5, True, edge="top"), Line("b", label="hidden")], 9000
    ),
    CharactersGarbled(1, ("Times",)),
    ScanFound(2),
    PageRecognized(2, ""),
    PageFailed(3, Failure("ocr_timeout", 0.5, while_drawing=True)),
    PageDrawn.of(4, [bytes(range(256)), b""]),
    MetadataRead(Metadata(labels=("i", "ii"), title="A title", placeholder=True)),
    OCRUnavailable("no_such_language", "deu"),
    Ended(),
]


def test_every_event_has_an_example_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_arrives_as_it_was_sent(event: Event) -> None:
    line = encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_event(line) == event


def test_a_request_arrives_as_it_was_sent() -> None:
    request = first_request(Path("/a b.pdf"), LoadConfig.model_validate({"pages": "1-9,12,20-"}), "pass wörd")
    assert request.ranges == ((1, 9), (12, 12), (20, None))
    assert decode_request(encode(request)) == request
    again = replace(request, backends=("pypdf",), done=(1, 2))
    assert decode_request(encode(again)) == again


def test_a_request_for_pictures_arrives_as_it_was_sent() -> None:
    request = PictureRequest("/a b.pdf", "pass wörd", 256, 900, ((1, (("두\nof",), ("b", "c"))), (7, ((),))))
    assert decode_request(encode(request)) == request
    assert "pass" not in repr(request)
    assert PageDrawn.of(4, [bytes(range(256)), b""]).pictures == [bytes(range(256)), b""]


def test_a_request_cannot_be_changed_and_does_not_show_its_password() -> None:
    request = first_request(Path("/a.pdf"), LoadConfig(), "hunter2")
    assert "hunter2" not in repr(request)
    with pytest.raises(FrozenInstanceError):
        request.metadata = False  # type: ignore[misc]


@dataclass(frozen=True)
class Word:
    """Of a page that is more than a text."""

    text: str
    box: tuple[float, float]


@dataclass(frozen=True)
class Words:
    """An event with rows of other dataclasses in it."""

    page: int
    words: tuple[Word, ...]


def test_an_event_may_carry_lists_of_other_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(protocol._EVENTS, "Words", Words)
    words = Words(1, (Word("one", (0.5, 1.5)), Word("two", (2.5, 3.5))))
    line = encode(words)  # type: ignore[arg-type]
    assert json.loads(line)[0] == "Words"
    received: object = decode_event(line)
    assert received == words
