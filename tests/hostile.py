"""Small PDFs that are broken, or made to break readers, each with what should become of it."""

import random
import zlib
from collections.abc import Iterator

from tests.pdfs import file_of, stream

HELLO = "Hello, this is a page of text."
_SHOWN = b"BT /F1 12 Tf 50 700 Td (%b) Tj ET" % HELLO.encode()
_KEYS = b"/O(%b) /U(%b) /P -4" % (b"x" * 32, b"y" * 32)

# Name, file, and "text" (the line is there), "letters" (others are), or the name of a refusal.
Case = tuple[str, bytes, str]


def one(
    content: bytes = _SHOWN,
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    box: bytes = b"[0 0 612 792]",
    resources: bytes = b"",
    trailer: bytes = b"",
    more: dict[int, bytes] | None = None,
) -> bytes:
    """A page of a line of text; the arguments are more (or other) entries of its objects."""
    return file_of(
        {
            1: b"<</Type /Catalog /Pages 2 0 R %b>>" % catalog,
            2: b"<</Type /Pages /Count 1 /Kids [3 0 R]>>",
            3: b"<</Type /Page /Parent 2 0 R /MediaBox %b /Contents 4 0 R"
            b" /Resources <</Font <</F1 5 0 R>> %b>> %b>>" % (box, resources, page),
            4: content if content.startswith(b"<<") else stream(content),
            5: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
            **(more or {}),
        },
        trailer,
    )


def cases() -> Iterator[Case]:
    """All of them; none takes more than about a second."""
    yield from _boxes()
    yield from _trees()
    yield from _streams()
    yield from _fonts()
    yield from _encryption()
    yield from _tables()
    yield from _extras()


def _boxes() -> Iterator[Case]:
    for name, box in {
        "negative": b"[0 0 -612 -792]",
        "of no area": b"[0 0 0 0]",
        "of ten million points": b"[0 0 10000000 10000000]",
        "beyond all numbers": b"[0 0 1e38 99999999999999999999]",
        "of words": b"[/a /b /c /d]",
        "that is itself": b"6 0 R",
    }.items():
        yield f"a page {name}", one(box=box, more={6: b"6 0 R"}), "text"


def _trees() -> Iterator[Case]:
    good = one()
    for name, count in {"negative": b"-1", "of a billion": b"1000000000", "that is no number": b"/x"}.items():
        yield f"a page count {name}", good.replace(b"/Count 1 ", b"/Count %b " % count), "text"
    yield (
        "more pages than are allowed",
        good.replace(b"/Kids [3 0 R]", b"/Kids [%b]" % (b"3 0 R " * 20_001)).replace(
            b"/Count 1 ", b"/Count 20001 "
        ),
        "TooLargeError",
    )
    yield (
        "pages that are null",
        good.replace(b"[3 0 R]", b"[null 99 0 R 3 0 R]").replace(b"/Count 1", b"/Count 3"),
        "text",
    )
    yield "a tree that is its own branch", good.replace(b"[3 0 R]", b"[2 0 R]"), "DamagedPDFError"
    yield "a tree without a page", good.replace(b"/Pages 2 0 R", b""), "text"
    yield "a page for a tree", good.replace(b"/Pages 2 0 R", b"/Pages 3 0 R"), "text"
    for depth, outcome in ((200, "text"), (5000, "DamagedPDFError")):
        links = {10 + n: b"<</Type /Pages /Count 1 /Kids [%d 0 R]>>" % (11 + n) for n in range(depth)}
        links[10 + depth] = (
            b"<</Type /Page /MediaBox [0 0 612 792] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>"
        )
        yield f"a tree {depth} branches deep", one(more=links).replace(b"[3 0 R]", b"[10 0 R]"), outcome


def _streams() -> Iterator[Case]:
    packed = _SHOWN
    for _ in range(40):
        packed = zlib.compress(packed)
    yield "packed forty times", one(stream(packed, b" /Filter [%b]" % (b"/FlateDecode " * 40))), "text"
    zeros = zlib.compress(bytes(150_000_000), 1)
    yield "a flate bomb", one(stream(zeros, b" /Filter /FlateDecode")), "TooLargeError"
    forms = {
        10 + n: stream(
            b"/X Do " * 10 if n < 9 else _SHOWN,
            b" /Type /XObject /Subtype /Form /BBox [0 0 600 700] /Resources <</XObject <</X %d 0 R>>>>" % (11 + n),
        )
        for n in range(10)
    }
    yield "forms in forms", one(b"/X Do", resources=b"/XObject <</X 10 0 R>>", more=forms), "TooLargeError"
    loop = {6: stream(b"/X Do " + _SHOWN, b" /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources"
                                          b" <</XObject <</X 6 0 R>>>>")}  # fmt: skip
    yield (
        "a form that holds itself",
        one(_SHOWN + b" /X Do", resources=b"/XObject <</X 6 0 R>>", more=loop),
        "text",
    )
    for name, length in {"itself": b"4 0 R", "negative": b"-1", "far too large": b"99999999999"}.items():
        content = b"<</Length %b>>\nstream\n%b\nendstream" % (length, _SHOWN)
        yield f"a length that is {name}", one(content), "text"
    yield "half a million brackets", one(b"[" * 500_000 + _SHOWN), "NoTextError"
    yield "half a million states", one(b"q " * 500_000 + _SHOWN), "text"
    yield (
        "garbage for a stream",
        one(stream(random.Random(1).randbytes(5000), b" /Filter /LZWDecode")),
        "NoTextError",
    )
    yield "numbers without end", one(b"BT /F1 1e30 Tf -1e38 1e38 Td (far) Tj ET " + _SHOWN), "text"


