"""The process that touches the PDF: one JSON request on stdin, JSON lines on stdout. Knows nothing of Pages.

Run as `python -m graph.documents.pdf.worker`. Events, in order: `ready`; `file` (pages); per page `start`, then
`page` (text, total) and perhaps `scan`, or `failed` (reason); what else the file tells (`labels`, `title`, ...);
per scan `start`, then `recognized` (text) or `failed`, or once `no_ocr`; `end`. Or, at once, `refused` (code). A
page may come twice: the second reading is the better one. The process may die any moment; what it wrote counts.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from graph.documents.characters import has_right_to_left, plain, substance
from graph.documents.pdf.backends import Engine, Refused
from graph.documents.pdf.ocr import IllegibleError, OCRUnavailableError, Tesseract
from graph.documents.pdf.open_pdf import open_first

OUT_OF_MEMORY = 77  # exit code of a child that stopped itself
_HOPELESS = 4  # pages that OCR cannot make out, after which it gives up if it could not read any
_AT_ONCE = min(4, os.cpu_count() or 1)  # pages that OCR reads at the same time, 100 to 250 MB each


class Channel:
    """Writes events to what was stdout; anything a C library prints there goes to stderr instead."""

    def __init__(self) -> None:
        self._out: IO[bytes] = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def send(self, event: str, **fields: Any) -> None:
        self._out.write(json.dumps({"event": event, **fields}).encode() + b"\n")
        self._out.flush()


def limit_memory(megabytes: int) -> None:
    """Cap the address space; where the system has no such cap (macOS), watch the memory in a thread."""
    try:
        import resource
    except ImportError:  # Windows: only the clock protects
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = megabytes * 2**20 if most == resource.RLIM_INFINITY else min(most, megabytes * 2**20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    else:
        threading.Thread(target=_watch_memory, args=(megabytes * 2**20,), daemon=True).start()


def _watch_memory(limit: int) -> None:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, the others kilobytes
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < limit:
        time.sleep(0.05)
    os._exit(OUT_OF_MEMORY)


def end_with_parent() -> None:
    """Exit, with the OCR under way, when the parent's end of stdin closes: however it died, nothing is left."""

    def wait() -> None:
        # os.read, not sys.stdin: a thread inside a buffered reader blocks the interpreter's own exit.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def read_request() -> dict[str, Any]:
    """The one line of stdin, byte by byte so that nothing after it is swallowed by a buffer."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    request: dict[str, Any] = json.loads(line)
    return request


def read_page(engine: Engine, number: int, request: dict[str, Any], channel: Channel) -> bool:
    """One page with the first reader; once more with pypdf where the script runs from right to left.

    Returns whether the page is one for OCR.
    """
    limit = request["max_page_characters"]
    channel.send("start", page=number, drawing=False)
    other = _Other(request)
    try:
        text, total = engine.text(number, limit)
    except MemoryError:
        raise
    except Exception as error:
        try:
            text, total = other.text(number, limit)
        except Exception:
            channel.send(
                "failed", page=number, reason=f"it is damaged (the reader reports {type(error).__name__})"
            )
            return False
    channel.send("page", page=number, text=plain(text), total=total)
    if request["second_reader"] and has_right_to_left(text):
        with contextlib.suppress(Exception):
            text, total = other.text(number, limit)
            if text.strip():
                channel.send("page", page=number, text=plain(text), total=total)
        return False
    with contextlib.suppress(Exception):
        if engine.is_scan(number, substance(text)):
            channel.send("scan", page=number)
            return True
    return False


class _Other:
    """pypdf, opened once, when the first page needs it."""

    _engine: Engine | None = None

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request

    def text(self, number: int, limit: int) -> tuple[str, int]:
        if not self._request["second_reader"]:
            raise Refused("damaged")
        if _Other._engine is None:
            _Other._engine, _ = open_first(Path(self._request["path"]), self._request["password"], ["pypdf"])
        return _Other._engine.text(number, limit)


def selected(request: dict[str, Any], count: int) -> list[int]:
    """Page numbers to read: those inside the requested ranges, less those done in an earlier child."""
    ranges = [(first, count if last is None else min(last, count)) for first, last in request["ranges"]]
    done = set(request["done"])
    return sorted({n for first, last in ranges for n in range(first, last + 1)} - done)


def serve(request: dict[str, Any], channel: Channel) -> None:
    """Open the file and send everything that can be read. Raises Refused and MemoryError."""
    engine, reader = open_first(Path(request["path"]), request["password"], request["readers"])
    count = engine.count()
    channel.send("file", pages=count, repaired=reader == "repair")
    if count > request["max_pages"]:
        return
    scans = {number for number in selected(request, count) if read_page(engine, number, request, channel)}
    scans.update(request["scans"])
    if request["extras"]:  # late, so that a file which hangs here has given its text already
        channel.send("start", page=None, drawing=False)
        send_extras(engine, channel)
    if request["ocr"] and scans:
        recognize(engine, sorted(scans), request, channel)
    channel.send("end")


def send_extras(engine: Engine, channel: Channel) -> None:
    """What the file says beside its pages."""
    for name in ("labels", "title", "heading", "attachments", "placeholder"):
        with contextlib.suppress(Exception):
            value = getattr(engine, name)()
            if isinstance(value, list):
                value = [" ".join(plain(entry).split()) for entry in value]
            channel.send(name, value=plain(value[:2000]) if isinstance(value, str) else value)


def recognize(engine: Engine, pages: list[int], request: dict[str, Any], channel: Channel) -> None:
    """OCR: some pages are drawn, one after the other, then read at the same time."""
    try:
        reader = Tesseract(request["ocr_languages"], request["ocr_timeout_seconds"])
    except OCRUnavailableError as error:
        channel.send("no_ocr", value=str(error))
        return
    recognized, reasons = False, list[str]()
    for first in range(0, len(pages), _AT_ONCE):
        images = draw_pages(engine, pages[first : first + _AT_ONCE], channel)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            answers = {number: pool.submit(reader.read, image) for number, image in images.items() if image}
        for number in images:
            try:
                text = answers[number].result() if number in answers else ""
                recognized = recognized or bool(text)
                channel.send("recognized", page=number, text=plain(text))
            except IllegibleError as error:
                reasons.append(str(error))
                channel.send("failed", page=number, reason=reasons[-1])
        if len(reasons) >= _HOPELESS and not recognized:  # most likely a language that it does not know
            for number in pages[first + _AT_ONCE :]:
                channel.send("failed", page=number, reason=reasons[-1])
            return


def draw_pages(engine: Engine, pages: list[int], channel: Channel) -> dict[int, bytes]:
    """Images for OCR by page; empty where a page shows nothing."""
    images: dict[int, bytes] = {}
    for number in pages:
        channel.send("start", page=number, drawing=True)
        try:
            images[number] = engine.draw(number)
        except MemoryError:
            raise
        except Exception as error:
            channel.send("failed", page=number, reason=f"it cannot be drawn for OCR ({type(error).__name__})")
    channel.send("start", page=None, drawing=True)
    return images


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it ends us
    channel = Channel()
    request = read_request()
    limit_memory(request["memory_mb"])
    end_with_parent()
    import pypdfium2  # noqa: F401  # without it no file can be read, and it is not the file's fault

    channel.send("ready")
    try:
        serve(request, channel)
    except Refused as refusal:
        channel.send("refused", code=refusal.code)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    sys.stdout.flush()
    os._exit(0)  # closing a damaged document can crash or hang; the system takes it all back anyway


if __name__ == "__main__":
    main()
