"""What speaks for a sentence: its place, its section, its wording, a focus. And that every third is heard."""

from __future__ import annotations

from random import Random

import pytest

from llm import TextRank, estimate_tokens
from llm.textrank.cues import cue_weights, place_weights
from llm.textrank.extract import extract, key_sentences
from llm.textrank.rank import _stretches
from llm.textrank.sentences import leans, prose, read_sentences

THINGS = ("harbour", "school", "library", "railway", "bridge", "market", "theatre", "forest", "hospital")


def statement(thing: str, other: str, number: int) -> str:
    return f"The {thing} of Linden and the {other} of Linden were repaired together in the year {1900 + number}."


def body(count: int, seed: int = 1) -> list[str]:
    """Sentences of equal standing."""
    chance = Random(seed)
    return [statement(*chance.sample(THINGS, 2), number) for number in range(count)]


def summary(text: str, tokens: int) -> str:
    return "".join(extract(text, tokens).pieces)


KEY = "The harbour of Linden and the bridge of Linden were repaired together in the year 1899."


def weights_of_key(text: str) -> list[float]:
    found = read_sentences(text)
    return [weight for weight, sentence in zip(cue_weights(found), found, strict=True) if sentence.text == KEY]


@pytest.mark.parametrize("place", [0, 40])
def test_a_sentence_at_either_end_is_taken_before_its_equals_in_the_middle(place: int) -> None:
    texts = [" ".join([*body(40)[:at], KEY, *body(40)[at:]]) for at in (place, 20)]
    assert [KEY in key_sentences(text, 4) for text in texts] == [True, False]


def test_places_weigh_more_towards_both_ends_and_the_same_in_between() -> None:
    weights = place_weights(101)
    assert weights[0] > weights[5] > weights[30]
    assert weights[100] > weights[95] > weights[70]
    assert weights[40] == pytest.approx(weights[60], rel=0.02)
    assert len(place_weights(1)) == 1
    assert len(place_weights(0)) == 0


@pytest.mark.parametrize(
    "heading",
    [
        "Conclusion",
        "5 Conclusions",
        "## Summary",
        "IV. Discussion",
        "Executive Summary",
        "결론",
        "제3장 결론",
        "< 요 약 >",
    ],
)
def test_introductions_summaries_and_conclusions_count_for_more(heading: str) -> None:
    text = f"Methods\n\n{KEY}\n\n{heading}\n\n{KEY}"
    weights = weights_of_key(text)
    assert weights[0] < weights[1]


@pytest.mark.parametrize(
    "heading", ["2 Related Work", "Acknowledgements", "Appendix B", "Table of contents", "참고 문헌"]
)
def test_sections_beside_the_point_count_for_less_up_to_the_next_one(heading: str) -> None:
    text = f"Methods\n\n{KEY}\n\n{heading}\n\n{KEY}\n\nResults\n\n{KEY}"
    weights = weights_of_key(text)
    assert weights[1] < weights[0] == weights[2]


@pytest.mark.parametrize(
    "heading",
    ["Executive Summary", "Abstract", "Zusammenfassung", "Résumé", "Resumen", "요 약", "摘要", "要約"],
)
def test_a_section_that_sums_up_weighs_more_than_an_introduction(heading: str) -> None:
    introduced, summed = weights_of_key(f"1 Introduction\n\n{KEY}\n\n{heading}\n\n{KEY}")
    assert summed > introduced


@pytest.mark.parametrize(
    "heading",
    [
        *("Glossary", "Disclaimer", "Questionnaire", "Revision history", "Danksagung", "Glossar", "Remerciements"),
        *("Annexe A", "Agradecimientos", "Anexo 1", "용어 설명", "부록 1", "附录一", "免责声明", "謝辞", "用語集"),
    ],
)
def test_sections_beside_the_point_are_known_in_other_languages(heading: str) -> None:
    before, below = weights_of_key(f"Harbours\n\n{KEY}\n\n{heading}\n\n{KEY}")
    assert below < before / 2


