"""`ask`: questions about documents, with progress, to standard output or into a file."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from langgraph.types import StreamMode

from graph.asking.markdown import to_markdown
from graph.asking.pipeline import build_ask
from graph.asking.state import AskInput
from graph.asking.types import Answers
from graph.cli.archives import unpacked
from graph.cli.arguments import (
    DEFAULT,
    STDOUT,
    choose_questions,
    format_of,
    refuse_addresses,
    refuse_blanks,
    without_stdin,
)
from graph.cli.bars import StageBars
from graph.cli.fetch_model import fetch_model
from graph.cli.first_look import Request
from graph.cli.output import save, writable
from graph.cli.streams import note, say
from graph.config import load_config
from graph.documents.find import find_documents
from graph.errors import ConfigError, Interrupted
from graph.report import to_json
from graph.state import PagesRead

_FORMATS = ("md", "json")


@dataclass(frozen=True)
class AskRequest:
    """What is asked, of what, and where the answers go; without `output`, to standard output."""

    request: Request
    questions: list[str]
    output: str | None
    format: str


def read_request(args: argparse.Namespace) -> AskRequest:
    """What the command line asks for. Raises ConfigError, DocumentError."""
    refuse_blanks([*args.words, *args.input])
    name, documents, questions = choose_questions(args.words, args.input)
    questions += _in_file(args.questions)
    if not questions:
        args.refuse('give a question in quotation marks, such as "What did it cost?"')
    refuse_addresses(documents)
    overrides: list[str | tuple[str, Any]] = list(args.set)
    if documents:
        overrides.append(("load.source", documents if len(documents) > 1 else documents[0]))
    if args.no_cache:
        overrides.append(("cache.enabled", "false"))
    config = load_config(name or DEFAULT, overrides)
    output = None if args.output == STDOUT else args.output
    form = args.format or (format_of(output) if output else "md")
    if form not in _FORMATS:
        raise ConfigError(f"--output {output}: answers are written to .md and .json files; add --format.")
    named = bool(documents) or any(key.partition("=")[0].strip() in ("load", "load.source") for key in args.set)
    return AskRequest(Request(config, name or DEFAULT, names_document=not named), questions, output, str(form))


def ask(asked: AskRequest, *, quiet: bool) -> int:
    """Answer the questions, and return the exit code: 0 also where the document does not say."""
    request, config = asked.request, asked.request.config
    given = request.given()
    request.refuse_prompt_set()
    max_mb = config.load.max_file_mb
    with without_stdin(given, max_mb) as paths, unpacked(paths, max_mb) as archives:
        sources = archives.paths
        documents = find_documents(sources)
        if len(documents) == 1:
            request.refuse_documents(documents)
        path = writable(asked.output, [*map(str, documents), request.config_path])
        fetch_model(config, quiet=quiet)
        bars = StageBars(quiet)
        try:
            result = asyncio.run(_answers(asked, sources, bars))
        except KeyboardInterrupt:
            raise Interrupted("Interrupted.") from None
        finally:
            bars.stop()
    text = to_json(result) if asked.format == "json" else to_markdown(result)
    if path:
        save(path, text, "the answers are", quiet=quiet)
    else:
        say(text)
    for warning in result["warnings"]:
        note(f"warning: {warning}")
    return 3 if any("refused" in file for file in result["files"]) else 0


async def _answers(asked: AskRequest, sources: list[str], bars: StageBars) -> Answers:
    app = build_ask(asked.request.config)
    given = AskInput(source=sources, questions=asked.questions)
    result: Any = {}
    event: Any
    modes: list[StreamMode] = ["tasks", "values", "custom"]
    async for mode, event in app.astream(given, stream_mode=modes, output_keys=list(Answers.__annotations__)):
        if mode == "tasks":
            bars.show(event)
        elif mode == "values":
            result = event
        elif isinstance(event, dict) and event.get("type") == "pages_read":
            bars.show_pages(cast(PagesRead, event))
    return result  # type: ignore[no-any-return]


def _in_file(path: str | None) -> list[str]:
    """The questions in a text file, one a line."""
    if path is None:
        return []
    try:
        text = Path(path).expanduser().read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"--questions {path}: the file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"--questions {path}: this is not a text file in UTF-8.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
