"""prompts.language: same. The summary is in the language of its document, which is found for each run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from graph import build_graph, load_config
from graph.results.types import Result
from graph.shipped import find_prompt_set
from tests.fakes import RecordingModel, make_config

ENGLISH = "The harbour board approved the breakwater. It costs 485 thousand euros a year, and it is open to all. "
GERMAN = "Der Hafenrat hat den Wellenbrecher genehmigt. Er kostet 485 Tausend Euro im Jahr und steht allen offen. "
KOREAN = "항만위원회는 방파제를 승인했다. 해마다 48만 5천 유로가 들며 누구나 이용할 수 있다. "
SWAHILI = (
    "Habari ya leo ni kwamba serikali imetangaza mpango mpya wa kujenga barabara katika mikoa yote ya nchi. "
    "Wananchi wengi wamefurahi kusikia habari hizo, lakini wengine wana wasiwasi kuhusu gharama zake. "
)
TEXTS = {"English": ENGLISH, "German": GERMAN, "Korean": KOREAN}


class Answers(RecordingModel):
    """Answers with its document, or in English if it is `stubborn` and not reminded."""

    stubborn: bool = False

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **options: Any) -> ChatResult:
        call = self.record(messages, options)
        said = ENGLISH * 2 if self.stubborn and "Write nothing but" not in call.prompt else call.document
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.shorten(said, 200)))])


def config(**more: Any) -> Any:
    return make_config(**{"window": 3000, "part": 300, "chunk": 60, "prompts__language": "same", **more})


def run(model: Any, text: str, **more: Any) -> Result:
    result: Result = build_graph(config(**more), model=model).invoke({"documents": [text]})  # type: ignore[assignment]
    return result


@pytest.mark.parametrize("name", TEXTS)
def test_every_prompt_names_the_language_of_the_document_and_the_result_says_what_it_was(name: str) -> None:
    model = RecordingModel()
    result = run(model, TEXTS[name] * 8)
    assert {call.stage for call in model.calls} == {"map", "final"}
    assert all(f" in {name} on " in call.prompt for call in model.calls)
    assert result["made"]["language"] == name
    assert f" in {name} on " in result["made"]["prompts"]["final"]
    assert result["warnings"] == []


@pytest.mark.parametrize(("text", "name"), [(GERMAN, "독일어"), (KOREAN, "한국어"), (ENGLISH, "영어")])
def test_a_korean_set_names_it_in_korean(text: str, name: str) -> None:
    model = RecordingModel()
    result = run(
        model, text * 8, window=9000, prompts={"file": str(find_prompt_set("korean")), "language": "same"}
    )
    assert all(f"{name}로 쓰십시오" in call.prompt for call in model.calls)
    assert result["made"]["language"] == name


def test_documents_in_many_languages_do_not_mix_in_one_graph() -> None:
    model = RecordingModel()
    app = build_graph(config(), model=model)
    names = list(TEXTS) * 6
    results = app.batch([{"documents": [TEXTS[name] * (4 + index)]} for index, name in enumerate(names)])
    assert [result["made"]["language"] for result in results] == names
    for call in model.calls:
        (name,) = (name for name, text in TEXTS.items() if text[:12] in call.document)
        assert f" in {name} on " in call.prompt

    async def gathered() -> list[Any]:
        return await asyncio.gather(*(app.ainvoke({"documents": [TEXTS[name] * 9]}) for name in names))

    assert [result["made"]["language"] for result in asyncio.run(gathered())] == names


def test_an_answer_in_another_language_is_asked_for_again_in_that_of_the_document() -> None:
    model = Answers(stubborn=True)
    result = run(model, GERMAN * 4, prompts__reminder="Write nothing but the summary, in {language}.")
    again = [
        call.prompt for call in model.calls if call.prompt.endswith("Write nothing but the summary, in German.")
    ]
    assert len(again) == len(model.calls) // 2
    assert result["warnings"] == []


def test_no_answer_is_in_another_language_when_the_document_is_in_that() -> None:
    model = Answers(stubborn=True)
    result = run(model, ENGLISH * 4)
    assert result["warnings"] == []
    assert not any("Write nothing but" in call.prompt for call in model.calls)


@pytest.mark.parametrize("text", [SWAHILI * 6, ENGLISH * 5 + KOREAN * 9, "12, 34, 56.", GERMAN * 6 + ENGLISH * 6])
def test_a_language_that_cannot_be_told_is_left_to_the_model_and_that_is_said(text: str) -> None:
    model = RecordingModel()
    result = run(model, text)
    assert all(" in the language of the document on " in call.prompt for call in model.calls)
    assert result["made"]["language"] == "the language of the document"
    (warning,) = result["warnings"]
    assert warning.startswith("prompts.language: same: which language the document has cannot be told")


def test_several_documents_have_the_language_of_most_of_them(tmp_path: Path) -> None:
    paths = []
    for index, text in enumerate((KOREAN, GERMAN, ENGLISH, GERMAN)):
        paths.append(str(tmp_path / f"{index}.txt"))
        Path(paths[-1]).write_text(text * 8, "utf-8")
    model = RecordingModel()
    app = build_graph(config(prompts__together="ALL in {language}: <document>{document}</document>"), model=model)
    result = app.invoke({"source": paths})
    assert result["made"]["language"] == "German"
    assert all(" in German" in call.prompt for call in model.calls)
    said = "2 of 4 documents are in German, as the summary is, 1 in Korean, 1 in English."
    assert any(said in warning for warning in result["warnings"])
    tied = app.invoke({"source": paths[:3]})
    assert tied["made"]["language"] == "Korean", "the first, where none is more frequent"
    alike = app.invoke({"source": paths[1::2]})
    assert alike["made"]["language"] == "German"
    assert not any("prompts.language" in warning for warning in alike["warnings"])


def test_chapters_have_the_language_of_their_document(tmp_path: Path) -> None:
    path = tmp_path / "book.md"
    path.write_text(f"# Eins\n\n{GERMAN * 5}\n\n# Zwei\n\n{GERMAN * 5}", "utf-8")
    model = RecordingModel()
    result = build_graph(config(summarize__by="section"), model=model).invoke({"source": str(path)})
    assert len([section for section in result["sections"] if "summary" in section]) == 2
    assert all(" in German on " in call.prompt for call in model.calls)


def test_the_built_in_model_is_in_the_documents_language_anyway() -> None:
    app = build_graph(load_config("quickstart", ["cache.enabled=false", "prompts.language=same"]))
    result = app.invoke({"documents": [KOREAN * 3 + "부두에는 등대가 있다."]})
    assert result["warnings"] == []
    assert result["made"]["language"] == ""
