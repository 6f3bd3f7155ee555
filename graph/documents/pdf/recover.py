"""A new end for a PDF that has lost its own, from the pages that are left. Bytes to bytes.

The end of a PDF says where everything is. A download that stopped early has all pages up to that point, and no
reader finds them.
"""

import re
import zlib

_OBJECT = re.compile(rb"(?<!\d)(\d{1,9})\s{1,4}(\d{1,5})\s{1,4}obj\b")
_END = re.compile(rb"\bendobj\b|\bstream\r?\n")
_PAGE = re.compile(rb"/Type\s*/Page\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_FIRST = re.compile(rb"/First\s+(\d{1,9})")
_PACKED = re.compile(rb"/Type\s*/ObjStm\b")
_ENCRYPTED = re.compile(rb"/Encrypt\b|/Filter\s*/Standard\b")
_MOST_BYTES = 200_000_000
_LONGEST_OBJECT = 100_000  # of those looked for


def repaired(content: bytes) -> bytes | None:
    """The file with its packed objects unpacked, and a list of all its pages in the order of the file.

    None if there is no page in it, or it is encrypted: the key is lost with the end.
    """
    if len(content) > _MOST_BYTES or _ENCRYPTED.search(content):
        return None
    parts = [content, b"\nendstream endobj\n", *_unpacked(content)]
    content = b"".join(parts)
    pages: dict[int, bytes] = {}  # an object that is there twice is one page
    last = 0
    for match in _OBJECT.finditer(content):
        last = max(last, int(match[1]))
        if _PAGE.search(_head(content, match.end())):
            pages[int(match[1])] = b"%b %b R" % match.groups()
    if not pages:
        return None
    return content + (
        b"%d 0 obj <</Type /Catalog /Pages %d 0 R>> endobj\n"
        b"%d 0 obj <</Type /Pages /Count %d /Kids [%b]>> endobj\n"
        b"trailer <</Root %d 0 R /Size %d>>\nstartxref\n0\n%%%%EOF\n"
    ) % (last + 1, last + 2, last + 2, len(pages), b" ".join(pages.values()), last + 1, last + 3)


def _head(content: bytes, start: int) -> bytes:
    """The dictionary of an object, without its stream."""
    end = _END.search(content, start, start + _LONGEST_OBJECT)
    return content[start : end.start() if end else start + _LONGEST_OBJECT]


def _unpacked(content: bytes) -> list[bytes]:
    """The objects inside the object streams, written out."""
    objects: list[bytes] = []
    left = _MOST_BYTES
    for match in _PACKED.finditer(content):
        stream = _STREAM.search(content, match.end(), match.end() + _LONGEST_OBJECT)
        first = _FIRST.search(content, max(0, match.start() - 500), match.end() + 500)
        if not stream or not first:
            continue
        end = content.find(b"endstream", stream.end())
        packed = memoryview(content)[stream.end() : end if end >= 0 else len(content)]
        try:
            data = zlib.decompressobj().decompress(packed, left)
        except zlib.error:
            continue
        left -= len(data)
        objects += _split(data, int(first[1]))
        if left <= 0:
            break
    return objects


def _split(data: bytes, first: int) -> list[bytes]:
    """Objects of one stream: it starts with pairs of a number and an offset, counted from `first`."""
    try:
        numbers = [int(word) for word in data[:first].split()]
    except ValueError:
        return []
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    ends = [offset for _, offset in pairs[1:]] + [len(data)]
    return [
        b"%d 0 obj %b endobj\n" % (number, data[first + offset : first + end])
        for (number, offset), end in zip(pairs, ends, strict=True)
        if first + offset < len(data)
    ]
