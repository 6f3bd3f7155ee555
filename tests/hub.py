"""A model hub on this machine: the few requests of Hugging Face's API that a download makes, over real HTTP."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789" * 4


class Hub(ThreadingHTTPServer):
    """Serves the files of `folder` as the model `name`.

    `stops_after`: so many bytes of the weights are sent, and then nothing for ever, while it is not None.
    """

    daemon_threads = True

    def __init__(self, folder: Path, name: str, stops_after: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.name = name
        self.stops_after = stops_after
        self.stopped = threading.Event()  # set when a download was stopped
        self.ranges: list[tuple[str, str | None]] = []

    @property
    def address(self) -> str:
        """Its HF_ENDPOINT."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        if path.startswith(f"/api/models/{hub.name}/tree/"):
            self._send(json.dumps([self._entry(name) for name in hub.files]).encode(), with_body)
        elif path in (
            f"/api/models/{hub.name}",
            f"/api/models/{hub.name}/revision/main",
            f"/api/models/{hub.name}/revision/{COMMIT}",
        ):
            listed = [self._entry(name) | {"rfilename": name} for name in hub.files]
            info = {"id": hub.name, "modelId": hub.name, "sha": COMMIT, "siblings": listed, "tags": []}
            self._send(json.dumps(info).encode(), with_body)
        elif path.startswith(f"/{hub.name}/resolve/") and path.rsplit("/", 1)[1] in hub.files:
            self._file(path.rsplit("/", 1)[1], with_body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _entry(self, name: str) -> dict[str, object]:
        content = self.server.files[name]
        digest = hashlib.sha256(content).hexdigest()
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": digest[:40]}
        entry["blobId"] = entry["oid"]
        if name.endswith(".safetensors"):
            entry["lfs"] = {"oid": digest, "sha256": digest, "size": len(content), "pointerSize": 130}
        return entry

    def _send(self, body: bytes, with_body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _file(self, name: str, with_body: bool) -> None:
        content, wanted = self.server.files[name], self.headers.get("Range")
        if with_body:
            self.server.ranges.append((name, wanted))
        start = int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        digest = hashlib.sha256(content).hexdigest()
        self.send_header("ETag", f'"{digest if name.endswith(".safetensors") else digest[:40]}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if not with_body:
            return
        limit = self.server.stops_after
        if limit is not None and name.endswith(".safetensors"):
            self.wfile.write(content[start:limit])
            self.wfile.flush()
            self.server.stopped.set()
            threading.Event().wait(120)
            return
        self.wfile.write(content[start:])


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run `hub` on a thread for as long as the block runs."""
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()
