"""Sentences that share no more with a document than a docket's number, an address, an ISBN."""

from __future__ import annotations

import time

import pytest

from graph import ground
from graph.grounding.identifiers import without_identifiers

SOURCE = [
    "Docket No. UE-2023-0417. Case 1:21-cv-00318. In the matter of the application of Northern Light Power for an"
    " adjustment of rates. The applicant asks for an increase of 4.2 percent for residential customers.",
    "Docket No. UE-2023-0417\n\nThe staff recommends that the increase be limited to 2.9 percent, because the"
    " costs of the substation at Arden were counted twice. Hearings were held in Arden on 3 May, and in"
    " Colby on 9 May.",
    "Docket No. UE-2023-0417\n\nSee https://www.energy.example.gov/dockets/UE-2023-0417 for filings."
    " ISBN 978-0-306-40615-7. Contact the secretary at records@energy.example.gov. DOI 10.1000/xyz123.",
]
KOREAN = ["사건번호 2023가합12345. 원고는 창고의 화재로 생긴 손해의 배상을 청구하였다. 문서번호: 제2023-12호."]


@pytest.mark.parametrize(
    "sentence",
    [
        "The merger with a gas company was approved unanimously under Docket No. UE-2023-0417.",
        "Docket No. UE-2023-0417 concerns salmon fishing quotas.",
        "In Case 1:21-cv-00318, the plaintiff won damages.",
        "The book ISBN 978-0-306-40615-7 describes whale migration.",
        "More details about the tides appear at https://www.energy.example.gov/dockets/UE-2023-0417.",
        "A study (DOI 10.1000/xyz123) shows that bees sleep.",
        "Send the samples of tissue to records@energy.example.gov.",
    ],
)
def test_what_shares_an_identifier_alone_has_no_support(sentence: str) -> None:
    (found,) = ground(sentence, SOURCE)
    assert "weak support" in found["flags"]
    assert found["support"] < 0.25
    assert found["pages"] == []


@pytest.mark.parametrize(
    "sentence",
    ["Docket No. UE-2023-0417.", "The document is about Docket No. UE-2023-0417.", "This is docket UE-2023-0417."],
)
def test_an_identifier_alone_says_nothing_even_where_it_is_copied(sentence: str) -> None:
    assert "says nothing" in ground(sentence, SOURCE)[0]["flags"]


@pytest.mark.parametrize(
    "sentence",
    [
        "In Docket No. UE-2023-0417, the staff recommends limiting the increase to 2.9 percent.",
        "Northern Light Power applied for higher rates (Docket No. UE-2023-0417).",
        "Under docket UE-2023-0417 the applicant asks for an increase of 4.2 percent for residential customers.",
        "Filings of the docket UE-2023-0417 are at https://www.energy.example.gov/dockets/UE-2023-0417.",
        "Hearings were held in Arden on 3 May.",
    ],
)
def test_what_is_said_of_an_identifier_keeps_its_support(sentence: str) -> None:
    (found,) = ground(sentence, SOURCE)
    assert found["flags"] == []
    assert found["support"] > 0.6


def test_korean_identifiers_are_none_the_less() -> None:
    right, wrong = ground(
        "2023가합12345 사건의 원고는 화재로 생긴 손해의 배상을 청구하였다.\n"
        "사건번호 2023가합12345는 어업 면허에 대한 것이다.",
        KOREAN,
    )
    assert right["flags"] == []
    assert "weak support" in wrong["flags"]


@pytest.mark.parametrize(
    "text",
    [
        "In case 5 of 9 fields was left empty, 12,000 people came in 2019-2020.",
        "The report says that COVID-19 reached 40 towns; F-16s and GPT-4 were there at 10:30 on 3/4/2021.",
        "The reference is to the order of the files, and the account is closed.",
    ],
)
def test_numbers_and_names_are_no_identifiers(text: str) -> None:
    assert without_identifiers(text) == text


@pytest.mark.parametrize("piece", ["a-", "a.", "1:", "www.", "10.1000/", "case no ", "ISBN ", "a1-1-1-"])
def test_the_time_it_takes_does_not_grow_with_the_square_of_the_text(piece: str) -> None:
    def seconds(times: int) -> float:
        text = piece * times
        begun = time.process_time()
        without_identifiers(text)
        return time.process_time() - begun

    assert seconds(80_000) < 100 * max(0.001, min(seconds(5_000) for _ in range(3)))
