"""The form for settings follows from what the configuration allows, and from the types of the keys."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from graph.config import RunConfig, load_config
from graph.service.pages.settings_form import SettingField, input_for, setting_fields, settings_of
from graph.service.settings import check_settings
from graph.shipped import prompt_set_names


@pytest.fixture
def config(configs: Path) -> RunConfig:
    return load_config(configs / "quickstart.yaml")


def allowing(config: RunConfig, *keys: str) -> RunConfig:
    service = config.service.model_copy(update={"allow": list(keys)})
    return config.model_copy(update={"service": service})


def by_key(config: RunConfig, **chosen: Any) -> dict[str, SettingField]:
    return {field.key: field for field in setting_fields(config, chosen)}


def test_only_what_is_allowed_can_be_chosen(config: RunConfig) -> None:
    assert list(by_key(allowing(config, "load.pages", "prompts.file"))) == ["prompts.file", "load.pages"]
    assert setting_fields(allowing(config), {}) == []


def test_prompt_sets_are_chosen_by_name_and_the_configured_one_needs_no_choice(config: RunConfig) -> None:
    sets = by_key(config)["prompts.file"]
    assert sets.kind == "select"
    assert sets.options[0] == ("", "plain (default)")
    assert {name for name, _ in sets.options} == {"", *prompt_set_names()} - {"plain"}


def test_what_was_chosen_is_there_again_but_for_a_password(config: RunConfig) -> None:
    fields = {
        field.key: field
        for field in setting_fields(config, {"load.pages": "1-9", "load.password": "*", "prompts.file": "korean"})
    }
    assert fields["load.pages"].value == "1-9"
    assert fields["prompts.file"].value == "korean"
    assert (fields["load.password"].kind, fields["load.password"].value) == ("password", "")


class Unit(Enum):
    WORDS = "words"
    PAGES = "pages"


class Keys(BaseModel):
    """Types that a key may have."""

    choice: Literal["short", "long"] | None = None
    enum: Unit = Unit.WORDS
    switch: bool = False
    count: Annotated[int, Field(gt=0)] | None = None
    words: Literal["short", "long"] | Annotated[int, Field(gt=0)] | None = None
    text: str | None = None
    secret: SecretStr | None = None


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("choice", "select", ["short", "long"]),
        ("enum", "select", ["words", "pages"]),
        ("switch", "select", ["true", "false"]),
        ("count", "number", []),
        ("words", "text", ["short", "long"]),
        ("text", "text", []),
        ("secret", "password", []),
    ],
)
def test_the_type_of_a_key_decides_how_it_is_put_in(name: str, kind: str, options: list[str]) -> None:
    found, offered = input_for(Keys.model_fields[name])
    assert (found, [value for value, _ in offered]) == (kind, options)


def test_every_key_has_a_label_and_a_name_for_its_element(config: RunConfig) -> None:
    everything = allowing(config, "load.*", "split.*", "summarize.*", "prompts.*")
    fields = setting_fields(everything, {})
    assert len(fields) > 25
    assert all(field.label and field.id for field in fields)
    assert len({field.id for field in fields}) == len(fields)
    assert by_key(everything)["summarize.final_tokens"].placeholder == "400"
    assert by_key(everything)["load.drop_contents"].options[0] == ("", "yes (default)")


def test_a_form_becomes_settings_that_the_service_takes(config: RunConfig) -> None:
    form = {"load.pages": " 1-3 ", "summarize.final_tokens": "120", "prompts.focus": " ", "llm.model": "other"}
    chosen = settings_of(config, form)
    assert chosen == {"load.pages": "1-3", "summarize.final_tokens": "120"}
    assert check_settings(config, chosen).summarize.final_tokens == 120


def test_prompts_with_a_system_part_come_back_as_they_were(config: RunConfig) -> None:
    messages = {"system": "Be brief.", "human": "{document}"}
    (field,) = [one for one in setting_fields(config, {"prompts.map": messages}) if one.key == "prompts.map"]
    assert settings_of(config, {"prompts.map": field.value}) == {"prompts.map": messages}
    assert settings_of(config, {"prompts.map": "{document}"}) == {"prompts.map": "{document}"}
