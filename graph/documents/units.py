"""What stands for a page in documents without pages: chapters, slides, sheets, messages, parts.

Their labels are their names, and go into a citation as they are: "slide 3", where a page is "p. 3".
"""

import re

_UNIT = re.compile(
    r"(ch\.|slide|message|part) (\d+)|part \d+, part \d+|(?:ch\.|sheet) .+|opening(?:, part \d+)?", re.DOTALL
)


def is_unit(label: str | None) -> bool:
    """Whether a label is the name of something that is no page."""
    return bool(label and _UNIT.fullmatch(label))


def counted(label: str) -> tuple[str, int] | None:
    """What is counted, and the count, of a label such as "ch. 2"; None for a name such as "sheet Costs"."""
    match = _UNIT.fullmatch(label)
    return (match[1], int(match[2])) if match and match[1] else None
