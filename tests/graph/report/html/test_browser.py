"""The report in HTML, in a real browser: a headless Chromium, where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, Page, expect

from graph.documents.pdf.picture import png_of
from graph.report import to_html
from graph.results.types import Result
from tests.graph.report.html.conftest import Show
from tests.reports import HOSTILE, evidence, hostile, ledger, result

PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}

# Of every text that shows: what it says, and the contrast of its colour to the ground it stands on.
CONTRASTS = """() => {
  const parsed = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const straight = (part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4;
    const [r, g, b] = parsed(color).map((part) => straight(part / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    let element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest("script, style, .visually-hidden, .skip")) continue;
    const ink = light(getComputedStyle(element).color);
    const color = (element) => getComputedStyle(element).backgroundColor;
    while (parsed(color(element))[3] === 0) element = element.parentElement;
    const ground = light(color(element));
    found.push([text, (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05)]);
  }
  return found;
}"""


def tree_of(page: Page) -> dict[str, dict[str, Any]]:
    """What the browser tells assistive technology: by role and name, the states of each element."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return {
        f"{node['role']['value']} {' '.join(node.get('name', {}).get('value', '').split())}": {
            state["name"]: state["value"].get("value") for state in node.get("properties", ())
        }
        for node in nodes
        if not node.get("ignored")
    }


def test_a_click_on_a_chip_opens_the_passage_with_its_words_marked(show: Show) -> None:
    page = show(result())
    cards = page.locator(".card")
    assert [cards.nth(i).is_visible() for i in range(5)] == [False] * 5
    page.get_by_role("button", name="Source: pp. 2–3").click()
    card = page.get_by_role("dialog", name="Source of sentence 2")
    assert card.is_visible()
    assert card.locator("mark").all_inner_texts() == ["harbour", "opens", "six"] * 2
    assert card.locator("figcaption").all_inner_texts() == ["p. 2", "p. 3"]
    assert "There is a town by the sea. The harbour opens" in card.inner_text()
    marked = page.locator(".sentence.selected")
    expect(marked).to_have_text(["Boats leave", "before the fog lifts!"])

    page.get_by_role("button", name="Source: no page, weak support, number not in source").click()
    assert not card.is_visible()
    assert "A number in this sentence does not appear" in page.locator("#e3").inner_text()
    expect(marked).to_have_text(["It cost 512 crowns in 1911."])
    page.get_by_role("button", name="Close", exact=True).click()
    expect(marked).to_have_count(0)
    assert not page.locator("#e3").is_visible()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_opens_a_card_and_escape_leads_back(show: Show, key: str) -> None:
    page = show(result())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the summary"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".chip").first).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press(key)
    expect(page.locator("#e2")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.ariaLabel") == "Close"
    page.keyboard.press("Escape")
    assert not page.locator("#e2").is_visible()
    expect(page.locator(".chip").nth(1)).to_be_focused()
    page.locator(".chip").nth(2).click()
    page.locator(".chip").nth(3).click()
    expect(page.locator("#e4")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".chip").nth(3)).to_be_focused()


def test_assistive_technology_is_told_what_is_what(show: Show) -> None:
    page = show(result())
    tree = tree_of(page)
    headings = {name: states["level"] for name, states in tree.items() if name.startswith("heading ")}
    assert headings["heading The Harbour"] == 1
    assert {name for name, level in headings.items() if level == 2} == {
        f"heading {name}"
        for name in ("Summary", "Warnings", "Page by page", "How the summary was put together", "How it was made")
    }
    assert headings["heading Harbour"] == 3
    assert {"main", "banner"} <= {name.split()[0] for name in tree}
    assert {"region At a glance", "region How the summary was put together", "region Warnings"} <= tree.keys()
    assert "link sentence 4" in tree
    assert not any("bar" in name for name in tree if name.startswith("link")), "the strip is for the eye"
    assert tree["button Source: p. 1"]["expanded"] is False
    page.get_by_role("button", name="Source: p. 1", exact=True).click()
    assert tree_of(page)["button Source: p. 1"]["expanded"] is True
    unnamed = [name for name in tree if name in ("button ", "link ", "heading ", "dialog ", "region ")]
    assert unnamed == []


