"""String formats as patterns. In JSON Schema a format is a note, yet those that have one here are held.

Stricter than the standards: real days only (llguidance's own pattern takes the 31st of February), and addresses of
the web only, so that pydantic's types accept every string.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_DATE = (
    r"([1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    r"|([1-9]\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
)
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"
_TIME = rf"{_CLOCK}(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
_HOST = r"[a-z0-9]{1,30}(-[a-z0-9]{1,20})?(\.[a-z0-9]{1,30}){0,3}\.[a-z]{2,10}"
_PATH = r"(/[A-Za-z0-9._~-]{1,40}){0,6}/?"
_OCTET = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
_IPV6 = r"([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"
_UUID = r"^[0-9a-f]{{8}}-[0-9a-f]{{4}}-{version}[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}$"

FORMATS = {
    "date": f"^{_DATE}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": r"^P\d{1,4}D(T\d{1,2}H(\d{1,2}M)?(\d{1,2}S)?)?$",
    "email": rf"^[a-z0-9]{{1,30}}([._-][a-z0-9]{{1,20}})?@{_HOST}$",
    "uri": rf"^https?://{_HOST}{_PATH}$",
    # Pydantic's own, of types that take nothing else.
    **{f"uuid{version}": _UUID.format(version=version) for version in range(1, 9)},
    "ipvanyaddress": f"^{_IPV4}$",
    "ipv4interface": rf"^{_IPV4}/([12]?\d|3[0-2])$",
    "ipvanyinterface": rf"^{_IPV4}/([12]?\d|3[0-2])$",
    "ipv6interface": rf"^{_IPV6}/(\d{{1,2}}|1[01]\d|12[0-8])$",
    # Without bits of a host, for these are refused.
    "ipv4network": rf"^({_OCTET}\.{_OCTET}\.{_OCTET}\.0/24|{_OCTET}\.{_OCTET}\.0\.0/16|{_OCTET}\.0\.0\.0/8)$",
    "ipvanynetwork": rf"^({_OCTET}\.{_OCTET}\.{_OCTET}\.0/24|{_OCTET}\.{_OCTET}\.0\.0/16|{_OCTET}\.0\.0\.0/8)$",
    "ipv6network": r"^([0-9a-f]{1,4}:){4}:/64$",
    "base64": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
    "base64url": r"^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]=)?$",
}

# What pydantic means by words that mean other things elsewhere.
PYDANTIC_FORMATS = {
    "color": "^#[0-9a-f]{6}$",
    "fraction": r"^-?\d{1,9}(/[1-9]\d{0,8})?$",
    "multi-host-uri": FORMATS["uri"],
    "name-email": FORMATS["email"],
    # Letters, spaces, classes and dots, each of which may be repeated: always an expression that can be read.
    "regex": r"^\^?([A-Za-z0-9 _,:@/-][*+?]?|\\[dswDSW.][*+?]?|\.[*+?]?)*\$?$",
}

NAIVE_DATE_TIME = f"^{_DATE}T{_CLOCK}$"
COMPLEX_NUMBER = r"^-?\d{1,9}(\.\d{1,9})?[+-]\d{1,9}(\.\d{1,9})?j$"

# Those that llguidance has good patterns for.
_HELD_BY_LLGUIDANCE = frozenset({"hostname", "ipv4", "ipv6", "uuid"})


def address_pattern(schemes: Sequence[str]) -> str:
    """Addresses of one of these schemes."""
    named = "|".join(scheme.replace("+", r"\+") for scheme in schemes)
    return rf"^({named})://{_HOST}{_PATH}$"


def hold_format(node: dict[str, Any]) -> dict[str, Any]:
    """`node` with its format as a pattern, or without it: where none is known, or `node` has a pattern of its own.

    Of two long patterns nobody can tell in time whether any text has both.
    """
    name, kinds = node.get("format"), node.get("type", "string")
    if not isinstance(name, str):
        return node
    rest = {key: value for key, value in node.items() if key != "format"}
    if kinds != "string" and "string" not in (kinds if isinstance(kinds, list) else ()):
        return rest
    if "pattern" in node:
        return rest
    if name in FORMATS:
        return {**rest, "pattern": FORMATS[name]}
    return node if name in _HELD_BY_LLGUIDANCE else rest
