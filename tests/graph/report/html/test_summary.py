"""The text of a summary as blocks of HTML, with a chip after each sentence."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from graph.report.html.markup import tag
from graph.report.html.summary import to_blocks
from tests.reports import ParsedHtml

BLOCKS = [
    ("One.\nTwo.\n\nThree.", "<p>One.<br>Two.</p><p>Three.</p>"),
    ("# A\n### B\ntext", "<h3>A</h3><h5>B</h5><p>text</p>"),
    ("- a\n  - b\n  - c\n- d", "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"),
    ("3. a\n4) b", '<ol><li value="3">a</li><li value="4">b</li></ol>'),
    ("* a\n  goes on\nb", "<ul><li>a<br>goes on</li></ul><p>b</p>"),
    ("> a\n> b\n\n---\n", "<blockquote><p>a<br>b</p></blockquote><hr>"),
    ("```\n**a** <b>\n\n# c\n```\nd", "<pre>**a** &lt;b&gt;\n\n# c</pre><p>d</p>"),
    ("**a *b* c**", "<p><strong>a </strong><strong><em>b</em></strong><strong> c</strong></p>"),
    ("__d__ ```e```", "<p><strong>d</strong> <code>e</code></p>"),
    ("***a*** `x * y` sna_ke_ 2*3*4 *", "<p><strong><em>a</em></strong> <code>x * y</code> sna_ke_ 2*3*4 *</p>"),
    ("[a](javascript:alert(1)) <b>", "<p>[a](javascript:alert(1)) &lt;b&gt;</p>"),
    ("1911. A year", "<p>1911. A year</p>"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("summary", "html"), BLOCKS)
def test_a_little_markdown_is_understood(summary: str, html: str) -> None:
    assert to_blocks(summary, (), lambda index: Markup()).replace(' dir="auto"', "") == html


def test_chips_stand_behind_sentences_wherever_emphasis_ends() -> None:
    summary = "**First one. Second** one. Third."
    places = [(0, 12), (13, 26), (27, 33)]
    sentences = [{"start": start, "end": end} for start, end in places]
    html = to_blocks(summary, sentences, lambda index: Markup(f"[{index}]"))
    assert re.sub(r"</?span[^>]*>| dir=\"auto\"", "", html) == (
        "<p><strong>First one.</strong>[0]<strong> </strong><strong>Second</strong> one.[1] Third.[2]</p>"
    )


@st.composite
def summaries(draw: st.DrawFn) -> tuple[str, list[dict[str, int]]]:
    pieces = [*"a_*<&가\n \x85\u2028", "b c.", "`c`", "```\n", "**", "# ", "- ", "  - ", "1. ", "> ", "---"]
    summary = "".join(draw(st.lists(st.sampled_from(pieces), max_size=40)))
    cuts = sorted(draw(st.lists(st.integers(0, len(summary)), max_size=8)))
    return summary, [{"start": start, "end": end} for start, end in pairwise(cuts)]


@given(summaries())
def test_any_summary_is_whole_and_every_sentence_has_one_chip(made: tuple[str, list[dict[str, int]]]) -> None:
    summary, sentences = made
    html = to_blocks(summary, sentences, lambda index: tag("button", index))
    page = ParsedHtml(html)
    assert page.open == []
    letters = "".join(page.words[name] for name in ("p", "li", "pre", "h3", "h4") if name in page.words)
    assert set(re.findall(r"\w", summary)) - set("_1") <= set(letters)
    chips = re.findall(r"<button>(\d+)</button>", html)
    assert len(chips) == len(set(chips))
    speaking = [n for n, s in enumerate(sentences) if re.search(r"[abc가]", summary[s["start"] : s["end"]])]
    assert set(map(str, speaking)) <= set(chips)
