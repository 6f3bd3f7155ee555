"""Where a part stands in its document: what goes before its text in the map prompt, with split.context.

A part that is read alone begins with "it" and "these", and its model does not know what the document is. Titles
and the last sentences before it tell. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graph.documents.config import Context
from graph.documents.types import Section
from graph.results.types import ChunkRecord
from llm.language.sentences import split_sentences
from llm.tokens import estimate_tokens

TAG = "context"

# Most tokens of all of it, which parts leave free, and of the sentences before a part.
CONTEXT_TOKENS = 200
_TAIL_TOKENS = 80

_TITLE_CHARACTERS = 80  # of one title, of which there are at most
_TITLES = 4


def part_contexts(
    context: Context,
    title: str,
    sections: Sequence[Section],
    chunks: Sequence[ChunkRecord],
    texts: Sequence[str],
) -> list[str]:
    """What goes before the text of each chunk; nothing where nothing is known, or wanted."""
    found = []
    for index, chunk in enumerate(chunks):
        lines = []
        if context in ("outline", "both"):
            lines.append(" > ".join(_clipped(one) for one in _path(title, sections, chunk)))
        if context in ("before", "both") and index and _go_together(chunks[index - 1], chunk):
            lines.append(_tail(texts[index - 1]))
        said = [line for line in lines if line]
        found.append("\n".join([f"<{TAG}>", *said, f"</{TAG}>"]) if said else "")
    return found


def _path(title: str, sections: Sequence[Section], chunk: ChunkRecord) -> list[str]:
    """The titles above a chunk, from that of its document to that of the innermost section it begins in."""
    inner = list(_above(sections, chunk["section"]))[::-1] if "section" in chunk else []
    outer = chunk.get("document", title)
    return [outer, *inner[-(_TITLES - 1) :]] if inner[:1] != [outer] else inner[-_TITLES:]


def _above(sections: Sequence[Section], index: int) -> Iterator[str]:
    """The titles of a section and of those it is in, the innermost first."""
    level = sections[index]["level"] + 1
    for section in reversed(sections[: index + 1]):
        if section["level"] < level:
            level = section["level"]
            yield section["title"]


def _go_together(before: ChunkRecord, chunk: ChunkRecord) -> bool:
    """Whether a reader of the second comes from the first: they are of one document, and of one chapter."""
    return all(before.get(key) == chunk.get(key) for key in ("document", "chapter"))


def _tail(text: str) -> str:
    """The last sentences of a text, as many as there is room for."""
    kept: list[str] = []
    for sentence in reversed(split_sentences(text)):
        kept.insert(0, sentence)
        if estimate_tokens("".join(kept)) > _TAIL_TOKENS:
            del kept[0]
            break
    return " ".join("".join(kept).split())


def _clipped(title: str) -> str:
    return title if len(title) <= _TITLE_CHARACTERS else f"{title[:_TITLE_CHARACTERS].rstrip()}…"
