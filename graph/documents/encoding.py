"""The bytes of a text file -> text, and which encoding was taken where the file does not say so itself.

What is not UTF-8 is told by statistics (chardet), which look only at the stretches that are not ASCII: in a long
English text a few lines of Japanese are nothing to a detector that reads all of it.
"""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise

_BOMS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its BOM starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_SAMPLE = 200_000  # bytes that a guess is made of
_UTF8_SHARE = 0.8  # of the bytes above ASCII in whole UTF-8 sequences: damaged UTF-8; by chance a tenth are
_UTF8 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_STRETCH = re.compile(rb"[\x00-\x7f]{0,16}?[\x80-\xff](?:[\x00-\x7f]{0,16}[\x80-\xff])*[\x00-\x7f]{0,16}")
_SHIFT = re.compile(rb"\x1b(?:\$[@AB]|\$\([CD]|\([BJI]|\$\)[ACG])|~\{[!-~]{2,}~\}")  # ISO 2022, and HZ
_FEW = 3  # bytes above ASCII that say nothing certain
_CERTAIN = 1.4  # times as likely as the Western encoding another has to be, where that reads well
# Encodings that hold all of another, and what files that name the smaller one have in them too.
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
}
_WORD = re.compile(r"[^\W\d_]+")
# Signs of Windows-1252 that stand beside words, not in them.
_SIGNS_INSIDE = re.compile(r"[^\W\d_][€‚ƒ„†‡ˆ‰‹‘“”•˜™›¡¢£¤¥¦§¨©«¬®¯°±²³´¶·¸¹º»¼½¾¿×÷][^\W\d_]")
_CONTROLS = re.compile("[\x80-\x9f]")


@dataclass(frozen=True)
class Decoded:
    """A text with its encoding. `lost` counts the places that are not in it, for which U+FFFD stands."""

    text: str
    encoding: str
    is_guess: bool = False
    lost: int = 0


def decode(content: bytes, *, is_whole: bool = True, encoding: str | None = None) -> Decoded | None:
    """Text of the bytes: in the encoding named, by BOM, as UTF-8, else as what reads best. None: not a text file.

    If they are not the whole file, they may end in the middle of a character. `encoding` is one that Python knows.
    """
    if encoding:
        return _loosely(content, encoding, is_whole)
    for bom, name in _BOMS:
        if content.startswith(bom):
            return _loosely(content, name, is_whole)
    if b"\0" in content[:65_536]:
        wide = _wide(content)
        return _loosely(content, wide, is_whole, is_guess=True) if wide else None
    if _SHIFT.search(content) and (shifted := _most_likely(_likely(content[:_SAMPLE]))) and shifted != "ascii":
        return _loosely(content, shifted, is_whole, is_guess=True)
    try:
        return Decoded(_strictly(content, "utf-8", is_whole), "utf-8")
    except UnicodeDecodeError:
        pass
    if _is_mostly_utf8(content):
        return _loosely(content, "utf-8", is_whole)
    guess = _guess(content[:_SAMPLE])
    guessed = _loosely(content, guess, is_whole, is_guess=True) if guess else None
    return guessed if guessed and _is_text(guessed.text[:_SAMPLE]) else None


def _is_text(text: str) -> bool:
    """Whether hardly a character is a control or stands for nothing."""
    odd = sum(not (letter.isprintable() or letter.isspace() or letter in "\x1b\x08\x1a") for letter in text)
    return odd + text.count("\N{REPLACEMENT CHARACTER}") <= len(text) / 20


def _strictly(content: bytes, encoding: str, is_whole: bool) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(content, final=is_whole)


def _loosely(content: bytes, encoding: str, is_whole: bool, *, is_guess: bool = False) -> Decoded:
    """Text with U+FFFD for what is not in the encoding; of a file cut short not for its last character."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(content, final=is_whole)
    return Decoded(text, encoding, is_guess, text.count("\N{REPLACEMENT CHARACTER}"))


def _wide(content: bytes) -> str | None:
    """UTF-16 or UTF-32 without a BOM: NULs in nearly every second byte, or three of four; None for no text."""
    sample = content[:4096]
    zeros = [sample[start::4].count(0) / max(1, len(sample[start::4])) for start in range(4)]
    shapes = {"utf-32-le": (1, 2, 3), "utf-32-be": (0, 1, 2), "utf-16-le": (1, 3), "utf-16-be": (0, 2)}
    for name, empty in shapes.items():
        others = [zeros[place] for place in range(4) if place not in empty]
        if min(zeros[place] for place in empty) > 0.5 > 0.05 > max(others):
            return name if _is_text(content[: 4 * (len(sample) // 4)].decode(name, errors="replace")) else None
    return None


def _is_mostly_utf8(content: bytes) -> bool:
    high = sum(byte > 127 for byte in content)
    valid = sum(len(match[0]) for match in _UTF8.finditer(content))
    return valid >= _UTF8_SHARE * high


def _guess(content: bytes) -> str | None:
    """The encoding that reads best; None when there is none."""
    stretches = b"\n".join(_STRETCH.findall(content))
    likely = _likely(stretches)
    western = likely.get("cp1252", 0.0)
    best = _most_likely(likely)
    high = sum(byte > 127 for byte in stretches)
    if _reads_as_western(stretches) and (high < _FEW or likely.get(best or "", 0.0) < _CERTAIN * western):
        return "cp1252"
    if _has_only_signs(stretches):
        return "cp1252"
    return best


def _most_likely(likely: dict[str, float]) -> str | None:
    return max(likely, key=lambda name: likely[name], default=None)


def _likely(content: bytes) -> dict[str, float]:
    """Encodings with how likely each is, 0 to 1. Those of mainframes and of no files of today are left out."""
    from chardet import EncodingEra, detect_all

    eras = EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO | EncodingEra.LEGACY_REGIONAL | EncodingEra.DOS
    eras |= EncodingEra.LEGACY_MAC
    found = detect_all(
        content, ignore_threshold=True, encoding_era=eras, prefer_superset=False, compat_names=False,
        max_bytes=_SAMPLE,
    )  # fmt: skip
    likely: dict[str, float] = {}
    for entry in found:
        name = _SUPERSETS.get(entry["encoding"] or "", entry["encoding"])
        if name:
            likely[name] = max(likely.get(name, 0.0), entry["confidence"])
    return likely


def _reads_as_western(stretches: bytes) -> bool:
    """Whether the bytes make sense as Windows-1252: accents in words of plain letters, signs beside words."""
    text = stretches.decode("cp1252", errors="replace")
    if "\N{REPLACEMENT CHARACTER}" in text or _CONTROLS.search(text) or _SIGNS_INSIDE.search(text):
        return False
    for word in _WORD.findall(text):
        plain = sum(letter.isascii() for letter in word)
        if len(word) - plain > max(1, plain) or (plain < len(word) and _changes_case(word)):
            return False
    return True


def _has_only_signs(stretches: bytes) -> bool:
    """Whether nothing above ASCII is a letter of Windows-1252: quotation marks, dashes, degrees, fractions."""
    text = stretches.decode("cp1252", errors="replace")
    high = [letter for letter in text if not letter.isascii()]
    return (
        "\N{REPLACEMENT CHARACTER}" not in text
        and not any(letter.isalpha() and letter not in "µªº" for letter in high)
        and not _SIGNS_INSIDE.search(text)
    )


def _changes_case(word: str) -> bool:
    """A capital behind a small letter: words of another script look so."""
    return any(one.islower() and other.isupper() for one, other in pairwise(word))
