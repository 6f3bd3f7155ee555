"""What `run` and `check` refuse alike, before a model is looked for. Imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from graph.cli.archives import is_archive
from graph.cli.arguments import STDIN, refuse_other_endings
from graph.cli.output import choose_files, is_folder, refuse_folder, writable
from graph.config import RunConfig
from graph.documents.errors import NotFoundError
from graph.documents.find import find_documents
from graph.documents.read import refuse_at_first_sight
from graph.errors import ConfigError
from graph.shipped import prompt_set_names


@dataclass(frozen=True)
class Request:
    """What a command asks for.

    `config_path` is the file that `config` was read from, which must not be written. `names_document` is whether
    load.source stands there, and not on the command line. With `any_ending` the output may have an ending that is
    none of ours. `again` makes even reports that still stand, and `retry_failed` those that failed too often. With
    `watch` the run waits for more documents.
    """

    config: RunConfig
    config_path: str
    names_document: bool = False
    any_ending: bool = False
    again: bool = False
    retry_failed: bool = False
    watch: bool = False

    def given(self) -> list[str]:
        """Paths of documents and folders, and "-". Raises ConfigError if there are none."""
        source = self.config.load.source
        if not source:
            raise ConfigError(
                "load.source: no document was given; set it, or name a document on the command line."
            )
        return [source] if isinstance(source, str) else source

    @property
    def one_summary(self) -> bool:
        """Whether there is one summary, and not one of each of several documents."""
        source = self.config.load.source
        several = isinstance(source, list) or (
            source and (os.path.isdir(os.path.expanduser(source)) or is_archive(source))
        )
        return not several or self.config.summarize.together

    def refuse_output(self) -> None:
        """Raise ConfigError if the output cannot be where or what it should be. Nothing is made."""
        path, form = self.config.output.path, self.config.output.format
        if path is not None and not path.strip():
            raise ConfigError(f"output.path: {path!r} names no file; give a path, or leave it out.")
        if path is None:
            if form == "html" and not self.one_summary:
                raise ConfigError(
                    "output.format: html makes a file for each document; name a folder for them with --output."
                )
        elif not self.one_summary or is_folder(path):
            refuse_folder(path)
        elif not self.any_ending:
            refuse_other_endings(path)

    def output_file(self, sources: Sequence[str]) -> Path | None:
        """The file for one summary; in a folder it is named after the document, or "summary" for several."""
        path = self.config.output.path
        documents = find_documents(sources)
        if path is not None and is_folder(path):
            name = documents[0] if len(documents) == 1 else Path("summary.pdf")
            path = str(choose_files(Path(os.path.expanduser(path)), [name], f".{self.config.output.format}")[0])
            if not os.path.isdir(os.path.dirname(path)):
                return Path(path)  # in a folder that will be made
        reads = [*map(str, documents), self.config_path, *filter(None, [self.config.prompts.file])]
        return writable(path, reads)

    def refuse_prompt_set(self) -> None:
        """Raise ConfigError if there is no file prompts.file."""
        file = self.config.prompts.file
        if file is None or os.path.exists(os.path.expanduser(file)):
            return
        names = prompt_set_names()
        near = get_close_matches(Path(file).stem, names, n=1)
        hint = f"did you mean {near[0]!r}? The prompt sets" if near else "the prompt sets"
        raise ConfigError(f"prompts.file: there is no file {file}; {hint} that ship are {', '.join(names)}.")

    def refuse_documents(self, documents: Sequence[Path]) -> None:
        """Raise DocumentError if one of the documents is none, as far as its first bytes tell."""
        for document in documents:
            if str(document) == STDIN:
                continue
            if self.names_document and not os.path.lexists(document):
                raise NotFoundError(
                    f"{self.config_path}: load.source: there is no file {document}",
                    "change load.source, or name a document on the command line",
                )
            refuse_at_first_sight(document, self.config.load)
