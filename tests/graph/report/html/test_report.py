"""The report in HTML, as a file: what stands in it, and what can never stand in it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from graph.cli.main import main
from graph.report import to_html
from tests.reports import HOSTILE, SAID, SUMMARY, ParsedHtml, evidence, hostile, ledger, part, result, sentence

ROOT = Path(__file__).parents[4]
IN_PAGE = "There is a town by the sea. The harbour opens at six each morning."
# Every element and attribute that a report may have.
ELEMENTS = re.findall(
    r"\w+",
    "html head meta title style body script header main section h1 h2 h3 h4 h5 h6 p div span a button bdi br"
    " article blockquote code dd details dl dt em figcaption figure hr i li mark nav ol pre strong summary sup ul",
)
ATTRIBUTES = re.findall(
    r"[\w-]+",
    "aria-hidden aria-label aria-labelledby charset class content data-flagged data-label data-number data-page"
    " data-said data-sentence data-sentences data-tree dir hidden href http-equiv id lang name open popover"
    " popovertarget popovertargetaction role tabindex title type value",
)


def ungrounded() -> dict[str, Any]:
    """A result with output.grounding off."""
    made = result() | {"sentences": []}
    made["coverage"] |= {"chunks_used": 0, "thirds": [], "weights": []}
    return made


def unread() -> dict[str, Any]:
    return result() | {"summary": "", "sentences": [], "tree": [], "warnings": []}


def chaptered() -> dict[str, Any]:
    """A result with summarize.by: section: two chapters with a summary, and below the first a section without."""
    said = "The pilot boat is green."
    titles = [("The harbour", 1, 1, 3), ("Boats", 2, 2, 3), ("The tides", 1, 4, 6)]
    sections = [
        {"title": title, "level": level, "first_page": first, "last_page": last, "start": 0, "end": 9}
        for title, level, first, last in titles
    ]
    for section in sections[::2]:
        pages = [section["first_page"], section["last_page"]]
        section |= {"summary": said, "pages": pages, "sentences": [sentence(said, 0, pages[:1], [])]}
    return result() | {"sections": sections}


@pytest.fixture(params=[result, hostile, ungrounded, unread, chaptered], ids=lambda made: made.__name__)
def page(request: pytest.FixtureRequest) -> ParsedHtml:
    return ParsedHtml(to_html(request.param()))


def test_a_page_is_whole_and_holds_nothing_that_could_act_or_ask(page: ParsedHtml) -> None:
    assert page.open == []
    assert {name for name, _ in page.elements} <= set(ELEMENTS)
    assert {key for _, attributes in page.elements for key in attributes} <= set(ATTRIBUTES)
    assert [name for name, _ in page.elements].count("script") == 1
    assert [name for name, _ in page.elements].count("style") == 1
    assert all(re.fullmatch(r"#\w+", link) for link in page.values("href"))
    assert "@import" not in page.words["style"]
    assert "url(" not in page.words["style"]
    assert not re.search(r"fetch|XMLHttp|import|eval|innerHTML|document\.write", page.words["script"])


def test_names_within_a_page_are_unique_and_lead_somewhere(page: ParsedHtml) -> None:
    names = page.values("id")
    assert len(names) == len(set(names))
    leading = [*page.values("popovertarget"), *page.values("aria-labelledby")]
    leading += [link[1:] for link in page.values("href")]
    assert set(leading) <= set(names)


def test_the_policy_allows_its_own_style_and_script_and_nothing_else(page: ParsedHtml) -> None:
    (policy,) = page.having(**{"http-equiv": "Content-Security-Policy"})
    assert page.elements[3][1] == policy, "it stands before all that it is about"
    digests = {kind: hashlib.sha256(page.words[kind].encode()).digest() for kind in ("style", "script")}
    hashes = {kind: base64.b64encode(digest).decode() for kind, digest in digests.items()}
    assert policy["content"] == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}';"
        " base-uri 'none'; form-action 'none'"
    )


def test_hostile_texts_are_shown_as_they_are() -> None:
    html = to_html(hostile())
    html.encode("utf-8")
    shown = " ".join(ParsedHtml(html).words["body"].split())
    # Once for each text of the result at the least; what UTF-8 or HTML cannot have is a replacement character.
    harmless = " ".join(HOSTILE.translate({0: "�", 0xD800: "�"}).split())
    assert shown.count(harmless) > 60
    assert "\x00" not in html


def test_the_summary_stands_there_with_its_chips_and_cards() -> None:
    page = ParsedHtml(to_html(result()))
    chips = page.having(class_="chip")
    assert [chip["popovertarget"] for chip in chips] == ["e1", "e2", "e3", "e4", "e5"]
    assert len(page.having(class_="card", popover="auto")) == 5
    labels = ["p. 1", "pp. 2–3", "no page · weak support · number not in source"]
    assert [chip["data-label"] for chip in chips][:3] == labels
    assert [chip["aria-label"] for chip in chips][:2] == ["Source: p. 1", "Source: pp. 2–3"]
    assert ["data-flagged" in chip for chip in chips] == [False, False, True, True, False]
    assert page.words["mark"] == "harbouropenssix" * 6
    assert "Weak support." in page.words["strong"]
    assert f"{IN_PAGE} It closes at nine." in page.words["blockquote"]


def test_a_heading_has_no_chip() -> None:
    made = result()
    heading = made["sentences"][0] | {"start": 3, "end": 10, "pages": [], "evidence": [], "support": 1.0}
    made["sentences"].insert(0, heading)
    page = ParsedHtml(to_html(made))
    assert [chip["popovertarget"] for chip in page.having(class_="chip")] == ["e2", "e3", "e4", "e5", "e6"]


def test_the_tree_leads_down_to_parts_chunks_and_pages() -> None:
    words = " ".join(ParsedHtml(to_html(result())).words["details"].split())
    for said in (
        "Final summary",
        "Merged summary 1 pp. 1–3 · from 2 summaries",
        "Part 1 ",
        "Part one says so.",
        "Text of pp. 1–2",
    ):
        assert said in words
    assert "token" not in words.partition("Settings")[0]


def test_a_part_that_failed_stands_below_the_tree() -> None:
    made = result()
    lost = part(4, [6], "") | {"finish_reason": "error", "tokens": 0}
    made["tree"].insert(3, lost)
    items = " ".join(ParsedHtml(to_html(made)).words["summary"].split())
    assert items.startswith("Final summary p")
    assert "Part 4 p. 6 · missing because the model call failed" in items


def test_pages_are_named_as_printed_and_by_document() -> None:
    made = result()
    for page, label in zip(made["pages"], ("i", "ii", "1", "2", "3", "4"), strict=True):
        page["label"] = label
    html = ParsedHtml(to_html(made))
    assert "pp. ii, 1" in [chip["data-label"] for chip in html.having(class_="chip")]
    assert "p. i (page 1 of the file)" in html.words["figcaption"]
    for number, page in enumerate(made["pages"]):
        page |= {"document": "a.pdf" if number < 3 else "b.pdf", "document_page": number % 3 + 1, "label": None}
    files = [{"name": "a.pdf"}, {"name": "b.pdf"}, {"name": "c.pdf", "refused": "It is empty."}]
    html = ParsedHtml(to_html(made | {"files": files}))
    labels = [chip["data-label"] for chip in html.having(class_="chip")]
    assert any(label.startswith("a.pdf PDF p. 3; b.pdf PDF p. 2") for label in labels)
    assert "Summary of a.pdf, b.pdfThe Harbour" in html.words["header"]


def bars_of(page: ParsedHtml) -> list[dict[str, str | None]]:
    return [have for _, have in page.elements if (have.get("class") or "").startswith("bar w")]


def test_what_became_of_the_pages_is_said_and_shown() -> None:
    page = ParsedHtml(to_html(result()))
    bars = [(bar["class"], bar["title"]) for bar in bars_of(page)]
    assert bars[0] == ("bar w10", "p. 1: sentence 1")
    assert bars[3] == ("bar w0 left-out", "p. 4 (no text)")
    assert bars[5] == ("bar w0 left-out", "p. 6 (not selected)")
    assert re.search(r"Readpp\. 1–3, 5No textp\. 4Not selectedp\. 6", page.words["dl"])
    assert "No text on page 4." in page.words["li"]


def test_a_book_of_5000_pages_has_a_strip_that_one_can_use() -> None:
    made = result()
    made["pages"] = ledger(5000, {7: "failed"})
    made["coverage"]["weights"] = [float(n == 4999) for n in range(5000)]
    page = ParsedHtml(to_html(made))
    bars = bars_of(page)
    assert 200 <= len(bars) <= 240
    assert bars[0]["class"] == "bar w0 partly"
    assert bars[0]["title"] == "pp. 1–21 (p. 7: could not be read): sentences 1, 2, 4, 5"
    assert (bars[-1]["class"], bars[-1]["title"]) == ("bar w10", "pp. 4999–5000")


def test_how_it_was_made_is_said() -> None:
    page = ParsedHtml(to_html(result()))
    rows = " ".join(page.words["dl"].split())
    for said in (
        "gemma-3-4b",
        "mlx",
        "5 (2 answered from the cache)",
        "12,345 read, 678 written (321 drafted from the prompt)",
        "2.8 (reading 0.5, summarizing the parts",
    ):
        assert said in rows
    assert "llm.temperature0.1" in rows
    assert "Summarize this: {document}" in page.words["pre"]
    assert (
        "Pages read4 of 6Parts used2 of 3Use by position100% of the beginning, 50% of the middle, 0% of the end"
        in rows
    )
    assert "the endLength21 words, 3.1% of the text read" in rows
    assert "Sentences to check2 of 5 (word overlap only, not a fact check)" in rows


def test_nothing_is_said_of_what_was_not_looked_up() -> None:
    words = ParsedHtml(to_html(ungrounded())).words
    assert "Pages read4 of 6Length21 words, 3.1% of the text read" in words["dl"]
    assert "The fuller a page" not in words["p"]
    assert "Select the page" not in words["p"]


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
    made["coverage"]["weights"] = [0.5] * 400
    made["tree"] = [
        *(part(n, [n], "A part is told here. " * 50) for n in range(1, 134)),
        made["tree"][-1],
    ]
    assert len(to_html(made).encode()) < 500_000


def run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["run", str(ROOT / "configs/quickstart.yaml"), "--quiet", "--set", "load.pages=1-3", *argv]) == 0
    return capsys.readouterr().out


def test_the_command_writes_html_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the ending of the file, or by --format."""
    assert run(["--output", str(tmp_path / "report.HTM")], capsys) == ""
    html = (tmp_path / "report.HTM").read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>\n")
    assert ParsedHtml(html).having(class_="chip")
    run(["--format", "html", "--output", str(tmp_path / "named")], capsys)
    assert (tmp_path / "named").read_text("utf-8").startswith("<!DOCTYPE html>\n")


