"""Sentences whose only tie to the document is a docket number, an address, a date: they are not supported."""

from __future__ import annotations

import pytest

from graph import ground

ENGLISH = [
    "Tasks for the committee. The docket for this rule is DEA-2023-0142. Comments may be sent to"
    " https://www.regulations.gov/docket/DEA-2023-0142 until July 24, 2023. The Department proposes to move"
    " marijuana from schedule I to schedule III. The mill opened on 12 March 1998.",
    "Case No. 22-1234 was decided in the district court of Linden. It grinds 12 tons of rye a day. The catalogue"
    " has ISBN 978-3-16-148410-0. The harbour was dredged.",
]
KOREAN = [
    "사건번호 2023다12345 판결은 대법원에서 선고되었다. 위원회는 2024년 3월 5일에 회의를 열었다."
    " 제2023-45호에 따라 예산안이 의결되었다. 항구는 봄마다 준설된다."
]


@pytest.mark.parametrize(
    "sentence",
    [
        "Docket No. DEA-2023-0142.",
        "Under docket DEA-2023-0142, the agency bans lead paint in schools.",
        "More is at https://www.regulations.gov/docket/DEA-2023-0142.",
        "The farmers of the valley won a prize in ISBN 978-3-16-148410-0.",
        "Case No. 22-1234 bans smoking in parks.",
        "The mayor resigned on 12 March 1998.",
        "Farmers won a prize on July 24, 2023.",
    ],
)
def test_an_identifier_alone_supports_nothing(sentence: str) -> None:
    (found,) = ground(sentence, ENGLISH)
    assert "weak support" in found["flags"]
    assert found["support"] < 0.25
    assert found["evidence"], "where the identifier stands is shown all the same"


@pytest.mark.parametrize(
    "sentence",
    [
        "Case No. 22-1234 was decided in the district court.",
        "The docket of the rule is DEA-2023-0142, and comments were due until July 24, 2023.",
        "In docket DEA-2023-0142, the Department wants to move marijuana to schedule III.",
        "The mill opened on 12 March 1998.",
        "The mill opened in 1998.",
        "Each day, 12 tons of rye are ground.",
    ],
)
def test_a_right_sentence_with_an_identifier_is_not_flagged(sentence: str) -> None:
    (found,) = ground(sentence, ENGLISH)
    assert (found["flags"], found["support"] > 0.5) == ([], True)


@pytest.mark.parametrize(
    ("sentence", "flags"),
    [
        ("2023다12345 사건에서 농부들이 상을 받았다.", ["weak support"]),
        ("제2023-45호는 흡연을 금지한다.", ["weak support"]),
        ("2024년 3월 5일에 시장이 사임하였다.", ["weak support"]),
        ("제2023-45호에 따라 예산안이 의결되었다.", []),
        ("위원회는 2024년 3월 5일에 회의를 열었다.", []),
        ("대법원은 2023다12345 판결을 선고하였다.", []),
    ],
)
def test_korean_identifiers(sentence: str, flags: list[str]) -> None:
    (found,) = ground(sentence, KOREAN)
    assert found["flags"] == flags
