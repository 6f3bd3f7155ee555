"""Settings of the load and split sections."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from graph.documents import LoadConfig, SplitConfig
from graph.documents.config import parse_pages


def test_page_selections_are_ranges_in_the_order_written() -> None:
    assert parse_pages("1-9, 12,20-") == [(1, 9), (12, 12), (20, None)]
    assert parse_pages("-3") == [(1, 3)]


@pytest.mark.parametrize(("given", "kept"), [("1-9,12", "1-9,12"), (12, "12"), (-3, "-3"), (None, None)])
def test_pages_may_be_what_yaml_makes_of_them(given: object, kept: str | None) -> None:
    assert LoadConfig.model_validate({"pages": given}).pages == kept


@pytest.mark.parametrize("wrong", ["", "a", "9-1", "0", "1,,2", "1-2-3", "-", "1;2", 0, True, "٣"])
def test_a_wrong_selection_is_named_at_once(wrong: object) -> None:
    with pytest.raises(ValidationError, match="pages"):
        LoadConfig.model_validate({"pages": wrong})


@pytest.mark.parametrize(("given", "kept"), [("auto", "auto"), ("off", "off"), (False, "off"), (True, "auto")])
def test_yaml_reads_off_as_false(given: object, kept: str) -> None:
    assert LoadConfig.model_validate({"ocr": given}).ocr == kept


@pytest.mark.parametrize("wrong", ["", "eng kor", "eng+", "--help", "eng;ls", 1])
def test_languages_are_names(wrong: object) -> None:
    with pytest.raises(ValidationError, match="ocr_languages"):
        LoadConfig.model_validate({"ocr_languages": wrong})


def test_settings_are_closed_frozen_and_described() -> None:
    for config in (LoadConfig(), SplitConfig()):
        with pytest.raises(ValidationError):
            type(config).model_validate({"chunk_tokenz": 1})
        assert type(config).model_config["frozen"]
        assert all(field.description for field in type(config).model_fields.values())


def test_a_password_is_never_printed() -> None:
    assert "hunter2" not in repr(LoadConfig.model_validate({"password": "hunter2"}))


def test_importing_the_package_imports_no_reader() -> None:
    code = (
        "import sys, graph.documents, graph.documents.config;"
        "heavy = {'pypdf', 'pypdfium2', 'sentencex', 'langchain_core', 'langgraph'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
