"""Documents of all kinds to pages to chunks. Knows nothing of models, prompts, graphs or LangChain.

    paths = find_documents(["reports/"])  # find.py: folders to files
    reading = read_document(paths[0], load)  # read.py: by its content a file goes to pdf/, office/ or text.py
    pages = clean_pages(reading["pages"], load)  # clean/: page headers, references and the like are left out
    outline = find_sections(pages)  # sections.py: chapters, and which stretch of the text each is
    chunks = split_pages(pages, budget_tokens=1500, count_tokens=count)  # split/: whole sentences

merge.py reads several files as one document, from_langchain.py takes LangChain's Documents. cancel.py ends a read
from outside. Settings are in config.py, values in types.py, refusals in errors.py.

Names are loaded on first use, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph.documents.cancel import CancelToken as CancelToken
    from graph.documents.cancel import ReadCancelledError as ReadCancelledError
    from graph.documents.cancel import cancellable as cancellable
    from graph.documents.clean.steps import clean_pages as clean_pages
    from graph.documents.config import LoadConfig as LoadConfig
    from graph.documents.config import SplitConfig as SplitConfig
    from graph.documents.errors import DocumentError as DocumentError
    from graph.documents.find import find_documents as find_documents
    from graph.documents.from_langchain import pages_from_documents as pages_from_documents
    from graph.documents.merge import read_together as read_together
    from graph.documents.read import read_document as read_document
    from graph.documents.sections import find_sections as find_sections
    from graph.documents.split.chunks import split_pages as split_pages
    from graph.documents.split.whole_text import whole_text as whole_text
    from graph.documents.types import Chunk as Chunk
    from graph.documents.types import OnProgress as OnProgress
    from graph.documents.types import Page as Page
    from graph.documents.types import PageStatus as PageStatus
    from graph.documents.types import Reading as Reading
    from graph.documents.types import Section as Section
    from llm.language.sentences import split_sentences as split_sentences

_ROOMS = {
    "CancelToken": "cancel",
    "ReadCancelledError": "cancel",
    "Chunk": "types",
    "DocumentError": "errors",
    "LoadConfig": "config",
    "OnProgress": "types",
    "Page": "types",
    "PageStatus": "types",
    "Reading": "types",
    "Section": "types",
    "SplitConfig": "config",
    "cancellable": "cancel",
    "clean_pages": "clean.steps",
    "find_documents": "find",
    "find_sections": "sections",
    "pages_from_documents": "from_langchain",
    "read_document": "read",
    "read_together": "merge",
    "split_pages": "split.chunks",
    "split_sentences": "llm.language.sentences",
    "whole_text": "split.whole_text",
}
__all__ = list(_ROOMS)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_module(name)), name)
    globals()[name] = value
    return value


def _module(name: str) -> str:
    room = _ROOMS[name]
    return room if room.startswith("llm.") else f"{__name__}.{room}"


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
