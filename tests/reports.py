"""Results to make reports of, built by hand: an ordinary one, and one in which every text is hostile.

And a parser, to look at what was made.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, get_args

from graph.documents.types import PageStatus
from graph.grounding.types import Flag

SUMMARY = """## Harbour

The harbour **opens at six** in the morning. Boats leave
before the fog lifts!

- It cost 512 crowns in 1911.
- The keeper was *Ada*.

1. Nets dry on `line 4`.
"""

SAID = [
    ("The harbour **opens at six** in the morning.", [1], []),
    ("Boats leave\nbefore the fog lifts!", [2, 3], []),
    ("It cost 512 crowns in 1911.", [], ["weak support", "number not in source"]),
    ("The keeper was *Ada*.", [3, 5], ["name not in source"]),
    ("Nets dry on `line 4`.", [2], []),
]

HOSTILE = (
    "</script></style></title><script>document.title='owned';alert(1)</script>"
    "<img src=http://127.0.0.1:9/x onerror=alert(2)>\"'><svg onload=alert(3)> &lt;b&gt; \x00\ud800\u202e {{7*7}}"
)


def evidence(page: int, excerpt: str = "The harbour opens at six each morning.") -> dict[str, Any]:
    return {
        "page": page,
        "label": str(page),
        "excerpt": excerpt,
        "before": "There is a town by the sea.",
        "after": "It closes at nine.",
        "marks": [[4, 11], [12, 17], [21, 24]],
        "score": 0.8,
    }


def sentence(text: str, start: int, pages: list[int], flags: list[str]) -> dict[str, Any]:
    found = [evidence(page) for page in pages]
    return {
        "text": text.replace("*", "").replace("`", ""),
        "start": start,
        "end": start + len(text),
        "pages": pages,
        "labels": [str(page) for page in pages],
        "support": 0.25 if flags else 0.9,
        "excerpt": found[0]["excerpt"] if found else "",
        "evidence": found,
        "flags": flags,
    }


def ledger(count: int, lost: dict[int, str] | None = None) -> list[dict[str, Any]]:
    statuses = lost or {}
    return [{"number": n, "label": str(n), "status": statuses.get(n, "read")} for n in range(1, count + 1)]


def part(number: int, pages: list[int], text: str = "A part.") -> dict[str, Any]:
    return {
        "id": f"summary-{number:04}",
        "level": 0,
        "text": text,
        "tokens": 12,
        "sources": [f"chunk-{number:04}"],
        "pages": pages,
        "finish_reason": "stop",
    }


def result(summary: str = SUMMARY, said: Any = SAID) -> dict[str, Any]:
    """A summary of six pages, one of them blank and one not selected, made of three parts."""
    places = [(text, summary.index(text), pages, flags) for text, pages, flags in said]
    parts = [part(1, [1, 2], "Part one says so."), part(2, [2, 3]), part(3, [5])]
    merged = part(1, [1, 2, 3]) | {"id": "level-1-0001", "level": 1, "sources": ["summary-0001", "summary-0002"]}
    final = part(1, [1, 2, 3, 5], summary) | {
        "id": "final",
        "level": 2,
        "sources": ["level-1-0001", "summary-0003"],
    }
    return {
        "schema_version": 1,
        "summary": summary,
        "title": "The Harbour",
        "sentences": [sentence(*place) for place in places],
        "tree": [*parts, merged, final],
        "chunks": [
            {"id": f"chunk-{n:04}", "tokens": 90, "start": 400 * n, "end": 400 * n + 380, "pages": made["pages"]}
            for n, made in enumerate(parts, start=1)
        ],
        "pages": ledger(6, {4: "empty", 6: "skipped"}),
        "sections": [],
        "files": [{"name": "harbour.pdf", "first_page": 1, "pages": 6}],
        "length": {"words": 21, "wanted": None, "asked_again": False},
        "coverage": {
            "pages_read": 4,
            "pages_total": 6,
            "chunks_used": 2,
            "chunks_total": 3,
            "thirds": [1.0, 0.5, 0.0],
            "compression": 0.031,
            "weights": [1.0, 0.6, 0.5, 0.0, 0.2, 0.0],
        },
        "warnings": ["No text on page 4."],
        "stats": {
            "calls": 5,
            "cached_calls": 2,
            "prompt_tokens": 12345,
            "output_tokens": 678,
            "drafted_tokens": 400,
            "accepted_tokens": 321,
            "seconds": {"load": 0.5, "map_summarize": 2.25},
            "tokens_per_second": 30.1,
        },
        "made": {
            "model": "gemma-3-4b",
            "provider": "mlx",
            "settings": {"llm.temperature": 0.1, "llm.max_tokens": 500},
            "prompts": {"map": "Summarize this: {document}", "final": "Write it in {language}."},
            "language": "English",
            "focus": "the main points",
        },
    }


def hostile() -> dict[str, Any]:
    """The ordinary result with every text in it hostile, but for the few words by which the program goes."""
    spoiled: dict[str, Any] = _spoil(result())
    spoiled["summary"] = f"# {HOSTILE}\n\n{HOSTILE}\n\n- **{HOSTILE}**\n> `{HOSTILE}`\n\n```\n{HOSTILE}\n```\n"
    for number, one in enumerate(spoiled["sentences"]):
        one["start"], one["end"] = number * 150, number * 150 + 149
    for page in spoiled["pages"]:
        page |= {"document": f"{page['number'] % 2}{HOSTILE}", "document_page": page["number"]}
    return spoiled


def _spoil(value: Any) -> Any:
    if isinstance(value, dict):
        return {key if key in _KEYS else f"{key}{HOSTILE}": _spoil(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spoil(inner) for inner in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) and value not in _OUR_WORDS else value


def _keys(value: Any) -> set[str]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return {key for below in inner for key in _keys(below)} | (set(value) if isinstance(value, dict) else set())


# What a result says in words of the program alone: ids, what became of a page or a summary, flags.
_OUR_WORDS = {"final", "stop", *get_args(PageStatus), *get_args(Flag)}
_KEYS = _keys(result()) - {"llm.temperature", "llm.max_tokens", "map", "load"}

_VOID = {"meta", "br", "hr", "img", "link", "input"}


class ParsedHtml(HTMLParser):
    """Markup as a parser sees it: elements with attributes, all text in each kind of element, what is unclosed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes), f"{name} has an attribute twice"
        self.elements.append((name, dict(attributes)))
        if name not in _VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        for name in set(self.open):
            self.words[name] = self.words.get(name, "") + data

    def values(self, attribute: str) -> list[str]:
        return [value or "" for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]

    def having(self, **wanted: str) -> list[dict[str, str | None]]:
        keys = {key.rstrip("_"): value for key, value in wanted.items()}
        return [have for _, have in self.elements if all(have.get(key) == value for key, value in keys.items())]
