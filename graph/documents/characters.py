"""Characters that text may not contain. Knows nothing about pages, lines or files."""

import re
import unicodedata

# What pdfium leaves of a hyphen at a line end: U+0002 or U+FFFE, with the line break swallowed or kept.
_LINE_HYPHEN = re.compile(r"(?<=\w)[\x02\ufffe\u00ad](?:[ \t]*\r?\n|(?<=[\x02\ufffe])(?=\w))")
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BULLET = re.compile(r"(?m)^[ \t]*[\ue000-\uf8ff](?=[ \t]*\S)")  # of a symbol font, which has codes of its own
# C0 and C1 controls but for tab and newline, soft hyphens, lone surrogates, private use, BOM, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\ud800-\uf8ff\ufeff\ufdd0-\ufdef\ufffe\uffff]")
# What nobody sees and what turns text around: zero-width spaces, marks of direction, tags, selectors of shape. The
# joiners between letters of scripts that need them stay: Arabic, Persian, Indic and their neighbours.
_JOINED = "\u0590-\u1aff\u200c\u200d"  # and the parts of a picture sign, a family
_PICTURED = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    "[\u034f\u061c\u17b4\u17b5\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufff9-\ufffc\uffa0\ufe00-\ufe0e"
    "\U000e0000-\U000e01ef]|(?<![\u1800-\u18af])\u180e|\u180e(?![\u1800-\u18af])"
    f"|(?<![{_JOINED}])\u200c|\u200c(?![{_JOINED}])"
    f"|(?<![{_JOINED}{_PICTURED}])\u200d|\u200d(?![{_JOINED}{_PICTURED}])"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """Newlines, tabs and printable characters, composed (NFC): a line break is "\\n", a line-end hyphen "-\\n"."""
    text = _LINE_HYPHEN.sub("-\n", text)
    text = _LINE_BREAKS.sub("\n", text)
    text = _INVISIBLE.sub("", _BULLET.sub("•", text))
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("", text))


def printable(name: str) -> str:
    """A name as a line can show it: files may be called anything, line breaks and half characters included."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)


def without_surrogates(text: str) -> str:
    """The text, as long as it was, with U+FFFD for every lone surrogate: nothing can be encoded with those."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def substance(text: str) -> int:
    """How many letters and digits there are: glyphs that stand for no character that is known are none."""
    return sum(map(str.isalnum, text))


def letters_of(text: str) -> str:
    """The letters and digits alone, whatever their case and width: what stays the same when print is set anew."""
    whole = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(filter(str.isalnum, whole.casefold()))
