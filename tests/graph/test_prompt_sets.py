"""The prompt sets for one purpose, from a document to what people read: nothing is flagged for its form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph import build_graph
from graph.report import to_html, to_markdown
from graph.results.types import Result
from graph.shipped import find_prompt_set, prompt_set_names
from tests.fakes import RecordingModel, make_config

MINUTES = (
    "The harbour board met on 4 March 2026. It approved the new breakwater with seven votes to two. Ms Okafor "
    "asks three builders for offers by 30 April. Whether the ferry pier is closed in winter was not settled."
)
ANSWER = """\
## Decisions

- The board approved the new breakwater with seven votes to two.

## Action items

- **Ms Okafor:** ask three builders for offers.

## Deadlines

- 30 April: offers from three builders.

## Open questions

None.
"""
KOREAN_MINUTES = (
    "항만위원회는 2026년 3월 4일에 회의를 열었다. 위원회는 새 방파제를 찬성 7표, 반대 2표로 승인했다. "
    "김민지 과장은 4월 30일까지 업체 세 곳에서 견적을 받기로 했다."
)
KOREAN_ANSWER = """\
## 결정 사항

- 위원회는 새 방파제를 찬성 7표, 반대 2표로 승인했다.

## 할 일

- 김민지 과장: 업체 세 곳에서 견적을 받는다.

## 기한

- 4월 30일: 업체 세 곳의 견적

## 남은 과제

없음.
"""


class Scripted(RecordingModel):
    """Copies parts, and says the same in the end, whatever it is asked."""

    said: str

    def answer(self, document: str, max_tokens: int) -> str:
        return self.said


def run(name: str, model: Any, source: dict[str, Any], **more: Any) -> Result:
    prompts = {"file": str(find_prompt_set(name))}
    config = make_config(window=4000, part=300, chunk=80, prompts=prompts, **more)
    result: Result = build_graph(config, model=model).invoke(source)  # type: ignore[assignment]
    return result


@pytest.mark.parametrize(
    ("name", "document", "answer", "nothing"),
    [
        ("decisions", MINUTES, ANSWER, "None."),
        ("decisions_korean", KOREAN_MINUTES, KOREAN_ANSWER, "없음."),
    ],
)
def test_headings_and_lists_of_decisions_have_their_pages_and_what_is_not_there_has_none(
    name: str, document: str, answer: str, nothing: str
) -> None:
    result = run(name, Scripted(said=answer), {"documents": [document]}, summarize__strategy="auto")
    assert [sentence["flags"] for sentence in result["sentences"]] == [[]] * len(result["sentences"])
    claims = [sentence for sentence in result["sentences"] if sentence["evidence"]]
    assert len(claims) == 3
    markdown = to_markdown(result)
    assert markdown.count(" [p. 1]") == 3
    assert f"\n{nothing}\n" in markdown
    html = to_html(result)
    assert html.count('class="chip"') == 3
    assert html.count("<li dir=") >= 3


@pytest.mark.parametrize("name", sorted({*prompt_set_names()} - {"completion"}))
def test_every_set_runs_over_parts_and_over_several_documents(name: str, tmp_path: Path) -> None:
    text = KOREAN_MINUTES if name.endswith("korean") else MINUTES
    paths = [tmp_path / "first.txt", tmp_path / "second.txt"]
    for path, times in zip(paths, (9, 1), strict=True):
        path.write_text(f"{text}\n\n" * times, "utf-8")
    model = RecordingModel()
    result = run(name, model, {"source": [str(path) for path in paths]}, summarize__strategy="auto")
    assert [file["name"] for file in result["files"] if file.get("summary")] == ["first.txt", "second.txt"]
    assert not [warning for warning in result["warnings"] if "shortened" in warning]
    asked = [call for call in model.calls if "first.txt:\n" in call.document]
    assert len(asked) == 1
    assert "second.txt:\n" in asked[0].document
