"""The examples are true: every program runs and does what it says, and the handbook says what the program does."""

from __future__ import annotations

import difflib
import importlib.util
import json
import os
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from configparser import ConfigParser
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
import yaml
from PIL import Image

from chains import PromptsConfig, read_prompts
from chains.config import PromptSet
from graph import build_graph
from graph.calling.budget import TokenBudget, estimate_budget
from graph.calling.stage_answer import FinishReason
from graph.cli.first_look import Request
from graph.cli.main import main
from graph.config import RunConfig, load_config
from graph.documents import LoadConfig, Page, PageStatus, clean_pages, read_document
from graph.grounding import Evidence, Sentence
from graph.packing import joined_tokens, pack
from graph.results.types import (
    ChunkRecord,
    Coverage,
    Length,
    PageRecord,
    Provenance,
    Result,
    SectionRecord,
    Stats,
    Summary,
)
from graph.service.access import is_private, read_tokens
from llm.config import LLMConfig
from tests.misbehaving_server import MisbehavingServer, says

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PDF = EXAMPLES / "handbook.pdf"
HEADER = "mlx-pdf-summarizer: The Handbook"
HANDBOOK = (EXAMPLES / "handbook.md").read_text("utf-8")
PROSE = re.sub(r"^```.*?^```$", "", HANDBOOK, flags=re.MULTILINE | re.DOTALL)
HEADINGS = re.findall(r"^#+ (.+)$", PROSE, flags=re.MULTILINE)

