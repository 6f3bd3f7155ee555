"""`serve`: the service on this machine, from the words of the command line."""

from __future__ import annotations

import os
import re
import warnings
from importlib.util import find_spec
from pathlib import Path

from graph.cli.check import check_configuration
from graph.cli.first_look import Request
from graph.cli.streams import note, say
from graph.errors import ConfigError

_NEEDED = ("fastapi", "uvicorn", "sse_starlette", "python_multipart", "prometheus_client", "mcp")
_ROOT_PATH = re.compile(r"(?:/[\w.~-]+)*")


def serve(
    request: Request, *, host: str, port: int, data: str | None, token_file: str | None, root_path: str
) -> int:
    """Serve until a signal ends it, and return the exit code.

    Raises:
        ConfigError: what cannot be used, in a sentence.
    """
    refuse_without_extra("serve")
    if not _ROOT_PATH.fullmatch(root_path.rstrip("/")):
        raise ConfigError(f"--root-path {root_path}: write it as /summaries.")
    check_configuration(request)

    from graph.service.access import is_private, read_tokens
    from graph.service.server import Place
    from graph.service.server import serve as run

    file = Path(token_file).expanduser() if token_file else None
    tokens = read_tokens(file, os.environ)
    if file and not is_private(file):
        note(f"{file}: others on this machine can read the tokens; chmod 600 keeps them out.")
    folder = Path(data).expanduser().absolute() if data else default_folder()
    # When a run ends early, LangGraph drops the tasks that still wait for a place; nothing is lost by that.
    warnings.filterwarnings("ignore", "coroutine 'arun_with_retry' was never awaited", RuntimeWarning)
    place = Place(host, port, folder, root_path.rstrip("/"))
    run(request.config, place, tokens, announce=lambda address: say(f"Open {address} (Ctrl-C ends the service)\n"))
    return 0


def refuse_without_extra(command: str) -> None:
    """Raise ConfigError where the packages of the service are not installed."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise ConfigError(
            f"{command} needs packages that are not installed ({', '.join(missing)}); "
            "install them with: pip install 'mlx-pdf-summarizer[service]'."
        )


def default_folder() -> Path:
    """Where summaries are kept, unless --data says otherwise."""
    from platformdirs import user_data_path

    return user_data_path("mlx-pdf-summarizer", appauthor=False)
