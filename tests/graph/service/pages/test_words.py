"""What a page says of a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graph.service.pages.words import about, details, size, state, steps
from graph.service.types import FileInfo, Job, Progress

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
FILE = FileInfo("0" * 64, "harbour.pdf", 1234, "application/pdf")
JOB = Job("a" * 22, "local", "Harbour", FILE, {}, "running", NOW, NOW, None, Progress("map"), None, 0, None)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under a minute"),
        (29, "under a minute"),
        (61, "about 1 minute"),
        (150, "about 2 minutes"),
        (3600, "about 1 hour"),
        (4900, "about 1 hour 20 minutes"),
        (7200 + 240, "about 2 hours"),
    ],
)
def test_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert about(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 byte"), (999, "999 bytes"), (820_400, "820 kB"), (2_345_678, "2.3 MB")]
)
def test_sizes_are_short(count: int, said: str) -> None:
    assert size(count) == said


def test_progress_names_what_is_counted_and_leaves_out_what_is_not_known() -> None:
    reading = replace(JOB, progress=Progress("reading", 2, 40))
    assert (state(reading), details(reading)) == ("Reading the document", "page 3 of 40")
    parts = replace(JOB, progress=Progress("map", 12, 12, 31.4, 130))
    assert details(parts) == "part 12 of 12 · 31 tokens per second · about 2 minutes left"
    assert details(replace(JOB, progress=Progress("final", 0, 1))) == ""


@pytest.mark.parametrize(
    ("others", "said"), [(0, "it is next"), (1, "one other is before it"), (1200, "1,200 others are before it")]
)
def test_a_job_that_waits_knows_its_place(others: int, said: str) -> None:
    waiting = replace(JOB, status="queued", progress=Progress("waiting", others))
    assert (state(waiting), details(waiting)) == ("Waiting", said)


def test_a_job_that_ended_has_no_progress() -> None:
    failed = replace(JOB, status="failed", progress=Progress("map", 3, 12, 31.4, 130))
    assert (state(failed), details(failed)) == ("Failed", "")


def test_the_steps_lead_from_reading_to_sources() -> None:
    assert [step.state for step in steps(Progress("waiting"))] == ["before"] * 4
    assert [step.state for step in steps(Progress("collapse"))] == ["done", "now", "before", "before"]
    assert steps(Progress("grounding"))[-1] == ("Find sources", "now")
