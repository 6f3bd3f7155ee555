"""Lines that belong together: where a space stands between them."""

from __future__ import annotations

import pytest

from llm.language.joins import join


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("the old", "breakwater", "the old breakwater"),
        ("a well-", "known port", "a well-known port"),
        ("방파제를", "줄이기로", "방파제를 줄이기로"),
        ("旧防波堤改变", "了水流", "旧防波堤改变了水流"),
        ("改变了，", "把泥沙", "改变了，把泥沙"),
        ("古い防波堤が", "カレントを", "古い防波堤がカレントを"),
        ("スーパー", "マーケット", "スーパーマーケット"),
        ("ㄅㄆ", "ㄇ", "ㄅㄆㄇ"),
        ("前面（", "后面", "前面（后面"),
        ("使用", "Python 编程", "使用 Python 编程"),
        ("เขื่อนกัน", "คลื่น", "เขื่อนกันคลื่น"),
        ("ພາສາ", "ລາວ", "ພາສາລາວ"),
        ("ភាសា", "ខ្មែរ", "ភាសាខ្មែរ"),
        ("မြန်မာ", "စာ", "မြန်မာစာ"),
        ("зимой", "порт", "зимой порт"),
        ("ميناء", "قديم", "ميناء قديم"),
    ],
)
def test_join(left: str, right: str, joined: str) -> None:
    assert join(left, right) == joined
