"""Documents of office programs, made of XML by hand or written by pandoc."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
P = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:r="{_R}"'
)
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'  # noqa: E501

REPORT = """---
title: Harbour report
---

# Income

The harbour took 412 crowns.^[Of which 12 are owed.]

| Place | Crowns |
|-------|--------|
| Quay  | 400    |
| Mole  | 12     |

## Fees

- Boats pay 3 crowns.
- Rafts pay nothing.

# Costs

The costs rose by 5 percent, as $x^2$ does.

~~~
print("dredge")
~~~
"""


def by_pandoc(text: str, to: str, path: Path) -> Path:
    """The Markdown, written to the path as a document of that kind."""
    import pypandoc

    subprocess.run(
        [pypandoc.get_pandoc_path(), "--from", "markdown", "--to", to, "--standalone", "--output", str(path)],
        input=text.encode(),
        check=True,
    )
    return path


def zipped(entries: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def relations(targets: dict[str, tuple[str, str]]) -> str:
    """A part of relations: id to (type, target)."""
    rows = "".join(
        f'<Relationship Id="{i}" Type="{_R}/{kind}" Target="{to}"/>' for i, (kind, to) in targets.items()
    )
    return f'<Relationships xmlns="{_REL}">{rows}</Relationships>'


def run(text: str, properties: str = "") -> str:
    """A run of a paragraph."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, style: str = "") -> str:
    """A paragraph of runs, or of one text."""
    inner = "".join(one if one.startswith("<") else run(one) for one in runs)
    return f"<w:p><w:pPr>{f'<w:pStyle w:val={style!r}/>' if style else ''}</w:pPr>{inner}</w:p>"


def docx(*blocks: str, styles: str = "", **parts: str | bytes) -> bytes:
    """A docx of these blocks; `parts` are other parts of word/ by name, such as header1."""
    heads = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>'
        for n in (1, 2, 3)
    )
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
            "word/_rels/document.xml.rels": relations({"rId9": ("styles", "styles.xml")}),
            "word/styles.xml": f"<w:styles {W}>{heads}{styles}</w:styles>",
            "word/document.xml": f"<w:document {W}><w:body>{''.join(blocks)}</w:body></w:document>",
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


def shape(text: str, kind: str = "", level: int = 0) -> str:
    """A shape of a slide, with a paragraph for each line."""
    placeholder = f'<p:ph type="{kind}"/>' if kind else ""
    rows = "".join(f'<a:p><a:pPr lvl="{level}"/><a:r><a:t>{row}</a:t></a:r></a:p>' for row in text.split("\n"))
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>'
        f"<p:txBody>{rows}</p:txBody></p:sp>"
    )


def grid(*rows: tuple[str, ...]) -> str:
    """A table of a slide."""
    rows_of_cells = [
        "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>" for cell in row)
        for row in rows
    ]
    made = "".join(f"<a:tr>{cells}</a:tr>" for cells in rows_of_cells)
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="Table 3" descr="Fees of the quay by year"/>'
        f"</p:nvGraphicFramePr><a:graphic><a:graphicData><a:tbl>{made}</a:tbl></a:graphicData></a:graphic>"
        "</p:graphicFrame>"
    )


def pptx(
    *slides: str,
    hidden: tuple[int, ...] = (),
    notes: dict[int, str] | None = None,
    parts: dict[str, str] | None = None,
) -> bytes:
    """A presentation of these slides, from 1; some are hidden, some have notes; `parts` of the first, by kind."""
    numbers = range(1, len(slides) + 1)
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
        "ppt/presentation.xml": f"<p:presentation {P}><p:sldIdLst>"
        + "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in numbers)
        + "</p:sldIdLst></p:presentation>",
        # The files are not in the order of the slides.
        "ppt/_rels/presentation.xml.rels": relations(
            {f"rId{n}": ("slide", f"slides/slide{len(slides) - n}.xml") for n in numbers}
        ),
    }
    for n, slide in zip(numbers, slides, strict=True):
        name = f"slide{len(slides) - n}.xml"
        show = ' show="0"' if n in hidden else ""
        entries[f"ppt/slides/{name}"] = f"<p:sld {P}{show}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"
        own = dict(parts or {}) if n == 1 else {}
        if notes and n in notes:
            tree = f"<p:spTree>{shape(notes[n], 'body')}</p:spTree>"
            own["notesSlide"] = f"<p:notes {P}><p:cSld>{tree}</p:cSld></p:notes>"
        entries[f"ppt/slides/_rels/{name}.rels"] = relations({kind: (kind, f"../{kind}{n}.xml") for kind in own})
        entries |= {f"ppt/{kind}{n}.xml": content for kind, content in own.items()}
    return zipped(entries)
