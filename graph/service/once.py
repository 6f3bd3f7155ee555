"""One job for a document and its settings, however often it is asked for: for clients that give up."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from graph.service.jobs import Jobs
from graph.service.storage.database import told
from graph.service.types import Job, NewDocument

_PDF = "application/pdf"
_TEXT = "text/plain"


async def submit_once(
    jobs: Jobs, client: str, name: str, content: bytes | Path, settings: Mapping[str, Any]
) -> Job:
    """The job of this client for this document (or the file at a path) with these settings.

    One that failed or was cancelled is tried anew. Raises what Jobs.submit does.
    """
    digest = await asyncio.to_thread(_digest, name, content, settings)
    for attempt in count():
        path = jobs.incoming / uuid4().hex
        try:
            document = await asyncio.to_thread(_document, path, name, content)
            found = await jobs.submit(client, [document], settings, key=f"{digest}-{attempt}")
        finally:
            path.unlink(missing_ok=True)  # who asked may have gone before it was submitted
        if found and found[0].status not in ("failed", "cancelled"):
            return found[0]
    raise AssertionError  # count() has no end


def _digest(name: str, content: bytes | Path, settings: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps([name, dict(settings)], sort_keys=True).encode())
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with content.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _document(path: Path, name: str, content: bytes | Path) -> NewDocument:
    with told():
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            shutil.copyfile(content, path)
        with path.open("rb") as file:
            start = file.read(1024)
    return NewDocument(name, path, _PDF if b"%PDF-" in start else _TEXT)
