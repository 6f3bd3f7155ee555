"""LangChain Documents -> pages, by their `page_content` and `metadata` alone: no LangChain is imported.

Over a network (LangGraph's server, tools) every input is JSON, so documents may be dicts and texts too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

from graph.documents.characters import plain
from graph.documents.errors import NotADocumentError, NoTextError
from graph.documents.types import FileRecord, Page, Reading


class DocumentLike(Protocol):
    """What a LangChain Document has. `metadata["page"]` counts from 0, as LangChain's PDF loaders count."""

    @property
    def page_content(self) -> str: ...

    @property
    def metadata(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class _Plain:
    """A document that came as JSON."""

    page_content: str
    metadata: Mapping[str, Any]


def pages_from_documents(documents: Iterable[DocumentLike | Mapping[str, Any] | str]) -> Reading:
    """One page per value of `metadata["page"]`, in order of first appearance within a source, then by number.

    Documents of several sources follow one another and are numbered on, as are documents without a page.
    `page_label` becomes the label; of a PDF only if it is more than a count of the pages, which loaders give for
    want of labels. A document may also be a text, or a dict: `{"page_content": ..., "metadata": {...}}`, or what
    `dumpd` of LangChain writes.

    Raises:
        NotADocumentError: it is none of these, or its content is not text.
        NoTextError: no document holds text.
    """
    pages: list[Page] = []
    places: dict[tuple[str, int], Page] = {}
    title = ""
    offset, last, source = 0, 0, None
    for document in _read(documents):
        metadata = document.metadata
        name = str(metadata.get("source") or "")
        if source is not None and name != source:
            offset = last
        source = name
        title = title or _title(metadata)
        index = _page_index(metadata)
        if index is not None and (known := places.get((name, index))):
            known["text"] = f"{known['text']}\n\n{plain(document.page_content)}".strip()
            continue
        number = last + 1 if index is None else offset + index + 1
        last = max(last, number)
        page = Page(
            number=number,
            label=_label(metadata, index, number),
            text=plain(document.page_content),
            status="read",
        )
        pages.append(page)
        if index is not None:
            places[name, index] = page
    title, pages = title or "Document", _ordered(pages)
    files = [FileRecord(name=title, first_page=1, pages=len(pages))]
    return Reading(title=title, pages=pages, warnings=[], files=files)


def _read(documents: object) -> Iterator[_Plain]:
    if isinstance(documents, str | bytes | Mapping) or not isinstance(documents, Iterable):
        raise NotADocumentError(f"documents: a list is wanted, not {_kind(documents)}", _WANTED)
    for number, given in enumerate(documents):
        where, found = f"documents[{number}]", given
        if isinstance(given, str):
            found = {"page_content": given}
        elif isinstance(given, Mapping) and given.get("type") == "constructor":
            found = given.get("kwargs")
        if isinstance(found, Mapping):
            content, metadata = found.get("page_content"), found.get("metadata")
        else:
            content, metadata = getattr(found, "page_content", None), getattr(found, "metadata", None)
        if not isinstance(content, str):
            has = (
                f"{_kind(given)} without page_content" if content is None else f"page_content is {_kind(content)}"
            )
            raise NotADocumentError(f"{where}: {has}", _WANTED)
        if metadata is not None and not isinstance(metadata, Mapping):
            raise NotADocumentError(f"{where}: metadata is {_kind(metadata)}", "give a dict, or leave it out")
        yield _Plain(content, metadata or {})


_WANTED = 'give LangChain Documents, {"page_content": ..., "metadata": {...}}, or texts'


def _kind(value: object) -> str:
    return {dict: "a dict", list: "a list", type(None): "nothing"}.get(type(value), type(value).__name__)


def _ordered(pages: list[Page]) -> list[Page]:
    for page in pages:
        if not page["text"].strip():
            page["text"], page["status"] = "", "empty"
    if not any(page["text"] for page in pages):
        raise NoTextError("None of the documents contains any text", "check the loader that made them")
    return sorted(pages, key=lambda page: page["number"])


def _label(metadata: Mapping[str, Any], index: int | None, number: int) -> str | None:
    label = _line(metadata.get("page_label"))
    if index is None or PurePath(str(metadata.get("source") or "")).suffix.casefold() != ".pdf":
        return label or str(number)
    return None if label == str(index + 1) else label or None


def _page_index(metadata: Mapping[str, Any]) -> int | None:
    """The page, counted from 0, or None where there is none, or it is not a number."""
    page = metadata.get("page")
    if isinstance(page, bool) or not isinstance(page, int | str):
        return None
    try:
        return max(0, int(page))
    except ValueError:
        return None


def _title(metadata: Mapping[str, Any]) -> str:
    return _line(metadata.get("title")) or _line(PurePath(str(metadata.get("source") or "")).stem)


def _line(value: object) -> str:
    """A value of metadata as one line of text; "" for none."""
    return " ".join(plain(str(value or "")).split())
