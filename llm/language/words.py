"""Text -> words, and what two texts share: stems of words, pairs of characters where words have no spaces."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from llm.language.marks import HANGUL, UNSPACED

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer

# A word, or a run of a script that has no words to be seen, as a pattern for `regex`; and the same for ASCII
# alone, which `re` does six times as fast.
WORDS = (
    rf"(?P<hangul>[{HANGUL}]+)|(?P<unspaced>[{UNSPACED}]+)"
    rf"|(?P<word>(?![{HANGUL}{UNSPACED}])\p{{L}}\p{{M}}*(?:(?![{HANGUL}{UNSPACED}])[\p{{L}}\p{{N}}]\p{{M}}*)*)"
)
ASCII_WORDS = r"(?P<word>[A-Za-z][A-Za-z0-9]*)"

STOP_WORDS = frozenset(
    re.findall(
        "[a-z]+",
        """
        a about above after again all also although am among an and any are as at be because been before
        being below between both but by can cannot could did do does doing don done down during each
        either else few for from further had has have having he her here hers him his how however i if in
        into is isn it its itself just least less may me might more most much must my nor of off on
        once only or other our out over own per same shall she should since so some such t than that the their
        them then there these they this those through thus to too under until up upon us very via was we
        were what when where whether which while who whom whose why will with within would yet you your s
        d ll m o re ve one
        actually ain couldn didn doesn get go going gonna got hadn hasn hmm know kind like lot
        maybe mean mm ok okay really said say says shouldn something sort thing things think uh um
        want wanna wasn well won wouldn yeah yep yes oh let
        """,
    )
)
_SNOWBALL = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_stemmers = threading.local()  # a stemmer keeps the word that it is at


def normal(word: str) -> str:
    """A word in the form in which words are compared: composed, full-width letters as others, no capitals."""
    return unicodedata.normalize("NFKC", word).casefold()


def pairs(run: str) -> tuple[str, ...]:
    """Neighbouring characters of a run, each two; or the one there is."""
    return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """A word in its normal form without its endings, as Snowball cuts them; the word where it has no rules."""
    algorithm = _SNOWBALL.get(language)
    return str(_stemmer(algorithm).stemWord(word)) if algorithm else word


def _stemmer(algorithm: str) -> BaseStemmer:
    stemmer: BaseStemmer | None = getattr(_stemmers, algorithm, None)
    if stemmer is None:
        from snowballstemmer import stemmer as make

        stemmer = make(algorithm)
        setattr(_stemmers, algorithm, stemmer)
    return stemmer
