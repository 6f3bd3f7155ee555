"""The tools by the real client of the protocol: over stdio, over HTTP, and in this process."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from graph import load_config
from graph.cli import mcp as command
from graph.cli.serve import default_folder
from graph.service.jobs import Jobs
from graph.service.mcp.server import Caller, make_server
from tests.fakes import EchoModel
from tests.graph.service.conftest import Service, running
from tests.graph.service.held import HeldModel

ROOT = Path(__file__).parents[3]
HANDBOOK = ROOT / "examples" / "handbook.pdf"
TEXT = "Boats leave the harbour at six. The new pump uses 12.5 % less power. Nobody has measured the tide."


@asynccontextmanager
async def working(folder: Path, model: Any = None, *sets: str) -> AsyncIterator[Jobs]:
    jobs = Jobs(load_config("quickstart", sets), folder, model=model)
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop(1)


def here(jobs: Jobs, client: str = "local", **options: Any) -> Client:
    """A client in this process."""
    return Client(make_server(lambda _: Caller(jobs, client, client, asyncio.Event()), here=True), **options)


def text_of(answer: Any) -> str:
    return "".join(block.text for block in answer.content)


def parameters(folder: Path | None) -> StdioServerParameters:
    passed = {name: value for name, value in os.environ.items() if name.startswith("XDG_") or name == "PATH"}
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "graph", "mcp", "quickstart", *(["--data", str(folder)] if folder else [])],
        env={"PYTHONPATH": str(ROOT), **passed},
        cwd=ROOT,
    )


async def test_a_document_is_asked_and_says_so_where_it_does_not_say(tmp_path: Path) -> None:
    async with working(tmp_path) as jobs, here(jobs) as client:
        done = (await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50})).structured_content
        when = await client.call_tool("ask_document", {"id": done["id"], "question": "When do boats leave?"})
        who = await client.call_tool("ask_document", {"id": done["id"], "question": "Who is the king of Norway?"})
        blank = await client.call_tool("ask_document", {"id": done["id"], "question": ""})
    assert text_of(when) == "“Boats leave the harbour at six.” [p. 1]"
    assert when.structured_content["supported"] is True
    assert when.structured_content["sentences"][0]["cited"] == "p. 1"
    assert text_of(who).startswith("The document does not say.")
    assert (who.structured_content["supported"], who.structured_content["sentences"]) == (False, [])
    assert blank.is_error


async def test_a_model_that_takes_longer_than_a_call_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.service.mcp.server.LONGEST_WAIT", 0)
    async with working(tmp_path) as jobs, here(jobs) as client:
        done = (await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50})).structured_content
        answer = await client.call_tool("ask_document", {"id": done["id"], "question": "When do boats leave?"})
    assert answer.is_error
    assert text_of(answer).endswith("ask the same again in a minute.")


async def test_a_file_is_summarized_over_stdio_and_its_pages_are_asked(tmp_path: Path) -> None:
    async with Client(parameters(tmp_path / "data")) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        asked = {"path": str(HANDBOOK), "settings": {"load.pages": "1-4"}, "wait_seconds": 50}
        answer = await client.call_tool("summarize", asked)
        done = answer.structured_content
        assert not answer.is_error, text_of(answer)
        passages = await client.call_tool(
            "ask_pages", {"id": done["id"], "statement": done["sentences"][0]["text"]}
        )
    assert names == ["summarize", "get_summary", "ask_document", "ask_pages"]
    assert done["status"] == "done"
    assert done["summary"].startswith(done["sentences"][0]["text"][:20])
    assert done["sentences"][0]["pages"]
    assert f"[{done['sentences'][0]['cited']}]" in text_of(answer)
    (looked,) = passages.structured_content["sentences"]
    assert looked["support"] == 1
    assert looked["passages"][0]["excerpt"] == looked["sentence"]
    assert looked["passages"][0]["page"] == done["sentences"][0]["pages"][0]
    assert f"[p. {looked['passages'][0]['page']}]" in text_of(passages)


INFO = {"name": "test", "version": "1"}


def start(server: StdioServerParameters) -> subprocess.Popen[bytes]:
    """The program, as a client starts it, after the handshake."""
    pipe = subprocess.PIPE
    command = [server.command, *server.args]
    process = subprocess.Popen(command, env=server.env, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
    ask(process, 1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=INFO)
    return process


def ask(process: subprocess.Popen[bytes], number: int, method: str, **params: Any) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert answer["id"] == number
    return answer["result"]


@pytest.mark.parametrize("end", [None, signal.SIGINT])
def test_the_program_ends_in_peace_and_its_output_is_nothing_but_the_protocol(
    tmp_path: Path, end: signal.Signals | None
) -> None:
    with start(parameters(tmp_path / "data")) as process:
        assert len(ask(process, 2, "tools/list")["tools"]) == 4
        if end is not None:
            process.send_signal(end)
            assert process.wait(30) == 0
        output, errors = process.communicate(timeout=30)  # which ends its input
    assert process.returncode == 0
    assert output == errors == b""


async def test_a_line_that_is_too_long_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_LONGEST_LINE", 100)
    incoming, outgoing = os.pipe()
    os.write(outgoing, b"one\n" + b"x" * 1000 + b"\ntwo\n")
    os.close(outgoing)
    assert [line async for line in command._lines(incoming)] == ["one\n", "two\n"]
    os.close(incoming)


async def test_clients_at_the_same_time_have_folders_of_their_own_and_may_die(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    async with working(default_folder() / "mcp"):
        with await asyncio.to_thread(start, parameters(None)) as process:
            assert (default_folder() / "mcp-2" / "jobs.sqlite").exists()
            process.stdout.close()  # type: ignore[union-attr]
            process.stdin.write(b'{"jsonrpc": "2.0", "id": 2, "method": "ping"}\n')  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            assert await asyncio.to_thread(process.wait, 30) == 0


async def test_a_folder_that_another_program_has_is_refused_by_name(tmp_path: Path) -> None:
    server = parameters(tmp_path)
    async with working(tmp_path):
        second = await asyncio.to_thread(
            subprocess.run,
            [server.command, *server.args],
            env=server.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    assert second.returncode == 2
    assert second.stdout == b""
    assert b"Another service works in the data folder" in second.stderr
    assert second.stderr.count(b"\n") == 1


async def test_a_job_that_outlasts_a_call_says_how_far_it_is_and_is_fetched_later(tmp_path: Path) -> None:
    model, told = HeldModel(), []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with working(tmp_path, model) as jobs, here(jobs) as client:
        asked = {"text": TEXT, "title": "Harbour", "wait_seconds": 1}
        answer = await client.call_tool("summarize", asked, progress_callback=hear)
        waiting = answer.structured_content
        assert (waiting["status"], waiting["title"]) == ("running", "Harbour")
        assert waiting["id"] in text_of(answer)
        again = await client.call_tool("summarize", asked | {"wait_seconds": 0})
        model.released.set()
        done = await client.call_tool("get_summary", {"id": waiting["id"]})
        same = await client.call_tool("summarize", {"id": waiting["id"]})
    assert again.structured_content["id"] == waiting["id"]
    assert done.structured_content["status"] == "done"
    assert done.structured_content["summary"] == TEXT
    assert same.structured_content == done.structured_content
    assert len(model.calls) == 1
    amounts = [progress for progress, _, _ in told]
    assert amounts == sorted(set(amounts))
    assert amounts[-1] > 1
    assert all(total == 7 and message for _, total, message in told)


async def test_a_call_that_is_given_up_ends_no_job(tmp_path: Path) -> None:
    model = HeldModel()
    async with working(tmp_path, model) as jobs, here(jobs) as client:
        call = asyncio.ensure_future(client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50}))
        await asyncio.to_thread(model.arrived.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        model.released.set()
        (job,) = await jobs.list("local")
        assert list(jobs.incoming.iterdir()) == []
        answer = await client.call_tool("get_summary", {"id": job.id})
    assert answer.structured_content["summary"] == TEXT
    assert len(model.calls) == 1


async def test_what_is_left_when_a_client_goes_is_done_when_it_comes_back(tmp_path: Path) -> None:
    model = HeldModel()
    async with working(tmp_path, model) as jobs, here(jobs) as client:
        answer = await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 0})
    async with working(tmp_path, EchoModel()) as jobs, here(jobs) as client:
        done = await client.call_tool("get_summary", {"id": answer.structured_content["id"]})
    assert done.structured_content["summary"] == TEXT


async def test_settings_are_those_of_the_api_also_when_a_model_writes_them_as_text(tmp_path: Path) -> None:
    async with working(tmp_path, EchoModel()) as jobs, here(jobs) as client:
        for settings in ({"load.pages": "1"}, '{"load.pages": "1"}'):
            answer = await client.call_tool("summarize", {"text": f"{TEXT}\f{TEXT}", "settings": settings})
            assert answer.structured_content["summary"] == TEXT
        assert len(await jobs.list("local")) == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("summarize", {}, "Give one of id, text or path, and not none."),
        ("summarize", {"text": "x", "id": "y"}, "Give one of id, text or path, and not id and text."),
        ("summarize", {"path": "/no/such/file.pdf"}, "There is no file /no/such/file.pdf; check the path."),
        ("summarize", {"text": TEXT, "lenght": 3}, "there is no key 'lenght'"),
        (
            "summarize",
            {"text": TEXT, "wait_seconds": 600},
            "wait_seconds: input should be less than or equal to 50",
        ),
        ("summarize", {"text": TEXT, "settings": {"llm.model": "x"}}, "this cannot be set here"),
        ("summarize", {"text": "1 2 3"}, "contains no words"),
        ("get_summary", {"id": "nothing"}, "There is no such summary."),
        ("get_summary", {}, "id is missing."),
        ("ask_pages", {"id": "nothing", "statement": "x"}, "There is no such summary."),
        (
            "make_tea",
            {},
            "There is no tool 'make_tea'; the tools are summarize, get_summary, ask_document, ask_pages.",
        ),
    ],
)
async def test_what_goes_wrong_is_one_sentence_for_the_model(
    tmp_path: Path, tool: str, arguments: dict[str, Any], sentence: str
) -> None:
    async with working(tmp_path, EchoModel()) as jobs, here(jobs) as client:
        answer = await client.session.call_tool(tool, arguments)
    assert answer.is_error
    assert sentence in text_of(answer)
    assert "\n" not in text_of(answer)
    assert str(tmp_path) not in text_of(answer)


async def test_what_tools_answer_is_what_their_schemas_say(tmp_path: Path) -> None:
    async with working(tmp_path, EchoModel()) as jobs, here(jobs) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        waiting = await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 0})
        done = await client.call_tool("get_summary", {"id": waiting.structured_content["id"]})
        asked = {"id": waiting.structured_content["id"], "statement": "The pump uses 14 % less power."}
        found = await client.call_tool("ask_pages", asked)
    for name, answer in (("summarize", waiting), ("get_summary", done), ("ask_pages", found)):
        jsonschema.validate(answer.structured_content, tools[name].output_schema)
        assert all("description" in field for field in tools[name].input_schema["properties"].values())
    assert "number not in source" in found.structured_content["sentences"][0]["flags"]
    assert tools["get_summary"].annotations.read_only_hint
    assert not tools["summarize"].annotations.read_only_hint
    assert not tools["summarize"].annotations.destructive_hint


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_two_clients_at_once_over_http(serve: Callable[..., Service], mode: Any) -> None:
    model = HeldModel()
    both = asyncio.Barrier(2)  # neither lets the other's summary go on
    url = f"{serve(model=model).url}/mcp"

    async def summarize(words: str) -> Any:
        told: list[float] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            told.append(progress)

        async with Client(url, mode=mode) as client:
            data = base64.b64encode(words.encode()).decode()
            asked = {"data": data, "name": "harbour.txt", "wait_seconds": 2}
            answer = await client.call_tool("summarize", asked, progress_callback=hear)
            assert answer.structured_content["status"] == "running"
            assert told
            await both.wait()
            model.released.set()
            return await client.call_tool("get_summary", {"id": answer.structured_content["id"]})

    answers = await asyncio.gather(summarize(TEXT), summarize(f"{TEXT} And more."))
    assert [answer.structured_content["summary"] for answer in answers] == [TEXT, f"{TEXT} And more."]


async def test_over_http_a_call_that_times_out_ends_no_job(serve: Callable[..., Service]) -> None:
    model = HeldModel()
    url = f"{serve(model=model).url}/mcp"
    async with Client(url) as client:
        with pytest.raises(MCPError):
            await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50}, read_timeout_seconds=1)
    model.released.set()
    async with Client(url) as client:
        answer = await client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50})
    assert answer.structured_content["summary"] == TEXT
    assert len(model.calls) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"path": "/etc/passwd"}, "path: this service is elsewhere and reads no paths"),
        ({"data": "§§"}, "data: this is not base64."),
        ({}, "Give one of id, text or data, and not none."),
    ],
)
async def test_over_http_no_path_is_read(
    serve: Callable[..., Service], arguments: dict[str, Any], sentence: str
) -> None:
    url = f"{serve(model=EchoModel()).url}/mcp"
    async with Client(url) as client:
        tools = (await client.list_tools()).tools
        assert "path" not in tools[0].input_schema["properties"]
        answer = await client.session.call_tool("summarize", arguments)
    assert answer.is_error
    assert text_of(answer).startswith(sentence)


@asynccontextmanager
async def bearer(url: str, token: str) -> AsyncIterator[Client]:
    """A client with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


