"""Text of page images, by the program tesseract where it is installed."""

import os
import re
import shutil
import subprocess

from graph.documents.pdf.protocol import Failure, OCRUnavailable, OCRUnavailableKind

_USUAL = ("eng", "kor")
# Mean confidence of words, of 100: print has 85 to 96; print of another language, or a drawing, 28 to 46.
_SURE = 60
_FEWEST_LETTERS = 50  # fewer, when they are doubtful, are specks on a picture
_MOST_CHARACTERS = 200_000


class OCRUnavailableError(Exception):
    """There is no tesseract here, or it lacks a language."""

    def __init__(self, kind: OCRUnavailableKind, language: str = "") -> None:
        super().__init__(kind, language)
        self.reason = OCRUnavailable(kind, language)


class OCRError(Exception):
    """There may be text on the image, and it was not read."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Tesseract:
    """Reads images, one process each: safe for threads.

    `languages` is what tesseract calls them, such as "eng+kor", or "auto": English and Korean as far as they
    are installed. Raises OCRUnavailableError.
    """

    def __init__(self, languages: str, timeout_seconds: float) -> None:
        program = shutil.which("tesseract")
        if program is None:
            raise OCRUnavailableError("not_installed")
        self._program = program
        self._timeout = timeout_seconds
        installed = self._installed()
        self.languages = _choose(languages, installed)
        # 1 turns the page upright first, 3 does not.
        self._layout = "1" if "osd" in installed else "3"

    def read(self, pgm: bytes) -> str:
        """Text of an image in the format PGM, "" where there is none. Raises OCRError."""
        options = ("tessedit_create_txt=1", "tessedit_create_tsv=1", "preserve_interword_spaces=1")
        settings = [word for option in options for word in ("-c", option)]
        try:
            ran = self._run("stdin", "stdout", "-l", self.languages, "--psm", self._layout, *settings, image=pgm)
        except subprocess.TimeoutExpired:
            raise OCRError(Failure("ocr_timeout", self._timeout)) from None
        except OSError:
            raise OCRError(Failure("ocr_not_started")) from None
        if ran.returncode:
            raise OCRError(Failure("ocr_failed"))
        words, text = _words_and_text(ran.stdout.decode("utf-8", "replace"))
        letters = sum(len(word) for _, word in words)
        if letters and sum(sure * len(word) for sure, word in words) < _SURE * letters:
            if letters < _FEWEST_LETTERS:
                return ""
            raise OCRError(Failure("illegible", name=self.languages))
        return text[:_MOST_CHARACTERS]

    def _installed(self) -> set[str]:
        try:
            ran = self._run("--list-langs")
        except (OSError, subprocess.TimeoutExpired):
            raise OCRUnavailableError("does_not_start") from None
        # Each on a line of its own, under a heading.
        return set(re.findall(r"^[\w/-]+$", ran.stdout.decode("utf-8", "replace"), re.MULTILINE))

    def _run(self, *arguments: str, image: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [self._program, *arguments],
            input=image,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=self._timeout,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # its threads cost more than they bring
            check=False,
        )


def _choose(languages: str, installed: set[str]) -> str:
    usual = [language for language in _USUAL if language in installed]
    chosen = usual if languages == "auto" else languages.split("+")
    if not chosen:
        raise OCRUnavailableError("no_default_language")
    for language in chosen:
        if language not in installed:
            raise OCRUnavailableError("no_such_language", language)
    return "+".join(chosen)


def _words_and_text(output: str) -> tuple[list[tuple[float, str]], str]:
    """(confidence, word) of every word, from the lines of a table; what is no table is the text."""
    words: list[tuple[float, str]] = []
    text: list[str] = []
    for line in output.split("\n"):
        cells = line.split("\t")
        if len(cells) != 12:
            text.append(line)
        elif cells[0] == "5" and cells[11].strip():  # level 5 is words; the heading of the table is no number
            words.append((float(cells[10]), cells[11].strip()))
    return words, "\n".join(text).strip()
