"""The report in HTML, as a file: what stands in it, and what can never stand in it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.cli.main import main
from graph.report import to_html
from graph.report.html.language import language_of
from graph.report.html.markup import Html, tag, text
from graph.report.html.summary import to_blocks
from tests.reports import HOSTILE, SAID, SUMMARY, evidence, hostile, ledger, part, result

ROOT = Path(__file__).parents[3]
IN_PAGE = "There is a town by the sea. The harbour opens at six each morning."
VOID = {"meta", "br", "hr"}
# Every element and attribute that a report may have.
ELEMENTS = re.findall(
    r"\w+",
    "html head meta title style body script header main section h1 h2 h3 h4 h5 h6 p div span a button bdi br"
    " blockquote code dd details dl dt em figcaption figure hr i li mark ol pre strong summary sup ul",
)
ATTRIBUTES = re.findall(
    r"[\w-]+",
    "aria-hidden aria-label aria-labelledby charset class content data-of data-s data-to data-tree dir hidden href"
    " http-equiv id lang name open popover popovertarget popovertargetaction role tabindex title type value",
)


class Page(HTMLParser):
    """A page as a parser sees it: elements with attributes, all text in each kind of element, what is unclosed."""

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
        if name not in VOID:
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


def old() -> dict[str, Any]:
    """A result of a program that knew neither grounding nor coverage."""
    made = result()
    for key in ("schema_version", "sentences", "coverage", "made", "chunks"):
        del made[key]
    return made


def unread() -> dict[str, Any]:
    return result() | {"summary": "", "sentences": [], "tree": [], "warnings": []}


@pytest.fixture(params=[result, hostile, old, unread], ids=lambda made: made.__name__)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(to_html(request.param(), "a model"))


def test_a_page_is_whole_and_holds_nothing_that_could_act_or_ask(page: Page) -> None:
    assert page.open == []
    assert {name for name, _ in page.elements} <= set(ELEMENTS)
    assert {key for _, attributes in page.elements for key in attributes} <= set(ATTRIBUTES)
    assert [name for name, _ in page.elements].count("script") == 1
    assert [name for name, _ in page.elements].count("style") == 1
    assert all(re.fullmatch(r"#\w+", link) for link in page.values("href"))
    assert "@import" not in page.words["style"]
    assert "url(" not in page.words["style"]
    assert not re.search(r"fetch|XMLHttp|import|eval|innerHTML|document\.write", page.words["script"])


def test_names_within_a_page_are_unique_and_lead_somewhere(page: Page) -> None:
    names = page.values("id")
    assert len(names) == len(set(names))
    leading = [*page.values("popovertarget"), *page.values("aria-labelledby")]
    leading += [link[1:] for link in page.values("href")]
    assert set(leading) <= set(names)


def test_the_policy_allows_its_own_style_and_script_and_nothing_else(page: Page) -> None:
    (policy,) = page.having(**{"http-equiv": "Content-Security-Policy"})
    assert page.elements[3][1] == policy, "it stands before all that it is about"
    digests = {kind: hashlib.sha256(page.words[kind].encode()).digest() for kind in ("style", "script")}
    hashes = {kind: base64.b64encode(digest).decode() for kind, digest in digests.items()}
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}';"
        " base-uri 'none'; form-action 'none'"
    )


def test_hostile_texts_are_shown_as_they_are() -> None:
    html = to_html(hostile(), HOSTILE)
    html.encode("utf-8")
    shown = " ".join(Page(html).words["body"].split())
    # Once for each text of the result at the least; what UTF-8 or HTML cannot have is a replacement character.
    harmless = " ".join(HOSTILE.translate({0: "�", 0xD800: "�"}).split())
    assert shown.count(harmless) > 60
    assert "\x00" not in html


def test_the_summary_stands_there_with_its_chips_and_cards() -> None:
    page = Page(to_html(result(), "a model"))
    chips = page.having(class_="chip")
    assert [chip["popovertarget"] for chip in chips] == ["e1", "e2", "e3", "e4", "e5"]
    assert len(page.having(class_="card", popover="auto")) == 5
    said = " ".join(page.words["button"].split())
    assert "Source: 1 p. 1Source: 2 pp. 2–3" in said
    assert "no page · weak support · number not in source" in said
    assert page.words["mark"] == "harbouropenssix" * 6
    assert "Weak support." in page.words["strong"]
    assert f"{IN_PAGE} It closes at nine." in page.words["blockquote"]


def test_marks_that_overlap_or_lead_beyond_the_excerpt_are_left_out() -> None:
    made = result()
    made["sentences"][0]["evidence"] = [evidence(1) | {"marks": [[30, 99], [4, 11], [8, 17], [-3, 2], [5, 5]]}]
    made["sentences"][1]["evidence"] = made["sentences"][3]["evidence"] = made["sentences"][4]["evidence"] = []
    page = Page(to_html(made, "a model"))
    assert page.words["mark"] == "harbour"
    assert "The harbour opens at six each morning." in page.words["blockquote"]


def test_a_heading_has_no_chip() -> None:
    made = result()
    heading = made["sentences"][0] | {"start": 3, "end": 10, "pages": [], "evidence": [], "support": 1.0}
    made["sentences"].insert(0, heading)
    page = Page(to_html(made, "a model"))
    assert [chip["popovertarget"] for chip in page.having(class_="chip")] == ["e2", "e3", "e4", "e5", "e6"]


def test_the_tree_leads_down_to_parts_chunks_and_pages() -> None:
    words = " ".join(Page(to_html(result(), "a model")).words["details"].split())
    for said in (
        "The summary above",
        "Merged summary 1, round 1",
        "Part 1 ",
        "Part one says so.",
        "Text of pp. 1–2",
    ):
        assert said in words
    assert "90 tokens, 380 characters" in words


def test_a_broken_tree_ends() -> None:
    made = result()
    made["tree"][3]["sources"] = ["level-1-0001", "final", "summary-0001", "nowhere"]
    assert "Text of nowhere" in " ".join(Page(to_html(made, "m")).words["li"].split())


def test_pages_are_named_as_printed_and_by_document() -> None:
    made = result()
    for page, label in zip(made["pages"], ("i", "ii", "1", "2", "3", "4"), strict=True):
        page["label"] = label
    html = Page(to_html(made, "m"))
    assert "pp. ii, 1" in html.words["button"]
    assert "p. i, page 1 of the file" in html.words["figcaption"]
    for number, page in enumerate(made["pages"]):
        page |= {"document": "a.pdf" if number < 3 else "b.pdf", "document_page": number % 3 + 1, "label": ""}
    html = Page(
        to_html(
            made | {"files": [{"name": "a.pdf"}, {"name": "b.pdf"}, {"name": "c.pdf", "refused": "It is empty."}]},
            "m",
        )
    )
    assert "a.pdf p. 3; b.pdf p. 2" in html.words["button"]
    assert "Summary of a.pdf, b.pdfThe Harbour" in html.words["header"]


def bars_of(page: Page) -> list[dict[str, str | None]]:
    return [have for _, have in page.elements if (have.get("class") or "").startswith("bar w")]


def test_what_became_of_the_pages_is_said_and_shown() -> None:
    page = Page(to_html(result(), "m"))
    bars = [(bar["class"], bar["title"]) for bar in bars_of(page)]
    assert bars[0] == ("bar w10", "p. 1: sentence 1")
    assert bars[3] == ("bar w0 lost", "p. 4 (without text)")
    assert bars[5] == ("bar w0 lost", "p. 6 (not selected)")
    assert re.search(r"Readpp\. 1–3, 5Without textp\. 4Not selectedp\. 6", page.words["dl"])
    assert "No text on page 4." in page.words["li"]


def test_without_coverage_bars_count_sentences() -> None:
    made = result()
    del made["coverage"]
    page = Page(to_html(made, "m"))
    heights = [bar["class"] for bar in bars_of(page)]
    assert heights == ["bar w5", "bar w10", "bar w10", "bar w0 lost", "bar w5", "bar w0 lost"]


def test_a_book_of_5000_pages_has_a_strip_that_one_can_use() -> None:
    made = result()
    made["pages"] = ledger(5000, {7: "failed"})
    made["coverage"]["weights"] = [float(n == 4999) for n in range(5000)]
    page = Page(to_html(made, "m"))
    bars = bars_of(page)
    assert 200 <= len(bars) <= 240
    assert bars[0]["class"] == "bar w0 partly"
    assert bars[0]["title"] == "pp. 1–21 (could not be read): sentences 1, 2, 4, 5"
    assert (bars[-1]["class"], bars[-1]["title"]) == ("bar w10", "pp. 4999–5000")


def test_how_it_was_made_is_said() -> None:
    page = Page(to_html(result(), "m"))
    rows = " ".join(page.words["dl"].split())
    for said in (
        "gemma-3-4b",
        "mlx",
        "5, 2 answered before",
        "12,345 read, 678 written",
        "2.8 (load 0.5, map_summarize",
    ):
        assert said in rows
    assert "llm.temperature0.1" in rows
    assert "Summarize this: {document}" in page.words["pre"]
    assert "Pages read4 of 6Parts it rests on, as far as words tell2 of 3By thirdsbeginning 100%, mid" in rows
    assert "middle 50%, end 0%Length3.1% of the text" in rows
    assert "Sentences to check2 of 5" in rows


def test_nothing_is_said_of_what_was_not_looked_up() -> None:
    made = result() | {"sentences": []}
    made["coverage"] |= {"chunks_used": 0, "thirds": [], "weights": []}
    words = Page(to_html(made, "m")).words
    assert "Pages read4 of 6Length3.1% of the text" in words["dl"]
    assert "The fuller a page" not in words["p"]
    assert "Choose the pages" not in words["p"]


def test_a_report_of_400_pages_stays_small() -> None:
    """It has excerpts of the document, and not the document."""
    long = "The harbour opens at six each morning. " * 6
    made = result("".join(f"Sentence {n} is said here. " for n in range(60)), ())
    made["sentences"] = [
        made_of | {"start": 25 * n, "end": 25 * n + 20}
        for n in range(60)
        for made_of in [result()["sentences"][0] | {"evidence": [evidence(n + 1, long)] * 3}]
    ]
    made["pages"] = ledger(400)
    made["tree"] = [
        *(part(n, [n], "A part is told here. " * 50) for n in range(1, 134)),
        made["tree"][-1],
    ]
    assert len(to_html(made, "m").encode()) < 500_000


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
    assert to_blocks(summary, (), lambda index: Html()).replace(' dir="auto"', "") == html


def test_chips_stand_behind_sentences_wherever_emphasis_ends() -> None:
    summary = "**First one. Second** one. Third."
    places = [(0, 12), (13, 26), (27, 33)]
    sentences = [{"start": start, "end": end} for start, end in places]
    html = to_blocks(summary, sentences, lambda index: Html(f"[{index}]"))
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
    page = Page(html)
    assert page.open == []
    letters = "".join(page.words[name] for name in ("p", "li", "pre", "h3", "h4") if name in page.words)
    assert set(re.findall(r"\w", summary)) - set("_1") <= set(letters)
    chips = re.findall(r"<button>(\d+)</button>", html)
    assert len(chips) == len(set(chips))
    speaking = [n for n, s in enumerate(sentences) if re.search(r"[abc가]", summary[s["start"] : s["end"]])]
    assert set(map(str, speaking)) <= set(chips)


@pytest.mark.parametrize(
    ("words", "asked", "language"),
    [
        ("The harbour opens at six in the morning, and it is closed by nine.", "", "en"),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "French", "fr"),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "", ""),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "English", ""),
        ("The harbour opens at six in the morning, and it is closed by nine.", "French", "en"),
        ("항구는 아침 여섯 시에 열린다. The harbour.", "English", "ko"),
        ("港は朝六時に開きます。", "", "ja"),
        ("港口早上六点开放。", "中文", "zh"),
        ("", "", ""),
    ],
)
def test_the_language_is_said_where_it_is_known(words: str, asked: str, language: str) -> None:
    assert language_of(words, asked) == language
    made = result(words, ()) | {"made": {"language": asked}}
    assert f'class="prose" lang="{language}"' in to_html(made, "m")


def test_text_is_escaped_unless_it_is_markup() -> None:
    assert tag("p", "<b>", Html("<i>"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;<i></p>'
    assert text("a\x00b\ud800\tc\n") == "a�b�\tc\n"
    assert tag("i", hidden=True, open=False, id=None) == "<i hidden></i>"


def run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", str(ROOT / "configs/quickstart.yaml"), "--quiet", "--set", "load.pages=1-3", *argv]) == 0
    return capsys.readouterr().out


def test_the_command_writes_html_to_a_file_and_the_summary_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the ending of the file, or by --format; a page of HTML is of no use on a terminal."""
    out = run(["--output", str(tmp_path / "report.HTM")], capsys)
    assert out.startswith("# The Handbook\n")
    html = (tmp_path / "report.HTM").read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>\n")
    assert Page(html).having(class_="chip")
    run(["--format", "html", "--output", str(tmp_path / "named")], capsys)
    assert (tmp_path / "named").read_text("utf-8").startswith("<!DOCTYPE html>\n")


@pytest.mark.parametrize("argv", [["--format", "html"], ["--set", "output.format=html"]])
def test_without_a_file_html_goes_to_standard_output(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert Page(run(argv, capsys)).open == []


def test_the_sample_has_what_these_tests_speak_of() -> None:
    assert all(said in SUMMARY for said, _, _ in SAID)
