"""What a text file is, told by its content: whatever it is called, nothing is summarized with its markup."""

import json
import re
from typing import Literal

Format = Literal["html", "rtf", "tex", "mail", "subtitles", "notebook", "xml"]

_START = 8192  # characters that are looked at
_HTML = re.compile(
    r"(?:\s|<!--.*?-->|<\?xml.*?\?>)*<(?:!doctype\s+html|(?:html|head|body|title|meta|script|style)\b[^<]*>)",
    re.IGNORECASE | re.DOTALL,
)
# A part of a page, unless Markdown goes on behind it: "<div align="center">" begins many a README.
_PART = re.compile(r"\s*<(?:div|article|section|main|p|h[1-6]|ul|ol|table|span)\b[^<]*>", re.IGNORECASE)
_TAGGED = re.compile(r"</[a-z][a-z0-9]*>\s*$|^\s*<[^<>]+>\s*$", re.IGNORECASE)
_MARKED = re.compile(r"^ {0,3}(?:#{1,6}[ \t]|```|~~~|[-*+] )", re.MULTILINE)
_XML = re.compile(r"\s*<(?:\?xml\s|svg\b|[\w:.-]+\s[^<>]*\bxmlns\b)")
_RTF = re.compile(r"\s*\{\\rtf\d?")
_TEX = re.compile(r"^[ \t]*\\(?:documentclass|documentstyle)\b[^\n]*\{|^[ \t]*\\begin\{document\}", re.MULTILINE)
_TEX_HEADING = re.compile(r"^[ \t]*\\(?:part|chapter|(?:sub)*section)\*?\{", re.MULTILINE)  # a chapter's own file
_TEX_COMMAND = re.compile(r"\\(?:label|cite\w*|ref|emph|text(?:bf|it|tt)|begin|item|footnote)\b")
_TIME = r"(?:\d{1,3}:)?[0-5]\d:[0-5]\d[.,]\d{3}"
CUE = re.compile(rf"^\s*{_TIME}[ \t]+-->[ \t]+{_TIME}", re.MULTILINE)
_HEADER = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*\S?", re.MULTILINE)
_FROM = re.compile(r"From \S+.*\d\n")
# Headers that make a mail of a text that begins with three lines of this form. Minutes begin so too: "Date: ...".
_MAIL = {
    "from",
    "to",
    "subject",
    "date",
    "cc",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "reply-to",
}
_SURE = {"message-id", "mime-version", "received", "return-path", "delivered-to", "dkim-signature", "content-type"}


def told(text: str) -> Format | None:
    """What the text is; None for plain text and Markdown."""
    start = text[:_START]
    if _RTF.match(start):
        return "rtf"
    if _HTML.match(start) or (_PART.match(start) and _is_tagged(start)):
        return "html"
    if _XML.match(start):
        return "xml"
    if start.lstrip("\ufeff \n").startswith("WEBVTT") or len(CUE.findall(start)) >= 2:
        return "subtitles"
    if _is_mail(start):
        return "mail"
    if _is_notebook(text):
        return "notebook"
    return "tex" if _is_tex(_outside_fences(start)) else None


def _is_tagged(start: str) -> bool:
    """Whether most lines are of tags, and none is of Markdown."""
    lines = [line for line in start.split("\n") if line.strip()]
    return 2 * sum(bool(_TAGGED.search(line)) for line in lines) >= len(lines) and not _MARKED.search(start)


def _is_tex(start: str) -> bool:
    if _TEX.search(start):
        return True
    return bool(_TEX_HEADING.search(start)) and len(_TEX_COMMAND.findall(start)) > 1


def _is_mail(start: str) -> bool:
    head = _FROM.sub("", start.lstrip("\r\n"), count=1).replace("\r\n", "\n").split("\n\n", 1)[0]
    lines = head.split("\n")
    names = [match[1].lower() for line in lines if (match := _HEADER.match(line))]
    folded = sum(line[:1] in (" ", "\t") for line in lines)
    if not names or len(names) + folded < len(lines):
        return False
    return len(_MAIL.intersection(names)) >= 3 and bool(
        _SURE.intersection(names) or {"from", "subject"} <= set(names)
    )


def _is_notebook(text: str) -> bool:
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return False
    try:
        notebook = json.loads(text)
    except ValueError:
        return False
    return isinstance(notebook, dict) and isinstance(notebook.get("cells"), list)


def _outside_fences(text: str) -> str:
    """Without blocks of code: a text about TeX is none."""
    return re.sub(r"(?ms)^(```|~~~).*?(?:^\1|\Z)", "", text)
