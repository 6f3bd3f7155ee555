"""Numbers are compared as numbers, however they are written, in many languages."""

from __future__ import annotations

import pytest

from graph import ground
from graph.grounding.words import words_of

SAME = [
    ("1,000", "1000"),
    ("1 000", "1000"),
    ("1'000", "1,000"),
    ("1.000.000", "1,000,000"),
    ("58%", "58 percent"),
    ("58%", "58 per cent"),
    ("58%", "0.58"),
    ("58％", "58퍼센트"),
    ("12 million", "12,000,000"),
    ("1.5bn", "1.5 billion"),
    ("5k", "5,000"),
    ("twelve", "12"),
    ("twenty-three", "23"),
    ("two hundred and five", "205"),
    ("three dozen", "36"),
    ("half a million", "500,000"),
    ("vingt-trois", "23"),
    ("vingt et un", "21"),
    ("soixante-dix-sept", "77"),
    ("quatre-vingt-douze", "92"),
    ("treinta y dos", "32"),
    ("十一か月", "11か月"),
    ("十二个", "12个"),
    ("007", "7"),
    ("2.50", "2.5"),
    (".5", "0.5"),
    ("3억", "300,000,000"),
    ("1억 2,000만", "120,000,000"),
    ("3조 5천억", "3,500,000,000,000"),
    ("1,200만", "12 million"),
    ("5천", "5,000"),
    ("12,34,567", "1,234,567"),
    ("3 crore", "30 million"),
    ("12,5 Millionen", "12.5 million"),
    ("2 Mrd", "2 billion"),
    ("3,5 milliards", "3.5bn"),
    ("10.000", "10,000"),
    ("-5", "−5"),
    ("-5", "minus five"),
    ("-$5", "$-5"),
    ("$(5)", "-5"),
    ("(5)", "-5"),  # a bracket may be a sign,
    ("(5)", "5"),  # or none
    ("–5", "-5"),
    ("–5", "5"),
]
DIFFERENT = [
    ("1,000", "1,001"),
    ("58%", "85%"),
    ("12 million", "12 billion"),
    ("3억", "3만"),
    ("1.5", "15"),
    ("fourteen", "forty"),
    ("half a million", "1 million"),
    ("vingt-trois", "20"),
    ("十一か月", "12か月"),
    ("2024", "2025"),
    ("-5", "5"),
    ("−5", "5"),
    ("minus 5", "5"),
    ("-$5", "$5"),
    ("-1,234", "1,234"),
    ("-5%", "5%"),
    ("10.001", "10,000"),
    ("12,5 Millionen", "12.5 billion"),
]


def values(text: str) -> set[float]:
    (word,) = [word for word in words_of(text, "en") if word.values]
    return set(word.values)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_number_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert any(a == pytest.approx(b) for a in values(one) for b in values(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_numbers_are_other_numbers(one: str, other: str) -> None:
    assert values(one).isdisjoint(values(other))


@pytest.mark.parametrize(
    "text",
    ["COVID-19", "no- 5", "- 5 boats", "10^-5", "4 -5", "4 - 5", "grade A-5", "/a-5", "– 5 boats", "\u20145"],
)
def test_a_dash_that_belongs_to_something_else_is_no_sign(text: str) -> None:
    assert all(value >= 0 for word in words_of(text, "en") for value in word.values)


@pytest.mark.parametrize("text", ["2019-5", "3-5", "12-15 boats", "030-1234", "2024-01-05"])
def test_a_range_and_a_date_have_no_sign(text: str) -> None:
    assert all(value >= 0 for word in words_of(text, "en") for value in word.values)


def flags_of(sentence: str, source: str) -> list[str]:
    (found,) = ground(sentence, [source])
    return list(found["flags"])


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_number_written_otherwise_is_in_the_source(one: str, other: str) -> None:
    korean = any("가" <= character <= "힣" for character in one + other)
    sentence = (
        "올해 시장은 모두 {}이라고 구청이 밝혔다." if korean else "The harbour office counted {} this spring."
    )
    assert "number not in source" not in flags_of(sentence.format(one), sentence.format(other))
    assert "number not in source" not in flags_of(sentence.format(other), sentence.format(one))


@pytest.mark.parametrize(("one", "other"), [pair for pair in DIFFERENT if "억" not in pair[0]])
def test_a_number_that_the_source_does_not_have_is_flagged(one: str, other: str) -> None:
    sentence = "The harbour office counted {} this spring."
    assert "number not in source" in flags_of(sentence.format(one), sentence.format(other))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("12,34,567 Rs", "12,34,576 Rs"),
        ("350 000 $", "250 000 $"),
        ("350 000 $", "350 999 $"),
        ("350 000 $", "900 000 000 $"),
        ("1 234 t", "1 243 t"),
        ("5,3 %", "3,5 %"),
        ("5,3 %", "3,9 %"),
        ("5,3 millions", "3,5 millions"),
        ("12.03.2011", "25.12.2011"),
        ("2024.10.11", "2024.12.25"),
        ("2.10.1", "9.4.1"),
    ],
)
def test_a_number_of_several_groups_of_digits_is_one(said: str, wrong: str) -> None:
    source, sentence = (
        "The harbour office counted {} in all of 2019, and 12 boats.",
        "The harbour office counted {}.",
    )
    assert flags_of(sentence.format(said), source.format(said)) == []
    assert "number not in source" in flags_of(sentence.format(wrong), source.format(said))