def _fonts() -> Iterator[Case]:
    def mapped(table: bytes) -> bytes:
        font = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R>>"
        return one(more={5: font, 6: stream(table)})

    yield "a map of all codes", mapped(b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange"), "letters"
    yield "a map to surrogates", mapped(b"3 beginbfchar <48> <D800> <65> <0000> <6C> <FFFE> endbfchar"), "letters"
    yield "a map that uses itself", mapped(b"/X usecmap"), "text"
    yield (
        "a font that descends from itself",
        one(
            more={
                5: b"<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [5 0 R]>>"
            }
        ),
        "letters",
    )


def _encryption() -> Iterator[Case]:
    for name, entries, outcome in (
        ("by a certificate", b"/Filter /Adobe.PubSec /V 4 /SubFilter /adbe.pkcs7.s5", "ProtectedError"),
        ("by nobody knows what", b"/Filter /Some.Vendor /V 1", "ProtectedError"),
        ("with a key of no length", b"/Filter /Standard /V 2 /R 3 /Length 0 " + _KEYS, "PasswordNeededError"),
        ("without its keys", b"/Filter /Standard /V 2 /R 3 /P -4", "PasswordNeededError"),
        ("by a method to come", b"/Filter /Standard /V 9 /R 9 " + _KEYS, "PasswordNeededError"),
    ):
        content = one(trailer=b" /Encrypt 6 0 R /ID [<00> <00>]", more={6: b"<<%b>>" % entries})
        yield f"encrypted {name}", content, outcome


def _tables() -> Iterator[Case]:
    good = one()
    start = good.rindex(b"xref\n0")
    for place in (b"99999999999999999999", b"-5", b"0"):
        end = b"startxref\n%b\n%%%%EOF" % place
        yield f"a table at {int(place):g}", good[: good.rindex(b"startxref")] + end, "text"
    yield "a table before itself", good.replace(b"/Root", b"/Prev %d /Root" % start), "text"
    yield "a table of two billion", good.replace(b"/Size 6", b"/Size 2147483647"), "text"
    wide = b"<</Type /XRef /Size 2147483647 /W [8 8 8] /Index [0 2147483647] /Root 1 0 R>>\nstream\n\nendstream"
    yield (
        "a stream of two billion",
        good[:start] + b"9 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF" % (wide, start),
        "text",
    )
    yield "no table", good[:start] + good[good.rindex(b"trailer") :], "text"
    yield "no ends", good.replace(b"endobj", b"").replace(b"%%EOF", b""), "text"
    yield "lines ended as on old Macs", good.replace(b"\n", b"\r"), "text"
    yield "two files in one", good + good, "text"
    linear = b"7 0 obj <</Linearized 1 /L 99999999 /H [0 99999] /O 3 /E 99999 /N 1000000 /T 999999>> endobj\n"
    yield "a linearization that lies", good.replace(b"1 0 obj", linear + b"1 0 obj", 1), "text"
    changed = stream(_SHOWN.replace(b"Hello", b"Hello again"))
    table = b"xref\n4 1\n%010d 00000 n \ntrailer <</Size 6 /Root 1 0 R /Prev %d>>\nstartxref\n%d\n%%%%EOF"
    update = b"4 0 obj\n%b\nendobj\n" % changed
    yield "an update at the end", good + update + table % (len(good), start, len(good) + len(update)), "letters"


def _extras() -> Iterator[Case]:
    yield "labels that go round", one(catalog=b"/PageLabels 6 0 R", more={6: b"<</Kids [6 0 R 6 0 R]>>"}), "text"
    yield "a label of two lines", one(catalog=rb"/PageLabels <</Nums [0 <</P (a\n\000\033[31mb)>>]>>"), "text"
    title = b"<</Title <FEFFD800D80000410000000A0042DC00>>>"
    yield "a title of half letters", one(trailer=b" /Info 6 0 R", more={6: title}), "text"
    yield (
        "a title of ten million letters",
        one(trailer=b" /Info 6 0 R", more={6: b"<</Title (%b)>>" % (b"A" * 10**7)}),
        "text",
    )
    names = {6: b"<</Kids [6 0 R 6 0 R]>>"}
    yield "attachments that go round", one(catalog=b"/Names <</EmbeddedFiles 6 0 R>>", more=names), "text"
    yield (
        "an outline that goes round",
        one(catalog=b"/Outlines 6 0 R", more={6: b"<</First 6 0 R /Next 6 0 R>>"}),
        "text",
    )
    field = b"<</Type /Annot /Subtype /Widget /FT /Tx /T (a) /Kids [6 0 R] /Parent 6 0 R /Rect [0 0 9 9]>>"
    form = b"/AcroForm <</Fields [6 0 R]>>"
    yield "a form field in itself", one(catalog=form, page=b"/Annots [6 0 R]", more={6: field}), "text"