# Found by every Python that a program starts: whoever reaches for another machine fails.
NO_NETWORK = """
import sys

def refuse(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "localhost", "127.0.0.1", "::1"):
        raise RuntimeError(f"an example reached for {arguments[0]!r}")
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        if arguments[1][0] not in ("127.0.0.1", "::1"):
            raise RuntimeError(f"an example reached for {arguments[1]!r}")

sys.addaudithook(refuse)
"""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Run a program of examples/ from a folder of its own; what it prints, if it ends well."""

    def program(name: str, *arguments: str | Path) -> str:
        folder = tmp_path / "elsewhere"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
        ran = subprocess.run(
            [sys.executable, EXAMPLES / name, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert ran.returncode == 0, ran.stderr
        assert "Error" not in ran.stderr  # LangChain's own warnings may stand there
        return ran.stdout

    return program


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    """The handbook's pages as the pipeline reads them."""
    config = LoadConfig()
    reading = read_document(PDF, config)
    assert (reading["title"], reading["warnings"]) == ("The Handbook", [])
    return clean_pages(reading["pages"], config)


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """make_handbook.py as a module."""
    spec = importlib.util.spec_from_file_location("make_handbook", EXAMPLES / "make_handbook.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHROMIUM = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))


def letter(folder: Path, name: str, sentence: str) -> Path:
    """A text file that holds a sentence of its own."""
    path = folder / name
    path.write_text(sentence, "utf-8")
    return path


# The programs.


def test_every_program_is_run_here() -> None:
    source = Path(__file__).read_text("utf-8")
    assert [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}"' not in source] == []


def test_the_first_line_says_what_a_program_shows_and_readme_links_it() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in EXAMPLES.glob("compose_*.py"):
        assert len(path.read_text("utf-8").splitlines()[0].removeprefix('"""').split()) > 6
        assert f"(examples/{path.name})" in readme


def test_a_parent_graph_takes_the_larger_file_and_writes_an_entry(
    run: Callable[..., str], pages: list[Page], tmp_path: Path
) -> None:
    entry, summary = run("compose_parent_graph.py").split("\n", 1)
    assert entry == f"The Handbook ({len(pages)} of {len(pages)} pages read)"
    assert "summar" in summary
    small = letter(tmp_path, "small.txt", "The mill is shut.")
    large = letter(tmp_path, "large.txt", "The harbour opens at six. The first boats leave at half past.")
    assert run("compose_parent_graph.py", small, large).startswith("large (1 of 1 pages read)\nThe harbour opens")


def test_a_tool_is_called_by_hand_and_by_a_model(run: Callable[..., str], tmp_path: Path) -> None:
    sentence = "The harbour opens at six."
    path = letter(tmp_path, "harbour.txt", sentence)
    by_hand, _, human, call, answer, end = run("compose_tool.py", path).splitlines()
    assert by_hand.startswith(f"By hand: {sentence}")
    assert human.strip() == "human: What does harbour.txt say?"
    assert call.strip().startswith("ai: [{'name': 'summarize_file'")
    assert repr(str(path)) in call
    assert answer.strip() == f"tool: {sentence}"
    assert end.strip().startswith("ai: ")
    assert "handbook.pdf" in run("compose_tool.py")


@pytest.mark.slow
def test_a_batch_keeps_its_order_and_outlives_a_bad_file(run: Callable[..., str], tmp_path: Path) -> None:
    lines = run("compose_batch.py").splitlines()
    for way in ("batch", "ainvoke"):
        first, second = [line for line in lines if line.startswith(f"{way} ")]
        assert re.fullmatch(rf"{way} The Handbook: \d\d pages, \d+ calls", first)
        assert re.fullmatch(rf"{way} mlx-pdf-summarizer: 1 pages, \d+ calls", second)
    steps = [line.removeprefix("astream ") for line in lines if line.startswith("astream ")]
    assert (steps[:2], steps[-3:]) == (["load", "split"], ["collect", "final_summarize", "ground"])
    assert set(steps[2:-3]) == {"map_summarize"}

    good = letter(tmp_path, "good.txt", "The harbour opens at six.")
    lines = run("compose_batch.py", good, tmp_path / "absent.pdf").splitlines()
    for way in ("batch", "ainvoke"):
        first, second = [line for line in lines if line.startswith(f"{way} ")]
        assert first == f"{way} good: 1 pages, 2 calls"
        assert second.startswith(f"{way} not summarized: ")
        assert "absent.pdf" in second


def test_chains_alone_send_two_prompt_sets(run: Callable[..., str], tmp_path: Path) -> None:
    sentence = "The harbour opens at six."
    out = run("compose_chains.py", letter(tmp_path, "harbour.txt", sentence))
    _, first, plain, second, structured = re.split(r"^== (\w+) ==\n", out, flags=re.MULTILINE)
    assert (first, second) == ("plain", "structured")
    assert plain != structured
    for prompt in (plain, structured):
        assert f"<document>\n{sentence}\n</document>" in prompt
        assert "French" in prompt
        assert "times of day" in prompt
    assert "The harbour opens at six." in run("compose_chains.py")


def test_documents_are_summarized_with_their_pages(run: Callable[..., str], pages: list[Page]) -> None:
    title, *summary, read = run("compose_documents.py").splitlines()
    assert title == "The bridge"
    assert read == "pages: 1 2 3"
    source = (EXAMPLES / "compose_documents.py").read_text("utf-8")
    sentences = re.findall(r"[A-Z][^.]+\.", " ".join(summary))
    assert sentences
    assert [sentence for sentence in sentences if sentence not in source] == []
    # The same with what LangChain's own PDF loader makes.
    *_, read = run("compose_documents.py", PDF).splitlines()
    assert read == "pages: " + " ".join(str(page["number"]) for page in pages)


def test_contracts_are_asked_and_what_they_do_not_say_stays_open(run: Callable[..., str], tmp_path: Path) -> None:
    mill, quay = run("compose_ask.py").splitlines()
    assert mill == (
        "Mill Lane 3 | “The rent is 900 crowns a month.” (p. 1) | “The contract ends on 31 May 2031.” (p. 1) | "
        "“Repairs of the roof are paid by the owner.” (p. 1)"
    )
    assert quay == "Quay 11 | “The rent is 2,400 crowns a month.” (p. 1) | - | -"
    path = letter(tmp_path, "let.txt", "The rent is 12 crowns.")
    assert run("compose_ask.py", path).splitlines() == [f"{path} | “The rent is 12 crowns.” (p. 1) | - | -"]


@pytest.mark.slow
def test_an_agent_streams_what_its_model_says(
    run: Callable[..., str], checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    path = letter(tmp_path, "harbour.txt", "The harbour opens at six.")
    first, *said, last = run("compose_agent.py", checkpoint("gemma"), path).splitlines()
    assert first.startswith("call: summarize_file {'path': ")
    assert said[0].startswith("ai: ")
    assert int(last.removeprefix("messages: ")) >= 2


@pytest.mark.slow
def test_a_subagent_reads_the_file_that_it_is_told_of(run: Callable[..., str], tmp_path: Path) -> None:
    sentence = "The harbour opens at six."
    assert run("compose_subagent.py", letter(tmp_path, "harbour.txt", sentence)) == f"summarizer: {sentence} ...\n"
    assert run("compose_subagent.py", tmp_path / "absent.txt") == "summarizer: Name a file on this machine. ...\n"
    assert "summar" in run("compose_subagent.py")


def test_a_server_stands_in_for_a_model_that_is_not_here_and_answers_are_kept(
    run: Callable[..., str], checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    with MisbehavingServer(lambda asked: says("Because of the air.")) as server:
        lines = run("compose_fallbacks.py", tmp_path / "absent", server.url).splitlines()
        assert ["'Because of the air.'" in line for line in lines] == [True, True]
        assert len(server.asked) == 1, "the second answer is from the cache"
        lines = run("compose_fallbacks.py", checkpoint("gemma"), server.url).splitlines()
        assert [str(checkpoint("gemma")) in line for line in lines] == [True, True]
        assert len(server.asked) == 1


# The handbook as a PDF.


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed: apt-get install chromium")
@pytest.mark.slow
def test_the_pictures_of_the_readme_are_made(run: Callable[..., str], tmp_path: Path) -> None:
    said = run("make_report.py", "--output", tmp_path)
    for name, size in {"report.png": (1520, 880), "service.png": (1344, 880)}.items():
        assert f"{tmp_path / name}: " in said
        with Image.open(tmp_path / name) as image, Image.open(EXAMPLES / name) as shipped:
            assert image.size == shipped.size == size
            assert len(image.getcolors() or ()) > 100
        assert (EXAMPLES / name).stat().st_size < 300_000


def test_handbook_pdf_is_what_make_handbook_makes(run: Callable[..., str], tmp_path: Path) -> None:
    """To the byte: nothing in the file depends on the day, the machine or zlib; constraints.txt pins ReportLab."""
    made = tmp_path / "handbook.pdf"
    assert str(made) in run("make_handbook.py", "--output", made)
    assert made.read_bytes() == PDF.read_bytes(), "run: python examples/make_handbook.py"


def test_every_word_of_the_handbook_comes_out_of_the_pdf_in_order(pages: list[Page]) -> None:
    """Nothing lost, added or glued; page headers gone but for the first, and page numbers."""
    assert 10 <= len(pages) <= 40
    assert {page["status"] for page in pages} == {"read"}
    text = "\n".join(page["text"] for page in pages).replace("\u2022", "-")
    assert 1 <= text.count(HEADER) <= 2, "the first, and one on a page that says little else"
    read = text.replace(HEADER, "").replace(" | ", " ").split()
    lines = [line for line in HANDBOOK.splitlines() if not re.match(r"```|\| -", line)]
    rows = [line.replace("|", " ") if line.startswith("|") else line.lstrip("#") for line in lines]
    written = re.sub(r"\*\*?(\w[^*]*)\*\*?", r"\1", "\n".join(rows).replace("`", "")).split()
    heads = re.findall(r"^\| (.+) \|\n\| -", HANDBOOK, flags=re.MULTILINE)
    again = {"\\", *" ".join(heads).replace("|", " ").split()}  # folded commands, tables that go on overleaf
    diff = [word for word in difflib.ndiff(written, read) if word.startswith(("+", "-"))]
    assert [word for word in diff if word[0] == "-" or word[2:] not in again] == []


def test_headings_stand_apart_and_never_at_the_end_of_a_page(pages: list[Page]) -> None:
    lines = [line for page in pages for line in page["text"].split("\n")]
    assert [heading for heading in HEADINGS if heading not in lines] == []
    assert [page["number"] for page in pages if page["text"].split("\n")[-1] in HEADINGS] == []


def test_what_the_fonts_lack_is_written_plainly_or_refused(maker: ModuleType, tmp_path: Path) -> None:
    source, made = tmp_path / "book.md", tmp_path / "book.pdf"
    source.write_text("# Signs\n\nAt most ⌈log₂ n⌉ rounds → one “summary” –\nperhaps … é · ’s.\n", "utf-8")
    maker.make_handbook(source, made)
    (page,) = read_document(made, LoadConfig())["pages"]
    assert "At most ceil(log2 n) rounds -> one “summary” – perhaps … é · ’s." in page["text"]
    for text in (
        "# One\n\n요약\n",
        "# One\n\n> quoted\n",
        "# One\n\n- item\n\n      code\n",
        "# One\n\n![x](y)\n",
    ):
        source.write_text(text, "utf-8")
        with pytest.raises(ValueError, match=r"the fonts have no|has no"):
            maker.make_handbook(source, made)


def test_the_first_summary_that_a_newcomer_sees_is_one_to_be_glad_of(pages: list[Page]) -> None:
    config = load_config(ROOT / "configs/quickstart.yaml", ["cache.enabled=false"])
    result = build_graph(config).invoke({"source": str(PDF)})
    sentences = [" ".join(sentence["text"].split()) for sentence in result["sentences"]]
    assert not [flag for sentence in result["sentences"] for flag in sentence["flags"]]
    cited = {page for sentence in result["sentences"] for page in sentence["pages"]}
    quarter = len(pages) / 4
    assert min(cited) <= quarter
    assert max(cited) > 3 * quarter
    code = [token for text in re.findall(r"^```.*?^```$", HANDBOOK, re.M | re.S) for token in text.splitlines()]
    for sentence in sentences:
        assert re.match(r"[A-Z].*[.!?]$", sentence), sentence
        assert not re.search(r"--[a-z]|[a-z]_[a-z]|[a-z]\.[a-z]|[{}<>=$`|]|\bexample\b", sentence), sentence
        assert not any(len(line) > 10 and line in sentence for line in code), sentence
        assert not re.search(r"\b(?:chapter|section|pages?) \d", sentence), sentence


# What the handbook says.


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", HANDBOOK, flags=re.MULTILINE | re.DOTALL)


# The models of the configuration's sections; `llm` has one for each provider.
SECTIONS: dict[str, Any] = {
    name: get_args(get_args(LLMConfig)[0]) if name == "llm" else [field.annotation]
    for name, field in RunConfig.model_fields.items()
}
COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_handbook_works(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert command.startswith("python -m graph ")
    replace = {"report.pdf": "examples/handbook.pdf", "paper.pdf": "examples/handbook.pdf"}
    replace |= {"reports/": "examples", "notes.md": "README.md"}
    replace |= {name: str(tmp_path / name) for name in ("summary.md", "report.html", "summaries/")}
    arguments = [replace.get(argument, argument) for argument in shlex.split(command)[3:]]
    if arguments[0] == "run" and arguments[1] != "configs/quickstart.yaml":
        settings = [f"--set={value}" for flag, value in pairwise(arguments) if flag == "--set"]
        arguments = ["check", arguments[1], *settings]  # a run would download a model
    assert main(arguments) == 0
    out = capsys.readouterr().out
    if "summaries/" in command:
        names = {file.name for file in (tmp_path / "summaries").iterdir()}
        assert names == {"handbook.md", "index.csv", "index.html", "index.jsonl", "index.md"}
        return
    if "--output" in arguments:
        assert out == ""
        written = Path(arguments[arguments.index("--output") + 1])
        out = written.read_text("utf-8")
        assert out.startswith("# " if written.suffix == ".md" else "<!DOCTYPE html>")
    assert len(out) > 200
    if "load.pages=1-9" in arguments:
        assert "From pp. 1–9 (9 of " in out


def test_the_arithmetic_is_what_check_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["check", "configs/gemma.yaml"]) == 0
    printed = flat(capsys.readouterr().out)
    (block,) = [block for block in blocks("text") if block.startswith("map ")]
    for line in block.splitlines():
        assert flat(line) in printed


@pytest.mark.parametrize("block", blocks("console"))
def test_a_session_of_the_handbook_goes_as_it_is_shown(
    block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    prompts = re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]
    code = 0
    for command, _, shown in (prompt.partition("\n") for prompt in prompts):
        if command == "echo $?":
            assert int(shown) == code
            continue
        assert command.startswith("python -m graph check ")
        code = main(shlex.split(command)[3:])
        printed = flat("".join(capsys.readouterr()))
        for piece in shown.split("..."):
            assert flat(piece) in printed


def flat(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_yaml_block_of_the_handbook_is_valid(block: str, tmp_path: Path) -> None:
    data = yaml.safe_load(block)
    if data.keys() <= PromptSet.model_fields.keys():
        path = letter(tmp_path, "prompts.yaml", block)
        prompts = read_prompts(PromptsConfig(file=str(path)))
        assert prompts.focus in prompts.text("map")
        return
    local = data.get("llm", {}).get("provider") == "mlx"
    base = ROOT / "configs" / ("gemma.yaml" if local else "quickstart.yaml")
    RunConfig.model_validate(merged(yaml.safe_load(base.read_text("utf-8")), data))


def test_the_units_of_the_handbook_start_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    (agent,), (unit,) = blocks("xml"), blocks("ini")
    sections = ConfigParser(interpolation=None)
    sections.read_string(unit.replace("\\\n", " "))
    started: list[tuple[str, str]] = []

    def record(request: Request, *, data: str, token_file: str, **rest: Any) -> int:
        started.append((data, token_file))
        return 0

    monkeypatch.setattr("graph.cli.serve.serve", record)
    commands = plistlib.loads(agent.encode())["ProgramArguments"], shlex.split(sections["Service"]["ExecStart"])
    for program, *arguments in commands:
        assert program == "/opt/summaries/bin/mlx-pdf-summarizer"
        assert main([argument.replace("/opt/summaries/office.yaml", "quickstart") for argument in arguments]) == 0
    assert [data for data, _ in started] == ["/opt/summaries/data", "/var/lib/summaries/data"]
    assert {file for _, file in started} == {"/opt/summaries/tokens"}


def test_the_token_that_the_handbook_makes_is_taken(tmp_path: Path) -> None:
    (block,) = blocks("bash")
    made = block.replace("python ", f"{shlex.quote(sys.executable)} ", 1)
    subprocess.run(["bash", "-e", "-c", made], cwd=tmp_path, check=True)
    assert list(read_tokens(tmp_path / "tokens", {})) == ["anna"]
    assert is_private(tmp_path / "tokens")


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """One configuration over another."""
    return {section: {**(below.get(section) or {}), **above.get(section, {})} for section in {**below, **above}}


def test_the_programs_of_the_handbook_run(
    checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    programs = blocks("python")
    assert programs
    for program in programs:
        small = program.replace("mlx-community/gemma-3-4b-it-4bit", str(checkpoint("gemma3")))
        exec(compile(small, "handbook.md", "exec"), {})
    assert "summary" in capsys.readouterr().out


def test_every_key_and_every_file_that_the_handbook_names_is_there() -> None:
    named = re.findall(rf"[`=](?:--set )?({'|'.join(SECTIONS)})\.([a-z_]+)(?=[`=])", HANDBOOK)
    assert len(named) > 20
    known = {
        (section, key) for section, models in SECTIONS.items() for model in models for key in model.model_fields
    }
    assert [f"{section}.{key}" for section, key in named if (section, key) not in known] == []
    files = re.findall(r"\b(?:configs|examples)/[\w/.]+\w", HANDBOOK)
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_the_tables_of_keys_are_complete_and_their_defaults_true() -> None:
    keys = HANDBOOK.partition("Appendix: every key")[2]
    rows = re.findall(r"^\| `(\w+)\.(\w+)` \| (\S+) \|", keys, flags=re.MULTILINE)
    told = {(section, key): yaml.safe_load(text.replace("none", "null")) for section, key, text in rows}
    assert len(told) == len(rows)
    true: dict[tuple[str, str], list[Any]] = {}
    for section, models in SECTIONS.items():
        for model in models:
            for key, field in model.model_fields.items():
                if not field.is_required() and key != "provider":
                    true.setdefault((section, key), []).append(field.get_default(call_default_factory=True))
    assert told.keys() == true.keys()
    assert [key for key, value in told.items() if value not in true[key]] == []


def table(head: str) -> list[list[str]]:
    """The cells of every table whose first column has this head, row by row."""
    tables = re.findall(rf"^\| {head} \|.*\n\| -.*\n((?:\|.*\n)+)", HANDBOOK, flags=re.MULTILINE)
    return [line.strip("| ").split(" | ") for rows in tables for line in rows.splitlines()]


def test_the_table_of_model_keys_names_the_providers_that_have_them() -> None:
    models = {model.model_fields["provider"].default: model for model in SECTIONS["llm"]}
    rows = [row for row in table("key") if row[0].startswith("`llm.")]
    assert len(rows) > 10
    for key, _, what in rows:
        having = {name for name, model in models.items() if key[len("`llm.") : -1] in model.model_fields}
        match = re.match(r"(?:all but )?`\w+`(?:, `\w+`)*(?=: )", what)
        whose = match[0] if match else "all"
        named = set(re.findall(r"`(\w+)`", whose))
        assert having == (models.keys() - named if whose.startswith("all") else named), key


def test_the_warnings_and_refusals_in_tables_are_in_the_words_of_the_program() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "graph").rglob("*.py"))
    quoted = [row[0] for head in ("warning", "it says") for row in table(head)]
    assert len(quoted) > 20
    assert [words for words in quoted if words not in source] == []


def test_the_table_of_exit_codes_lists_those_of_the_program() -> None:
    assert main.__doc__
    assert {row[0] for row in table("exit code")} == set(re.findall(r"\b\d+\b", main.__doc__))


def test_every_field_of_the_result_is_explained() -> None:
    (block,) = [block for block in blocks("json") if "finish_reason" in block]
    assert list(json.loads(block)) == list(Summary.__annotations__)
    kinds = (Result, PageRecord, Stats, Summary, Sentence, Evidence, ChunkRecord, SectionRecord, Length, Coverage)
    fields = {field for kind in (*kinds, Provenance) for field in kind.__annotations__}
    values = {*get_args(FinishReason), *get_args(PageStatus)}
    assert (fields | values) - set(re.findall(r"`(\w+)`", HANDBOOK)) == set()


def test_the_worked_examples_are_right() -> None:
    gemma, gemma3 = shipped_budget("gemma"), shipped_budget("gemma3")
    assert [len(pack(parts(n), gemma.input("collapse"))) for n in (15, 16, 100, 120)] == [1, 2, 7, 8]
    assert joined_tokens(parts(2, tokens=300)) == 602
    assert 3512 == joined_tokens(parts(7)) <= gemma.input("final") < 9000 <= gemma3.input("final")
    assert 26_604 == joined_tokens(parts(53)) > gemma3.input("final")
    assert len(pack(parts(53), gemma3.packed_tokens)) == 3
    for words in ("holds fifteen", "leaves eight", "leaves seven", "3,512", "26,600", "602", "in three groups"):
        assert words in HANDBOOK


def shipped_budget(name: str) -> TokenBudget:
    config = load_config(ROOT / "configs" / f"{name}.yaml")
    budget = estimate_budget(config, read_prompts(config.prompts))
    assert budget
    return budget


def parts(number: int, tokens: int = 500) -> list[Summary]:
    """Summaries of parts, each as long as it may be."""
    return [
        Summary(id=f"{n}", level=0, text="x", tokens=tokens, sources=[], pages=[n], finish_reason="stop")
        for n in range(1, number + 1)
    ]
