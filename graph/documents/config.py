"""Settings of the `load` and `split` sections."""

import codecs
import os
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

PASSWORD_VARIABLE = "MLX_PDF_PASSWORD"  # of the environment, where load.password is not set
_RANGE = re.compile(r"\s*(?:(?P<one>\d+)|(?P<first>\d*)\s*-\s*(?P<last>\d*))\s*", re.ASCII)
# Of hosts and of literals: no file is written in them, and punycode takes hours for a long one.
_OF_NAMES = {"idna", "punycode", "raw-unicode-escape", "unicode-escape"}
_EXAMPLES = 'write page numbers and ranges, counted from 1, such as "1-9,12", "5-" or "-3"'


def parse_pages(selection: str) -> list[tuple[int, int | None]]:
    """Ranges of a selection, in the order written: "1-9,12,20-" is [(1, 9), (12, 12), (20, None)].

    Raises ValueError, with a sentence that names the wrong part.
    """
    ranges: list[tuple[int, int | None]] = []
    for part in selection.split(","):
        match = _RANGE.fullmatch(part)
        if not match or not re.search(r"\d", part):
            raise ValueError(f"pages: {part.strip()!r} is neither a page nor a range; {_EXAMPLES}")
        first = int(match["one"] or match["first"] or 1)
        last = int(match["one"] or match["last"]) if match["one"] or match["last"] else None
        if first < 1 or (last is not None and last < first):
            raise ValueError(f"pages: {part.strip()!r} runs backwards or starts at 0; {_EXAMPLES}")
        ranges.append((first, last))
    return ranges


def _check_pages(value: object) -> object:
    """Accept what YAML makes of `pages: 12` and `pages: -3` (integers) as well as strings."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        parse_pages(value)
    return value


def _check_switch(value: object) -> object:
    """YAML reads an unquoted `off` as false."""
    return {True: "auto", False: "off"}[value] if isinstance(value, bool) else value


def known_encoding(name: str | None) -> str | None:
    """The name, if it is one that files of text may be written in, or nothing. Raises ValueError."""
    if name is not None:
        try:
            "".encode(name)
            is_known = codecs.lookup(name).name not in _OF_NAMES
        except (LookupError, ValueError):
            is_known = False
        if not is_known:
            raise ValueError(f"{name[:40]!r} is not an encoding of text; try utf-8, cp1252, cp1250, gb18030")
    return name


class LoadConfig(BaseModel):
    """Which document is read, which parts of it, and what a bad file may cost in time and memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | list[str] | None = Field(
        None,
        description="Path of the document (PDF, Word, text, ...), a list of paths, or a folder of documents.",
    )
    pages: Annotated[str | None, BeforeValidator(_check_pages)] = Field(
        None,
        description='Pages to read, counted from 1 in the file: "1-9,12", "5-" or "-3". Empty: all pages.',
    )
    password: SecretStr | None = Field(
        None, description=f"Password of an encrypted PDF. Empty: the environment variable {PASSWORD_VARIABLE}."
    )
    encoding: Annotated[str | None, AfterValidator(known_encoding)] = Field(
        None,
        description='Encoding of a text file, as Python calls it: "cp1250". Nothing means: told by its content.',
    )
    ocr: Annotated[Literal["auto", "off"], BeforeValidator(_check_switch)] = Field(
        "auto",
        description="Pages without a text layer: auto reads them with tesseract, if installed; off skips them.",
    )
    ocr_languages: str = Field(
        "auto",
        pattern=r"^[A-Za-z0-9_/]+(\+[A-Za-z0-9_/]+)*$",
        description='Languages for OCR by their tesseract codes, such as "deu+fra". auto: English and Korean.',
    )
    drop_references: bool = Field(
        True, description="Leave out lists of references; appendices after them are kept."
    )
    drop_contents: bool = Field(
        True,
        description="Leave out tables of contents, lists of figures and indexes.",
    )
    drop_running_heads: bool = Field(
        True, description="Leave out page headers, page footers and page numbers, and line numbers in the margin."
    )
    timeout_seconds: float = Field(
        45.0,
        gt=0,
        description="Time limit for the whole file, in seconds. Each page read adds 1/20; OCR adds what it takes.",
    )
    page_timeout_seconds: float = Field(
        10.0, gt=0, description="Time limit for a single page, in seconds. A page that takes longer is left out."
    )
    ocr_timeout_seconds: float = Field(
        30.0, gt=0, description="Time limit for the OCR of a single page, in seconds."
    )
    memory_mb: int = Field(
        1500,
        ge=256,
        description="Most memory for the process that reads PDFs, in megabytes. A large manual takes under 500.",
    )
    max_file_mb: int = Field(1000, ge=1, description="Size of the largest file that is opened, in megabytes.")
    max_pages: int = Field(20_000, ge=1, description="Most pages that a PDF may have.")
    max_page_characters: int = Field(
        200_000,
        ge=1000,
        description="Most characters read from a single page. A full page has about 5,000.",
    )
    max_characters: int = Field(
        20_000_000,
        ge=1000,
        description="Most characters read from a whole file. The default is about 6,000 pages.",
    )


def password_of(config: LoadConfig) -> str | None:
    """The password for encrypted PDFs: the configuration's, or the environment's."""
    return config.password.get_secret_value() if config.password else os.environ.get(PASSWORD_VARIABLE)


Context = Literal["alone", "outline", "before", "both"]


class SplitConfig(BaseModel):
    """Size of the parts that the model reads one at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chunk_tokens: int = Field(
        1500,
        ge=1,
        description="Most tokens in a chunk, counted by the model's tokenizer. The context window may lower it.",
    )
    context: Context = Field(
        "alone",
        description="What a prompt says of where a part stands: its document and chapter (outline), the last "
        "sentences of the part before it (before), both, or nothing (alone).",
    )
