"""What a stage gets of a call of the model: a bounded answer, how it came out, and what it took."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

# Not typing's: pydantic, which makes schemas of these, takes only this one before Python 3.12.
from typing_extensions import TypedDict

from chains.prompts import Stage
from graph.node_names import NodeName

# How a summary came out: whole; ended at its token limit by the model, or cut there by us; cut where it began to
# repeat itself; in another language than asked for; nothing; a thought without an answer; the prompt said again; a
# refusal; no answer.
FinishReason = Literal[
    "stop", "length", "cut", "repeated", "language", "empty", "thought", "echo", "refusal", "error"
]


class Timing(TypedDict):
    """One piece of work: clock times in seconds since the epoch. Tokens are None if no model was called.

    All answers count, those that were no good and asked for again included. The cached ones were on disk, from an
    earlier call, and took no tokens. A token that was drafted from a prompt is accepted if the model says it, too.
    """

    node: NodeName
    started: float
    ended: float
    prompt_tokens: int | None
    output_tokens: int | None
    drafted_tokens: int
    accepted_tokens: int
    calls: int
    cached_calls: int


def timed(node: NodeName, started: float) -> Timing:
    """The work of a node that began then and has ended now, without a call of the model."""
    return Timing(
        node=node,
        started=started,
        ended=time.time(),
        prompt_tokens=None,
        output_tokens=None,
        drafted_tokens=0,
        accepted_tokens=0,
        calls=0,
        cached_calls=0,
    )


@dataclass(frozen=True)
class StageAnswer:
    """A bounded answer. `cut_prompt` says that the text had to be shortened to fit the prompt, `resized` that the
    answer was asked for again because of its length.
    """

    stage: Stage
    text: str
    tokens: int
    finish_reason: FinishReason
    cut_prompt: bool
    resized: bool
    timing: Timing
