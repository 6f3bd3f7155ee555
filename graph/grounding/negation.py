"""Which words of a sentence are denied. English and Korean; knows nothing of sources or scores."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graph.grounding.words import Word

# English denies what comes next: "not significant", "without a parser". "Not only" denies nothing.
_FORWARD = re.compile(
    r"\b(?:(?:can|is|are|was|were|do|does|did|has|have|had|would|could|should|will|wo|must|need)n['’]?t|cannot"
    r"|not(?! only| just| merely| necessarily)|no(?!\.| doubt| less| later| sooner| fewer)"
    r"|never|none|nothing|neither|nor|without|hardly)\b|(?<![가-힣])안(?=\s[가-힣])",
    re.IGNORECASE,
)
# Korean denies what came before: "증가하지 않았다", "효과가 없다".
_BACKWARD = re.compile(r"(?<!못지)(?<!수 )(?<!수밖에 )(?:않|(?<![가-힣])(?:없|못|아니|아닌|아님))")
_NOT_ONLY = re.compile(r"뿐(?:만)?\s?아니")
_CLAUSE_END = re.compile(r"[.;:!?]\s|,\s|\bbut\b")
_SCOPE = 2


def denied_words(text: str, words: Sequence[Word]) -> set[int]:
    """The indices of those `words` of `text` that a negation speaks of, as far as the words next to it tell."""
    denied: set[int] = set()
    for cue in _FORWARD.finditer(text):
        after = [i for i, word in enumerate(words) if word.start >= cue.end()][:_SCOPE]
        denied.update(i for i in after if not _CLAUSE_END.search(text, cue.end(), words[i].start))
    not_only = [match.end() for match in _NOT_ONLY.finditer(text)]
    for cue in _BACKWARD.finditer(text):
        if cue.end() not in not_only:
            denied.update([i for i, word in enumerate(words) if word.end <= cue.start()][-_SCOPE:])
    return denied
