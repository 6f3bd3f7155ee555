"""What becomes of answers that are no summaries: asked for again once with a reminder, and then named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

from graph import build_graph
from tests.fakes import RecordingModel, make_config, make_documents

GOOD = "The harbour board approved the breakwater. It costs 485 thousand euros a year, and it is open to all."
SPANISH = "El consejo del puerto aprobó el rompeolas después de una larga discusión sobre los costes y los plazos."
REFUSED = "I'm sorry, but I cannot summarize this document."
REMINDER = "Write nothing but the summary, in English."

Answer = Callable[[str, int], str | AIMessage]


class Answers(RecordingModel):
    """Answers as `says` does, which is given the prompt and how often that prompt's document was asked for."""

    says: Answer

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> Any:
        call = self.record(messages, options)
        times = sum(earlier.document == call.document and earlier.stage == call.stage for earlier in self.calls)
        said = self.says(call.prompt, times)
        usage = UsageMetadata(input_tokens=10, output_tokens=3, total_tokens=13)
        message = said if isinstance(said, AIMessage) else AIMessage(content=said, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


def summarized(says: Answer, **prompts: str) -> tuple[dict[str, Any], Answers]:
    """The result over two pages, each a part, and the model."""
    model = Answers(says=says)
    keys = {f"prompts__{key}": value for key, value in prompts.items()}
    config = make_config(
        window=2000, part=200, chunk=60, concurrency=1, summarize__retries=0, summarize__on_error="skip", **keys
    )
    return build_graph(config, model=model).invoke({"documents": make_documents(2, words=50)}), model


def first_then(first: str | AIMessage, stage: str = "MAP") -> Answer:
    return lambda prompt, times: first if times == 1 and prompt.startswith(stage) else GOOD


def always(answer: str | AIMessage, stage: str = "MAP") -> Answer:
    return lambda prompt, times: answer if prompt.startswith(stage) else GOOD


@pytest.mark.parametrize("first", [SPANISH, REFUSED, "MAP in English on the main points: <document>"])
def test_is_asked_for_again_once_with_a_reminder(first: str) -> None:
    result, model = summarized(first_then(first))
    assert [part["text"] for part in result["tree"]] == [GOOD] * 3
    assert result["warnings"] == []
    assert [call.prompt.endswith(REMINDER) for call in model.calls if call.stage == "map"].count(True) == 2
    assert model.stages() == {"map": 4, "final": 1}
    assert [result["stats"][key] for key in ("calls", "prompt_tokens", "output_tokens")] == [5, 50, 15]


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        (REFUSED, "refusal", "refused by the model, twice"),
        (AIMessage("", additional_kwargs={"refusal": "No."}), "refusal", "refused by the model, twice"),
        (AIMessage("", response_metadata={"stop_reason": "refusal"}), "refusal", "refused by the model, twice"),
        ("MAP in English on the main points:", "echo", "the prompt said again, twice"),
        ("<think>\nThe user wants", "thought", "raise llm.max_tokens, or turn the model's thinking off"),
        (AIMessage("", additional_kwargs={"reasoning_content": "Hm"}), "thought", "turn the model's thinking off"),
        (AIMessage([{"type": "thinking", "thinking": "Hm"}]), "thought", "turn the model's thinking off"),
    ],
)
def test_is_named_in_the_end_and_not_taken(answer: str | AIMessage, reason: str, said: str) -> None:
    result, _ = summarized(always(answer))
    assert [part["finish_reason"] for part in result["tree"]] == [reason] * 2
    assert result["summary"] == ""
    assert {page["status"] for page in result["pages"]} == {"unsummarized"}
    assert any(said in warning for warning in result["warnings"])


@pytest.mark.parametrize("answer", [REFUSED, "<think>\nThe user wants", "FINAL in English on the main points:"])
def test_the_parts_stand_in_for_a_final_summary_that_is_none(answer: str) -> None:
    result, _ = summarized(always(answer, "FINAL"))
    assert result["summary"] == f"{GOOD}\n\n{GOOD}"
    assert len(result["warnings"]) == 1


def test_another_language_is_kept_and_named() -> None:
    result, _ = summarized(always(SPANISH))
    assert [part["text"] for part in result["tree"]] == [SPANISH, SPANISH, GOOD]
    assert "another language than prompts.language asks for" in result["warnings"][0]


def test_another_language_is_better_than_a_refusal() -> None:
    result, _ = summarized(lambda prompt, times: SPANISH if times == 1 else REFUSED)
    assert result["summary"] == SPANISH


def test_a_prompt_that_names_no_language_may_be_answered_in_any() -> None:
    result, model = summarized(always(SPANISH), map="MAP: <document>{document}</document>")
    assert result["warnings"] == []
    assert model.stages() == {"map": 2, "final": 1}


def test_without_a_reminder_nothing_is_asked_again() -> None:
    _, model = summarized(always(REFUSED), reminder="")
    assert model.stages() == {"map": 2}