def test_the_tree_opens_and_closes(show: Show) -> None:
    page = show(result())
    part = page.locator(".nodes summary", has_text="Part 1")
    text = page.get_by_text("Part one says so.")
    assert not text.is_visible()
    page.locator(".nodes summary", has_text="Merged summary 1").click()
    part.focus()
    page.keyboard.press("Enter")
    assert text.is_visible()
    page.get_by_role("button", name="Collapse all").click()
    assert not part.is_visible()
    page.get_by_role("button", name="Expand all").click()
    assert text.is_visible()
    assert page.get_by_text("Text of pp. 1–2").is_visible()


def test_a_page_leads_to_the_sentences_that_rest_on_it(show: Show) -> None:
    page = show(result())
    page.locator(".strip a[title^='p. 2']").click()
    assert page.locator(".sentence.highlighted").all_inner_texts() == [
        "Boats leave",
        "before the fog lifts!",
        "Nets dry on line 4.",
    ]
    page.keyboard.press("Escape")
    assert page.locator(".sentence.highlighted").count() == 0
    page.get_by_role("link", name="sentence 4").first.click()
    assert page.locator(".sentence.highlighted").all_inner_texts() == ["The keeper was Ada."]


def test_hostile_texts_run_nothing(show: Show) -> None:
    """The fixture sees to it that there is no dialog and no request."""
    page = show(hostile())
    for index in range(page.locator(".chip").count()):
        page.locator(".chip").nth(index).click()
    page.get_by_role("button", name="Close", exact=True).last.click()
    page.locator(".toggles button").first.click()
    assert "owned" not in page.title().replace(HOSTILE[:70], "")
    assert page.title().startswith("The Harbour</script>")
    assert page.evaluate("document.querySelectorAll('img, svg, iframe, link, form, base').length") == 0
    assert page.evaluate("document.scripts.length") == 1
    assert HOSTILE[:30] in page.locator("h1").inner_text()


def test_the_picture_of_a_page_stands_in_its_card_and_is_opened_large(show: Show) -> None:
    picture = png_of([b"\xff\xee\x88" * 760] * 1075, 760)
    page = show(to_html(cast(Result, result()), {(1, 2): picture, (1, 3): "It has none."}))
    page.get_by_role("button", name="Source: pp. 2–3").click()
    card = page.locator(".card:popover-open")
    image = card.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 760
    assert image.bounding_box()["width"] < 380  # type: ignore[index]
    assert "It has none." in card.inner_text()
    card.locator("summary").press("Enter")
    assert image.bounding_box()["width"] == 760  # type: ignore[index]
    image.click()
    assert image.bounding_box()["width"] < 380  # type: ignore[index]
    image.click()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.get_by_role("button", name="Source: pp. 2–3").click()
    assert image.bounding_box()["width"] < 380  # type: ignore[index]
    page.emulate_media(media="print")
    assert image.is_visible()


