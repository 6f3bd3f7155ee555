"""Which lines of a summary are sentences, and which are headings."""

import pytest

from graph.grounding.statements import statements


@pytest.mark.parametrize(
    ("line", "is_heading"),
    [
        ("คณะกรรมการท่าเรืออนุมัติการก่อสร้างเขื่อนกันคลื่นแห่งใหม่เมื่อวันอังคาร", False),  # no mark ends it
        ("รายงานท่าเรือ", True),
        ("港の委員会の報告", True),
        ("Harbour report", True),
        ("The board approved the wall.", False),
    ],
)
def test_a_line_without_spaces_and_marks_is_a_sentence_if_it_is_long(line: str, is_heading: bool) -> None:
    assert [each.is_heading for each in statements(line)] == [is_heading]
