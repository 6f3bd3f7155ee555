"""Each chain alone: a prompt, a model, a parser, and nothing of graphs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.output_parsers import CommaSeparatedListOutputParser
from langchain_core.runnables import RunnableLambda, RunnableParallel

from chains import Prompts, PromptsConfig, collapse_chain, final_chain, map_chain, read_prompts
from chains.prompts import STAGES, Stage
from chains.summarize import prompt_template
from llm import TextRank
from tests.fakes import RecordingModel

SHIPPED = sorted((Path(__file__).parents[2] / "configs/prompts").glob("*.yaml"))
CHAINS: dict[Stage, Callable[..., Any]] = {"map": map_chain, "collapse": collapse_chain, "final": final_chain}
TEXT = "The harbour opens at six. The first boats leave before the fog has lifted."


def prompts(**more: Any) -> Prompts:
    texts = {stage: f"{stage.upper()} in {{language}} on {{focus}}: {{document}}" for stage in STAGES}
    return read_prompts(PromptsConfig.model_validate({**texts, **more}))


@pytest.mark.parametrize("stage", STAGES)
def test_each_chain_sends_its_own_prompt_and_returns_text(stage: Stage) -> None:
    model = RecordingModel()
    answer = CHAINS[stage](model, prompts(language="Dutch", focus="costs")).invoke({"document": TEXT})
    assert isinstance(answer, str)
    assert [call.prompt for call in model.calls] == [f"{stage.upper()} in Dutch on costs: {TEXT}"]
    assert answer == model.calls[0].prompt


def test_language_and_focus_may_be_given_with_a_call() -> None:
    model = RecordingModel()
    chain = map_chain(model, prompts())
    chain.invoke({"document": TEXT, "language": "Korean", "focus": "boats"})
    chain.invoke({"document": TEXT})
    assert [call.prompt.split(":")[0] for call in model.calls] == [
        "MAP in Korean on boats",
        "MAP in English on the main points",
    ]


def test_a_pair_becomes_a_system_and_a_human_message() -> None:
    pair = {"system": "You write {language}.", "human": "Read {document}"}
    messages = prompt_template("final", prompts(final=pair)).invoke({"document": TEXT}).to_messages()
    assert messages == [SystemMessage("You write English."), HumanMessage(f"Read {TEXT}")]


def test_a_completion_model_is_shown_a_text_without_a_speaker() -> None:
    seen: list[str] = []

    class Listening(FakeListLLM):
        def _call(self, prompt: str, *args: Any, **kwargs: Any) -> str:
            seen.append(prompt)
            return super()._call(prompt, *args, **kwargs)

    assert map_chain(Listening(responses=["short"]), prompts(map="Sum up: {document}")).invoke({"document": "x"})
    assert seen == ["Sum up: x"]


@pytest.mark.parametrize("text", ["{not} a {variable}", "{{twice}}", "100 % {", "", "한국어 문서"])
def test_a_document_is_never_read_as_a_template(text: str) -> None:
    model = RecordingModel()
    map_chain(model, prompts(map="<document>{document}</document>", language="{x}")).invoke({"document": text})
    assert model.calls[0].document == text


def test_a_missing_document_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="document"):
        map_chain(RecordingModel(), prompts()).invoke({"language": "Dutch"})


def test_a_parser_may_replace_the_default() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("tides, boats, fog"), AIMessage("as it is")]))
    chain = final_chain(model, prompts(), parser=CommaSeparatedListOutputParser())
    assert chain.invoke({"document": TEXT}) == ["tides", "boats", "fog"]
    whole = final_chain(model, prompts(), parser=RunnableLambda(lambda message: message))
    assert isinstance(whole.invoke({"document": TEXT}), AIMessage)


def test_a_chain_streams_batches_and_composes() -> None:
    model = GenericFakeChatModel(messages=(AIMessage("one two three") for _ in range(10)))
    chain = map_chain(model, prompts())
    assert list(chain.stream({"document": TEXT})) == ["one", " ", "two", " ", "three"]
    assert chain.batch([{"document": "a"}, {"document": "b"}]) == ["one two three"] * 2
    assert asyncio.run(chain.ainvoke({"document": TEXT})) == "one two three"
    both = RunnableParallel(short=chain, merged=chain | (lambda text: {"document": text}) | chain)
    assert both.invoke({"document": TEXT}) == {"short": "one two three", "merged": "one two three"}


def test_a_chain_does_not_keep_what_a_call_gave_it() -> None:
    model = RecordingModel()
    chain = map_chain(model, prompts())
    asyncio.run(_gather(chain, [str(number) for number in range(8)]))
    assert sorted(call.prompt[-1] for call in model.calls) == list("01234567")


async def _gather(chain: Any, documents: list[str]) -> None:
    await asyncio.gather(*(chain.ainvoke({"document": document}) for document in documents))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_prompt_works_with_the_built_in_model(path: Path, stage: Stage) -> None:
    shipped = read_prompts(PromptsConfig(file=str(path)))
    text = f"{TEXT} Nobody had measured the tide at the old bridge, so the engineers built a gauge of their own."
    answer = CHAINS[stage](TextRank(max_tokens=40), shipped).invoke({"document": text})
    assert answer
    # Sentences of the document, and not a word of the prompt.
    assert all(sentence.strip(". ") in text for sentence in answer.split(". "))
