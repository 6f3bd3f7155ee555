"""Thoughts in answers, and texts about the marks of thoughts."""

import pytest

from graph.calling.answer_cleanup import clean_so_far
from graph.calling.thoughts import answer_so_far, without_thoughts

SAID = "The harbour board approved the breakwater. It costs 485 thousand euros."
HARMONY = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
THOUGHTS = {
    "think": f"<think>\nOkay, a summary. The harbour is big.\n</think>\n\n{SAID}",
    "upper case": f"<THINK>Hm.</THINK>{SAID}",
    "thinking": f"<thinking>Hm.</thinking>{SAID}",
    "seed": f"<seed:think>Hm.</seed:think>\n{SAID}",
    "reasoning": f"<reasoning>\nHm.\n</reasoning>\n{SAID}",
    "Magistral": f"[THINK]Hm.[/THINK]{SAID}",
    "Kimi": f"◁think▷Hm.◁/think▷{SAID}",
    "Command A": f"<|START_THINKING|>Hm.<|END_THINKING|>{SAID}",
    "Gemma 4": f"<|channel>thought\nHm.\n<channel|>{SAID}",
    "an empty one": f"<|channel>thought\n<channel|>{SAID}",
    "two": f"<think>Hm.</think>\n<think>\nHm.\n</think>\n{SAID}",
    "opened by the prompt": f"Okay, a summary.\n</think>\n\n{SAID}",
    "opened by the prompt, on one line": f"Okay, a summary.</think>{SAID}",
    "speaks of its own mark": f"<think>\nThe paper says </think> ends it, and so on.\n</think>\n{SAID}",
    "harmony": f"{HARMONY}<|channel|>final<|message|>{SAID}<|return|>",
    "harmony with comments": (
        f"{HARMONY}<|channel|>commentary<|message|>One moment.<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{SAID}"
    ),
    "harmony without marks": f"analysisWe need to be short.assistantfinal{SAID}",
}
UNFINISHED = {
    "think": "<think>\nOkay, the user wants a summary of the document and I should look",
    "harmony": "<|channel|>analysis<|message|>We need to",
    "harmony without marks": "analysisWe need to",
    "a second one": "<think>Hm.</think>\n<think>\nAnd",
}
NO_THOUGHTS = {
    "within a sentence": "R1 puts its reasoning between <think> and </think> tags. That helps.",
    "at the start of a sentence": "<think> and </think> tags mark the reasoning in R1. It is long.",
    "code": "The tags `<think>` and `</think>` mark it.",
    "a closing tag": "The closing tag </think> ends a thought, as the paper says.",
    "a word": "Analysis of the harbour shows rot. The assistant finally agreed.",
    "thoughts of the document": "Thinking is hard, says the author. Thought: a history of an idea.",
}


@pytest.mark.parametrize("text", THOUGHTS.values(), ids=THOUGHTS)
def test_only_what_follows_the_thought_is_the_answer(text: str) -> None:
    assert without_thoughts(text) == (SAID, False)


@pytest.mark.parametrize("text", UNFINISHED.values(), ids=UNFINISHED)
def test_a_thought_without_an_end_is_no_answer(text: str) -> None:
    assert without_thoughts(text) == ("", True)


@pytest.mark.parametrize("text", NO_THOUGHTS.values(), ids=NO_THOUGHTS)
def test_a_text_about_thoughts_stays(text: str) -> None:
    assert without_thoughts(text) == (text, False)


@pytest.mark.parametrize("text", [*THOUGHTS.values(), *UNFINISHED.values()], ids=[*THOUGHTS, *UNFINISHED])
@pytest.mark.parametrize("size", [1, 3, 17])
def test_no_thought_is_shown_while_it_is_written(text: str, size: int) -> None:
    shown = [answer_so_far(text[:end]) for end in range(size, len(text) + size, size)]
    for so_far in shown:
        assert SAID.startswith(so_far)
    assert shown[-1] == without_thoughts(text).answer


def test_a_preface_is_not_shown_while_it_is_written() -> None:
    text = f"```markdown\nSure! Here is a summary of the document:\n\n{SAID}\n```"
    for end in range(len(text) - 4):
        assert SAID.startswith(clean_so_far(text[:end]).strip())
