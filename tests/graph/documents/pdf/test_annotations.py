"""What is filled into forms, written in boxes and noted on pages is read; what is hidden or empty is not."""

from pathlib import Path

from graph.documents import LoadConfig, read_document
from tests.pdfs import file_of, stream

FIELD = "/Type /Annot /Subtype /Widget /P 3 0 R"


def read(tmp_path: Path, text: str, *annotations: str) -> tuple[str, list[str]]:
    """Text and warnings of a page with these lines, from 700 down by 40 points."""
    path = tmp_path / "page.pdf"
    numbers = range(10, 10 + len(annotations))
    references = " ".join(f"{number} 0 R" for number in numbers)
    fields = " ".join(f"{n} 0 R" for n, a in zip(numbers, annotations, strict=True) if "/Widget" in a)
    shown = "".join(
        f"BT /F1 11 Tf 72 {700 - 40 * row} Td ({line}) Tj ET\n" for row, line in enumerate(text.split("\n"))
    )
    path.write_bytes(
        file_of(
            {
                1: f"<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [{fields}]>>>>".encode(),
                2: b"<</Type /Pages /Count 1 /Kids [3 0 R]>>",
                3: f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents 4 0 R /Annots [{references}]"
                " /Resources <</Font <</F1 5 0 R>>>>>>".encode(),
                4: stream(shown.encode()),
                5: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
                **{n: f"<<{a}>>".encode() for n, a in zip(numbers, annotations, strict=True)},
            }
        )
    )
    reading = read_document(path, LoadConfig())
    return reading["pages"][0]["text"], reading["warnings"]


def test_values_stand_behind_their_names(tmp_path: Path) -> None:
    text, warnings = read(
        tmp_path,
        "Name\nSum\nSigned",
        f"{FIELD} /FT /Tx /T (sum) /V (74,300) /Rect [150 655 300 672]",
        f"{FIELD} /FT /Tx /T (name) /V (Ada Park) /Rect [150 695 300 712]",
        f"{FIELD} /FT /Btn /T (c) /V /Yes /AS /Yes /Rect [150 615 162 627] /AP <</N <</Yes 4 0 R /Off 4 0 R>>>>",
    )
    assert text.split() == ["Name", "Ada", "Park", "Sum", "74,300", "Signed", "[x]"]
    assert warnings == []


def test_empty_hidden_and_secret_fields_say_nothing(tmp_path: Path) -> None:
    text, _ = read(
        tmp_path,
        "Name\nSum\nSigned",
        f"{FIELD} /FT /Tx /T (a) /V () /Rect [150 655 300 672]",
        f"{FIELD} /FT /Tx /T (b) /F 2 /V (hidden) /Rect [150 695 300 712]",
        f"{FIELD} /FT /Tx /T (c) /Ff 8192 /V (password) /Rect [150 695 300 712]",
        f"{FIELD} /FT /Btn /T (d) /V /Off /AS /Off /Rect [150 615 162 627] /AP <</N <</Yes 4 0 R /Off 4 0 R>>>>",
        f"{FIELD} /FT /Btn /Ff 65536 /T (e) /MK <</CA (Send)>> /Rect [150 615 162 627]",
        "/Type /Annot /Subtype /Link /Contents (a link) /Rect [72 655 100 672]",
    )
    assert text.split() == ["Name", "Sum", "Signed"]


def test_text_boxes_stand_in_their_place_and_notes_at_the_end(tmp_path: Path) -> None:
    text, _ = read(
        tmp_path,
        "First line of the page\nSecond line of the page\nThird line of the page",
        "/Type /Annot /Subtype /Text /Contents (Ask the treasurer.) /Rect [400 700 420 720]",
        "/Type /Annot /Subtype /FreeText /Contents (This is withdrawn.) /Rect [72 675 300 690]",
        "/Type /Annot /Subtype /Text /StateModel (Review) /State (Accepted) /Contents (Accepted) /Rect [1 1 2 2]",
        "/Type /Annot /Subtype /Highlight /Contents (Second line) /Rect [72 655 100 672]",
    )
    assert text.split("\n\n") == [
        "First line of the page",
        "This is withdrawn.",
        "Second line of the page",
        "Third line of the page",
        "[Note: Ask the treasurer.]",
    ]


def test_struck_by_an_annotation(tmp_path: Path) -> None:
    text, warnings = read(
        tmp_path,
        "First line of the page\nSecond line of the page\nThird line of the page",
        "/Type /Annot /Subtype /StrikeOut /Rect [72 655 250 672] /QuadPoints [72 670 250 670 72 657 250 657]",
    )
    assert text.split("\n\n") == ["First line of the page", "Third line of the page"]
    assert warnings == ["Page 1 has 5 words that are struck out on it; they were left out."]