def test_a_label_on_the_line_is_a_heading_until_the_next_one() -> None:
    dated = KEY.replace("1899", "1898")
    text = f"Harbours\n\nSUMMARY: {KEY} {KEY} DATES: {dated} {dated}\n\n{KEY}"
    label, summed, other, dates, after = cue_weights(read_sentences(text))[1:]
    assert label == summed > other == dates == after


def test_a_heading_of_every_page_begins_no_section() -> None:
    text = f"Introduction\n\n{KEY}" + f"\n\nReport of the harbour\n\n{KEY}" * 3
    assert len({*weights_of_key(text)}) == 1


@pytest.mark.parametrize(
    "pointing",
    [
        "See the table on page 12 for the harbour of Linden and the bridge of Linden.",
        "Enter the depth of the harbour of Linden from line 14 of the form.",
        "Die Tiefe des Hafens von Linden (siehe Seite 12) hat der Rat gemessen.",
        "Le port de Linden et le pont de Linden sont dans le tableau ci-dessous.",
        "El puerto de Linden y el puente de Linden (véase la tabla) fueron reparados.",
        "린든의 항구와 린든의 다리에 대해서는 아래 표를 참조한다.",
        "林登的港口和林登的桥梁的情况，参见本报告的附图。",
        "リンデンの港とリンデンの橋については、下表のとおりである。",
        "For more information on the harbour of Linden, call the council of Linden.",
        "With harbour.depth_limit the harbour of Linden and the bridge of Linden are repaired together.",
        "A harbour of Linden that --repair names is repaired together with the bridge of Linden.",
    ],
)
def test_what_sends_readers_elsewhere_weighs_less(pointing: str) -> None:
    said, sent = cue_weights(read_sentences(f"{KEY.replace(' in the year 1899', '')}\n\n{pointing}"))
    assert sent < said


@pytest.mark.parametrize(
    "leaning",
    [
        *(
            "These were repaired together in spring.",
            "However, it was repaired together.",
            "Diese wurden repariert.",
        ),
        *("Cependant, le port fut réparé.", "Estos fueron reparados.", "그러나 이것은 수리되었다."),
        *("因此，港口得到维修。", "しかし、港は修繕された。"),
    ],
)
def test_a_sentence_that_leans_on_the_one_before_it_is_known(leaning: str) -> None:
    assert leans(leaning)


def test_what_a_document_says_of_itself_leans_on_nothing() -> None:
    assert not leans("This report is about the harbour of Linden.")
    assert not leans(KEY)


def test_a_sentence_comes_with_the_one_it_leans_on_or_not_at_all() -> None:
    fact = "The breakwater turns the current of the harbour of Linden towards the bridge of Linden."
    leaning = "This current fills the harbour of Linden, the bridge of Linden and the market with sand and mud."
    others = body(12)

    def chosen(text: str) -> list[str]:
        return ["".join(extract(text, tokens, "sand and mud").pieces) for tokens in range(60, 240, 20)]

    together = chosen(" ".join([*others[:6], fact, leaning, *others[6:]]))
    assert any(leaning in said for said in together)
    assert all(leaning not in said or f"{fact} {leaning}" in said for said in together)
    stranded = f"{' '.join(others[:6])}\n\n{leaning} {' '.join(others[6:])}"
    assert all(leaning not in said for said in chosen(stranded))


def test_a_text_whose_sentences_all_lean_is_summed_up_too() -> None:
    text = "\n\n".join(f"It was repaired together with the {thing} of Linden in spring." for thing in THINGS)
    assert extract(text, 60).finish_reason == "stop", "and none of them is cut"


def test_stretches_end_where_a_section_begins_if_one_is_near() -> None:
    assert [*map(tuple, _stretches(9, [], 3))] == [(0, 1, 2), (3, 4, 5), (6, 7, 8)]
    assert [len(stretch) for stretch in _stretches(30, [12, 27], 3)] == [12, 8, 10]


