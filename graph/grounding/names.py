"""Which words of a sentence are names, as far as capital letters tell. Knows nothing of sources or pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from graph.grounding.words import Word

_WORD = re.compile(r"[^\W\d_]+")
_ACRONYM = re.compile(r"(?!M{0,3}[CDLXVI]+$)(?=.*[^\W\d_])(?:[A-Z0-9]{2,}s?|[A-Za-z]*[a-z0-9][A-Z]\w*)$")
# A capital after these opens a sentence, a quotation or the second half of a compound.
_OPENING = re.compile(r"(?:^|[.!?:;•(\[\"“”‘'’«»*_/—–-])\W*$")
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Gov|Gen|St|U\.S|U\.K)\.\s*$")
_CASELESS = re.compile(r"\s?[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_NO_NAMES = frozenset(
    re.findall(
        "[a-z]+",
        """
        monday tuesday wednesday thursday friday saturday sunday january february march april june july
        august september october november december english internet figure figures fig table tables tab
        section sections chapter chapters page pages appendix part equation mr mrs ms dr prof
        """,
    )
)
_SMALL = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_MOST_CAPITALS = 0.25  # of the words inside sentences; German has more, and its capitals tell nothing
_FEW_WORDS = 20  # added to them: a sentence or two do not tell which language writes nouns large
_PREFIX = 4
# "(Sutton et al., 2019", "(Sutton and Barto 2018": names, though a bracket opens before them.
_CITED = re.compile(r"[^\W\d_]+(?:\s(?:et al|and|&)\b|,?\s(?:1[89]|20)\d\d)")
_SPELLED_NAME = re.compile(r"[^\W\d_]*[^\W\d_A-Z][^\W\d_]*$")
# Names are small there, and no words: "ada.brandt@example.org", "{ada,jonas}@example.org".
_ADDRESS = re.compile(r"\{[^{}\n]{1,200}\}\s?@\S+|[\w.+-]+@[\w-]+|https?://\S+|www\.\S+")
_BETWEEN = r"(?:\s+[A-Z]\w*\.?){0,2}[\s-]+"  # first and last name, with what may stand between


def capitals_tell(texts: Iterable[str]) -> bool:
    """Whether the language writes names alone with a capital letter, by the words inside of its sentences."""
    inner: list[str] = [word for text in texts for word in _WORD.findall(text)[1:]]
    return sum(map(str.isupper, (word[0] for word in inner))) <= _MOST_CAPITALS * (len(inner) + _FEW_WORDS)


def names_in(text: str, words: Sequence[Word], *, by_capitals: bool = True) -> list[int]:
    """The indices of those `words` of `text` that are names: capitalised inside the sentence, or acronyms."""
    found = []
    for index, word in enumerate(words):
        name = text[word.start : word.end]
        if not name[0].isalpha() or name.casefold() in _NO_NAMES:
            continue
        if _ACRONYM.match(name) or (by_capitals and _inside(text, word) and name[0].isupper() and len(name) > 1):
            found.append(index)
    return found


def _inside(text: str, word: Word) -> bool:
    """Whether no capital is due at the word: it opens nothing, or letters without capitals go on after it."""
    opens = _OPENING.search(text, max(0, word.start - 4), word.start)
    titled = _TITLE.search(text, max(0, word.start - 8), word.start)
    is_cited = word.start > 0 and text[word.start - 1] in "([" and _CITED.match(text, word.start)
    return not opens or bool(titled or is_cited or _CASELESS.match(text, word.end))


def joined_names(text: str, words: Sequence[Word], names: Sequence[int]) -> list[tuple[str, str]]:
    """Names that stand side by side, as first and last names do; not acronyms."""
    pairs = []
    for i in names:
        first, second = (text[words[k].start : words[k].end] for k in (max(0, i - 1), i))
        is_beside = i > 0 and text[words[i - 1].end : words[i].start] == " "
        if is_beside and first[0].isupper() and _SPELLED_NAME.match(first) and _SPELLED_NAME.match(second):
            pairs.append((first, second))
    return pairs


def stand_together(first: str, second: str, text: str) -> bool:
    """Whether two names are one in `text`, or one of them is a word there as well, or is not there at all."""
    text = _without_addresses(text)
    for name in (first, second):
        if not re.search(rf"\b{name}", text) or re.search(rf"\b{name.lower()}\b", text):
            return True
    return bool(re.search(rf"\b{first}{_BETWEEN}{second}|\b{second},\s+{first}", text))


@lru_cache(maxsize=2)
def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(" ", text)


def is_named(name: str, terms: Sequence[str], known: set[str], texts: Sequence[str]) -> bool:
    """Whether a name of these terms is `known`, as "Korean" may be by "Korea", or abbreviates one of `texts`."""
    return all(term in known or _derived(term, known) for term in terms) or (
        bool(_ACRONYM.match(name)) and any(_abbreviates(name, text) for text in texts)
    )


def _derived(term: str, known: set[str]) -> bool:
    length = max(_PREFIX, len(term) - 3)
    return any(other.startswith(term[:length]) and abs(len(other) - len(term)) <= 3 for other in known)


def _abbreviates(name: str, text: str) -> bool:
    letters = name.rstrip("s").casefold()
    words = _WORD.findall(text.casefold())
    initials = ("".join(word[0] for word in some) for some in (words, [w for w in words if w not in _SMALL]))
    return len(letters) > 1 and any(letters in some for some in initials)
