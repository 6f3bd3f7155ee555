"""`serve` as a real command: how it begins, what it refuses, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from tests.misbehaving_server import MisbehavingServer, config_for, holds

ROOT = Path(__file__).parents[3]
PATIENCE = 60
HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted. "


@contextmanager
def serving(*argv: str, before: str = "", **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command, in a process of its own. `before` is Python to run first."""
    code = f"import sys; {before}\nfrom graph.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    with subprocess.Popen(
        [sys.executable, "-c", code, "serve", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def opened(process: subprocess.Popen[str]) -> str:
    """The address that it says to open, once it answers."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("Open http"):
        raise AssertionError(line + process.communicate(timeout=PATIENCE)[1])
    return line.split()[1].rstrip("/")


def refused(*argv: str, before: str = "", **environment: str) -> str:
    """What a command says that is refused."""
    with serving(*argv, before=before, **environment) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert err.count("\n") == 1, err
    return err


def test_it_says_where_it_is_answers_and_ends_in_order(tmp_path: Path) -> None:
    with serving("--port", "0", "--data", str(tmp_path / "new/data")) as process:
        url = opened(process)
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        made = httpx.post(f"{url}/api/summaries", json={"text": HARBOUR * 5}).json()["summaries"][0]
        with httpx.stream("GET", f"{url}/api/summaries/{made['id']}/events") as response:
            assert "event: done" in list(response.iter_lines())
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")
    assert (tmp_path / "new/data").stat().st_mode & 0o077 == 0


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[MisbehavingServer, str]]:
    """A model's server that holds its answers back, and a configuration with it."""
    with MisbehavingServer(holds) as server:
        path = tmp_path / "held.yaml"
        path.write_text(yaml.safe_dump(config_for(server.url)))
        yield server, str(path)


@pytest.mark.slow
def test_a_job_under_way_is_put_back_when_it_drains_and_done_after_a_restart(
    held: tuple[MisbehavingServer, str], tmp_path: Path
) -> None:
    server, config = held
    argv = (config, "--port", "0", "--data", str(tmp_path / "data"), "--set", "service.drain_seconds=0.2")
    with serving(*argv) as process:
        url = opened(process)
        made = httpx.post(f"{url}/api/summaries", json={"text": HARBOUR * 40}).json()["summaries"][0]
        with httpx.stream("GET", f"{url}/api/summaries/{made['id']}/events", timeout=PATIENCE) as response:
            lines = response.iter_lines()
            assert any('"stage": "map"' in line for line in lines)
            process.send_signal(signal.SIGTERM)
            assert not any(line.startswith("event: done") for line in lines), "the stream ends in order"
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (0, "", "")
    server.forget()
    with serving(*argv) as process:
        url = opened(process)
        with httpx.stream("GET", f"{url}/api/summaries/{made['id']}/events", timeout=PATIENCE) as response:
            assert "event: done" in list(response.iter_lines())


def test_a_second_signal_ends_it_at_once(held: tuple[MisbehavingServer, str], tmp_path: Path) -> None:
    argv = (held[1], "--port", "0", "--data", str(tmp_path / "data"), "--set", "service.drain_seconds=600")
    with serving(*argv) as process:
        url = opened(process)
        made = httpx.post(f"{url}/api/summaries", json={"text": HARBOUR * 40}).json()["summaries"][0]
        with httpx.stream("GET", f"{url}/api/summaries/{made['id']}/events", timeout=PATIENCE) as response:
            lines = response.iter_lines()
            assert any('"stage": "map"' in line for line in lines)
            process.send_signal(signal.SIGTERM)
            assert "event: done" not in list(lines), "the first is being obeyed"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGTERM


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused("--port", port, "--data", str(tmp_path))
    assert said == f"--host 127.0.0.1 --port {port}: Address already in use; choose another with --port.\n"


@pytest.mark.slow
def test_a_folder_in_use_is_a_sentence(tmp_path: Path) -> None:
    with serving("--port", "0", "--data", str(tmp_path)) as process:
        opened(process)
        said = refused("--port", "0", "--data", str(tmp_path))
    assert (
        said == f"--data {tmp_path}: Another service works in the data folder; end it, or choose another folder.\n"
    )


def test_a_folder_that_cannot_be_one_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused("--port", "0", "--data", str(tmp_path / "file"))
    assert said.startswith(f"--data {tmp_path}/file: The data folder cannot be used (")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "summaries.example.org"])
def test_strangers_are_kept_out_unless_there_is_a_token(host: str, tmp_path: Path) -> None:
    said = refused("--host", host, "--data", str(tmp_path))
    assert said == (
        f"--host {host}: others could use the service there; give it a token, with --token-file or in "
        "SUMMARIZE_TOKEN.\n"
    )


def test_with_a_token_it_serves_others_and_asks_for_it(tmp_path: Path) -> None:
    token = "office-0123456789abcdef"
    argv = ("--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path))
    with serving(*argv, SUMMARIZE_TOKEN=token) as process:
        url = f"http://127.0.0.1:{opened(process).rpartition(':')[2]}"
        assert httpx.get(f"{url}/api/summaries").status_code == 401
        assert httpx.get(f"{url}/api/summaries", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_token_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("anna: anna-0123456789abcdef\n")
    file.chmod(0o644)
    with serving("--port", "0", "--data", str(tmp_path / "data"), "--token-file", str(file)) as process:
        opened(process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    assert err == f"{file}: others on this machine can read the tokens; chmod 600 keeps them out.\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--port", "99999"], "--port 99999: a port is a number from 0 to 65535."),
        (["--token-file", "none"], "none cannot be read: No such file or directory; check --token-file."),
        (["--root-path", "a b"], "--root-path a b: write it as /summaries."),
        (["--set", "service.prompt_sets=[none.yaml]"], "none.yaml cannot be read; check the path."),
        (["--set", "service.max_queue=0"], "service.max_queue: input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_one_sentence(argv: list[str], sentence: str, tmp_path: Path) -> None:
    assert sentence in refused("--data", str(tmp_path), *argv)


def test_without_its_packages_it_says_what_to_install(tmp_path: Path) -> None:
    said = refused("--data", str(tmp_path), before="sys.modules['uvicorn'] = None")
    assert said == (
        "serve needs packages that are not installed (uvicorn); "
        "install them with: pip install 'mlx-pdf-summarizer[service]'.\n"
    )