def test_numbers_that_stand_side_by_side_may_be_two() -> None:
    source = "In rooms 3, 5 and 12 300 people waited, and 999 outside."
    assert flags_of("In rooms 3,5 people waited.", source) == []


def test_a_korean_number_that_the_source_does_not_have_is_flagged() -> None:
    assert "number not in source" in flags_of("구청은 예산 5억 원을 썼다.", "구청은 예산 3억 원을 썼다.")
    assert "number not in source" not in flags_of("구청은 예산 3억 원을 썼다.", "구청은 예산 30000만 원을 썼다.")


@pytest.mark.parametrize(
    ("said", "source", "wrong"),
    [
        ("Elf Boote lagen im Hafen.", "Im Hafen lagen 11 Boote.", "Im Hafen lagen 12 Boote."),
        ("Im Hafen lagen 21 Boote.", "Im Hafen lagen einundzwanzig Boote.", "Im Hafen lagen dreißig Boote."),
        ("Der Hafen kostete 250 Kronen.", "Er kostete zweihundertfünfzig Kronen.", "Er kostete 205 Kronen."),
        ("Le port compte 12 bateaux.", "Le port compte douze bateaux.", "Le port compte treize bateaux."),
        ("El puerto tiene 16 barcos.", "El puerto tiene dieciséis barcos.", "El puerto tiene diecisiete barcos."),
        ("売上は4億円だった。", "会社の売上は四億円だった。", "会社の売上は五億円だった。"),
        ("売上は四億円だった。", "会社の売上は400,000,000円だった。", "会社の売上は500,000,000円だった。"),
        ("売上は二十五円だった。", "会社の売上は25円だった。", "会社の売上は35円だった。"),
        ("매출은 4억 원이었다.", "회사의 매출은 400,000,000 원이었다.", "회사의 매출은 500,000,000 원이었다."),
    ],
)  # fmt: skip
def test_numbers_in_words_of_other_languages(said: str, source: str, wrong: str) -> None:
    assert "number not in source" not in flags_of(said, source)
    assert "number not in source" in flags_of(said, wrong)


def test_the_sign_of_a_number_is_compared_but_not_where_something_fell() -> None:
    source = "The temperature was {} degrees in the harbour on Monday."
    assert "number not in source" in flags_of("The temperature was -5 degrees.", source.format("5"))
    assert "number not in source" in flags_of("The temperature was 5 degrees.", source.format("−5"))
    assert flags_of("The temperature was -5 degrees.", source.format("minus 5")) == []
    assert "number not in source" not in flags_of("Sales of the harbour fell by 5%.", "Sales of the harbour: -5%.")
    assert "number not in source" not in flags_of("Sales of the harbour: -5%.", "Sales of the harbour fell by 5%.")
    assert "number not in source" in flags_of("Sales of the harbour: -5%.", "Sales of the harbour fell by 6%.")


def test_han_characters_that_are_no_numbers_are_words() -> None:
    for text in ("一般", "十分な船", "万一の時", "第三者", "千葉県"):
        assert not any(word.values for word in words_of(text, "ja"))


def test_a_rounded_number_is_in_the_source_where_it_says_that_it_is_rounded() -> None:
    source = "The port handled 11.8 million tons last year."
    assert flags_of("The port handled about 12 million tons last year.", source) == []
    assert flags_of("The port handled 12 million tons last year.", source) == ["number not in source"]
    assert "number not in source" in flags_of("The port handled about 15 million tons last year.", source)
    korean = "항구는 지난해 부두에서 화물 {} 톤을 처리했다."
    assert flags_of(korean.format("약 1,200만"), korean.format("1,180만")) == []


def test_counting_up_to_ten_in_words_is_no_number_that_must_be_in_the_source() -> None:
    source = "Ferries carry mail. Ferries carry cars. Ferries carry people."
    assert "number not in source" not in flags_of("Ferries carry three things: mail, cars and people.", source)


def test_the_number_must_stand_near_the_evidence() -> None:
    filler = " ".join(f"Weather station {name} saw no rain at all." for name in "abcdefghijkl")
    source = f"The lighthouse was built of grey stone. {filler} The canteen has 77 chairs."
    assert "number not in source" in flags_of("The lighthouse was built of 77 grey stones.", source)