@pytest.mark.parametrize("argv", [["--format", "html"], ["--set", "output.format=html"]])
def test_without_a_file_html_goes_to_standard_output(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert ParsedHtml(run(argv, capsys)).open == []


def test_the_sample_has_what_these_tests_speak_of() -> None:
    assert all(said in SUMMARY for said, _, _ in SAID)


def test_what_each_page_lost_is_said_and_much_of_it_shown() -> None:
    made = result()
    made["pages"][0] |= {"words": 80, "left_out": [{"reason": "references", "words": 20, "text": "[1] A <b>"}]}
    made["pages"][1] |= {"words": 99, "left_out": [{"reason": "page headers", "words": 1, "text": "Harbour"}]}
    page = ParsedHtml(to_html(made))
    bars = [(bar["class"], bar["title"]) for bar in bars_of(page)]
    assert bars[0] == ("bar w10 lossy", "p. 1 (left out: references (20 words)): sentence 1")
    assert bars[1] == ("bar w6", "p. 2: sentences 2, 5")
    assert "More than a tenth of the words left outp. 1" in page.words["dl"]
    assert "p. 1references (20 words): [1] A <b>" in page.words["li"]
    assert "p. 2page headers (1 word): Harbour" in page.words["li"]
    made["coverage"]["weights"] = []
    assert "More than a tenth of the words left out." in ParsedHtml(to_html(made)).words["span"]


def test_the_chapters_stand_below_a_list_of_them_with_chips_and_cards_of_their_own() -> None:
    made = chaptered()
    page = ParsedHtml(to_html(made))
    assert "The harbourpp. 1, 3The tidespp. 4, 6" in flat(page.words["nav"])
    assert "Boats" not in page.words["article"]
    assert flat(page.words["article"]).count("The pilot boat is green.") == 2
    before = len(made["sentences"])
    assert {f"e{before + 1}", f"e{before + 2}"} <= set(page.values("popovertarget"))
    assert {"chapter1", "chapter2", f"e{before + 1}", f"e{before + 2}"} <= set(page.values("id"))


def test_without_chapters_there_is_no_list_of_them() -> None:
    assert "nav" not in ParsedHtml(to_html(result())).words


def flat(text: str) -> str:
    """The text on one line, without spaces at its seams."""
    return " ".join(text.split()).replace(" pp.", "pp.").replace("6 ", "6").replace("3 The", "3The")