async def test_clients_see_their_own_jobs_alone(serve: Callable[..., Service]) -> None:
    tokens = {"ann": "a" * 20, "bob": "b" * 20}
    url = f"{serve(model=EchoModel(), tokens=tokens).url}/mcp"
    async with bearer(url, tokens["ann"]) as ann, bearer(url, tokens["bob"]) as bob:
        made = await ann.call_tool("summarize", {"text": TEXT, "wait_seconds": 50})
        own = {"id": made.structured_content["id"], "statement": TEXT}
        assert not (await ann.call_tool("ask_pages", own)).is_error
        for tool, asked in (
            ("get_summary", {"id": own["id"]}),
            ("ask_pages", own),
            ("summarize", {"id": own["id"]}),
        ):
            answer = await bob.call_tool(tool, asked)
            assert answer.is_error
            assert text_of(answer) == "There is no such summary."
        other = await bob.call_tool("summarize", {"text": TEXT, "wait_seconds": 50})
        assert other.structured_content["id"] != own["id"]
    with pytest.raises(ExceptionGroup):
        async with bearer(url, "c" * 20):
            pass


async def test_a_service_that_ends_keeps_no_call_waiting(tmp_path: Path) -> None:
    model = HeldModel()
    with ExitStack() as stack:
        service = stack.enter_context(running(tmp_path, model=model))
        async with Client(f"{service.url}/mcp") as client:
            await client.list_tools()  # or the client would ask for them after the answer, to check it
            call = asyncio.ensure_future(client.call_tool("summarize", {"text": TEXT, "wait_seconds": 50}))
            await asyncio.to_thread(model.arrived.wait, 30)
            end = asyncio.ensure_future(asyncio.to_thread(stack.close))
            answer = await call
            await end
    assert answer.structured_content["status"] == "running"
