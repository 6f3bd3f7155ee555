"""Several files -> one Reading, its pages cleaned file by file and numbered consecutively."""

from collections.abc import Sequence
from pathlib import Path

from graph.documents.cancel import CancelToken
from graph.documents.clean.steps import clean_pages
from graph.documents.config import LoadConfig
from graph.documents.errors import DocumentError
from graph.documents.find import short_names
from graph.documents.read import read_document
from graph.documents.types import FileRecord, OnProgress, Page, Reading

# Above this many documents, the title names one and counts the others.
_TITLES = 3


def read_together(
    paths: Sequence[Path],
    config: LoadConfig,
    *,
    cancel: CancelToken | None = None,
    on_progress: OnProgress | None = None,
) -> Reading:
    """Read and clean every file; `load.pages` chooses pages of each. Refused ones are in `files` and `warnings`.

    `cancel` is as in `read_document`; `on_progress` hears of the pages of all PDFs opened so far. Raises
    DocumentError when none of them can be used, and ReadCancelledError.
    """
    pages: list[Page] = []
    warnings: list[str] = []
    files: list[FileRecord] = []
    titles: list[str] = []
    progress = _Progress(on_progress) if on_progress else None
    for path, name in zip(paths, short_names(paths), strict=True):
        record = FileRecord(name=name, first_page=len(pages) + 1, pages=0)
        files.append(record)
        try:
            hears = progress.next_file() if progress else None
            reading = read_document(path, config, cancel=cancel, on_progress=hears)
        except DocumentError as error:
            record["refused"] = str(error)
            warnings.append(f"Left out: {error}")
            continue
        titles += [reading["title"]] if reading["title"] not in titles else []
        warnings += [f"{name}: {warning}" for warning in reading["warnings"]]
        cleaned = clean_pages(reading["pages"], config)
        record["pages"], record["title"] = len(cleaned), reading["title"]
        pages += [_numbered(page, name, record["first_page"]) for page in cleaned]
    if not pages:
        problem = f"None of the {len(paths)} documents can be used: {files[0].get('refused', '')}".rstrip(".")
        raise DocumentError(problem)
    return Reading(title=_title(titles), pages=pages, warnings=warnings, files=files)


class _Progress:
    """One count of pages over all files."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._wanted = 0

    def next_file(self) -> OnProgress:
        """What is to hear of the next file."""
        before = self._wanted

        def tell(done: int, wanted: int) -> None:
            self._wanted = before + wanted
            self._on_progress(before + done, before + wanted)

        return tell


def _numbered(page: Page, name: str, first: int) -> Page:
    return {**page, "number": first - 1 + page["number"], "document": name, "document_page": page["number"]}


def _title(titles: list[str]) -> str:
    if len(titles) <= _TITLES:
        return "; ".join(titles)
    return f"{titles[0]}, and {len(titles) - 1} more"
