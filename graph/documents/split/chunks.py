"""Pages -> chunks of whole sentences within a token budget.

Chunks are slices of the whole text, so nothing can be lost or come twice. Sentences are counted once to plan
the cuts, and each slice once more, because the tokens of a whole are not the sum of the tokens of its parts.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from graph.documents.chapters import chapter_starts, find_chapters
from graph.documents.line import LONGEST_ROW, is_row
from graph.documents.sections import find_sections, section_at
from graph.documents.split.plan import Unit, chapters, plan, stretches
from graph.documents.split.whole_text import DocumentText, document_texts
from graph.documents.types import Chunk, Page, Section
from llm.language.detect import detect_language
from llm.language.sentences import cut_point, split_sentences

Count = Callable[[str], int]

_LONG_CHARACTERS = 4000  # sentences longer than this are not counted in one piece
# Price of a cut after each, as a share of a chunk. Between sections it is worth something.
_CHAPTER, _SECTION, _PARAGRAPH, _SENTENCE, _ROW, _HEADING, _INSIDE = -0.2, -0.15, 0.0, 0.1, 0.3, 0.4, 0.5


def split_pages(
    pages: list[Page], *, budget_tokens: int, count_tokens: Count, by_chapter: bool = False
) -> list[Chunk]:
    """The fewest chunks that fit, of even size, cut at sentence ends; where it is cheap, at the ends of paragraphs
    and sections.

    A chapter that fills its chunks shares none with its neighbours. A long text is planned in stretches of pages
    that take about three chunks, so that a change on one page moves no cut outside of its stretch. Of several
    documents each is split as if it were alone. `by_chapter` mixes no chapters, and says of each chunk which
    one it is of; it changes nothing where a document has no two.

    `chunk["tokens"] == count_tokens(chunk["text"]) <= budget_tokens` for any tokenizer. Only a sentence that
    is over budget alone is cut, at a clause, a word, or a character. Raises ValueError when not even one
    character fits the budget.
    """
    if budget_tokens < 1:
        raise ValueError(f"budget_tokens must be at least 1, not {budget_tokens}")
    chunks: list[Chunk] = []
    outline = find_sections(pages)
    section_starts = [section["start"] for section in outline]
    for document in document_texts(pages):
        text, starts = document.text, document.starts
        first = bisect_left(section_starts, document.position)
        own = outline[first : bisect_right(section_starts, document.position + len(text))]
        units = _units(document, own, budget_tokens, count_tokens)
        for chapter, group in _groups(document, own, first, units, budget_tokens, by_chapter):
            for start, end, tokens in _spans(document, group, budget_tokens, count_tokens):
                chunk = Chunk(
                    id=f"chunk-{len(chunks) + 1:04d}",
                    text=text[start:end],
                    tokens=tokens,
                    start=document.position + start,
                    first_page=document.filled[bisect_right(starts, start) - 1]["number"],
                    last_page=document.filled[bisect_right(starts, end - 1) - 1]["number"],
                )
                if (section := section_at(outline, chunk["start"])) is not None:
                    chunk["section"] = section
                if chapter is not None:
                    chunk["chapter"] = chapter
                chunks.append(chunk)
    return chunks


def _groups(
    document: DocumentText, own: Sequence[Section], first: int, units: list[Unit], budget: int, by_chapter: bool
) -> Iterator[tuple[int | None, list[Unit]]]:
    """Units that share chunks, and the section that they are the chapter of."""
    if by_chapter and (found := find_chapters(document, own, first)):
        edges = [bisect_left(units, chapter.start, key=lambda unit: unit.start) for chapter in found]
        for chapter, start, end in zip(found, edges, [*edges[1:], len(units)], strict=True):
            yield chapter.section, units[start:end]
        return
    begins = [own[index]["start"] - document.position for index in chapter_starts(own)]
    for group in chapters(units, begins, budget):
        yield None, group


def _spans(document: DocumentText, units: list[Unit], budget: int, count: Count) -> Iterator[tuple[int, int, int]]:
    positions = [page.get("document_page", page["number"]) for page in document.filled]
    for stretch in stretches(units, document.starts, positions, budget):
        yield from _fitting(document.text, stretch, budget, count)


def _units(document: DocumentText, sections: list[Section], budget: int, count: Count) -> list[Unit]:
    """The sentences. No sentence goes on from one section into the next, and none from a heading into its text."""
    begins = {section["start"] - document.position: section["level"] for section in reversed(sections)}
    heads = {begin: _line_end(document.text, begin) for begin in begins}
    edges = sorted({0, *begins, *heads.values(), len(document.text)})
    language = detect_language(document.text)
    units: list[Unit] = []
    for start, end in pairwise(edges):
        found = _sentences(document.text[start:end], start, language, budget, count)
        if start in heads and found:
            found[-1] = found[-1]._replace(price=_HEADING)
        elif end in begins and found:
            found[-1] = found[-1]._replace(price=_CHAPTER if begins[end] == 1 else _SECTION)
        units += found
    return units


def _line_end(text: str, start: int) -> int:
    """Behind the line that begins there, its end included."""
    end = text.find("\n", start)
    return len(text) if end < 0 else end + len(text[end:]) - len(text[end:].lstrip())


def _sentences(text: str, position: int, language: str, budget: int, count: Count) -> list[Unit]:
    units: list[Unit] = []
    first = position
    base = count("")  # what the tokenizer adds to every text, such as a start token
    for sentence in _whole_rows(split_sentences(text, language)):
        end = position + len(sentence)
        price = _PARAGRAPH if "\n" in sentence[len(sentence.rstrip()) :] else _SENTENCE
        if is_row(sentence) and is_row(_line_at(text, end - first)):
            price = _ROW
        pieces = list(_pieces(sentence, budget, count))
        sizes = [max(0, tokens - base) for _, tokens in pieces]
        if sum(sizes) + base <= budget:
            units.append(Unit(position, end, sum(sizes), price))
        else:
            for (piece, _), size in zip(pieces, sizes, strict=True):
                units.append(Unit(position, position + len(piece), size, _INSIDE))
                position += len(piece)
            units[-1] = units[-1]._replace(price=price)
        position = end
    return units


def _whole_rows(sentences: list[str]) -> Iterator[str]:
    """The sentences, those of a row of a table as one: a row is a line."""
    line: list[str] = []
    for sentence in sentences:
        line.append(sentence)
        if sentence.endswith("\n"):
            yield from _row_or_sentences(line)
            line = []
    yield from _row_or_sentences(line)


def _row_or_sentences(line: list[str]) -> list[str]:
    return ["".join(line)] if len(line) > 1 and is_row("".join(line)) else line


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start, start + LONGEST_ROW)
    return text[start : end if end >= 0 else start + LONGEST_ROW + 1]


def _pieces(sentence: str, budget: int, count: Count) -> Iterator[tuple[str, int]]:
    """The sentence in pieces that fit the budget, each with its count; one piece when it fits whole."""
    while len(sentence) > _LONG_CHARACTERS:
        cut = cut_point(sentence, _LONG_CHARACTERS)
        yield from _pieces(sentence[:cut], budget, count)
        sentence = sentence[cut:]
    tokens = count(sentence)
    while tokens > budget:
        if len(sentence) == 1:
            raise ValueError(f"budget_tokens={budget} is less than the {tokens} tokens of {sentence!r}")
        limit = max(1, min(len(sentence) - 1, len(sentence) * budget // tokens))
        piece, size = _shrink(sentence, limit, budget, count)
        yield piece, size
        sentence = sentence[len(piece) :]
        tokens = count(sentence)
    if sentence:
        yield sentence, tokens


def _shrink(sentence: str, limit: int, budget: int, count: Count) -> tuple[str, int]:
    """The start of the sentence, at most `limit` characters, made shorter until it fits."""
    while True:
        piece = sentence[: cut_point(sentence, limit)]
        tokens = count(piece)
        if tokens <= budget:
            return piece, tokens
        if limit == 1:
            raise ValueError(f"budget_tokens={budget} is less than the {tokens} tokens of {piece!r}")
        limit = max(1, min(limit - 1, limit * budget // tokens))


def _fitting(text: str, units: list[Unit], budget: int, count: Count) -> Iterator[tuple[int, int, int]]:
    """(start, end, tokens) of every chunk, stripped. What turns out over budget is planned again, tighter."""
    plans = [(units, budget)]
    while plans:
        group, target = plans.pop()
        planned = plan(group, target)
        if len(planned) == 1:
            start, end = _strip(text, group[0].start, group[-1].end)
            if start == end:
                continue
            tokens = count(text[start:end])
            if tokens <= budget:
                yield start, end, tokens
                continue
            if len(group) == 1:
                planned = [[unit] for unit in _halves(text, group[0], tokens)]
            else:
                tighter = min(target - 1, sum(unit.tokens for unit in group) - 1, target * budget // tokens)
                if tighter >= 1:
                    plans.append((group, tighter))
                    continue
                planned = [group[: len(group) // 2], group[len(group) // 2 :]]
        plans.extend((part, target) for part in reversed(planned))


def _halves(text: str, unit: Unit, tokens: int) -> list[Unit]:
    """A unit that fitted with its white space and does not without: cut in two. Tokenizers may do that."""
    if unit.end - unit.start < 2:
        raise ValueError(f"the budget is less than the {tokens} tokens of {text[unit.start : unit.end]!r}")
    cut = unit.start + cut_point(text[unit.start : unit.end], (unit.end - unit.start + 1) // 2)
    half = unit.tokens // 2
    return [Unit(unit.start, cut, half, _INSIDE), Unit(cut, unit.end, unit.tokens - half, unit.price)]


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