def test_the_policy_stops_what_would_get_past_the_escaping(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "injected.html"
    owned = "document.title='owned'"
    injected = (
        "<body><style>h1 { display: none }</style><base href='https://example.invalid/'>"
        f'<img src="{path.as_uri()}?asked" onerror="{owned}"><script>{owned}</script>'
    )
    path.write_text(to_html(result()).replace("<body>", injected), "utf-8")
    context = browser.new_context()
    page = context.new_page()
    answered: list[str] = []
    page.on("requestfinished", lambda request: answered.append(request.url))
    page.goto(path.as_uri())
    assert page.title() == "The Harbour · summary"
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.baseURI") == path.as_uri()
    assert answered == [path.as_uri()]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(show: Show, scheme: str) -> None:
    made = result()
    made["sentences"][3]["evidence"] = [evidence(3)]
    page = show(made, color_scheme=scheme, reduced_motion="reduce")
    page.locator(".nodes details").evaluate_all("all => all.forEach((details) => details.open = true)")
    page.locator("[popovertarget=e4]").first.click()
    found = page.evaluate(CONTRASTS)
    assert {"The Harbour", "harbour", "Name not in source."} <= {text for text, _ in found}
    assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(25, 26, 27)") == (scheme == "dark")


def long_words() -> dict[str, Any]:
    made = result(
        "W" * 400 + ". " + "The harbour opens at six. " * 40, [("W" * 400 + ".", [1, 3, 5, 6], ["weak support"])]
    )
    made["title"] = "Donaudampfschifffahrtsgesellschaft" * 5
    made["pages"] = [page | {"document": "n" * 90 + ".pdf", "document_page": 1} for page in ledger(3)]
    made["pages"] += [page | {"document": "b.pdf"} for page in ledger(400)[3:]]
    made["sentences"][0]["evidence"] = [evidence(3, "E" * 300 + " " + "words " * 200)]
    made["coverage"]["weights"] = [0.5] * 400
    return made


@pytest.mark.parametrize("make", [result, long_words, hostile], ids=lambda make: make.__name__)
def test_a_phone_scrolls_in_one_direction_only(show: Show, make: Callable[[], dict[str, Any]]) -> None:
    page = show(make(), **PHONE)
    page.locator("details").evaluate_all("all => all.forEach((details) => details.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".chip").first.tap()
    card = page.locator(".card:popover-open")
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] == 740, "a sheet at the foot"
    assert card.evaluate("card => card.scrollWidth <= card.clientWidth")


def test_the_sentence_stays_in_sight_above_the_card_of_a_phone(show: Show) -> None:
    made = result("The fog lifts. " * 80 + "Boats leave.", [("Boats leave.", [1], [])])
    page = show(made, **PHONE, reduced_motion="reduce")
    page.locator(".chip").evaluate("chip => chip.scrollIntoView({ block: 'end' })")
    page.locator(".chip").tap()
    expect(page.locator(".sentence.selected")).to_have_count(1)
    card, sentence = page.locator("#e1").bounding_box(), page.locator(".sentence").bounding_box()
    assert sentence["y"] + sentence["height"] <= card["y"]


def test_beside_the_text_of_a_large_screen_the_card_hides_none_of_it(show: Show) -> None:
    page = show(result())
    page.locator(".chip").first.click()
    card, prose = page.locator("#e1").bounding_box(), page.locator(".prose").bounding_box()
    strip = page.locator(".strip").bounding_box()
    assert card["x"] > prose["x"] + prose["width"]
    assert card["y"] > strip["y"] + strip["height"]


def test_on_paper_the_passages_follow_the_summary(show: Show) -> None:
    page = show(result(), color_scheme="dark")
    page.emulate_media(media="print")
    assert page.get_by_role("heading", name="Where each sentence comes from").is_visible()
    assert page.locator(".card figure").count() == page.locator(".card figure:visible").count() == 6
    assert page.locator("#e3 .claim").inner_text() == "It cost 512 crowns in 1911."
    drawn = page.locator(".chip").nth(1).evaluate("chip => getComputedStyle(chip, '::before').content")
    assert drawn == '"[2 pp. 2–3]"'
    assert not page.locator(".close, .toggles, .skip").filter(visible=True).count()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).position") == "static"


def test_without_scripts_cards_and_tree_still_open(show: Show) -> None:
    page = show(result(), java_script_enabled=False)
    page.get_by_role("button", name="Source: p. 1", exact=True).click()
    assert page.locator("#e1").is_visible()
    page.locator(".nodes summary", has_text="Part 3").click()
    assert page.get_by_text("Text of p. 5").is_visible()
    assert not page.locator(".toggles").is_visible()
    assert not page.get_by_role("button", name="Copy").is_visible()


def test_text_runs_as_its_script_does(show: Show) -> None:
    words = "هذا التقرير يصف النظام."
    made = result(f"{words}\n\nThe harbour opens.", [(words, [1], []), ("The harbour opens.", [2], [])])
    page = show(made | {"title": words})
    directions = page.locator("h1, .prose p").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).direction)"
    )
    assert directions == ["rtl", "rtl", "ltr"]
    chip, text = page.locator(".chip").first.bounding_box(), page.locator(".sentence").first.bounding_box()
    assert chip["x"] + chip["width"] <= text["x"] + 1, "the chip stands where the sentence ends"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_pages_lost_opens_by_keyboard_and_can_be_read(show: Show, scheme: str) -> None:
    made = result()
    made["pages"][0] |= {"words": 80, "left_out": [{"reason": "references", "words": 20, "text": "[1] A book"}]}
    page = show(made, color_scheme=scheme)
    assert "what was left out of each page" in " ".join(tree_of(page)).lower()
    losses = page.locator(".losses")
    assert not losses.is_visible()
    page.get_by_text("What was left out of each page").focus()
    page.keyboard.press("Enter")
    expect(losses).to_be_visible()
    assert "references (20 words): [1] A book" in losses.inner_text()
    assert min(contrast for _, contrast in page.evaluate(CONTRASTS)) >= 4.5