def test_a_heading_within_a_section_leaves_it_as_it_is() -> None:
    text = f"5 Conclusion\n\n5.1 Harbours\n\n{KEY}"
    assert cue_weights(read_sentences(text))[-1] > 1


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("2 The Harbour", 1),
        ("# The harbour and its breakwater", 1),
        ("2.1 The Breakwater", 2),
        ("The harbour silts up.", 0),
        ("Table 3: Depth of the harbour", 0),
        ("• the harbour at low tide", 0),
        ("4.2 4.1 3.9", 0),
    ],
)
def test_headings_are_known(line: str, heading: int) -> None:
    found = read_sentences(f"{KEY}\n\n{line}\n\n{KEY}")
    assert [sentence.heading for sentence in found] == [0, *[heading] * (len(found) - 2), 0]


@pytest.mark.parametrize("thing", ["tunnel", "castle"])
def test_words_of_the_headings_count_for_more(thing: str) -> None:
    things = [name for pair in zip(["tunnel"] * 10, ["castle"] * 10, strict=True) for name in pair]
    text = " ".join(f"The {name} of Linden was repaired in the year {1900 + i}." for i, name in enumerate(things))
    (best,) = key_sentences(f"Of the {thing.title()}\n\n{text}", 1)
    assert thing in best


@pytest.mark.parametrize("thing", ["forest", "library"])
def test_a_focus_brings_up_what_shares_its_words(thing: str) -> None:
    text = " ".join(statement(name, "council", i) for i, name in enumerate(THINGS * 3))
    model = TextRank(max_tokens=64)
    focused = str(model.invoke(text, focus=f"the {thing}").content)
    assert thing in focused
    assert focused == TextRank(max_tokens=64, focus=f"the {thing}").invoke(text).content
    assert str(model.invoke(text).content) == str(model.invoke(text, focus="").content) != focused
    assert TextRank(focus=thing)._get_llm_string() != TextRank()._get_llm_string()


@pytest.mark.parametrize(
    "chatter",
    [
        "Um, yeah, okay, uh, the harbour of Linden and the bridge of Linden, you know.",
        "Thank you, let's move on to the harbour of Linden and the bridge of Linden.",
        "“The harbour of Linden and the bridge of Linden,” she said to him at last.",
        "린든의 항구와 린든의 다리에 대하여 말씀해 주시기 바랍니다.",
    ],
)
def test_chatter_weighs_less_than_a_statement(chatter: str) -> None:
    spoken, said = cue_weights(read_sentences(f"{chatter}\n\n{KEY}"))
    assert spoken < said


def test_what_a_meeting_decided_weighs_more() -> None:
    said, decided = cue_weights(read_sentences(f"{KEY}\n\nWe agreed to repair the harbour of Linden in spring."))
    assert decided > said


@pytest.mark.parametrize(
    "imprint",
    [
        "No part of this book may be reproduced in any form without leave of the harbour of Linden.",
        "This eBook of the harbour of Linden is for the use of anyone at Project Gutenberg.",
        "Copyright © 2004 by the harbour of Linden and the people who work there.",
    ],
)
def test_an_imprint_is_never_chosen(imprint: str) -> None:
    assert imprint not in summary(f"{imprint}\n\n{' '.join(body(6))}", 400)


def test_korean_reports_that_end_in_nouns_are_read() -> None:
    report = "소비와 산업생산의 증가폭이 축소된 가운데 성장세의 완만한 둔화 흐름이 지속될 전망"
    talk = "오늘 날씨가 참 좋습니다. " * 3
    assert report in summary(f"{report}\n\n{talk}\n\n주요 지표 1.0 2.0 3.0", 100)


