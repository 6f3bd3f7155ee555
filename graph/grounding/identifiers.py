"""What only points at things: docket and case numbers, addresses, ISBNs. Knows nothing of passages.

They are rare words, so that a sentence that shares nothing else with a document would look well supported.
"""

from __future__ import annotations

import re

_CODE = r"[\w:./-]{0,40}\d[\w:./-]{0,40}\w|\d"
_FILED = (
    r"docket|case|file|application|order|document|report|reference|ref|patent|account|invoice|grant|contract"
    r"|serial|registration|permit|petition|register|filing"
)
_IDENTIFIER = re.compile(
    r"(?:https?://|www\.)[^\s<>()]*[\w/]"  # addresses
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w"
    r"|(?:\bdoi:?\s*)?\b10\.\d{4,9}/[^\s<>()]*\w"  # publications
    r"|\b(?:ISBN|ISSN|PMID|RIN|CIK|arXiv)(?:-1[03])?[:\s]*(?=[\w.-]*\d)\w[\w.-]*\w"
    rf"|\b(?:{_FILED})\s+(?:(?:no|nos|number)\b\.?|#)\s*:?\s*(?:{_CODE})"  # what offices and courts count
    rf"|\b(?:docket|case|file|patent|permit|petition)\s+(?=\S*\d)(?=\S*[-:/])(?:{_CODE})"
    r"|\b(?=[\w:/-]{0,40}[A-Za-z])(?=(?:[\w:/-]{0,40}?\d){4})\w+(?:[-:/]\w+)+"  # letters, and four digits at least
    r"|(?:사건|문서|접수|등록|관리|특허|허가|의안|공고|고시)\s?번호(?:은|는|가|인)?\s*:?\s*제?\s*[\w-]*\d[\w-]*"
    r"|제?\d{4}-\d+\s?호|\b\d{4}[가-힣]{1,3}\d{2,}\b",
    re.IGNORECASE,
)


def without_identifiers(text: str) -> str:
    """The text with blanks in their places."""
    return _IDENTIFIER.sub(lambda found: " " * len(found[0]), text)
