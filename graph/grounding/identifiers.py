"""What in a sentence only says which thing is meant: docket and case numbers, addresses, ISBNs, whole dates.

A passage that shares nothing else with a sentence does not say the same.
"""

from __future__ import annotations

import re

from graph.grounding.alignment import Alignment, Claim

_LEAST_HELD = 0.25  # of what the other words weigh, for a sentence to rest on them
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_IDENTIFIER = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+\.\w+"
    r"|(?:\b(?:docket|case|file|order|bill|isbn|issn|doi|rin|ref(?:erence)?|n[or]s?\.|number|#)[\s.:#]*)+"
    r"(?=[^\s\d]*\d)[\w./:-]*[^\W_]"
    r"|\b[A-Z][A-Z\d]*(?:[-/][A-Z\d]+)*[-/](?=[\d/-]{4})[\dA-Z/-]*\d"  # EPA-HQ-2023-0142
    rf"|\b{_MONTH}\s\d{{1,2}},?\s\d{{4}}\b|\b\d{{1,2}}\.?\s{_MONTH}\s\d{{4}}\b"
    r"|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b"
    r"|\d{4}\s?[년年]\s?\d{1,2}\s?[월月]\s?\d{1,2}\s?[일日]"
    r"|(?:(?:사건|문서|관리|등록|접수|의안|공고|고시|법률)\s?(?:번호)?\s?)?"
    r"(?:제\s?\d[\d-]{3,}\s?호|\d{2,4}[가-힣]{1,3}\d{2,})",
    re.IGNORECASE,
)


def rests_on_identifiers(claim: Claim, alignment: Alignment) -> bool:
    """Whether a sentence has such identifiers, and of its other words the evidence has next to none."""
    spans = [match.span() for match in _IDENTIFIER.finditer(claim.text)]
    if not spans:
        return False
    others = [i for i, word in enumerate(claim.words) if not any(a <= word.start < b for a, b in spans)]
    credits = [alignment.credit[match.passage] for match in alignment.matches]
    held = sum(claim.weights[i] * max((credit[i] for credit in credits), default=0.0) for i in others)
    return held <= _LEAST_HELD * sum(claim.weights[i] for i in others)
