"""Answers on disk: found again by all that made them, shared, bounded, and never the reason of a failure."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from llm import TextRank
from llm.cache import AnswerCache, default_path, open_cache
from llm.config import CacheConfig, OpenAIConfig
from llm.load import load_model

TEXT = "Bees make honey. Honey is sweet. Bees live in hives, and hives are full of honey. Bears like honey."


def put(cache: AnswerCache, prompt: str, text: str = "an answer", model: str = "model") -> None:
    cache.update(prompt, model, [Generation(text=text)])


def texts(cache: AnswerCache, *prompts: str, model: str = "model") -> list[str | None]:
    found = (cache.lookup(prompt, model) for prompt in prompts)
    return [answers[0].text if answers else None for answers in found]


def test_an_answer_is_found_by_another_process_with_all_that_came_with_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "answers.sqlite"
    program = "from llm import TextRank; from llm.cache import AnswerCache; import sys\n"
    program += "TextRank(cache=AnswerCache(sys.argv[1])).invoke(sys.argv[2])"
    subprocess.run([sys.executable, "-c", program, str(path), TEXT], check=True, cwd=Path(__file__).parents[2])
    fresh = TextRank().invoke(TEXT)
    cached = TextRank(cache=AnswerCache(path)).invoke(TEXT)
    assert cached.text == fresh.text
    assert cached.response_metadata == {**fresh.response_metadata, "cached": True}
    assert fresh.usage_metadata is not None
    assert cached.usage_metadata is not None
    assert cached.usage_metadata["output_tokens"] == fresh.usage_metadata["output_tokens"]


def test_tool_calls_and_completions_come_back_whole(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    call = {"name": "add", "args": {"a": 1}, "id": "1", "type": "tool_call"}
    cache.update("p", "m", [ChatGeneration(message=AIMessage("", tool_calls=[call]), generation_info={"x": 1})])
    (found,) = cache.lookup("p", "m") or []
    assert isinstance(found, ChatGeneration)
    assert isinstance(found.message, AIMessage)
    assert found.message.tool_calls == [call]
    assert found.generation_info == {"x": 1}

    model = FakeListLLM(responses=["first", "second"], cache=cache)
    assert [model.invoke("q"), model.invoke("q"), model.invoke("r")] == ["first", "first", "second"]


def test_a_failed_and_an_empty_answer_are_asked_for_again(tmp_path: Path) -> None:
    model = FakeListChatModel(responses=["", "  \n", "something"], cache=AnswerCache(tmp_path / "answers.sqlite"))
    assert [model.invoke("q").text.strip() for _ in range(4)] == ["", "", "something", "something"]


def test_answers_of_another_prompt_setting_or_server_never_leak(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    put(cache, "ab", "x", model="c")
    assert texts(cache, "a", model="bc") == [None]
    servers = [
        OpenAIConfig(model="m", base_url="http://localhost:1/v1"),
        OpenAIConfig(model="m", base_url="http://localhost:2/v1"),
        OpenAIConfig(model="m", base_url="http://localhost:1/v1", seed=1),
        OpenAIConfig(model="n", base_url="http://localhost:1/v1"),
        OpenAIConfig(model="m", base_url="http://localhost:1/v1", stop=["."]),
    ]
    assert len({load_model(server)._get_llm_string() for server in servers}) == len(servers)


def test_the_least_recently_used_answers_make_room(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite", max_mb=0.1)
    for number in range(200):
        put(cache, str(number), "x" * 1000)
        assert texts(cache, "0") == ["x" * 1000]
    kept = [number for number in range(200) if texts(cache, str(number)) != [None]]
    assert kept[0] == 0
    assert kept[1:] == list(range(kept[1], 200))
    assert 80 <= len(kept) <= 100
    with sqlite3.connect(cache.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert cache.path.stat().st_size < 150_000


def test_two_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    program = """
import sys
from langchain_core.outputs import Generation
from llm.cache import AnswerCache
cache = AnswerCache(sys.argv[1])
for number in range(150):
    cache.update(sys.argv[2] + str(number), "model", [Generation(text="x" * 500)])
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), name],
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
        )
        for name in "ab"
    ]
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    cache = AnswerCache(path)
    assert None not in texts(cache, *(f"{name}{number}" for name in "ab" for number in range(150)))


