"""A checkpoint in a folder or on Hugging Face: its files, tokenizer, context window and weights."""

from __future__ import annotations

import errno
import os
import re
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from llm.errors import InvalidRequestError, ModelNotFoundError, UnsupportedModelError, reason
from llm.mlx.download import fetch_large
from llm.mlx.gguf.convert import convert
from llm.mlx.gguf.source import find_source
from llm.mlx.thinking import thinking_format
from llm.mlx.window import read_context_window

if TYPE_CHECKING:
    from mlx_lm.tokenizer_utils import TokenizerWrapper

# Everything but the weights: a few megabytes, enough to count tokens and to read the context window.
_SMALL_FILES = ["*.json", "*.jinja", "*.model", "*.tiktoken", "*.txt", "*.jsonl"]

# transformers writes a huge number into tokenizers that have no limit.
_NO_LIMIT = 10**9


class Checkpoint:
    """Tokenizer and settings of `model`, a folder, a GGUF file or an id on Hugging Face; weights when needed.

    Raises:
        ModelNotFoundError: there is no such folder, and it cannot be downloaded.
        UnsupportedModelError: the files are there but cannot be used.
        MissingPackageError: a GGUF file, or a model in packages, without the extra for it.
    """

    def __init__(self, model: str, revision: str | None = None, adapter: str | None = None) -> None:
        self.model = model
        self.revision = revision
        self.adapter = adapter
        self.folder = fetch(model, revision, _SMALL_FILES)
        self.config = _read_config(self.folder)
        self.tokenizer = _load_tokenizer(self.folder, self.config)
        self.stop_ids = sorted(self.tokenizer.eos_token_ids)
        self.thinking = thinking_format(self.tokenizer)
        # Rendering and encoding are cheap, and Hugging Face's tokenizers are not safe to share.
        self.tokenizer_lock = Lock()

    @property
    def context_window(self) -> int | None:
        """Tokens for prompt and answer together; None if neither model nor tokenizer says."""
        window = read_context_window(self.config) or _default_window(self.config)
        limit = int(self.tokenizer.model_max_length)
        return window or (limit if 0 < limit < _NO_LIMIT else None)

    def encode(self, text: str, *, add_special_tokens: bool = False) -> list[int]:
        """The tokens of `text` (T,).

        Raises:
            InvalidRequestError: it has half a surrogate pair.
        """
        check_text(text)
        with self.tokenizer_lock:
            return [int(token) for token in self.tokenizer.encode(text, add_special_tokens=add_special_tokens)]

    def defuse(self, text: str) -> str:
        """Break up what the tokenizer would read as a control token, so that it stays text.

        Otherwise a document with <end_of_turn> in it (a paper on language models, or a prompt injection) would end
        the user's turn and continue as the model.
        """
        check_text(text)
        return self._control_tokens.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)

    @cached_property
    def _control_tokens(self) -> re.Pattern[str]:
        """Matches special tokens, and others that the chat template writes or that mark thoughts."""
        template = str(self.tokenizer.chat_template or "")
        marks = self.thinking.markers if self.thinking else ()
        tokens = self.tokenizer.added_tokens_decoder.values()
        meant = [t.content for t in tokens if t.special or t.content in template or t.content in marks]
        names = [name for name in meant if len(name) > 1]
        return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)")

    def load_weights(self) -> Any:
        """Load the model, an `mlx.nn.Module`, on the thread that will run it."""
        from mlx_lm.utils import load_model

        # From the commit that the tokenizer is from, even if the hub has a newer one by now.
        folder = fetch(self.model, self.folder.name, None)
        try:
            model, _ = load_model(folder)
        except Exception as error:  # damaged files fail in any of mlx-lm's steps, and in MLX
            raise UnsupportedModelError(
                f"The weights of {self.model} cannot be loaded: {reason(error)}."
            ) from error
        return model if self.adapter is None else _adapt(model, Path(os.path.expanduser(self.adapter)))


def check_text(text: str) -> None:
    """Raise InvalidRequestError for text with half a surrogate pair, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequestError(
            f"The text has {text[error.start]!r} at position {error.start}, which is half a character.",
            "Read its source with the right encoding, or with errors='replace'.",
        ) from error


def fetch(model: str, revision: str | None, patterns: list[str] | None) -> Path:
    """The folder of `model`, with the files that match `patterns` (None: all), downloaded or converted if need be.

    A download that was broken off goes on where it stopped.
    """
    if (source := find_source(model)) is not None:
        return convert(source)
    if (folder := Path(os.path.expanduser(model))).is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        if patterns is None:
            fetch_large(model, revision)
        return Path(snapshot_download(model, revision=revision, allow_patterns=patterns))
    except (HFValidationError, RepositoryNotFoundError) as error:
        raise ModelNotFoundError(
            f"{model} is neither a folder on this machine nor a model on Hugging Face.", "Check the name."
        ) from error
    except Exception as error:  # no network, a proxy's page, a server's error: whatever the client raises of them
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise ModelNotFoundError(
                f"The disk is full before all of {model} is here.", "Make room; the download goes on from there."
            ) from error
        raise ModelNotFoundError(
            f"{model} is not on this machine, and Hugging Face cannot be reached.",
            "Go online once to download it, or set model to a folder.",
        ) from error


def _read_config(folder: Path) -> dict[str, Any]:
    from llm.mlx.backend import import_mlx

    import_mlx()
    from mlx_lm.utils import load_config

    try:
        config: dict[str, Any] = load_config(folder)
    except (OSError, ValueError) as error:
        raise ModelNotFoundError(
            f"The folder {folder} has no readable config.json.", "Set model to the folder of a checkpoint."
        ) from error
    return config


def _load_tokenizer(folder: Path, config: dict[str, Any]) -> TokenizerWrapper:
    from mlx_lm.utils import load_tokenizer

    try:
        tokenizer: TokenizerWrapper = load_tokenizer(folder, eos_token_ids=config.get("eos_token_id"))
    except Exception as error:  # transformers raises whatever its checks of foreign files raise
        raise UnsupportedModelError(f"The tokenizer in {folder} cannot be loaded: {reason(error)}.") from error
    return tokenizer


def _default_window(config: dict[str, Any]) -> int | None:
    """What transformers assumes for this architecture where config.json is silent (Gemma 3 on the hub)."""
    from transformers import AutoConfig

    try:
        kind = AutoConfig.for_model(config["model_type"])
    except (KeyError, ValueError):
        return None
    return getattr(kind.get_text_config(), "max_position_embeddings", None)


def _adapt(model: Any, folder: Path) -> Any:
    from mlx_lm.utils import load_adapters

    try:
        return load_adapters(model, str(folder))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UnsupportedModelError(
            f"The adapter in {folder} cannot be loaded: {reason(error)}.",
            "adapter is a folder with adapter_config.json and adapters.safetensors, made for this model.",
        ) from error
