"""What is wrong in a sentence is flagged by its kind, and what is right is not: units, opposites, roles."""

from __future__ import annotations

import pytest

from graph import ground
from graph.grounding import Flag

HARBOUR = (
    "The harbour office asked the town to repair the wall. You may pay in up to 60 months."
    " More than 50 % of the boats are older than twenty years. The model was trained on 6T tokens."
    " Repairs cost at least $3 million. The new wall does not stop the waves."
    " Prices of fish rose in the spring. Some women may join the crew."
    " Ada Brandt drew the plan, and Jonas Weller built the tower."
)
SOURCES = {
    "ko": "항구의 물동량은 지난해 크게 증가하였다. 배의 60%는 20년이 넘었다. 수입은 증가하지 않았다.",
    "de": "Die Preise für Fisch stiegen im Frühjahr. Die neue Mauer hält die Wellen nicht auf. Der Bau dauert 12"
    " Monate.",
    "fr": "Les prix du poisson ont augmenté au printemps. Le nouveau mur ne retient pas les vagues de la mer.",
    "es": "Los precios del pescado aumentaron en primavera. El nuevo muro no detiene las olas del mar.",
}


def flags(sentence: str, source: str = HARBOUR) -> list[Flag]:
    (found,) = ground(sentence, [source])
    return found["flags"]


@pytest.mark.parametrize(
    ("wrong", "flag"),
    [
        ("You may pay in up to 60 years.", "unit not in source"),
        ("Repairs cost at least 3 million euros.", "unit not in source"),
        ("The model was trained on 60T tokens.", "number not in source"),
        ("50 % of the boats are older than twenty years.", "comparison not in source"),
        ("Less than 50 % of the boats are older than twenty years.", "comparison not in source"),
        ("You may pay in at least 60 months.", "comparison not in source"),
        ("The new wall stops the waves.", "opposite in source"),
        ("Prices of fish did not rise in the spring.", "opposite in source"),
        ("Prices of fish fell in the spring.", "opposite in source"),
        ("The town asked the harbour office to repair the wall.", "roles differ from source"),
        ("Jonas Weller drew the plan, and Ada Brandt built the tower.", "roles differ from source"),
        ("You may join the crew, as all women do.", "stronger than source"),
        ("Some women must join the crew.", "stronger than source"),
        ("Ada Weller built the tower.", "name not in source"),
        ("The tower was built by Jonas Brandt.", "name not in source"),
    ],
)
def test_what_is_wrong_is_flagged_by_its_kind(wrong: str, flag: Flag) -> None:
    assert flag in flags(wrong)


@pytest.mark.parametrize(
    "right",
    [
        "You may pay in no more than 60 months.",
        "The model was trained on 6 trillion tokens.",
        "The model was trained on 6,000,000,000,000 tokens.",
        "Over 50 percent of the boats are older than twenty years.",
        "Repairs cost at least three million dollars.",
        "The waves are not stopped by the new wall.",
        "In the spring, prices of fish increased.",
        "The town was asked by the harbour office to repair the wall.",
        "The wall is to be repaired by the town.",
        "Some women might join the crew.",
        "The tower was built by Jonas Weller, and Ada Brandt drew the plan.",
    ],
)
def test_what_is_right_in_other_words_is_not_flagged(right: str) -> None:
    assert flags(right) == []


OTHER_LANGUAGES: list[tuple[str, str, str, Flag]] = [
    ("ko", "지난해 항구의 물동량은 증가했다.", "지난해 항구의 물동량은 크게 감소하였다.", "opposite in source"),
    ("ko", "수입은 증가하지 않았다.", "수입은 증가하였다.", "opposite in source"),
    ("de", "Im Frühjahr stiegen die Preise für Fisch.", "Im Frühjahr sanken die Preise.", "opposite in source"),
    ("de", "Die Mauer hält die Wellen nicht auf.", "Die neue Mauer hält die Wellen auf.", "opposite in source"),
    ("de", "Der Bau dauert zwölf Monate.", "Der Bau dauert 12 Jahre.", "unit not in source"),
    ("fr", "Les prix du poisson ont augmenté.", "Les prix du poisson ont baissé.", "opposite in source"),
    ("fr", "Le mur ne retient pas les vagues.", "Le nouveau mur retient les vagues.", "opposite in source"),
    ("es", "Los precios del pescado aumentaron.", "Los precios del pescado bajaron.", "opposite in source"),
    ("es", "El muro no detiene las olas.", "El nuevo muro detiene las olas del mar.", "opposite in source"),
]


@pytest.mark.parametrize(("language", "right", "wrong", "flag"), OTHER_LANGUAGES)
def test_opposites_and_units_in_other_languages(language: str, right: str, wrong: str, flag: Flag) -> None:
    assert flag in flags(wrong, SOURCES[language])
    assert flags(right, SOURCES[language]) == []


def test_a_number_counts_against_the_passages_that_its_clause_rests_on() -> None:
    filler = " ".join(f"Station {name} saw no rain at all in the whole month." for name in "abcdefghij")
    source = f"The lighthouse has 112 steps. {filler} The ferry carries 340 passengers."
    assert flags("The lighthouse has 112 steps, and the ferry carries 340 passengers.", source) == []
    assert "number not in source" in flags(
        "The lighthouse has 340 steps, and the ferry carries 112 passengers.", source
    )


def test_a_citation_that_was_made_up_is_flagged_inside_a_long_sentence() -> None:
    source = "We compare it with LLaMA 2 (Touvron et al., 2023), which was trained on public text for many weeks."
    sentence = "It is compared with LLaMA 2 ({}, 2023), which was trained on public text for many weeks."
    assert flags(sentence.format("Touvron et al."), source) == []
    assert "name not in source" in flags(sentence.format("Sutton et al."), source)


def test_a_bound_lowers_the_support_as_other_flags_do() -> None:
    right, wrong = (
        ground(f"{bound} 50 % of the boats are older than twenty years.", [HARBOUR])[0]["support"]
        for bound in ("More than", "Less than")
    )
    assert wrong < right
