"""Settings of the `load` and `split` sections. Imports pydantic and nothing of ours."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

PASSWORD_VARIABLE = "MLX_PDF_PASSWORD"  # of the environment, where load.password is not set
_RANGE = re.compile(r"\s*(?:(?P<one>\d+)|(?P<first>\d*)\s*-\s*(?P<last>\d*))\s*", re.ASCII)
_EXAMPLES = 'write pages and ranges counted from 1, such as "1-9,12", "5-" or "-3"'


def parse_pages(selection: str) -> list[tuple[int, int | None]]:
    """Ranges of a selection, in the order written: "1-9,12,20-" is [(1, 9), (12, 12), (20, None)].

    Raises ValueError, with a sentence that names the part that is wrong.
    """
    ranges: list[tuple[int, int | None]] = []
    for part in selection.split(","):
        match = _RANGE.fullmatch(part)
        if not match or not re.search(r"\d", part):
            raise ValueError(f"pages: {part.strip()!r} is not a page or a range; {_EXAMPLES}")
        first = int(match["one"] or match["first"] or 1)
        last = int(match["one"] or match["last"]) if match["one"] or match["last"] else None
        if first < 1 or (last is not None and last < first):
            raise ValueError(f"pages: {part.strip()!r} counts backwards or from 0; {_EXAMPLES}")
        ranges.append((first, last))
    return ranges


def _check_pages(value: object) -> object:
    """Accept what YAML makes of `pages: 12` and of `pages: -3` (integers) beside strings."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        parse_pages(value)
    return value


def _check_switch(value: object) -> object:
    """YAML reads `off` without quotes as false."""
    return {True: "auto", False: "off"}[value] if isinstance(value, bool) else value


class LoadConfig(BaseModel):
    """Which document is read, which parts of it, and how much a bad file may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str | list[str] | None = Field(
        None,
        description="Path of the document: PDF, plain text or Markdown; or a list of paths, or a folder of PDFs.",
    )
    pages: Annotated[str | None, BeforeValidator(_check_pages)] = Field(
        None,
        description='Pages to read, counted from 1 in the file: "1-9,12", "5-" or "-3". Nothing means all.',
    )
    password: SecretStr | None = Field(
        None, description="Password of an encrypted PDF. Nothing means MLX_PDF_PASSWORD of the environment."
    )
    ocr: Annotated[Literal["auto", "off"], BeforeValidator(_check_switch)] = Field(
        "auto",
        description="Pages without a text layer: read with tesseract, if it is installed (auto), or left out.",
    )
    ocr_languages: str = Field(
        "auto",
        pattern=r"^[A-Za-z0-9_/]+(\+[A-Za-z0-9_/]+)*$",
        description='Languages as tesseract calls them, such as "deu+fra". auto: English and Korean.',
    )
    drop_references: bool = Field(
        True, description="Leave out the list of references at the end; appendices after it are kept."
    )
    drop_running_heads: bool = Field(
        True, description="Leave out headers, footers and page numbers that repeat from page to page."
    )
    timeout_seconds: float = Field(
        45.0,
        gt=0,
        description="Time for the whole file, in seconds; 1/20 more for each page read, and what OCR takes.",
    )
    page_timeout_seconds: float = Field(
        10.0, gt=0, description="Time for any one page, in seconds. A page that takes longer is left out."
    )
    ocr_timeout_seconds: float = Field(30.0, gt=0, description="Time for the OCR of any one page, in seconds.")
    memory_mb: int = Field(
        1500,
        ge=256,
        description="Memory the reading process may use, in megabytes; a real manual needs under 500.",
    )
    max_file_mb: int = Field(1000, ge=1, description="Largest file that is opened, in megabytes.")
    max_pages: int = Field(20_000, ge=1, description="Most pages a file may have.")
    max_page_characters: int = Field(
        200_000,
        ge=1000,
        description="Longest text taken from one page, in characters; a full page has about 5,000.",
    )
    max_characters: int = Field(
        20_000_000, ge=1000, description="Longest text taken from the whole file; 6,000 pages have about that."
    )


class SplitConfig(BaseModel):
    """How large the parts are that the model reads one at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chunk_tokens: int = Field(
        1500,
        ge=1,
        description="Largest chunk, in tokens of the model. The context window may allow less, never more.",
    )