@pytest.mark.parametrize("damage", ["garbage", "middle", "short"])
def test_a_damaged_file_is_set_aside_with_a_warning(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "answers.sqlite"
    before = AnswerCache(path)
    for number in range(100):
        put(before, str(number), "x" * 3000)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "garbage": b"this is no database " * 100,
            "middle": content[:4096] + os.urandom(len(content) - 8192) + content[-4096:],
            "short": content[:half],
        }[damage]
    )
    cache = AnswerCache(path)
    for number in range(100):
        put(cache, str(number), "new")
    assert texts(cache, *map(str, range(100))) == ["new"] * 100
    assert (tmp_path / "answers.sqlite.damaged").exists()
    assert "damaged" in caplog.text


def test_a_file_that_cannot_be_written_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    model = TextRank(cache=AnswerCache(blocked / "answers.sqlite"))
    assert model.invoke(TEXT).text == model.invoke(TEXT).text != ""
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "new" / "answers.sqlite")
    put(cache, "p")
    for path in cache.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.path.parent.stat().st_mode) == 0o700


def test_it_is_where_the_configuration_says(tmp_path: Path) -> None:
    assert open_cache(CacheConfig(enabled=False)) is None
    there, here = open_cache(CacheConfig()), open_cache(CacheConfig(path=str(tmp_path / "x")))
    assert there is not None
    assert there.path == default_path()
    assert there.path.name == "answers.sqlite"
    assert here is not None
    assert here.path == tmp_path / "x"


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No HOME, and a user id without an account, in an empty folder: a container under a bare number."""

    def no_account(uid: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_account)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", [None, "~/answers.sqlite"])
def test_without_a_home_the_cache_is_off_with_one_warning(
    homeless: Path, path: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_cache(CacheConfig(path=path)) is None
    (record,) = caplog.records
    assert "set cache.path" in record.getMessage()
    assert record.levelno == logging.WARNING


def test_a_cache_in_a_home_that_is_not_there_costs_no_answer(
    homeless: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = TextRank(cache=AnswerCache("~/answers.sqlite"))
    assert model.invoke(TEXT).text == model.invoke(TEXT).text != ""
    assert ["no home folder" in record.getMessage() for record in caplog.records] == [True]
    assert list(homeless.iterdir()) == []


def test_a_folder_the_configuration_names_needs_no_home(homeless: Path) -> None:
    cache = open_cache(CacheConfig(path=str(homeless / "x.sqlite")))
    assert cache is not None
    put(cache, "p")
    assert texts(cache, "p") == ["an answer"]


@pytest.mark.skipif(sys.platform != "linux", reason="XDG's folders are Linux's")
def test_the_cache_folder_is_the_one_xdg_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert default_path() == tmp_path / "elsewhere" / "mlx-pdf-summarizer" / "answers.sqlite"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path() == tmp_path / ".cache" / "mlx-pdf-summarizer" / "answers.sqlite"


def test_clear_forgets_everything(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    put(cache, "p")
    cache.clear()
    assert texts(cache, "p") == [None]


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    letter = tmp_path / "letter.md"
    letter.write_text("Dear reader, ...")
    cache = AnswerCache(letter)
    put(cache, "p")
    assert texts(cache, "p") == [None]
    assert letter.read_text() == "Dear reader, ..."
    assert "it is a file of another kind" in caplog.text


def test_what_was_set_aside_before_stays(tmp_path: Path) -> None:
    for text in ("one", "two"):
        (tmp_path / "answers.sqlite").write_text(text * 400)
        put(AnswerCache(tmp_path / "answers.sqlite"), "p")
    assert (tmp_path / "answers.sqlite.damaged").read_text() == "one" * 400
    assert (tmp_path / "answers.sqlite.damaged-2").read_text() == "two" * 400
