"""What the service keeps of a job, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from graph.results.types import Stats

Status = Literal["queued", "running", "done", "failed", "cancelled"]
Stage = Literal["waiting", "reading", "map", "collapse", "final", "grounding", "revise", "done"]
EventKind = Literal["progress", "token", "done", "failed", "cancelled"]

# The key of a setting that is neither shown nor kept for longer than a job needs it.
PASSWORD = "load.password"

ENDED: frozenset[Status] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True)
class Progress:
    """How far a job has come: pages while it is read, calls of the model in the stages that make them.

    While it waits, `done` is how many jobs are before it.
    """

    stage: Stage
    done: int = 0
    total: int = 0
    tokens_per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class FileInfo:
    """The file of a job. `name` is what its sender called it, and is never a path."""

    sha256: str
    name: str
    bytes: int
    media_type: str


@dataclass(frozen=True)
class Job:
    """A job as its client sees it. `client` is "local", or the name of a token; times are in UTC.

    `settings` are keys and values as --set takes them; of a password there is no more than that it was given.
    `started` is None until it has begun for the first time.
    """

    id: str
    client: str
    title: str
    file: FileInfo
    settings: dict[str, Any]
    status: Status
    created: datetime
    started: datetime | None
    ended: datetime | None
    progress: Progress
    error: str | None
    warnings: int
    rerun_of: str | None


@dataclass(frozen=True)
class NewDocument:
    """A document to summarize: a file in the folder's `incoming`, which Jobs.submit takes away."""

    name: str
    path: Path
    media_type: str


@dataclass(frozen=True)
class JobEvent:
    """Something that a job's readers are told. Ids are numbers that grow, across restarts too.

    A "token" is a piece of the summary and where it begins: {"text", "at"}. At 0, an answer is begun anew.
    """

    id: str
    kind: EventKind
    data: dict[str, Any]


@dataclass
class Spent:
    """What all jobs took that were done since the service began."""

    prompt_tokens: int = 0
    output_tokens: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    """By stage."""

    def add(self, stats: Stats) -> None:
        """One more is done."""
        self.prompt_tokens += stats["prompt_tokens"]
        self.output_tokens += stats["output_tokens"]
        for stage, seconds in stats["seconds"].items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