def test_each_third_of_a_long_text_has_a_sentence_even_if_another_is_all_about_the_matter() -> None:
    odd = [
        "Gulls prefer chimneys to cliffs whenever storms approach from western islands.",
        "My grandmother baked rye loaves every Saturday before sunrise without fail.",
        "Clever foxes crossed frozen meadows while farmers slept behind shutters.",
        "Seven violins played slow waltzes until candles burned low that evening.",
        "Painters mixed crimson pigment with linseed oil inside narrow attics.",
        "Strange comets frightened sailors who trusted neither maps nor stars.",
        "Bitter almonds spoiled several puddings during Easter dinner upstairs.",
    ]
    chosen = summary(" ".join([*body(7), *odd, *body(14)[7:]]), 160)
    assert sum(sentence in chosen for sentence in body(14)) > 2
    assert any(sentence in chosen for sentence in odd)


def test_tags_around_quoted_sentences_are_not_said() -> None:
    lines = body(8)
    text = f"{' '.join(lines[:4])}\n<source_sentences>\n{lines[4]}\n{lines[5]}\n</source_sentences>\n\n{lines[6]}"
    assert "source_sentences" not in summary(text, 400)
    assert lines[4] in [sentence.text for sentence in read_sentences(text)]


def test_key_sentences_are_the_best_first_whole_and_no_more_than_asked_for() -> None:
    text = "Harbours\n\n" + " ".join(body(20)) + "\n\nTable 3: Depth by month\n\n1.0 2.0 3.0"
    best = key_sentences(text, 3)
    assert len(best) == len(set(best)) == 3
    assert set(best) <= set(body(20))
    assert key_sentences(text, 1) == best[:1]
    assert key_sentences(text, 0) == key_sentences("", 3) == key_sentences("1 2 3", 3) == []
    assert len(key_sentences(text, 500)) <= 20


def test_a_key_sentence_is_never_so_long_that_nobody_would_quote_it() -> None:
    endless = f"The harbour of Linden {'and the bridge of Linden ' * 60}was repaired."
    assert key_sentences(f"{endless} {KEY}", 2) == [KEY]
    assert estimate_tokens(endless) > 120


def test_stars_of_footnotes_are_left_out_and_powers_are_not() -> None:
    level, power = (
        "The rate stayed at its level* in spring and summer.",
        "It takes 10**6 steps to reach the harbour.",
    )
    said = TextRank(max_tokens=200).invoke(f"<document>{level} {power} {level}</document>").text
    assert "level in spring" in said
    said = TextRank(max_tokens=200).invoke(f"<document>{power} {power}</document>").text
    assert "10**6 steps" in said


def test_rows_of_a_table_are_read_one_by_one_and_are_no_sentences() -> None:
    rows = [f"{n},000 | {n},050 | {n}03 | {n}13" for n in range(5, 60)]
    made = extract("Tax table\n\nAt least | But less than | Single | Married\n" + "\n".join(rows), 60)
    assert made.finish_reason == "stop"
    assert all("\n" in piece or piece.count("|") <= 3 for piece in made.pieces)
    assert prose("The odds p(x | y) are those of a draw that was made before the second one was known.") > 0.5


@pytest.mark.parametrize(
    "pointer", ["Chapter 3.5 says how", "As section 2.1 explains,", "Set `harbour.depth` to 4 where"]
)
def test_a_sentence_about_another_place_or_about_code_weighs_less(pointer: str) -> None:
    plain, pointing = cue_weights(read_sentences(f"{KEY}\n\n{pointer} {KEY[0].lower()}{KEY[1:]}"))
    assert pointing <= 0.5 * plain


@pytest.mark.parametrize("heading", ["Examples", "5.3 Worked examples", "Example"])
def test_examples_weigh_little(heading: str) -> None:
    before, inside = weights_of_key(f"{KEY}\n\n{heading}\n\n{KEY}")
    assert inside < 0.5 * before


def test_the_second_of_several_leans_on_the_first() -> None:
    assert leans("Second, the harbour of Linden was repaired.")
    assert not leans("Second thoughts came to the council of Linden.")
