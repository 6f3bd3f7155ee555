"""What belongs to one thing and is said of another is flagged, and what is wider than its source."""

from __future__ import annotations

import pytest

from graph import ground
from graph.grounding import Flag

YARD = (
    "The yard has two cranes and one dry dock. Keel Seven reaches 14.5 knots in calm water, passing the old ferry."
    " The barge Ottilie reaches 9.2 knots in calm water. Repairs cost up to $400, but painting costs more."
    " The yard built the Marten (1931), the Heron (1934) and the Plover (1936)."
    " Tar was bought from Lindqvist (1911), rope from Osei (1913) and canvas from Duarte (1915)."
    " Would a licence be required for the winter? A licence for the winter was not required."
    " No pilot is needed to enter the basin. The harbour is compatible with deep hulls."
    " The crew found that wooden rudders last longer than steel rudders. Some boats leak in the first year."
    " The engine warms the cabin, heating the deck as well. Oars were made purely by hand."
    " The fishermen sell herring in spring. The farmers sell barley in autumn."
)


def flags(sentence: str, source: str = YARD) -> list[Flag]:
    (found,) = ground(sentence, [source])
    return found["flags"]


@pytest.mark.parametrize(
    ("wrong", "flag"),
    [
        ("The Heron was built in 1931, and the Marten in 1934.", "roles differ from source"),
        (
            "The fishermen sell barley in autumn, and the farmers sell herring in spring.",
            "roles differ from source",
        ),
        ("The crew found that steel rudders last longer than wooden rudders.", "roles differ from source"),
        ("The old ferry passes Keel Seven in calm water.", "roles differ from source"),
        ("Keel Seven reaches 9.2 knots in calm water.", "number not in source"),
        ("The yard has three cranes.", "number not in source"),
        ("The yard has two dry docks.", "number not in source"),
        ("Repairs cost at least $400.", "comparison not in source"),
        ("A licence for the winter was required.", "opposite in source"),
        ("A pilot is needed to enter the basin.", "opposite in source"),
        ("The harbour is incompatible with deep hulls.", "opposite in source"),
        ("All boats leak in the first year.", "stronger than source"),
        ("The barge Wilhelmine reaches 9.2 knots in calm water.", "name not in source"),
    ],
)
def test_what_belongs_to_another_is_flagged(wrong: str, flag: Flag) -> None:
    assert flag in flags(wrong)


@pytest.mark.parametrize(
    "right",
    [
        "The Heron was built in 1934, and the Marten in 1931.",
        "Tar was bought from Lindqvist, and rope from Osei.",
        "The farmers sell barley in autumn, and the fishermen sell herring in spring.",
        "Wooden rudders last longer than steel rudders.",
        "In calm water, Keel Seven passes the old ferry.",
        "The barge Ottilie reaches 9.2 knots in calm water.",
        "The yard has two cranes.",
        "Repairs cost at most $400.",
        "No licence was required for the winter.",
        "The basin can be entered without a pilot.",
        "Some boats leak in their first year.",
        "Oars were made only by hand.",
    ],
)
def test_what_belongs_to_it_is_not_flagged(right: str) -> None:
    assert flags(right) == []


def test_the_names_of_two_people_in_an_address_are_still_two() -> None:
    source = (
        "Mirja Aalto and Tomas Brandt wrote the plan. Write to {mirja,aalto,brandt}@harbour.example for a copy."
    )
    assert "name not in source" in flags("The plan was written by Mirja Brandt.", source)
    assert flags("The plan was written by Mirja Aalto.", source) == []


def test_a_number_of_what_was_named_before_is_not_anothers() -> None:
    source = "The Petrel carries 40 people on the lake in summer. In winter it carries 25 people on the lake."
    assert flags("The Petrel carries 25 people on the lake in winter.", source) == []


def test_common_words_that_the_source_lacks_cost_little_support() -> None:
    common, rare = (
        ground(f"Ottilie {verb} 9.2 knots in calm water.", [YARD])[0]["support"]
        for verb in ("makes", "photographs")
    )
    assert common > rare


@pytest.mark.parametrize(
    ("text", "is_empty"),
    [
        ("The document describes various different boats.", True),
        ("This is described in Section 2.", True),
        ("The yard is a yard of the yard that is a yard.", True),
        ("The document describes two cranes.", False),
        ("The report mentions that Ottilie reaches 9.2 knots.", False),
    ],
)
def test_what_any_summary_could_say_is_flagged(text: str, is_empty: bool) -> None:
    assert ("says nothing" in flags(text)) == is_empty


@pytest.mark.parametrize(
    ("language", "right"),
    [
        ("de", "Die Werft hat zwei Kräne, und die Bauern verkaufen im Herbst Gerste."),
        ("fr", "Le chantier a deux grues, et les fermiers vendent de l'orge en automne."),
        ("ko", "조선소에는 크레인이 두 대 있고 농부들은 가을에 보리를 판다."),
    ],
)
def test_other_languages_are_left_alone(language: str, right: str) -> None:
    sources = {
        "de": "Die Werft hat zwei Kräne und ein Trockendock. Die Fischer verkaufen im Frühling Hering."
        " Die Bauern verkaufen im Herbst Gerste.",
        "fr": "Le chantier a deux grues et une cale sèche. Les pêcheurs vendent du hareng au printemps."
        " Les fermiers vendent de l'orge en automne.",
        "ko": "조선소에는 크레인이 두 대, 건선거가 한 개 있다. 어부들은 봄에 청어를 판다."
        " 농부들은 가을에 보리를 판다.",
    }
    assert flags(right, sources[language]) == []
