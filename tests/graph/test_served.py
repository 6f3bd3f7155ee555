"""What langgraph.json serves: small schemas, and a run by HTTP where LangGraph's server is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import jsonschema
import pytest
from langchain_core.documents import Document
from langchain_core.load import dumpd

from graph.served import make_graph

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "examples" / "handbook.pdf"
TEXT = "The bridge opened. It cost 40,000 crowns."
SERVED = json.loads((ROOT / "langgraph.json").read_text("utf-8"))


def test_langgraph_json_names_what_is_there() -> None:
    graph = SERVED["graphs"]["summarize"]
    file, _, name = graph["path"].partition(":")
    assert name == "summarize"
    assert (ROOT / file).is_file()
    assert len(graph["description"]) > 40


def test_the_schemas_are_small_and_say_what_json_may_be_given() -> None:
    app = make_graph().compile()
    schema, result = app.get_input_jsonschema(), app.get_output_jsonschema()
    assert set(schema["properties"]) == {"source", "documents"}
    assert set(result["properties"]) == {"title", "summary", "warnings"}
    for given in ({"source": "a.pdf"}, {"source": ["a", "b"]}, {"documents": [TEXT, {"page_content": TEXT}]}):
        jsonschema.validate(given, schema)
    for given in ({"source": 3}, {"documents": TEXT}, {"documents": [{"text": TEXT}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(given, schema)


def test_only_the_result_comes_out() -> None:
    app = make_graph().compile()
    assert app.invoke({"documents": [dumpd(Document(TEXT))]}) == {
        "title": "Document",
        "summary": TEXT,
        "warnings": [],
    }
    assert "summar" in app.invoke({"source": str(HANDBOOK)})["summary"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """`langgraph dev` on the project, with no key and no account."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload", "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LANGSMITH_TRACING": "false"}
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{port}/ok", timeout=5).close()
                break
            except (URLError, OSError):
                assert server.poll() is None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def post(address: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with urlopen(Request(address, json.dumps(body).encode(), headers), timeout=120) as answer:
        return json.load(answer)


@pytest.mark.skipif(
    not (find_spec("langgraph_cli") and find_spec("langgraph_api")),
    reason='LangGraph\'s server (Elastic License 2.0) is not installed: pip install "langgraph-cli[inmem]"',
)
def test_a_run_by_http_on_the_handbook_and_a_call_as_a_tool(address: str) -> None:
    """It refuses every call that would block its event loop."""
    for _ in range(2):
        result = post(f"{address}/runs/wait", {"assistant_id": "summarize", "input": {"source": str(HANDBOOK)}})
        assert set(result) == {"title", "summary", "warnings"}
        assert result["title"] == "The Handbook"
    given = {"documents": [{"page_content": TEXT, "metadata": {"page": 0}}]}
    assert post(f"{address}/runs/wait", {"assistant_id": "summarize", "input": given})["summary"] == TEXT

    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    (tool,) = post(f"{address}/mcp", call)["result"]["tools"]
    assert (tool["name"], tool["description"]) == ("summarize", SERVED["graphs"]["summarize"]["description"])
    call |= {"method": "tools/call", "params": {"name": "summarize", "arguments": {"documents": [TEXT]}}}
    assert TEXT in post(f"{address}/mcp", call)["result"]["content"][0]["text"]
