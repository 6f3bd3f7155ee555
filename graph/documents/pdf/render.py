"""What a page of pypdfium2 shows, beside its text layer. Knows nothing of files; runs inside the child process."""

from typing import Any

_STAMP = 50  # letters: no more than "Scanned with ..." or a page number, on what is otherwise a picture
_DPI = 300
_MOST_PIXELS = 9_000_000  # A4 has 8.7 million at 300 dpi
_LONGEST_SIDE, _SHORTEST_SIDE = 10_000, 16  # pixels; tesseract takes 32,767


def is_scan(page: Any, letters: int) -> bool:
    """Whether a page with so many letters and digits in its text layer has more to show than them."""
    from pypdfium2 import raw

    if letters >= _STAMP:
        return False
    if not letters:
        return bool(raw.FPDFPage_CountObjects(page) > 0 or raw.FPDFPage_GetAnnotCount(page) > 0)
    width, height = page.get_size()
    images = (image.get_bounds() for image in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    covered = sum((right - left) * (top - bottom) for left, bottom, right, top in images)
    return bool(covered > 0.8 * width * height)


def draw(page: Any) -> bytes:
    """The page in grey as a PGM image of about 300 dpi; b"" when it shows nothing."""
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        return b""
    scale = min(_DPI / 72, (_MOST_PIXELS / (width * height)) ** 0.5, _LONGEST_SIDE / max(width, height))
    if min(width, height) * scale < _SHORTEST_SIDE:
        return b""
    bitmap = page.render(scale=scale, grayscale=True)
    rows = memoryview(bitmap.buffer).cast("B")
    starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
    pixels = b"".join(rows[start : start + bitmap.width] for start in starts)
    if pixels.count(pixels[:1]) == len(pixels):
        return b""
    return b"P5\n%d %d\n255\n%b" % (bitmap.width, bitmap.height, pixels)
