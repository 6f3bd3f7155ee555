"""The language that a report says its summary is in."""

from __future__ import annotations

import pytest

from graph.report import to_html
from graph.report.html.language import language_of
from tests.reports import result


@pytest.mark.parametrize(
    ("words", "asked", "language"),
    [
        ("The harbour opens at six in the morning, and it is closed by nine.", "", "en"),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "French", "fr"),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "", ""),
        ("Le port ouvre à six heures du matin et ferme à neuf heures.", "English", ""),
        ("The harbour opens at six in the morning, and it is closed by nine.", "French", "en"),
        ("항구는 아침 여섯 시에 열린다, 그리고 저녁에 닫힌다. The harbour.", "English", "ko"),
        ("항구. The harbour.", "English", "en"),
        ("港は朝六時に開きます。", "", "ja"),
        ("港口早上六点开放。", "中文", "zh"),
        ("", "", ""),
    ],
)
def test_the_language_is_said_where_it_is_known(words: str, asked: str, language: str) -> None:
    assert language_of(words, asked) == language
    made = result(words, ())
    made["made"]["language"] = asked
    assert f'class="prose" lang="{language}"' in to_html(made)
