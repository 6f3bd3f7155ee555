"""Several documents on a real Dask cluster: each of them once, whatever dies, and the same as on one machine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

import graph.runs.cluster_address
from graph.cli.main import main
from graph.config import RunConfig, load_config
from graph.runs.cluster import summarize_on_cluster
from graph.runs.local import DocumentRun
from graph.runs.versions import differences
from tests.graph.runs.deadly_model import DEADLY
from tests.graph.runs.machines import PATIENCE, ROOT, Machines
from tests.misbehaving_server import Asked, Behaviour, MisbehavingServer, config_for, holds, obeys
from tests.pdfs import encrypt, make_pdf

QUICK = str(ROOT / "configs" / "quickstart.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """A scheduler and a worker whose answers are its own, as on a machine of its own."""
    folder = tmp_path_factory.mktemp("machines")
    environment = {"XDG_CACHE_HOME": str(folder / "cache")}
    with Machines(folder, 1, "--resources", "mlx=1", environment=environment) as machines:
        yield machines


def start(*argv: str, **environment: str) -> subprocess.Popen[str]:
    """The command as a person would start it, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "graph", "run", *argv],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(*argv: str, **environment: str) -> tuple[int, str, str]:
    """Its exit code and what it says, when it has ended."""
    process = start(*argv, **environment)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def table(err: str) -> dict[str, str]:
    """What became of each document, by its name; a name that is there twice fails."""
    rows = re.findall(r"^(done|refused|failed|unfinished|not begun) +(\S+)", err, re.MULTILINE)
    assert len(rows) == len({name for _, name in rows})
    return {name: fate for fate, name in rows}


def without_seconds(path: Path) -> str:
    """A report, or an index, without how long it took, and which answers were there before."""
    text = re.sub(r" \(\d+ from the cache\)", "", path.read_text("utf-8"))
    return re.sub(r'(in |"seconds": )[\d.]+', r"\1S", text)


def words(number: int, part: str) -> str:
    """A paragraph, of which two do not fit into one chunk of `server_config`."""
    return (
        f"The {part}{number}x report says how much the town spent on roads and schools. "
        f"The {part}{number}x harbour opens at six, and boats leave before the fog has lifted."
    )


def server_config(server: MisbehavingServer, **more: Any) -> str:
    """A configuration for a server, with two chunks to a document of two paragraphs, and a shared cache."""
    given = {"split__chunk_tokens": 50, "cache__path": "answers.sqlite", **more}
    Path("run.yaml").write_text(json.dumps(config_for(server.url, **given)))
    return "run.yaml"


class Halves:
    """A script: answers the first parts of documents, and holds the second ones until `release`.

    `all_held` is set as soon as `documents` of them wait.
    """

    def __init__(self, documents: int) -> None:
        self._wanted = documents
        self._waiting: set[str] = set()
        self.all_held = threading.Event()
        self.released = threading.Event()

    def __call__(self, asked: Asked) -> Behaviour:
        found = re.search(r"second(\d+)x", asked.document.lower())
        if asked.stage == "map" and found and not self.released.is_set():
            self._waiting.add(found[1])
            if len(self._waiting) >= self._wanted:
                self.all_held.set()
            return holds(asked)
        return obeys(asked)

    def release(self, server: MisbehavingServer) -> None:
        self.released.set()
        server.release.set()


# A worker dies


def test_a_worker_is_killed_and_every_document_is_there_once(folder: Path) -> None:
    names = [f"{number}.txt" for number in range(8)]
    for number, name in enumerate(names):
        Path(name).write_text(f"{words(number, 'first')}\n\n{words(number, 'second')}")
    script = Halves(6)
    with MisbehavingServer(script) as server, Machines(folder, 3) as machines:
        config = server_config(server, cluster__documents_per_worker=2)
        process = start(config, *names, "--output", "out", "--cluster", machines.address)
        assert script.all_held.wait(PATIENCE), process.communicate(timeout=1)
        # Two documents on each of the three workers, in the middle of their map stage.
        machines.workers[0].kill()
        machines.workers[0].wait()
        script.release(server)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        assert {request.stage for request in server.asked} == {"map", "final"}
        asked = [(request.stage, request.prompt) for request in server.asked]
        firsts = [prompt for stage, prompt in asked if stage == "map" and "first" in prompt.lower()]
        assert table(err) == dict.fromkeys(names, "done")
        assert "is gone; what it had under way goes to another" in err
        index = Path("out/index.md").read_text()
        assert [index.count(f"(./{number}.md)") for number in range(8)] == [1] * 8
        # What was answered before the kill was not asked again, because the workers share their cache.
        assert len(firsts) == len(set(firsts)) == 8
        assert main(["run", config, *names, "--output", "alone", "--quiet", "--no-cache"]) == 0
    for name in names:
        report = Path(name).with_suffix(".md").name
        assert without_seconds(Path("out", report)) == without_seconds(Path("alone", report))


