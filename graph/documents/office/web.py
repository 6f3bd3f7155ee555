"""Web pages (HTML, and the chapters of books) as pandoc gets them: what is not shown is marked or taken out.

Of attributes only those stay that say something about the text; pictures become their alt texts, so that nothing
encoded in them costs anything.
"""

import re
from html import escape
from html.parser import HTMLParser

from graph.documents.config import known_encoding
from graph.documents.office.protocol import RefusedError
from graph.documents.office.unseen import HIDDEN, NAVIGATION, marked

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_CODE = {"script", "style"}
_UNSHOWN = {"template", "noscript", "datalist"}
_KEPT = {"colspan", "rowspan", "start", "type", "id", "href", "epub:type", "encoding", "display"}
_CLOSES = {  # what ends where the next of its kind begins
    "p": {"p"}, "li": {"li"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"}, "th": {"td", "th"}, "dt": {"dt", "dd"},
    "dd": {"dt", "dd"}, "option": {"option"},
}  # fmt: skip
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_DEEPEST = 2000  # elements in elements


class WebPage(HTMLParser):
    """Rewrites a page; `text` is what pandoc reads, `left_out` what was taken out of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.left_out: list[tuple[str, str]] = []
        self._out: list[str] = []
        self._open: list[tuple[str, str]] = []  # elements, and why what is in them is not shown
        self._code: list[str] = []
        self.feed(html)
        self.close()
        if (code := " ".join(self._code)).strip():
            self.left_out.append(("scripts and styles", code))

    @property
    def text(self) -> str:
        """The page, rewritten."""
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        while self._open and self._open[-1][0] in _CLOSES.get(tag, ()):
            self._close()
        if tag == "img":
            self.handle_data(f" {given.get('alt', '')} ")
            return
        if tag in _VOID:
            self._out.append(f"<{tag}>" if tag in ("br", "hr", "wbr") else "")
            return
        reason = self._open[-1][1] if self._open else ""
        if not reason and (tag in _UNSHOWN or "hidden" in given or _NOT_SHOWN.search(given.get("style", ""))):
            reason = HIDDEN
        elif not reason and (tag == "nav" or given.get("role") == "navigation"):
            reason = NAVIGATION
        self._open.append((tag, reason))
        if len(self._open) > _DEEPEST:
            raise RefusedError("nested")
        if tag not in _CODE | _UNSHOWN:
            kept = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if name in _KEPT)
            self._out.append(f"<{tag}{kept}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not any(name == tag for name, _ in reversed(self._open)):
            return
        while self._close() != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, reason = self._open[-1] if self._open else ("", "")
        if tag in _CODE:
            self._code.append(data)
        else:
            self._out.append(escape(marked(data, reason) if reason else data, quote=False))

    def _close(self) -> str:
        tag, _ = self._open.pop()
        if tag not in _CODE | _UNSHOWN:
            self._out.append(f"</{tag}>")
        return tag


def charset_of(start: bytes) -> str | None:
    """The encoding that a page names for itself; None for one that is none."""
    match = _CHARSET.search(start)
    try:
        return known_encoding(match[1].decode("ascii").lower()) if match else None
    except ValueError:
        return None
