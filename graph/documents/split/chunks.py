"""Pages -> chunks of whole sentences within a token budget.

Chunks are slices of the whole text, so nothing can be lost or come twice. Sentences are counted once to plan
the cuts, and each slice once more, because the tokens of a whole are not the sum of the tokens of its parts.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import groupby

from graph.documents.line import BAR
from graph.documents.split.plan import Unit, plan, sections
from graph.documents.types import Chunk, Page
from llm.language.joins import gap
from llm.language.marks import LINE_ENDED
from llm.language.sentences import cut_point, split_sentences

Count = Callable[[str], int]

_ENDED = re.compile(LINE_ENDED)
_LONG_CHARACTERS = 4000  # sentences longer than this are not counted in one piece
_FULL_LINE = 60  # letters of a line that may have broken off because it was full; half as many of wide ones
_LONGEST_ROW = 400  # characters of a row of a table
_BETWEEN_DOCUMENTS = "\n\n"
_PARAGRAPH, _SENTENCE, _ROW, _INSIDE = 0.0, 0.1, 0.3, 0.5  # price of a cut after each, as a share of a chunk


def split_pages(pages: list[Page], *, budget_tokens: int, count_tokens: Count) -> list[Chunk]:
    """The fewest chunks that fit, of even size, cut at sentence ends, at paragraph ends where that is cheap.

    A long text is planned in sections of pages that take about three chunks, so that a change on one page moves
    no cut outside of its section. Of several documents each is split as if it were alone.

    `chunk["tokens"] == count_tokens(chunk["text"]) <= budget_tokens` for any tokenizer. Only a sentence that
    is over budget alone is cut, at a clause, a word, or a character. Raises ValueError when not even one
    character fits the budget.
    """
    if budget_tokens < 1:
        raise ValueError(f"budget_tokens must be at least 1, not {budget_tokens}")
    chunks: list[Chunk] = []
    position = 0
    for document in _documents(pages):
        text, starts, numbers = _whole(document)
        before = document[0]["number"] - document[0].get("document_page", document[0]["number"])
        units = _units(text, budget_tokens, count_tokens)
        spans = (
            span
            for section in sections(units, starts, numbers, budget_tokens)
            for span in _fitting(text, section, budget_tokens, count_tokens)
        )
        for start, end, tokens in spans:
            chunks.append(
                Chunk(
                    id=f"chunk-{len(chunks) + 1:04d}",
                    text=text[start:end],
                    tokens=tokens,
                    start=position + start,
                    first_page=before + numbers[bisect_right(starts, start) - 1],
                    last_page=before + numbers[bisect_right(starts, end - 1) - 1],
                )
            )
        position += len(text) + len(_BETWEEN_DOCUMENTS)
    return chunks


def whole_text(pages: list[Page]) -> str:
    """The text of all pages, of which every chunk is a slice."""
    return _BETWEEN_DOCUMENTS.join(_whole(document)[0] for document in _documents(pages))


def _documents(pages: list[Page]) -> list[list[Page]]:
    """The pages of each document."""
    return [list(group) for _, group in groupby(pages, key=lambda page: page.get("document"))]


def _whole(pages: list[Page]) -> tuple[str, list[int], list[int]]:
    """The text of a document, where each page starts in it, and the numbers of these pages in the document."""
    parts: list[str] = []
    starts: list[int] = []
    numbers: list[int] = []
    position = 0
    for page in pages:
        text = page["text"].strip()
        if not text:
            continue
        if parts:
            parts.append(_between(parts[-1], text))
            position += len(parts[-1])
        starts.append(position)
        numbers.append(page.get("document_page", page["number"]))
        parts.append(text)
        position += len(text)
    return "".join(parts), starts, numbers


def _between(before: str, after: str) -> str:
    """A space where a sentence goes on over the page break, else a paragraph end."""
    last = before[before.rfind("\n") + 1 :].rstrip()
    if _ENDED.search(last):
        return "\n\n"
    if _is_row(last) or _is_row(_line_at(after, 0)):
        return "\n"
    between = gap(before, after)
    return between if after[0].islower() or len(last) >= (_FULL_LINE if between else _FULL_LINE // 2) else "\n"


def _units(text: str, budget: int, count: Count) -> list[Unit]:
    units: list[Unit] = []
    position = 0
    base = count("")  # what the tokenizer adds to every text, such as a start token
    for sentence in _whole_rows(split_sentences(text)):
        end = position + len(sentence)
        price = _PARAGRAPH if "\n" in sentence[len(sentence.rstrip()) :] else _SENTENCE
        if _is_row(sentence) and _is_row(_line_at(text, end)):
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
    return ["".join(line)] if len(line) > 1 and _is_row("".join(line)) else line


def _is_row(line: str) -> bool:
    """Whether a line is a row of a table, not a paragraph with a formula."""
    return BAR in line and len(line) <= _LONGEST_ROW


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start, start + _LONGEST_ROW)
    return text[start : end if end >= 0 else start + _LONGEST_ROW + 1]


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
