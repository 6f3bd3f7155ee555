"""The chain that answers: what a model is asked, and what a prompt set must have for it."""

from __future__ import annotations

import pytest

from chains import PromptError, PromptsConfig, ask_chain, read_prompts
from chains.config import Messages
from tests.fakes import RecordingModel

TEXT = {"map": "{document}", "collapse": "{document}", "final": "{document}"}


def test_the_chain_gives_the_answer_of_the_model_it_received() -> None:
    model = RecordingModel()
    prompts = read_prompts(PromptsConfig(**TEXT, ask="{language}: <document>{document}</document> {question}"))
    chain = ask_chain(model, prompts)
    assert chain.invoke({"document": "The mill is shut.", "question": "Is it?"}) == "The mill is shut."
    assert model.calls[0].prompt == "English: <document>The mill is shut.</document> Is it?"
    chain.invoke({"document": "A", "question": "B", "language": "French"})
    assert model.calls[1].prompt == "French: <document>A</document> B"


def test_a_prompt_may_have_a_system_part() -> None:
    model = RecordingModel()
    ask = Messages(system="You answer in {language}.", human="{document} {question}")
    ask_chain(model, read_prompts(PromptsConfig(**TEXT, ask=ask))).invoke({"document": "A", "question": "B?"})
    assert model.calls[0].prompt == "You answer in English.\nA B?"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("{document}", r"prompts: ask: the prompt needs \{question\}, where the question goes"),
        ("{question}", r"prompts: ask: the prompt needs \{document\}, where the passages go"),
        ("{document} {questoin}", r"there is no variable \{questoin\}; did you mean \{question\}\?"),
    ],
)
def test_a_prompt_that_cannot_ask_is_refused(ask: str, said: str) -> None:
    with pytest.raises(PromptError, match=said):
        read_prompts(PromptsConfig(**TEXT, ask=ask))


def test_no_other_prompt_knows_of_a_question() -> None:
    with pytest.raises(PromptError, match=r"there is no variable \{question\}"):
        read_prompts(PromptsConfig(**(TEXT | {"map": "{document} {question}"})))
