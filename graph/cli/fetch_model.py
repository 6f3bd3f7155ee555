"""Before a run: the model is downloaded, with a progress bar, or converted, and the user is told."""

from __future__ import annotations

import os
from pathlib import Path

from graph.cli.streams import note
from graph.config import RunConfig
from llm.config import MLXConfig


def fetch_model(config: RunConfig, *, quiet: bool) -> None:
    """Download or convert the configuration's model, unless it is here.

    Raises:
        ModelError: it cannot be had.
    """
    llm = config.llm
    if not isinstance(llm, MLXConfig) or (Path(os.path.expanduser(llm.model)) / "config.json").is_file():
        return
    from llm.mlx.checkpoint import fetch
    from llm.mlx.disk import on_disk
    from llm.mlx.fingerprint import here
    from llm.mlx.gguf.source import find_source

    find_source(llm.model)  # says what is wrong with a file
    found = on_disk(llm.model, llm.revision)
    if found.whole and here(llm.model, llm.revision) is not None:
        return
    if not quiet:
        what = "is converted" if found.whole else "is downloaded"
        note(f"The model {llm.model} {what} once, which takes a while; a download goes on where it stopped.")
    else:
        from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

        disable_progress_bars()
    fetch(llm.model, llm.revision, None)
