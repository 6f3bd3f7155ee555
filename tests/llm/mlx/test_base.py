"""Settings of ChatMLX and MLX: given to the model or with a call, wrong ones refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core import exceptions
from langchain_core.messages import HumanMessage
from pydantic import ValidationError

from llm import MLX, ChatMLX

Folder = Callable[[str], Path]
KINDS: list[type[ChatMLX] | type[MLX]] = [ChatMLX, MLX]
Refused = exceptions.ModelInvalidRequestError


@pytest.fixture
def chat(checkpoint: Folder) -> Callable[..., ChatMLX]:
    def make(family: str = "gemma", **settings: Any) -> ChatMLX:
        return ChatMLX(model=str(checkpoint(family)), **{"max_tokens": 30, **settings})

    return make


def text(answer: Any) -> str:
    return answer if isinstance(answer, str) else str(answer.text)


def test_settings_can_be_given_with_a_call(chat: Callable[..., ChatMLX]) -> None:
    model = chat()
    assert model.invoke("a", max_tokens=3).usage_metadata["output_tokens"] == 3  # type: ignore[index]
    assert model.bind(max_tokens=2).invoke("a").usage_metadata["output_tokens"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_setting_is_refused_with_the_nearest_one(checkpoint: Folder, kind: Any) -> None:
    model = kind(model=str(checkpoint("gemma")), max_tokens=3)
    near = rf"{kind.__name__} has no setting 'temprature'\. Did you mean 'temperature'\?"
    with pytest.raises(ValueError, match=near):
        kind(model=model.model, temprature=1)
    with pytest.raises(Refused, match=near):
        model.invoke("a", temprature=1)
    with pytest.raises(Refused, match=near):
        list(model.stream("a", temprature=1))
    with pytest.raises(ValueError, match=r"no setting 'xyzzy'\."):
        kind(model=model.model, xyzzy=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_value_is_shown(checkpoint: Folder, kind: Any) -> None:
    model = kind(model=str(checkpoint("gemma")))
    with pytest.raises(Refused, match=r"^max_tokens: .* greater than 0, not 0\.$"):
        model.invoke("a", max_tokens=0)
    with pytest.raises(Refused, match=r"^temperature: .*, not 'hot'\.$"):
        model.invoke("a", temperature="hot")


@pytest.mark.parametrize("kind", KINDS)
def test_none_is_no_value_of_a_setting_that_has_one(checkpoint: Folder, kind: Any) -> None:
    """LangChain's own code passes max_tokens=None."""
    folder = str(checkpoint("gemma"))
    model = kind(model=folder, max_tokens=4, temperature=0.0)
    said = text(model.invoke("a"))
    assert text(model.invoke("a", max_tokens=None, temperature=None, stop=None)) == said
    assert kind(model=folder, temperature=None, stop=None).temperature == 0.0
    assert model.settings(None, {"timeout": None, "seed": None}).timeout_seconds is None


@pytest.mark.parametrize("kind", KINDS)
def test_one_stop_text_and_paths_are_taken_as_they_are(checkpoint: Folder, kind: Any) -> None:
    folder = checkpoint("gemma")
    model = kind(model=folder, max_tokens=20)
    said = text(model.invoke("a"))
    stop = said[5:8]
    assert text(model.invoke("a", stop=stop)) == said[: said.index(stop)]
    assert text(kind(model=folder, max_tokens=20, stop=stop).invoke("a")) == said[: said.index(stop)]
    assert text(model.invoke("a", model=checkpoint("gemma3"))) == text(
        kind(model=str(checkpoint("gemma3")), max_tokens=20).invoke("a")
    )


def test_what_a_text_model_cannot_read_is_refused(chat: Callable[..., ChatMLX]) -> None:
    picture = HumanMessage([{"type": "text", "text": "a"}, {"type": "image", "url": "b"}])
    with pytest.raises(Refused, match="image"):
        chat().invoke([picture])
    with pytest.raises(Refused, match="no message"):
        chat().invoke([])
    assert chat().invoke([HumanMessage([{"type": "text", "text": "a"}])]).text == chat().invoke("a").text


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_character_is_refused_wherever_it_is(checkpoint: Folder, kind: Any) -> None:
    model = kind(model=str(checkpoint("gemma")))
    half = r"'\\udcff' at position 2, which is half a character"
    with pytest.raises(Refused, match=half):
        model.invoke("ab\udcff")
    with pytest.raises(Refused, match=half):
        model.get_num_tokens("ab\udcff")
    if isinstance(model, ChatMLX):
        with pytest.raises(Refused, match="half a character"):
            model.bind_tools([{"title": "look", "description": "\udcff", "type": "object"}]).invoke("a")


def test_a_copy_or_an_assignment_that_names_other_weights_uses_them(
    chat: Callable[..., ChatMLX], checkpoint: Folder
) -> None:
    one, other = chat(), chat("gemma3")
    said = one.invoke("Say it").text
    copied = one.model_copy(update={"model": other.model})
    assert copied.invoke("Say it").text == other.invoke("Say it").text != said
    assert one.invoke("Say it").text == said, "the original stays with its own"
    raw = MLX(model=one.model, max_tokens=5)
    before = raw.runtime
    for name, value in [("model", other.model), ("kv_bits", 8), ("draft_model", one.model), ("adapter", "a")]:
        setattr(raw, name, value)
        assert raw.runtime is not before
        before = raw.runtime


def test_timeout_is_another_name_of_timeout_seconds() -> None:
    model = ChatMLX(model="x", timeout=3)
    assert model.timeout == model.timeout_seconds == 3
    assert model.settings(None, {}).timeout_seconds == 3
    assert model.settings(None, {"timeout": 5}).timeout_seconds == 5
    assert model.settings(None, {"timeout": None}).timeout_seconds is None
    assert ChatMLX(model="x", timeout_seconds=4).timeout == 4
    with pytest.raises(ValidationError, match="timeout_seconds"):
        ChatMLX(model="x", timeout=-1)
