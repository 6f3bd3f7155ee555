"""The command line: run, ask, check, serve, mcp, models, show, schema. Each imports what it needs when it runs."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graph.cli.arguments import DEFAULT, STDOUT, choose, format_of, refuse_addresses, refuse_blanks
from graph.cli.streams import abandon_stdout, note, say, standard_streams
from graph.errors import ConfigError, Interrupted, OutputError, RunError
from graph.shipped import config_names, version

if TYPE_CHECKING:
    from graph.cli.first_look import Request

_COMMAND = "mlx-pdf-summarizer"
_DESCRIPTION = "Private summaries of long documents, with a model on this machine or anywhere else."
_EXAMPLES = """examples:
  %(prog)s run paper.pdf
  %(prog)s run gemma3 paper.pdf --output report.html
  %(prog)s ask gemma3 paper.pdf "What did it cost?"
  %(prog)s check gemma3 --input paper.pdf
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    0 done; 2 the command or the configuration is wrong, or a package that it needs is missing; 3 the document
    cannot be used; 4 the model failed; 130 interrupted. Every one of these says why in one sentence on stderr. Of
    several documents it is the highest code that any of them has; a table on stderr says which.
    """
    with standard_streams() as has_stdout:
        try:
            return _main(argv, has_stdout)
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


def _main(argv: Sequence[str] | None, has_stdout: bool) -> int:
    parser = _parser()
    try:
        args, rest = parser.parse_known_args(argv)
    except SystemExit:
        say("")  # --help and --version have been written, and not yet sent
        raise
    # argparse takes no positional argument after an option for one of those before it.
    if hasattr(args, "words") and not any(word.startswith("-") and word != "-" for word in rest):
        args.words, rest = [*args.words, *rest], []
    if rest:
        args.refuse(f"unrecognized arguments: {' '.join(rest)}")
    args.has_stdout = has_stdout
    return int(args.command(args))


def _parser() -> argparse.ArgumentParser:
    installed = os.path.basename(sys.argv[0]).startswith(_COMMAND)
    parser = argparse.ArgumentParser(
        prog=_COMMAND if installed else "python -m graph",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{_COMMAND} {version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    words = "[CONFIG] [PATH ...] [options]"
    run = commands.add_parser(
        "run", usage=f"{parser.prog} run {words}", help="summarize a document, or each of several"
    )
    _add_options(run)
    _add_many(run)
    run.set_defaults(command=_run, refuse=run.error)

    _add_ask(commands, parser.prog)

    check = commands.add_parser(
        "check",
        usage=f"{parser.prog} check {words}",
        help="check what run would refuse: configuration, prompts, token budget, documents and output",
    )
    _add_options(check)
    check.set_defaults(command=_check, refuse=check.error)

    _add_serve(commands)
    _add_mcp(commands)

    models = commands.add_parser("models", help="list known models: what fits here, and what llm.preset takes")
    models.add_argument("--family", choices=_families(), help="only these")
    models.add_argument("--memory", type=float, metavar="GB", help="for a machine with so much memory")
    models.add_argument("--format", choices=["table", "json"], default="table")
    models.set_defaults(command=_models, refuse=models.error)

    show = commands.add_parser("show", help="print the graph as a Mermaid diagram")
    show.add_argument("config", nargs="?", metavar="CONFIG", help="also check this configuration")
    show.set_defaults(command=_show, refuse=show.error)

    schema = commands.add_parser("schema", help="print the JSON Schema of a configuration, for editors")
    schema.add_argument("--result", action="store_true", help="instead, that of the output of --format json")
    schema.add_argument("--answers", action="store_true", help="instead, that of the answers of ask --format json")
    schema.set_defaults(command=_schema, refuse=schema.error)
    return parser


def _add_many(run: argparse.ArgumentParser) -> None:
    """What is for many documents."""
    run.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="summarize on a Dask cluster: tcp://HOST:8786, or local:N for N processes of this machine",
    )
    run.add_argument(
        "--retry-failed",
        action="store_true",
        help="in a folder of reports, try again what failed three times, too",
    )
    run.add_argument(
        "--watch",
        action="store_true",
        help="wait for new and changed documents in the folders, until Ctrl-C (needs the extra watch)",
    )


def _add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser], prog: str) -> None:
    usage = f"{prog} ask [CONFIG] [PATH ...] QUESTION ... [options]"
    ask = commands.add_parser("ask", usage=usage, help="ask a document, and see the pages of the answer")
    ask.add_argument(
        "words",
        nargs="*",
        metavar="[CONFIG] [PATH ...] QUESTION ...",
        help=f"a configuration (without one: {DEFAULT}); documents, which are read together: files, folders of "
        "PDFs, or - for standard input (without any: load.source); and questions, each in quotation marks",
    )
    ask.add_argument("--input", action="append", default=[], metavar="PATH", help="a document; repeatable")
    ask.add_argument("--questions", metavar="FILE", help="a text file with more questions, one a line")
    _add_set(ask)
    ask.add_argument(
        "--output", metavar="PATH", help="write the answers to this file (.md or .json), not to standard output"
    )
    ask.add_argument("--format", choices=["md", "json"], help="without it, as --output ends, or md")
    ask.add_argument("--quiet", action="store_true", help="show no progress")
    ask.add_argument(
        "--no-cache", action="store_true", help="ask the model again: neither use saved answers nor save any"
    )
    ask.set_defaults(command=_ask, refuse=ask.error)


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="summarize for a browser and for programs: a page, an API, MCP")
    _add_jobs(serve)
    serve.add_argument("--host", default="127.0.0.1", help="for others too, with a token: 0.0.0.0")
    serve.add_argument("--port", type=int, default=8321)
    serve.add_argument(
        "--token-file", metavar="FILE", help='who may use it: a line for each, "name: token", or one token'
    )
    serve.add_argument(
        "--root-path", default="", metavar="PATH", help="where a proxy shows it, such as /summaries"
    )
    serve.set_defaults(command=_serve, refuse=serve.error)


def _add_mcp(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mcp = commands.add_parser("mcp", help="summarize for an assistant that starts this program (MCP over stdio)")
    _add_jobs(mcp)
    mcp.set_defaults(command=_mcp, refuse=mcp.error)


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    """What a command takes that keeps jobs."""
    parser.add_argument(
        "config", nargs="?", default=DEFAULT, metavar="CONFIG", help=f"a configuration (without one: {DEFAULT})"
    )
    parser.add_argument("--data", metavar="FOLDER", help="where documents and summaries are kept")
    _add_set(parser)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a key of the configuration, such as llm.temperature=0.2; repeatable",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="[CONFIG] [PATH ...]",
        help=f"a configuration: a YAML file, or {', '.join(config_names())} (without one: {DEFAULT}); "
        "and documents: files, folders of PDFs, or - for standard input (without any: load.source)",
    )
    parser.add_argument("--input", nargs="+", action="extend", metavar="PATH", help="more documents")
    _add_set(parser)
    parser.add_argument(
        "--output",
        metavar="PATH",
        help="write the summary to this file (.md, .html or .json) instead of standard output; "
        "with several documents, to a file for each of them in this folder",
    )
    parser.add_argument("--length", help='short, medium, long, or a number such as "300 words" (summarize.length)')
    parser.add_argument("--format", choices=["md", "html", "json"], help="instead of output.format")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument(
        "--no-cache", action="store_true", help="ask the model again: neither use saved answers nor save any"
    )


def _request(args: argparse.Namespace) -> Request:
    """What is asked for, from the configuration and what overrides it."""
    from graph.cli.first_look import Request
    from graph.config import load_config

    refuse_blanks([*args.words, *(args.input or [])])
    config, documents = choose(args.words, args.input or [])
    if config is None and not documents:
        args.refuse(f"give a document, or a configuration such as {DEFAULT}")
    refuse_addresses(documents)
    overrides: list[str | tuple[str, Any]] = list(args.set)
    if documents:
        overrides.append(("load.source", documents if len(documents) > 1 else documents[0]))
    args.output = None if args.output == STDOUT else args.output
    for key, value in (
        ("output.path", args.output),
        ("output.format", args.format or format_of(args.output)),
        ("cache.enabled", "false" if args.no_cache else None),
    ):
        if value is not None:
            overrides.append((key, value))
    if args.length is not None:
        overrides.append(f"summarize.length={args.length}")  # as --set, which an error then names
    if getattr(args, "cluster", None) is not None:
        overrides.append(f"cluster.address={args.cluster}")
    sets_document = documents or any(
        word.partition("=")[0].strip() in ("load", "load.source") for word in args.set
    )
    return Request(
        load_config(config or DEFAULT, overrides),
        config or DEFAULT,
        names_document=not sets_document,
        any_ending=args.format is not None,
        again=args.no_cache,
        retry_failed=getattr(args, "retry_failed", False),
        watch=getattr(args, "watch", False),
    )


def _run(args: argparse.Namespace) -> int:
    request = _request(args)
    if not args.has_stdout and not request.config.output.path:
        raise ConfigError("Standard output is closed; use --output PATH.")
    if not args.quiet and choose(args.words, args.input or [])[0] is None:
        note(f"No configuration was given, so {DEFAULT} is used: its built-in model picks telling sentences.")

    # What a thousand modules make at import stays: to look through it for garbage takes a tenth of the start.
    gc.disable()
    from graph.cli.run import run

    gc.enable()
    return run(request, quiet=args.quiet)


def _ask(args: argparse.Namespace) -> int:
    from graph.cli.ask import ask, read_request

    request = read_request(args)
    if not args.has_stdout and not request.output:
        raise ConfigError("Standard output is closed; use --output PATH.")
    return ask(request, quiet=args.quiet)


def _check(args: argparse.Namespace) -> int:
    from graph.cli.check import check

    say(check(_request(args)))
    return 0


def _serve(args: argparse.Namespace) -> int:
    from graph.cli.first_look import Request
    from graph.cli.serve import serve
    from graph.config import load_config

    return serve(
        Request(load_config(args.config, args.set), args.config),
        host=args.host,
        port=args.port,
        data=args.data,
        token_file=args.token_file,
        root_path=args.root_path,
    )


def _mcp(args: argparse.Namespace) -> int:
    from graph.cli.first_look import Request
    from graph.cli.mcp import mcp
    from graph.config import load_config

    return mcp(Request(load_config(args.config, args.set), args.config), args.data)


def _families() -> tuple[str, ...]:
    from llm.mlx.catalog import FAMILIES

    return FAMILIES


def _models(args: argparse.Namespace) -> int:
    from graph.cli.models import models

    if args.memory is not None and not 0 < args.memory < 1e6:
        args.refuse("--memory is a number of gigabytes")
    say(models(args.family, args.memory, args.format))
    return 0


def _show(args: argparse.Namespace) -> int:
    from graph.pipeline import draw_graph

    if args.config:
        from graph.cli.check import check_configuration
        from graph.cli.first_look import Request
        from graph.config import load_config

        check_configuration(Request(load_config(args.config), args.config))
    say(draw_graph())
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    if args.result:
        from graph.results.schema import result_schema

        schema = result_schema()
    elif args.answers:
        from graph.asking.schema import answers_schema

        schema = answers_schema()
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

        from llm.errors import MissingPackageError

        if isinstance(error, MissingPackageError):
            return 2
        if isinstance(error, ModelError):
            return 4
    return None


def _interrupted(message: str) -> int:
    """End in peace, however often Ctrl-C is pressed."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return _fail(130, message)


def _fail(code: int, message: str) -> int:
    note(message)
    return code
