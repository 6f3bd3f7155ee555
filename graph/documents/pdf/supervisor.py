"""Runs the child process that reads a PDF, and starts it again behind a page that killed it. No PDF library.

A child that dies or hangs costs the page it was on, a bounded number of times; what it sent before counts.
"""

import json
import os
import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graph.documents.cancel import CancelToken
from graph.documents.characters import substance
from graph.documents.config import LoadConfig, parse_pages
from graph.documents.pdf.child_process import cause_of_death, child

MAX_RESTARTS = 5
# What a page that was read adds to the time for the whole file; OCR adds what it took. So a long file is read to
# its end, and one that only keeps the reader busy is not.
_PAGE_SECONDS = 0.05


@dataclass
class Harvest:
    """Everything the children sent so far. Page numbers count from 1."""

    ready: bool = False  # a child has started, and has its libraries
    count: int | None = None
    repaired: bool = False  # the pages are those that were left in a damaged file
    texts: dict[int, str] = field(default_factory=dict)
    totals: dict[int, int] = field(default_factory=dict)  # characters on the page before any limit
    failures: dict[int, str] = field(default_factory=dict)  # page -> why
    scans: set[int] = field(default_factory=set)  # pages with a picture for a text, that OCR has not seen yet
    recognized: set[int] = field(default_factory=set)  # pages that OCR has read
    no_ocr: str | None = None  # why there is no OCR
    labels: list[str] = field(default_factory=list)
    title: str = ""  # of the metadata
    heading: str = ""  # the largest print of page 1
    attachments: list[str] = field(default_factory=list)  # names of files within the file
    placeholder: bool = False  # the pages only stand for a form that is drawn elsewhere
    refusal: str | None = None
    opening: str | None = None  # why the first reader did not open the file
    current: int | None = None
    drawing: bool = False  # pages are drawn for OCR, or (when none is current) recognized
    ended: bool = False
    stopped: str | None = None  # why reading ended early
    characters: int = 0
    earned_seconds: float = 0.0  # what the pages so far add to the time for the whole file

    def take(self, event: dict[str, Any]) -> None:
        """Add one event of the child."""
        page = event.get("page", 0)
        match event["event"]:
            case "ready":
                self.ready = True
            case "file":
                self.count, self.repaired = event["pages"], event["repaired"]
            case "start":
                self.current, self.drawing = page, event["drawing"]
            case "page":
                self.characters += len(event["text"]) - len(self.texts.get(page, ""))
                self.texts[page], self.totals[page] = event["text"], event["total"]
            case "scan":
                self.scans.add(page)
            case "recognized":
                self.scans.discard(page)
                if substance(event["text"]) > substance(self.texts[page]):
                    self.characters += len(event["text"]) - len(self.texts[page])
                    self.texts[page] = event["text"]
                    self.recognized.add(page)
            case "failed":
                self.fail(page, event["reason"])
            case "refused":
                self.refusal, self.ended = event["code"], True
            case "labels" | "title" | "heading" | "attachments" | "placeholder" | "no_ocr":
                setattr(self, event["event"], event["value"])
            case "end":
                self.ended = True

    def fail(self, page: int, reason: str) -> None:
        """A page could not be read; if only OCR failed on it, the little text that it has is kept."""
        self.scans.discard(page)
        if not substance(self.texts.get(page, "")):
            self.failures[page] = reason


def harvest_pages(path: Path, config: LoadConfig, password: str | None, cancel: CancelToken) -> Harvest:
    """Run children, one after another, until all is read, the clock is out, or too many have died.

    Raises ReadCancelledError.
    """
    harvest = Harvest()
    started = time.monotonic()
    request = _request(path, config, password)
    for _ in range(MAX_RESTARTS + 1):
        harvest.current, harvest.drawing = None, False
        request["done"] = sorted(harvest.texts.keys() | harvest.failures.keys())
        request["scans"] = sorted(harvest.scans)
        reason = _run_child(request, config, harvest, started, cancel)
        cancel.check(path.name)
        if reason is None or harvest.stopped or not _go_on(harvest, request, reason):
            break
    else:
        harvest.stopped = f"the reader died {MAX_RESTARTS + 1} times"
    return harvest


def _go_on(harvest: Harvest, request: dict[str, Any], reason: str) -> bool:
    """Change the request so that the next child does not die of the same. False if there is nothing to do."""
    page = harvest.current
    if harvest.count is None:
        harvest.opening = harvest.opening or reason
        if request["readers"] == ["pypdf"]:
            return False
        request["readers"] = ["pypdf"]
    elif page is None and not harvest.drawing:
        request["extras"] = False  # all pages are here; only labels or title are missing
        return bool(request["ocr"] and harvest.scans)
    elif page is not None and (harvest.drawing or page not in harvest.texts):
        harvest.fail(page, f"drawn for OCR, {reason}" if harvest.drawing else reason)
    else:
        request["second_reader"] = False  # the first reading is here; the second one is what kills
    return True


def _request(path: Path, config: LoadConfig, password: str | None) -> dict[str, Any]:
    """What the child is asked; the password goes this way, which no list of processes shows."""
    return {
        "path": os.path.realpath(path),  # /dev/stdin would be the child's own
        "password": password,
        "ranges": parse_pages(config.pages or "1-"),
        "done": [],
        "scans": [],
        "readers": ["pdfium", "pypdf", "repair"],
        "second_reader": True,
        "extras": True,
        "ocr": config.ocr == "auto",
        "ocr_languages": config.ocr_languages,
        "ocr_timeout_seconds": config.ocr_timeout_seconds,
        "memory_mb": config.memory_mb,
        "max_pages": config.max_pages,
        "max_page_characters": config.max_page_characters,
    }


def _run_child(
    request: dict[str, Any], config: LoadConfig, harvest: Harvest, started: float, cancel: CancelToken
) -> str | None:
    """Feed the harvest from one child. None when it came to its end, else why it did not."""
    heard = time.monotonic()
    patience = 2 * config.page_timeout_seconds  # starting and opening may take longer than any page
    with child(request, cancel) as (process, lines):
        while True:
            left = started + config.timeout_seconds + harvest.earned_seconds - time.monotonic()
            try:
                line = lines.get(timeout=max(0.0, min(left, patience)))
            except queue.Empty:
                if left <= patience:
                    seconds = f"{config.timeout_seconds:g} seconds (load.timeout_seconds)"
                    harvest.stopped = f"reading the file took longer than {seconds}"
                    return harvest.stopped
                return f"it took longer than {patience:g} seconds (load.page_timeout_seconds)"
            if line is None:
                return None if harvest.ended else cause_of_death(process.wait(), config.memory_mb)
            event, before, heard = json.loads(line), heard, time.monotonic()
            harvest.take(event)
            harvest.earned_seconds += {"page": _PAGE_SECONDS, "recognized": heard - before}.get(
                event["event"], 0.0
            )
            recognizing = harvest.drawing and harvest.current is None
            patience = config.page_timeout_seconds + (config.ocr_timeout_seconds if recognizing else 0)
            if harvest.count is not None and harvest.count > config.max_pages:
                harvest.ended = True
                return None
            if harvest.characters > config.max_characters:
                most = f"{config.max_characters:,} characters (load.max_characters)"
                harvest.stopped = f"the text of the file is longer than {most}"
                return harvest.stopped
