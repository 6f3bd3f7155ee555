"""Text -> sentences. Loses nothing: the parts joined are the text. Knows nothing about pages or tokens."""

import re

_CLOSING = "\"'”’」』»)]"
# "…" + 라고, 이라고, 고, 는, …: the sentence that quotes goes on after the quotation.
_QUOTATIVE = re.compile(
    r"(?:이?라[고는며]|이?라면서|하[고며]|[고는며]|면서|라|의|을|를|은|이|가|에|로|와|과|도|만)(?=[\s가-힣.,])"
)
_SPACED_QUOTATIVE = re.compile(r"(?:이?라[고는며]|이?라면서|하고|하며)(?=[\s.,])")
_MARKER = re.compile(r"\s*[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z가-하]|[ivxIVX]{1,5})[.)\]]+\s*")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:Eqs?|Figs?|Secs?|Nos?|pp?|Vols?|Chs?|Tabs?|Refs?|Defs?|Thms?|Arts?|vs|cf|al"
    r"|e\.g|i\.e|ca|approx|Dr|Prof|Mr|Mrs|Ms|St|Jr|Inc|U\.S)\.\s+$",
    re.IGNORECASE,
)
# "2024. 10. 11. 국회에서": a Korean date goes on with its month and day, and then the sentence does.
_DATE = re.compile(r"(?<!\d)(?:\d{4}|['’‘]\d\d)\.(\s?\d{1,2}\.){0,2}\s*$")
_LONG = 1000  # characters after which a quotation that never closes is taken for none
_ENDING = re.compile(
    r"(?<![.!?。！？])[.!?。！？]+[\"'”’」』)]*\s+(?=[A-Z\"“‘(가-힣])|(?<![。！？])[。！？]+[」』”’]*"
)
_DATE_GOES_ON = re.compile(r"\d{1,2}\.")
_IN_KOREAN = re.compile(r"[(~∼]?[가-힣]")
_CLAUSE = re.compile(r"[,;:،；：，、]\s*|\s[–—-]\s")
_SPACE = re.compile(r"\s+")


def split_sentences(text: str) -> list[str]:
    """Sentences of any language, each with the white space after it: "".join of them is `text`.

    A newline ends a sentence: cleaned text has one only after a paragraph, heading, list item or table row.
    """
    from sentencex import segment

    sentences: list[str] = []
    for line in text.splitlines(keepends=True):
        if sentences and not (line.strip() and sentences[-1].strip()):
            sentences[-1] += line  # a blank line belongs to what is before it
        else:
            pieces = [part for piece in segment("en", line) for part in _shorten(piece)]
            sentences.extend(_merge(pieces))
    return sentences


def _shorten(piece: str) -> list[str]:
    """Split at every sentence end, quoted or not, what is too long to be one sentence."""
    if len(piece) <= _LONG:
        return [piece]
    ends = [match.end() for match in _ENDING.finditer(piece)]
    return [part for start, end in zip([0, *ends], [*ends, len(piece)], strict=True) if (part := piece[start:end])]


def _merge(pieces: list[str]) -> list[str]:
    """Put together what was cut inside a sentence: quotations, abbreviations, list markers."""
    merged: list[str] = []
    for piece in pieces:
        if merged and _belongs(merged[-1], piece):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _belongs(before: str, piece: str) -> bool:
    if not piece.strip() or not before.strip():
        return True
    if _MARKER.fullmatch(before):
        return True
    if before.endswith(tuple(_CLOSING)) and _QUOTATIVE.match(piece):
        return True
    if before.rstrip().endswith(tuple(_CLOSING)) and _SPACED_QUOTATIVE.match(piece):
        return True
    if (date := _DATE.search(before[-20:])) and (
        _DATE_GOES_ON.match(piece) or (date[1] and _IN_KOREAN.match(piece))
    ):
        return True
    return bool(_ABBREVIATED.search(before[-16:])) and (piece[0].isdigit() or piece[0].islower())


def cut_point(text: str, limit: int) -> int:
    """Where to cut a text that has no sentence end before `limit` characters (limit >= 1, < len(text)).

    After a clause, else after a word, in the second half of what fits; else between any two characters that
    do not combine.
    """
    half = limit // 2
    for boundary in (_CLAUSE, _SPACE):
        ends = [match.end() for match in boundary.finditer(text, half, limit) if match.end() <= limit]
        if ends:
            return ends[-1]
    return limit - 1 if limit > 1 and _combines(text[limit]) else limit


def _combines(character: str) -> bool:
    from unicodedata import combining

    return bool(combining(character)) or character in "\u200d\ufe0f"