@pytest.mark.slow
def test_a_document_that_kills_its_workers_has_failed_and_its_neighbours_have_not() -> None:
    for number in range(4):
        Path(f"{number}.txt").write_text(words(number, "harmless"))
    Path("2.txt").write_text(f"{words(2, DEADLY)}")
    code, _, err = run(
        QUICK,
        *(f"{number}.txt" for number in range(4)),
        "--output=out",
        "--cluster=local:2",
        "--set=cluster.documents_per_worker=2",
        DASK_DISTRIBUTED__WORKER__PRELOAD='["tests.graph.runs.deadly_model"]',
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0",
    )
    assert code == 4, err
    assert table(err) == {"0.txt": "done", "1.txt": "done", "2.txt": "failed", "3.txt": "done"}
    assert "2.txt: each worker that it was given to died" in err


@pytest.mark.slow
def test_the_scheduler_is_gone_and_what_is_finished_is_kept(folder: Path) -> None:
    for number in range(3):
        Path(f"{number}.txt").write_text(f"{words(number, 'first')}\n\n{words(number, 'second')}")
    Path("0.txt").write_text(words(0, "first"))
    script = Halves(2)
    with MisbehavingServer(script) as server, Machines(folder, 2) as machines:
        config = server_config(server)
        process = start(config, *(f"{n}.txt" for n in range(3)), "--output=out", "--cluster", machines.address)
        assert script.all_held.wait(PATIENCE)
        while not Path("out/0.md").exists():
            assert process.poll() is None
        machines.scheduler.kill()
        _, err = process.communicate(timeout=PATIENCE)
        script.release(server)
    assert process.returncode == 4, err
    assert "The scheduler of the cluster is gone" in err.splitlines()[-1]
    assert table(err) == {"0.txt": "done", "1.txt": "unfinished", "2.txt": "unfinished"}
    assert "Traceback" not in err, err


# On one machine and on several


def papers() -> list[str]:
    """Documents of every fate, some with names that need care."""
    sentence = "The {} opens at six and the first boats leave before the fog has lifted over the water."
    nouns = ["harbour", "market", "library", "school", "station", "museum"]
    for number, noun in enumerate(nouns):
        pages = ["\n".join(sentence.format(f"{noun} {line}") for line in range(9)) for _ in range(3)]
        Path(f"papers/{noun}").mkdir(parents=True)
        Path(f"papers/{noun}/report {number} über.pdf").write_bytes(make_pdf(pages))
    Path("papers/bad.pdf").write_bytes(b"%PDF-1.4 and then nothing that any reader knows")
    Path("papers/empty.pdf").write_bytes(b"")
    return ["papers", "nowhere.pdf"]


def test_two_processes_make_the_same_bytes_as_one_and_leave_nothing_behind(folder: Path) -> None:
    given = papers()
    before = {process.pid for process in psutil.process_iter()}
    code, _, err = run(QUICK, *given, "--output=two", "--cluster=local:2", "--no-cache", TMPDIR=str(folder))
    after = [process for process in psutil.process_iter() if process.pid not in before]
    assert not [process for process in after if "spawn_main" in " ".join(_command(process))]
    assert code == 3, err
    assert not [path for path in folder.glob("dask-scratch-space*/**/*") if path.suffix == ".pdf"]

    one = run(QUICK, *given, "--output=one", "--no-cache")
    assert one[0] == 3
    assert _without_places(err) == _without_places(one[2])
    files = sorted(path.name for path in Path("one").iterdir())
    assert sorted(path.name for path in Path("two").iterdir()) == files
    assert len(files) == 10
    for name in (file for file in files if file.endswith(".md")):
        assert without_seconds(Path("two", name)) == without_seconds(Path("one", name))
    assert _rows("two") == _rows("one")


