"""Markdown as people write it -> text whose headings, titles and pictures are what they mean.

Plain text goes the same way: it has underlined headings and encoded data too, and no front matter.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from itertools import groupby

from graph.documents.left_out import left_out
from graph.documents.types import LeftOut

_FRONT = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_INDENTED = re.compile(r" {4}|\t")
_ATX = re.compile(r"[ ]{0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$")
_RULE = re.compile(r"[ ]{0,3}(={3,}|-{3,})[ \t]*$")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DATA = r"data:[\w/+.-]*(?:;[\w=.-]+)*,"
_PICTURE = re.compile(rf"!\[([^\]]*)\]\(\s*<?{_DATA}[^)\s>]*>?(?:\s+[\"'][^)]*[\"'])?\s*\)")
_TAG = re.compile(rf"<img\b[^>]*?{_DATA}[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_REFERENCE = re.compile(rf"^[ ]{{0,3}}\[([^\]]+)\]:[ \t]*<?{_DATA}\S*.*$", re.MULTILINE)
_NAMED = re.compile(r"!\[([^\]]*)\]\[([^\]]*)\]")
_BARE = re.compile(rf"{_DATA}[A-Za-z0-9+/=%_-]{{40,}}")
_RUN = re.compile(r"(?<![\w:/.?&%-])[A-Za-z0-9+/=_-]{200,}")  # longer than any word, and no address
_ENCODED_LINE = re.compile(r"[A-Za-z0-9+/]{60,}={0,2}")
_SHOWN = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")  # a link or a picture, of which its words are shown
_EMPHASIS = re.compile(r"(?<![\w\\`])(\*{1,3}|_{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_FEWEST_LINES = 3  # of encoded data, one after another
_QUOTED = re.compile(r"(?:>[ \t]?)+")


@dataclass
class Written:
    """A text without its machinery, the titles it may have, best first, and what was left out of it."""

    text: str
    titles: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unit: str = ""  # what is counted in place of pages, between form feeds


def read_markdown(text: str, *, is_markdown: bool = True) -> Written:
    """Take front matter, encoded pictures and quoting marks off, and find the titles. Lines end with "\\n"."""
    done = Written(text)
    if is_markdown:
        _take_front_matter(done)
    _take_data(done)
    blocks: list[str] = []
    for is_code, lines in _blocks(done.text):
        block = "\n".join(lines)
        if not is_code:
            block = _unquoted(_with_headings(block))
            if is_markdown:
                block = _without_comments(done, block)
                block = _ENTITY.sub(lambda match: unescape(match[0]), block)
            done.titles += _headings(block, is_markdown)
        blocks.append(block)
    done.text = "\n".join(blocks)
    return done


def _take_front_matter(done: Written) -> None:
    match = _FRONT.match(done.text)
    if not match:
        return
    title = _title(match[1], match[2])
    if title is None:
        return
    done.titles += [title] if title else []
    done.left_out.append(left_out("front matter", match[2]))
    done.text = done.text[match.end() :]


def _title(fence: str, content: str) -> str | None:
    """The title that front matter names; "" when it names none, None when it is no front matter."""
    try:
        if fence == "+++":
            import tomllib

            values: object = tomllib.loads(content)
        else:
            import yaml

            values = yaml.safe_load(content)
    except ValueError:
        return None
    except Exception:  # of YAML, whose errors have a root of their own
        return None
    if not isinstance(values, dict):
        return None
    title = values.get("title")
    return " ".join(str(title).split()) if isinstance(title, str | int | float) else ""


def _take_data(done: Written) -> None:
    """Pictures become their names; other encoded data goes, and is counted."""
    taken: list[str] = []
    names: set[str] = set()  # of pictures that are kept below the text

    def data(match: re.Match[str]) -> str:
        taken.append(match[0])
        return ""

    def tag(match: re.Match[str]) -> str:
        taken.append(match[0])
        alt = _ALT.search(match[0])
        return (alt[1] or alt[2] or "") if alt else ""

    def picture(match: re.Match[str]) -> str:
        taken.append(match[0])
        return match[1]

    def reference(match: re.Match[str]) -> str:
        names.add(match[1].casefold())
        return data(match)

    def run(match: re.Match[str]) -> str:
        return data(match) if _is_encoded(match[0]) else match[0]

    text = _PICTURE.sub(picture, done.text)
    text = _REFERENCE.sub(reference, _TAG.sub(tag, text))
    if names:
        text = _NAMED.sub(lambda match: match[1] if (match[2] or match[1]).casefold() in names else match[0], text)
    text = _RUN.sub(run, _BARE.sub(data, text))
    lines: list[str] = []
    for encoded, group in groupby(text.split("\n"), key=lambda line: bool(_ENCODED_LINE.fullmatch(line.strip()))):
        found = list(group)
        if encoded and len(found) >= _FEWEST_LINES and _is_encoded("".join(found)):
            taken.append(" ".join(found))
        else:
            lines += found
    done.text = "\n".join(lines)
    if taken:
        done.left_out.append(left_out("encoded data", " ".join(taken)))


def _is_encoded(run: str) -> bool:
    """Base64 and the like have capitals, small letters and figures all mixed; a sequence of genes has not."""
    if re.fullmatch(r"[0-9a-fA-F]+", run):
        return any(map(str.isdigit, run)) and any(map(str.isalpha, run))
    return any(map(str.isupper, run)) and any(map(str.islower, run)) and any(map(str.isdigit, run))


def without_marks(title: str) -> str:
    """A heading as it is shown: the words of links and pictures, and no marks of emphasis; those of code stay."""
    return _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", _SHOWN.sub(r"\1", title)))


def _blocks(text: str) -> list[tuple[bool, list[str]]]:
    """The lines in runs: of code in fences, fences included, and of everything else."""
    runs: list[tuple[bool, list[str]]] = [(False, [])]
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if not fence and match:
            fence = match[1]
            runs.append((True, [line]))
        elif fence:
            runs[-1][1].append(line)
            if match and match[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
                runs.append((False, []))
        else:
            runs[-1][1].append(line)
    return [run for run in runs if run[1]]


def _with_headings(block: str) -> str:
    """Underlined headings as headings that begin with "#"."""
    lines = block.split("\n")
    out: list[str] = []
    for line in lines:
        rule = _RULE.match(line)
        if rule and out and _may_be_heading(out):
            out[-1] = f"{'#' if rule[1][0] == '=' else '##'} {out[-1].strip()}"
            out.append("")
        else:
            out.append(line)
    return "\n".join(out)


def _may_be_heading(before: list[str]) -> bool:
    line = before[-1]
    alone = len(before) < 2 or not before[-2].strip() or bool(_ATX.match(before[-2]))
    if not line.strip() or not alone or len(line) > 200 or "|" in line:
        return False
    return not (_ATX.match(line) or _RULE.match(line) or _INDENTED.match(line) or line.lstrip()[0] in ">*+-")


def _unquoted(block: str) -> str:
    """Without the marks of quoted mail and of block quotations; another depth begins a paragraph."""
    out: list[str] = []
    depth = 0
    for line in block.split("\n"):
        match = _QUOTED.match(line)
        now = match[0].count(">") if match else 0
        if now != depth and out and out[-1].strip():
            out.append("")
        out.append(line[match.end() :] if match else line)
        depth = now
    return "\n".join(out)


def _without_comments(done: Written, block: str) -> str:
    def comment(match: re.Match[str]) -> str:
        done.left_out.append(left_out("comments", match[0][4:-3]))
        return ""

    return _COMMENT.sub(comment, block)


def _headings(block: str, is_markdown: bool) -> list[str]:
    """Headings of the first two levels, the first level before the second."""
    found = [match for line in block.split("\n") if (match := _ATX.match(line)) and len(match[1]) <= 2]
    return (
        [without_marks(match[2]) for match in sorted(found, key=lambda match: len(match[1]))]
        if is_markdown or found
        else []
    )
