"""Prompt sets are read and checked before anything runs; an error names the culprit and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chains.config import PromptsConfig
from chains.prompts import STAGES, PromptError, Prompts, Stage, read_prompts

GOOD = "Summarize in {language}: {document}"
ALL = dict.fromkeys(STAGES, GOOD)
SHIPPED = sorted((Path(__file__).parents[2] / "configs/prompts").glob("*.yaml"))


def read(**settings: Any) -> Prompts:
    return read_prompts(PromptsConfig.model_validate(settings))


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def refuse(**settings: Any) -> str:
    with pytest.raises(PromptError) as caught:
        read(**settings)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_a_text_is_what_a_person_says_and_a_pair_has_a_system_part() -> None:
    prompts = read(map=GOOD, collapse={"system": "Be brief.", "human": "{document}"}, final=GOOD)
    assert prompts.map == (("human", GOOD),)
    assert prompts.collapse == (("system", "Be brief."), ("human", "{document}"))


def test_the_document_may_stand_in_the_system_part() -> None:
    prompts = read(**ALL | {"final": {"system": "Read: {document}", "human": "Summarize it."}})
    assert prompts.text("final") == "Read: \nSummarize it."


def test_variables_have_values_where_nobody_gives_any() -> None:
    prompts = read(**ALL)
    assert (prompts.language, prompts.focus) == ("English", "the main points")


def test_the_configuration_wins_over_the_file_piece_by_piece(tmp_path: Path) -> None:
    path = write(tmp_path, "language: Dutch\nfocus: costs\n" + "".join(f"{s}: 'F {{document}}'\n" for s in STAGES))
    prompts = read(file=path, collapse="mine {document}", focus="methods")
    assert prompts.map == (("human", "F {document}"),)
    assert prompts.collapse == (("human", "mine {document}"),)
    assert (prompts.language, prompts.focus) == ("Dutch", "methods")


def test_the_text_of_a_prompt_has_everything_but_the_document_in_it() -> None:
    prompts = read(**ALL | {"map": "{{plain}} braces, {language}, {focus}: {document}"}, language="{odd}")
    assert prompts.text("map") == "{plain} braces, {odd}, the main points: "


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("{documnet}", ["{documnet}", "did you mean {document}?"]),
        ("{document} {lang}", ["{lang}", "did you mean {language}?"]),
        ("{document} {title}", ["there is no variable {title}"]),
        ("{document} {}", ["there is no variable {}"]),
        ("{document} {0}", ["{0}"]),
        ("{document.text}", ["{document.text}"]),
        ("{document[0]}", ["{document[0]}"]),
        ("Summarize.", ["needs {document}"]),
        ("{{document}}", ["needs {document}"]),
        ("{document} {'a': 1}", ["{{ and }}"]),
        ("{document!r}", ["{document}", "{{ and }}"]),
        ("{document:>{language}}", ["{document}", "{{ and }}"]),
        ("{document} }", ["{{ and }}"]),
        ("{document} {", ["{{ and }}"]),
        ({"system": "{topic}", "human": "{document}"}, ["{topic}"]),
        ({"system": "s", "human": "h"}, ["needs {document}"]),
    ],
    ids=str,
)
def test_a_wrong_variable_is_named_with_its_prompt_and_those_allowed(
    stage: Stage, prompt: Any, words: list[str]
) -> None:
    message = refuse(**ALL | {stage: prompt})
    assert f"prompts: {stage}" in message
    for word in words:
        assert word in message
    if "no variable" in message or "needs" in message:
        assert "{document}, {language}, {focus}" in message


def test_a_mistake_in_a_file_is_named_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "map: '{document}'\ncollapse: '{documents}'\nfinal: '{document}'\n")
    message = refuse(file=path)
    assert f"{path}: collapse" in message
    assert "did you mean {document}?" in message


@pytest.mark.parametrize("stage", STAGES)
def test_a_missing_prompt_is_named(stage: Stage, tmp_path: Path) -> None:
    some = {name: GOOD for name in STAGES if name != stage}
    message = refuse(**some)
    assert f"no {stage} prompt" in message
    assert "prompts.file" in message
    path = write(tmp_path, "".join(f"{name}: '{text}'\n" for name, text in some.items()))
    assert f"no {stage} prompt" in refuse(file=path)
    assert path in refuse(file=path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mapp: x\n", ["'mapp'", "map"]),
        ("map: {system: a, humann: '{document}'}\n", ["humann", "'human'"]),
        ("map: [a]\n", ["map:"]),
        ("map: {system: a}\n", ["map", "human"]),
        ("language: 3\n", ["language"]),
        ("just text\n", ["mine.yaml"]),
        ("", ["mine.yaml"]),
        ("map: '{document}'\nmap: '{document}'\n", ["'map'", "twice"]),
        ("map: [\n", ["YAML"]),
        ("map: !!python/object:os.system x\n", ["YAML"]),
    ],
    ids=repr,
)
def test_a_file_that_is_no_prompt_set_is_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    message = refuse(file=path)
    assert path in message
    for word in words:
        assert word in message
    assert "map.str" not in message, "a key that is in no file"


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    assert "none.yaml" in refuse(file=str(tmp_path / "none.yaml"))
    assert str(tmp_path) in refuse(file=str(tmp_path))
    (tmp_path / "noise.yaml").write_bytes(b"\xff\xfe\x81")
    assert "noise.yaml" in refuse(file=str(tmp_path / "noise.yaml"))
    assert "prompts.file" in refuse(file=str(tmp_path / ("x" * 300)))


# The sets that ship


def test_there_is_a_set_for_base_models_and_one_for_each_purpose_the_newer_ones_in_korean_too() -> None:
    both = ("compare", "decisions", "plain_language")
    expected = {"completion", "korean", "plain", "structured", *both, *(f"{name}_korean" for name in both)}
    assert {path.stem for path in SHIPPED} == expected


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_prompt_states_language_focus_and_document(path: Path) -> None:
    prompts = read(file=str(path), language="LANGUAGE", focus="FOCUS")
    for which in (prompts, prompts.comparing()):
        for stage in STAGES:
            words = which.text(stage)
            assert "LANGUAGE" in words
            assert "FOCUS" in words
            template = "".join(text for _, text in getattr(which, stage))
            assert "<document>\n{document}\n</document>" in template


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_set_leaves_room_in_the_smallest_window_that_ships(path: Path) -> None:
    from llm.tokens import estimate_tokens

    prompts = read(file=str(path))
    assert max(estimate_tokens(prompts.text(stage)) for stage in STAGES) < 300
    assert estimate_tokens(prompts.comparing().text("final")) < 300


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_set_asks_for_the_language_that_it_is_written_in(path: Path) -> None:
    assert read(file=str(path)).language == ("한국어" if "korean" in path.stem else "English")


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.stem != "completion"], ids=lambda p: p.stem)
def test_every_final_prompt_says_how_long_and_every_one_on_several_documents_asks_for_their_names(
    path: Path,
) -> None:
    prompts = read(file=str(path)).of_words(77)
    for which in (prompts, prompts.comparing()):
        assert "77" in which.text("final")
    told = prompts.comparing().text("final")
    assert "이름" in told if "korean" in path.stem else "name" in told.casefold()


@pytest.mark.parametrize("name", ["decisions", "decisions_korean"])
def test_decisions_are_asked_for_on_every_stage_and_nothing_is_to_be_invented(name: str) -> None:
    (path,) = (path for path in SHIPPED if path.stem == name)
    prompts = read(file=str(path))
    wanted = prompts.focus.replace(" and ", ", ").split(", ")
    assert len(wanted) == 4
    for stage in STAGES:
        assert all(word.strip(",") in prompts.text(stage) for word in wanted)
    assert ('"없음."' if "korean" in name else '"None."') in prompts.text("final")


# Several documents, and the document's own language


def test_a_set_without_a_prompt_for_several_documents_has_one() -> None:
    prompts = read(map="{document}", collapse="{document}", final="FINAL {document}", language="French")
    assert "FINAL" in prompts.text("final")
    compared = prompts.comparing().text("final")
    assert "differ" in compared
    assert "French" in compared
    own = read(map="{document}", collapse="{document}", final="{document}", together="OURS {document}")
    assert own.comparing().text("final").startswith("OURS")


def test_a_prompt_for_several_documents_is_checked_like_any_other() -> None:
    assert "together" in refuse(map="{document}", collapse="{document}", final="{document}", together="Compare!")


@pytest.mark.parametrize(
    ("final", "said"),
    [
        ("Summarize it in {language}: {document}", "in the language of the document"),
        ("{document} 이 문서를 {language}로 요약하십시오.", "문서의 언어로 요약하십시오."),
    ],
)
def test_the_documents_own_language_is_called_so_until_it_is_known(final: str, said: str) -> None:
    prompts = read(map="{document}", collapse="{document}", final=final, language="Same")
    assert said in prompts.text("final")
    assert prompts.in_language("") == prompts
    assert "Welsh" in prompts.in_language("Welsh").text("final")


def test_a_language_that_is_asked_for_by_name_does_not_follow_the_document() -> None:
    prompts = read(map="{document}", collapse="{document}", final="{document}{language}", language="Korean")
    assert prompts.in_language("German") == prompts


def test_a_number_of_words_fills_the_length_where_it_names_one() -> None:
    prompts = read(map="{document}", collapse="{document}", final="{document} in {length}")
    assert prompts.of_words(40).text("final") == " in about 40 words"
    fixed = read(map="{document}", collapse="{document}", final="{document}{length}", length="three sentences")
    assert fixed.of_words(40) == fixed