def _rows(folder: str) -> list[dict[str, Any]]:
    """The rows of an index, but for the time they took."""
    lines = Path(folder, "index.jsonl").read_text("utf-8").splitlines()
    return [{**json.loads(line), "seconds": 0} for line in lines]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _without_places(err: str) -> list[str]:
    """The closing table, without seconds and the folder of the reports."""
    rows = [line for line in err.splitlines() if line.startswith(("done", "refused"))]
    return [re.sub(r"[\d.]+ s, (one|two)/", "", row) for row in rows]


@pytest.mark.slow
def test_what_only_the_client_has_goes_with_the_document(machines: Machines) -> None:
    Path("locked.pdf").write_bytes(encrypt(make_pdf([words(1, "secret")]), user="open sesame"))
    Path("mine.yaml").write_text((ROOT / "configs/prompts/plain.yaml").read_text())
    arguments = (
        QUICK,
        "locked.pdf",
        "--cluster",
        machines.address,
        "--set=prompts.file=mine.yaml",
        "--format=json",
    )
    code, _, err = run(*arguments)
    assert code == 3
    assert "locked.pdf is encrypted" in err
    code, out, err = run(*arguments, MLX_PDF_PASSWORD="open sesame")
    assert code == 0, err
    assert "secret1x" in json.loads(out)["summary"].lower()
    alone = run(*arguments[:2], *arguments[4:], MLX_PDF_PASSWORD="open sesame")[1]
    assert json.loads(out)["warnings"] == json.loads(alone)["warnings"] != []


def test_few_documents_are_under_way_and_nothing_stays_on_the_cluster(machines: Machines) -> None:
    from distributed import Client

    begun: list[DocumentRun] = []
    ended: list[DocumentRun] = []
    most = 0

    def runs() -> Iterator[DocumentRun]:
        for number in range(9):
            path = Path(f"{number}.txt")
            path.write_text(words(number, "first"))
            begun.append(DocumentRun(path, path.name))
            yield begun[-1]

    async def end(run: DocumentRun) -> None:
        nonlocal most
        most = max(most, len(begun) - len(ended))
        ended.append(run)

    async def on_cluster() -> tuple[int, list[str]]:
        config = load_config(QUICK, [f"cluster.address={machines.address}"])
        await summarize_on_cluster(config, runs(), on_end=end)
        async with Client(machines.address, asynchronous=True) as client:
            tasks = await client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
            plugins = await client.run(lambda dask_worker: list(dask_worker.plugins))
        return tasks, [name for names in plugins.values() for name in names if "summarizer" in name]

    assert asyncio.run(on_cluster()) == (0, [])
    assert sorted(run.name for run in ended) == sorted(run.name for run in begun)
    assert {run.state for run in ended} == {"done"}
    assert most <= 3, "one for each of the worker's two threads, and the next one"


def test_a_model_that_a_worker_does_not_have_ends_the_run(machines: Machines) -> None:
    for number in range(3):
        Path(f"{number}.txt").write_text(words(number, "first"))
    code, _, err = run("gemma3", "0.txt", "1.txt", "2.txt", "--output=out", "--cluster", machines.address,
                       "--set=llm.model=nobody/has-this")  # fmt: skip
    assert code == 4
    assert err.splitlines()[-1].startswith("On a worker: ")
    assert "nobody/has-this" in err.splitlines()[-1]


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_leaves_no_process(folder: Path) -> None:
    Path("0.txt").write_text(words(0, "first"))
    Path("1.txt").write_text(f"{words(1, 'first')}\n\n{words(1, 'second')}")
    script = Halves(1)
    with MisbehavingServer(script) as server:
        process = start(server_config(server), "0.txt", "1.txt", "--output=out", "--cluster=local:2")
        assert script.all_held.wait(PATIENCE)
        while not Path("out/0.md").exists():
            assert process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        script.release(server)
    assert process.returncode == 130
    assert table(err) == {"0.txt": "done", "1.txt": "unfinished"}
    assert err.splitlines()[-1].startswith("Interrupted; 1 of 2 summaries are finished. Finished answers are kept")
    assert "Traceback" not in err, err
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []


async def until_idle(machines: Machines) -> None:
    """Return when no worker works. The server of a test holds its answer for longer than this waits."""
    from distributed import Client

    async with Client(machines.address, asynchronous=True) as client, asyncio.timeout(30):
        while any((await client.run(lambda dask_worker: len(dask_worker.state.executing))).values()):
            await asyncio.sleep(0.1)


