"""TOML 1.0 read strictly: bounded in size, nesting and key length before the parser sees it.

The parser of the standard library recurses into arrays and inline tables and is quadratic in the parts of a dotted key.
"""

import re
import tomllib
from typing import Any

from assay.errors import Malformed, TooLarge
from assay.formats import text
from assay.formats.text import shown

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
"""Of brackets, and of the parts of one dotted key."""

_OPAQUE = re.compile(
    r'"""(?:[^\\]|\\.)*?(?:"""|\\?\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\.)*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
_LONG_NUMBER = re.compile(r"[=,\[]\s*0[xob][0-9a-fA-F_]{72}")
"""Over 64 bits; only the decimal form is bounded by the interpreter."""
_STRUCTURE = re.compile(r"[\[\]{}.\n=,]")


def load(data: bytes, *, what: str, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Read *data* as a table of dict, list, str, int, float, bool, datetime, date and time.

    Raises :class:`TooLarge` over *limit* bytes or :data:`MAX_DEPTH` levels, :class:`Malformed` for anything else.
    """
    source = text.decode(data, what=what, limit=limit)
    _bound(source, what)
    try:
        return tomllib.loads(source)
    except (ValueError, RecursionError, OverflowError) as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error


def _bound(source: str, what: str) -> None:
    depth = dots = 0
    bare = _OPAQUE.sub("", source)
    if _LONG_NUMBER.search(bare):
        raise TooLarge(f"{what} has an integer over 64 bits")
    for mark in _STRUCTURE.findall(bare):
        if mark == ".":
            dots += 1
            if dots >= MAX_DEPTH:
                raise TooLarge(f"{what} has a dotted key of over {MAX_DEPTH} parts")
            continue
        dots = 0
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise TooLarge(f"{what} is nested over {MAX_DEPTH} levels deep")
        elif mark in "]}":
            depth -= 1


def quoted(value: str) -> str:
    """*value* as a basic string on one line, which reads back as it is."""
    escaped = "".join(c if c >= " " and c not in '"\\\x7f' else f"\\u{ord(c):04x}" for c in value)
    return f'"{escaped}"'
