"""OpenAI-compatible servers: what is sent to them, what comes back, and how they fail. Over real HTTP."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from subprocess import DEVNULL, Popen
from threading import Thread
from typing import Any, ClassVar
from urllib.request import urlopen

import pytest
from langchain_core import exceptions as langchain
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from llm import estimate_tokens, load_model
from llm.config import OpenAIConfig
from llm.errors import ModelError
from tests.checkpoints import make_checkpoint

QUESTION = "Why does the harbour silt up?"


# A real server: mlx_lm.server with a small checkpoint


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("server") / "gemma")


@pytest.fixture(scope="module")
def address(checkpoint: Path) -> Iterator[str]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlx_lm", "server", "--model", str(checkpoint), "--port", str(port)]
    offline = os.environ | {"HF_HUB_OFFLINE": "1"}
    server = Popen([*command, "--host", "127.0.0.1"], env=offline, stdout=DEVNULL, stderr=DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str, server: Popen[bytes]) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up and server.poll() is None:
        try:
            urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("mlx_lm.server did not start")


def on_server(address: str, checkpoint: Path, **settings: Any) -> BaseChatModel:
    defaults: dict[str, Any] = {"model": str(checkpoint), "max_tokens": 8, "max_retries": 0}
    return load_model(OpenAIConfig(base_url=address, **(defaults | settings)))


def test_a_server_obeys_max_tokens_from_the_configuration_and_from_a_call(address: str, checkpoint: Path) -> None:
    model = on_server(address, checkpoint, max_tokens=8)
    counts = []
    for bound in (model, model.bind(max_tokens=3)):
        message = bound.invoke(QUESTION)
        assert message.usage_metadata is not None
        counts.append(message.usage_metadata["output_tokens"])
        assert message.response_metadata["finish_reason"] == "length"
    assert counts == [8, 3]


def test_a_streamed_answer_is_the_invoked_one_and_has_usage_once(address: str, checkpoint: Path) -> None:
    model = on_server(address, checkpoint)
    chunks = list(model.stream(QUESTION))
    whole = model.invoke(QUESTION)
    assert len(chunks) > 2
    assert "".join(str(chunk.content) for chunk in chunks) == whole.content
    usages = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
    assert len(usages) == 1
    assert whole.usage_metadata is not None
    assert usages[0]["output_tokens"] == whole.usage_metadata["output_tokens"] == 8


def test_a_model_the_server_does_not_have_is_named(address: str, checkpoint: Path) -> None:
    model = on_server(address, checkpoint, model="no-such-model-here")
    with pytest.raises(langchain.ModelNotFoundError, match="no-such-model-here"):
        model.invoke(QUESTION)


# A server of our own, for what a good one rarely says


class Scripted(BaseHTTPRequestHandler):
    """Answers POST /<case>/chat/completions by the case, and keeps the last request."""

    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}
    last: ClassVar[dict[str, Any]] = {}

    def do_POST(self) -> None:
        type(self).last = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).last["authorization"] = self.headers["authorization"]
        case = self.path.split("/")[1]
        if case == "silent":
            time.sleep(1)
        status, body = self.answers.get(case, (200, OK))
        with suppress(ConnectionError):  # the client of a silent server has gone
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def refusal(status: int, message: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"message": message, "type": "error", "code": None}}).encode()


OK = json.dumps(
    {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Sand."}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
).encode()
Scripted.answers = {
    "key": refusal(401, "Incorrect API key provided"),
    "forbidden": refusal(403, "Not for you"),
    "model": refusal(404, "model 'm' not found, try pulling it first"),
    "busy": refusal(429, "Slow down"),
    "broken": refusal(500, "CUDA out of memory"),
    "long": refusal(
        400, "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."
    ),
    "bad": refusal(400, "temperature must be below 2"),
    "page": (200, b"<html>Welcome to the router</html>"),
    "empty": (200, b'{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": null}'),
}


@pytest.fixture(scope="module")
def scripted() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


CASES = [
    ("key", langchain.ModelAuthenticationError, "Incorrect API key provided. Set llm.api_key"),
    ("forbidden", langchain.ModelAuthenticationError, "Not for you"),
    ("model", langchain.ModelNotFoundError, "does not find model 'm': model 'm' not found"),
    ("busy", langchain.ModelRateLimitError, "Lower llm.max_concurrency"),
    ("broken", langchain.ModelAPIError, "CUDA out of memory"),
    ("long", langchain.ContextOverflowError, "Set llm.context_window"),
    ("bad", langchain.ModelInvalidRequestError, "temperature must be below 2"),
    ("page", langchain.ModelError, "does not answer like an OpenAI-compatible server"),
    ("empty", langchain.ModelError, "does not answer like an OpenAI-compatible server"),
    ("silent", langchain.ModelTimeoutError, "within 0.3 seconds"),
]


@pytest.mark.parametrize(("case", "expected", "says"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("streaming", [False, True], ids=["invoked", "streamed"])
def test_a_failure_of_the_server_is_one_sentence_with_its_address(
    scripted: str, case: str, expected: type[Exception], says: str, streaming: bool
) -> None:
    timeout = 0.3 if case == "silent" else 30.0
    model = load_model(
        OpenAIConfig(model="m", base_url=f"{scripted}/{case}", max_retries=0, timeout_seconds=timeout)
    )
    with pytest.raises(expected) as caught:
        _ = list(model.stream("Hello")) if streaming else model.invoke("Hello")
    message = str(caught.value)
    assert isinstance(caught.value, ModelError)
    assert f"{scripted}/{case}" in message
    assert says in message
    assert "\n" not in message


def test_a_server_that_is_not_there_is_named() -> None:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else can take it
        address = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
        model = load_model(OpenAIConfig(model="m", base_url=address, max_retries=0))
        with pytest.raises(langchain.ModelConnectionError, match=f"{address} cannot be reached"):
            model.invoke("Hello")


def test_every_setting_reaches_the_server_under_the_name_all_servers_read(scripted: str) -> None:
    config = OpenAIConfig(
        model="m", base_url=f"{scripted}/ok", max_tokens=21, temperature=0.4, top_p=0.9, seed=7, stop=["END"]
    )
    assert load_model(config).invoke("Hello").content == "Sand."
    sent = Scripted.last
    expected = {"model": "m", "max_tokens": 21, "temperature": 0.4, "top_p": 0.9, "seed": 7, "stop": ["END"]}
    assert expected.items() <= sent.items()
    assert "max_completion_tokens" not in sent
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("key", "variable", "sent"),
    [("secret", "other", "Bearer secret"), (None, "from-env", "Bearer from-env"), (None, None, "Bearer none")],
)
def test_the_key_comes_from_the_configuration_then_the_environment_then_nowhere(
    scripted: str, key: str | None, variable: str | None, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if variable:
        monkeypatch.setenv("OPENAI_API_KEY", variable)
    config = OpenAIConfig.model_validate({"model": "m", "base_url": f"{scripted}/ok", "api_key": key})
    model = load_model(config)
    model.invoke("Hello")
    assert Scripted.last["authorization"] == sent
    assert key is None or key not in f"{model!r} {model._identifying_params} {config!r}"


def test_tokens_are_counted_here_without_a_vocabulary_from_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)  # type: ignore[arg-type]
    model = load_model(OpenAIConfig(model="m", base_url="http://127.0.0.1:9/v1"))
    text = "The harbour silts up every spring. 항구는 봄마다 메워진다."
    assert model.get_num_tokens(text) == len(model.get_token_ids(text)) == estimate_tokens(text)
    counted = model.get_num_tokens_from_messages([SystemMessage("Be brief."), HumanMessage(text)])
    assert counted > estimate_tokens("Be brief.") + estimate_tokens(text)


def test_a_context_window_that_is_set_stands_in_the_profile() -> None:
    config = OpenAIConfig(model="m", base_url="http://127.0.0.1:9/v1", context_window=4096)
    assert load_model(config).profile == {"max_input_tokens": 4096}


# Redirections


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_that_a_server_tells_apart_are_kept_apart(scripted: str, name: str) -> None:
    said = json.loads(OK)
    said["choices"][0]["message"][name] = "The river brings it."
    Scripted.answers["thinks"] = (200, json.dumps(said).encode())
    message = load_model(OpenAIConfig(model="m", base_url=f"{scripted}/thinks", max_retries=0)).invoke(QUESTION)
    assert message.text == "Sand."
    assert message.additional_kwargs["reasoning_content"] == "The river brings it."


def test_streamed_thoughts_are_kept_apart(scripted: str) -> None:
    def piece(**delta: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    said = [{"reasoning_content": "The river "}, {"reasoning_content": "brings it."}, {"content": "Sand."}, {}]
    Scripted.answers["streams"] = (200, b"".join(piece(**delta) for delta in said) + b"data: [DONE]\n\n")
    chunks = list(
        load_model(OpenAIConfig(model="m", base_url=f"{scripted}/streams", max_retries=0)).stream(QUESTION)
    )
    assert "".join(str(chunk.text) for chunk in chunks) == "Sand."
    thoughts = [chunk.additional_kwargs.get("reasoning_content", "") for chunk in chunks]
    assert "".join(thoughts) == "The river brings it."


class Stranger(BaseHTTPRequestHandler):
    """Notes that somebody came."""

    visits: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.visits.append(self.path)
        self.send_error(404)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def test_a_document_goes_to_no_server_that_was_not_named() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        goal = f"http://127.0.0.1:{stranger.server_port}/v1/chat/completions"

        class Pointer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(307)
                self.send_header("Location", goal)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Pointer) as pointer:
            for server in (stranger, pointer):
                Thread(target=server.serve_forever, daemon=True).start()
            model = load_model(
                OpenAIConfig(base_url=f"http://127.0.0.1:{pointer.server_port}/v1", model="m", max_retries=0)
            )
            with pytest.raises(ModelError, match=f"redirects to {goal}"):
                model.invoke(QUESTION)
            pointer.shutdown()
            stranger.shutdown()
    assert Stranger.visits == []