def test_workers_drop_what_nobody_waits_for_any_more(machines: Machines) -> None:
    Path("0.txt").write_text(f"{words(0, 'first')}\n\n{words(0, 'second')}")
    script = Halves(1)

    async def end(run: DocumentRun) -> None:
        raise AssertionError("nothing ends here")

    async def stop(config: RunConfig) -> None:
        run = DocumentRun(Path("0.txt"), "0.txt")
        task = asyncio.create_task(summarize_on_cluster(config, [run], on_end=end))
        assert await asyncio.to_thread(script.all_held.wait, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until_idle(machines)

    with MisbehavingServer(script) as server:
        asyncio.run(stop(load_config(server_config(server), [f"cluster.address={machines.address}"])))


def test_workers_drop_what_a_client_that_was_killed_had_asked(machines: Machines) -> None:
    Path("0.txt").write_text(f"{words(0, 'first')}\n\n{words(0, 'second')}")
    script = Halves(1)
    with MisbehavingServer(script) as server:
        process = start(server_config(server), "0.txt", "--output=out.md", "--cluster", machines.address)
        assert script.all_held.wait(PATIENCE)
        process.kill()
        process.communicate()
        asyncio.run(until_idle(machines))


# What is refused


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What is said of a command that is wrong."""
    Path("paper.txt").write_text(words(1, "first"))

    def refused(*more: str) -> str:
        assert main(["run", QUICK, "paper.txt", "--quiet", *more]) == 2
        return capsys.readouterr().err

    return refused


@pytest.mark.parametrize(
    "address", ["local", "local:0", "local:two", "http://host:8786", "host:8786", "tcp://host"]
)
def test_what_is_no_address_is_refused(address: str, refused: Callable[..., str]) -> None:
    said = refused("--cluster", address)
    assert said.startswith(f"--set cluster.address: {address!r} is not the address of a cluster")


def test_nobody_answers(refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.runs.cluster_address, "_CONNECT_SECONDS", 0.2)
    said = refused("--cluster", "tcp://127.0.0.1:1")
    assert said.startswith("cluster.address: tcp://127.0.0.1:1 does not answer as a Dask scheduler")
    assert said.count("\n") == 1


def test_a_cluster_without_the_resource(machines: Machines, refused: Callable[..., str]) -> None:
    said = refused("--cluster", machines.address, "--set", "cluster.resources={mlx: 1, gpu: 1}")
    assert f'start one with: dask worker {machines.address} --resources "mlx=1 gpu=1".' in said


def test_a_cluster_without_a_worker(
    folder: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Machines(folder, 0) as machines:
        monkeypatch.setattr(graph.runs.cluster_address, "_CONNECT_SECONDS", 3)
        assert "has no worker; start one with: dask worker" in refused("--cluster", machines.address)


def test_another_version_of_this_program_on_a_worker(folder: Path, refused: Callable[..., str]) -> None:
    for name in ("mlx_pdf_summarizer", "mlx_lm"):
        info = folder / "old" / f"{name}-0.0.7.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.7\n")
    with Machines(folder, 1, environment={"PYTHONPATH": f"{folder / 'old'}:{ROOT}"}) as machines:
        said = refused("--cluster", machines.address)
    assert re.search(r"there is mlx-pdf-summarizer 0\.0\.7 on tcp://\S+, the scheduler, and [\d.]+ here;", said)


def test_differences_are_said_by_package_and_place() -> None:
    here = {"Python": "3.11", "mlx": "1", "mlx-lm": None}
    there = {"tcp://a": {"Python": "3.11", "mlx": "2"}, "tcp://b": {"Python": "3.11", "mlx": None, "mlx-lm": "3"}}
    assert differences(here, there) == {
        "mlx": "mlx 2 on tcp://a, no mlx on tcp://b, and 1 here",
        "mlx-lm": "mlx-lm 3 on tcp://b, and none here",
    }


def test_together_is_not_for_a_cluster(refused: Callable[..., str]) -> None:
    said = refused("run.txt", "--cluster=local:1", "--set=summarize.together=true")
    assert said.startswith("cluster.address: a cluster makes a summary of each document")


def test_without_the_extra_it_says_what_to_install(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.runs.cluster.find_spec", lambda name: None)
    assert "pip install 'mlx-pdf-summarizer[cluster]'" in refused("--cluster=local:1")


def test_dask_is_not_imported_before_it_is_used() -> None:
    program = "import graph.cli.run, graph.cli.main, sys; print({'dask', 'distributed'} & set(sys.modules))"
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.stdout == "set()\n"
