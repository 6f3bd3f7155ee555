"""Documents without pages, through the real command: citations name chapters, slides and sheets."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.cli.main import main
from tests.office_files import docx, paragraph, pptx, shape

QUICK = str(Path(__file__).parents[3] / "configs" / "quickstart.yaml")
TIDES = "The tide gauge at the old bridge sends a report every ten minutes."
FEES = "The council raised the harbour fees by four percent in March."


@pytest.mark.parametrize(
    ("name", "content", "cited"),
    [
        (
            "a.docx",
            docx(
                paragraph("Tides", style="Heading1"), paragraph(TIDES),
                paragraph("Fees", style="Heading1"), paragraph(FEES),
            ),
            ("[ch. 1]", "[ch. 2]"),
        ),
        (
            "a.pptx",
            pptx(
                shape("Harbour", "title"), shape("Tides", "title") + shape(TIDES),
                shape("Fees", "title") + shape(FEES),
            ),
            ("[slide 2]", "[slide 3]"),
        ),
    ],
)  # fmt: skip
def test_citations_name_chapters_and_slides(
    tmp_path: Path, name: str, content: bytes, cited: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["run", QUICK, "--quiet", "--input", str(tmp_path / name)]) == 0
    said = capsys.readouterr().out
    for sentence, where in zip((TIDES, FEES), cited, strict=True):
        assert f"{sentence} {where}" in said
    assert "p. " not in said.split("---")[0]
