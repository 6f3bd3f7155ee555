"""What a page says of a job, in words."""

from __future__ import annotations

from typing import Literal, NamedTuple

from graph.service.types import Job, Progress, Stage

# Collapse is a part of summarizing to people, and a job that waits is in no step yet.
_STEPS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("Read", ("reading",)),
    ("Summarize", ("map", "collapse")),
    ("Write", ("final",)),
    ("Find sources", ("grounding", "revise")),
)
_NOW: dict[Stage, str] = {
    "waiting": "Waiting",
    "reading": "Reading the document",
    "map": "Summarizing its parts",
    "collapse": "Merging the summaries",
    "final": "Writing the summary",
    "grounding": "Looking up its sources",
    "revise": "Mending doubtful sentences",
    "done": "Done",
}
_UNITS: dict[Stage, str] = {
    "reading": "page",
    "map": "part",
    "collapse": "group",
    "final": "",
    "revise": "sentence",
}
_STATES = {"queued": "Waiting", "done": "Done", "failed": "Failed", "cancelled": "Cancelled"}


class Step(NamedTuple):
    """A step of the way, and where the job is."""

    name: str
    state: Literal["before", "now", "done"]


def steps(progress: Progress) -> list[Step]:
    """The way of a job that is not done, from reading to checking."""
    at = next((place for place, (_, stages) in enumerate(_STEPS) if progress.stage in stages), -1)
    return [
        Step(name, "done" if place < at else "now" if place == at else "before")
        for place, (name, _) in enumerate(_STEPS)
    ]


def state(job: Job) -> str:
    """What becomes of it now, such as "Reading the document"."""
    return _STATES.get(job.status) or _NOW[job.progress.stage]


def details(job: Job) -> str:
    """How far it has come: "page 3 of 12 · 31 tokens per second · about 2 minutes left". Nothing once it ended."""
    progress = job.progress
    if job.status == "queued":
        return _before(progress.done)
    if job.status != "running":
        return ""
    parts = []
    if progress.total > 1 and (unit := _UNITS.get(progress.stage)):
        parts.append(f"{unit} {min(progress.done + 1, progress.total):,} of {progress.total:,}")
    if progress.tokens_per_second:
        parts.append(f"{progress.tokens_per_second:,.0f} tokens per second")
    if progress.seconds_left is not None:
        parts.append(f"{about(progress.seconds_left)} left")
    return " · ".join(parts)


def _before(others: int) -> str:
    if others == 0:
        return "it is next"
    return "one other is before it" if others == 1 else f"{others:,} others are before it"


def about(seconds: float) -> str:
    """A time as people say it: "under a minute", "about 1 hour 20 minutes"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    hours, minutes = divmod(minutes, 60)
    if hours and minutes > 5:
        return f"about {_count(hours, 'hour')} {_count(minutes // 5 * 5, 'minute')}"
    return f"about {_count(hours, 'hour') if hours else _count(minutes, 'minute')}"


def size(count: int) -> str:
    """Of a file: "820 kB"."""
    if count < 1000:
        return _count(count, "byte")
    return f"{count / 1e3:,.0f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
