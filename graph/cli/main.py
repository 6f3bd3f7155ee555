"""The command line: run, check, show, schema. Each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graph.cli.output import abandon_stdout, prepare_stdout, say
from graph.errors import Interrupted, OutputError, RunError

_CONFIG_SUFFIXES = {".yaml", ".yml", ".json"}

_DESCRIPTION = "Private summaries of long documents, with a model on this machine or any other."


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    0 done; 2 the command or the configuration is wrong; 3 the document cannot be used; 4 the model failed;
    130 interrupted. Every one of these says why in one sentence on stderr. Of several documents it is the
    highest code that any of them has; a table on stderr says which.
    """
    args = _parser().parse_args(argv)
    prepare_stdout()
    try:
        return int(args.command(args))
    except KeyboardInterrupt:
        return _interrupted("Interrupted.")
    except Interrupted as error:
        return _interrupted(str(error))
    except BrokenPipeError:
        abandon_stdout()  # whoever read it has gone (`| head`), and that is all right
        return 0
    except OutputError as error:
        abandon_stdout()
        return _fail(error.exit_code, str(error))
    except RunError as error:
        return _fail(error.exit_code, str(error))
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        return _fail(code, str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m graph", description=_DESCRIPTION)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="summarize a document, or each of several")
    _add_config(run, nargs="?")
    run.add_argument(
        "--input",
        nargs="+",
        action="extend",
        metavar="PATH",
        help="the document, or several, or folders of PDFs; instead of load.source",
    )
    run.add_argument(
        "--output", metavar="PATH", help="also write the summary to this file; of several, to this folder instead"
    )
    run.add_argument("--format", choices=["md", "html", "json"], help="instead of output.format")
    run.add_argument("--quiet", action="store_true", help="no progress bars")
    run.add_argument("--no-cache", action="store_true", help="ask the model anew; neither use nor keep answers")
    run.set_defaults(command=_run, refuse=run.error)

    check = commands.add_parser("check", help="check a configuration, its prompts and its token budget")
    _add_config(check)
    check.set_defaults(command=_check)

    show = commands.add_parser("show", help="print the graph as a Mermaid diagram")
    show.add_argument("config", nargs="?", metavar="CONFIG", help="a YAML file, to check on the way")
    show.set_defaults(command=_show)

    schema = commands.add_parser("schema", help="print the JSON Schema of a configuration, for editors")
    schema.add_argument("--result", action="store_true", help="of what --format json writes, instead")
    schema.set_defaults(command=_schema)
    return parser


def _add_config(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument("config", nargs=nargs, metavar="CONFIG", help="a YAML file, such as configs/gemma.yaml")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a key of the configuration, such as llm.temperature=0.2; may be given several times",
    )


def _run(args: argparse.Namespace) -> int:
    from graph.config import load_config

    inputs: list[str] = args.input or []
    if args.config is None:
        # `run --input paper.pdf CONFIG`: the option takes all there is.
        if len(inputs) < 2 or Path(inputs[-1]).suffix.lower() not in _CONFIG_SUFFIXES:
            args.refuse("the following arguments are required: CONFIG")
        args.config = inputs.pop()
    overrides: list[str | tuple[str, Any]] = list(args.set)
    for key, value in (
        ("load.source", inputs if len(inputs) > 1 else next(iter(inputs), None)),
        ("output.path", args.output),
        ("output.format", args.format or _format_of(args.output)),
    ):
        if value is not None:
            overrides.append((key, value))
    if args.no_cache:
        overrides.append(("cache.enabled", "false"))
    config = load_config(args.config, overrides)

    from graph.cli.run import run

    return run(config, args.config, quiet=args.quiet)


def _format_of(path: str | None) -> str | None:
    endings = {".json": "json", ".html": "html", ".htm": "html"}
    return endings.get(Path(path).suffix.lower()) if path else None


def _check(args: argparse.Namespace) -> int:
    from graph.cli.check import check
    from graph.config import load_config

    say(check(load_config(args.config, args.set), args.config))
    return 0


def _show(args: argparse.Namespace) -> int:
    from graph.pipeline import draw_graph

    if args.config:
        from graph.cli.check import check
        from graph.config import load_config

        check(load_config(args.config), args.config)
    say(draw_graph())
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    if args.result:
        from graph.results.schema import result_schema

        schema = result_schema()
    else:
        from graph.config import RunConfig

        schema = RunConfig.model_json_schema()
    say(json.dumps(schema, ensure_ascii=False, indent=2) + "\n")
    return 0


def _exit_code(error: Exception) -> int | None:
    """The exit code for an error of another package; None for a bug."""
    from graph.documents.errors import DocumentError

    if isinstance(error, DocumentError):
        return 3
    if "langchain_core.exceptions" in sys.modules:
        from langchain_core.exceptions import ModelError

        if isinstance(error, ModelError):
            return 4
    return None


def _interrupted(message: str) -> int:
    """End in peace, however often Ctrl-C is pressed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _fail(130, message)


def _fail(code: int, message: str) -> int:
    sys.stderr.write(f"{' '.join(message.split())}\n")
    return code
