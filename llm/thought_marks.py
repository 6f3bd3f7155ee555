"""How models mark their thoughts: by tokens where we run them, in the words of an answer where others do."""

from __future__ import annotations

from typing import NamedTuple


class ThoughtMarks(NamedTuple):
    """What stands around a thought. `label` follows what opens it."""

    opening: str
    closing: str
    label: str = ""

    @property
    def is_tag(self) -> bool:
        """Whether it is a tag as of HTML, which models write now with one name, now with another."""
        return self.closing == f"</{self.opening[1:]}"


THOUGHT_MARKS = (
    ThoughtMarks("<think>", "</think>"),  # R1, Qwen 3
    ThoughtMarks("<longcat_think>", "</longcat_think>"),
    ThoughtMarks("<|think:start|>", "<|think:end|>"),
    ThoughtMarks("[THINK]", "[/THINK]"),  # Magistral
    ThoughtMarks("<seed:think>", "</seed:think>"),
    ThoughtMarks("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    ThoughtMarks("<|channel>", "<channel|>", "thought\n"),  # Gemma 4
    ThoughtMarks("◁think▷", "◁/think▷"),  # Kimi
    ThoughtMarks("<|begin_of_thought|>", "<|end_of_thought|>"),
    ThoughtMarks("<thinking>", "</thinking>"),
    ThoughtMarks("<thought>", "</thought>"),
    ThoughtMarks("<thoughts>", "</thoughts>"),
    ThoughtMarks("<reasoning>", "</reasoning>"),
    ThoughtMarks("<scratchpad>", "</scratchpad>"),
)

# OpenAI's harmony (gpt-oss): messages with a header that names their channel, of which `final` is the answer.
HARMONY_MARKS = ("<|start|>", "<|channel|>", "<|message|>", "<|end|>")
