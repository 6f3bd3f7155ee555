"""Characters of texts: what nobody sees goes, what letters need stays, and composed forms are one form."""

from __future__ import annotations

import pytest

from graph.documents.characters import plain


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Jan\u200buary ra\u2060is\ufeffed", "January raised"),
        ("by \u202eserte m owt\u202c, \u2066Three\u2069 dikes", "by serte m owt, Three dikes"),
        ("see\U000e0041\U000e0042 this", "see this"),
        ("a\ufe01b", "ab"),
        ("co\u200cop", "coop"),
        ("co\u200dop", "coop"),
        ("di\u180ekes \ufffcand da\u034fms", "dikes and dams"),
    ],
)
def test_what_nobody_sees_goes(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क्\u200dष",
        "\u2764\ufe0f",
        "न\u200cन",
        "\U0001f469\u200d\U0001f467",
        "ᠠ\u180eᠠ",
        "naïve — “x²”",
    ],
)
def test_joiners_of_scripts_that_need_them_stay(text: str) -> None:
    assert plain(text) == text


def test_letters_in_pieces_are_put_together() -> None:
    assert plain("Ca\u0301c bu\u031bo\u031b\u0301c") == "Các bước"
    assert plain("각") == "각"
