"""What people write into a form, read as values: in one way where there is one, and refused where there are two."""

import re
from datetime import date
from typing import Literal

from assay.errors import Malformed
from assay.formats.common_form_fields import OPTIONS, Reads
from assay.formats.digest import Digest
from assay.formats.text import folded, shown

DateOrder = Literal["", "mdy", "dmy"]
"""Of dates in numbers with the year last; empty: only where it cannot be read in two ways."""
MAX_TEXT = 1000

_YES = frozenset(
    (
        "yes",
        "y",
        "true",
        "x",
        "on",
        "1",
        "checked",
        "agree",
        "agreed",
        "i agree",
        "i attest",
        "attested",
        "✓",
        "✔",
        "☑",
        "☒",
    )
)
_NO = frozenset(("no", "n", "false", "off", "0", "unchecked", "not attested", "☐"))
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(r"([0-9]{1,2})(st|nd|rd|th)?")
_MIDNIGHT = ["00", "00", "00"]


def text(value: str) -> str:
    if _CONTROL.search(value):
        raise Malformed("holds control characters")
    if len(value) > MAX_TEXT:
        raise Malformed(f"has {len(value)} characters, over {MAX_TEXT}")
    return value


def yes(value: str, *, box: bool = False, numbered: bool = False) -> bool:
    """A tick, or a word for one. A *box* that is not ``Off`` has its tick, whatever its state is called.

    *numbered*: of a group of buttons, where 0 and 1 only say which.
    """
    if box:
        return value != "Off"
    said = folded(value) or value.strip()
    if said in _YES | _NO and not (numbered and said.isdigit()):
        return said in _YES
    raise Malformed(f"says {shown(repr(value), 60)}, expected yes or no")


def option(reads: Reads, value: str) -> str:
    said = folded(value)
    for token, others in OPTIONS[reads].items():
        if said in (folded(token), *map(folded, others)):
            return token
    raise Malformed(f"says {shown(repr(value), 60)}, expected {' or '.join(OPTIONS[reads])}")


def digest(value: str) -> str:
    return str(Digest.parse(value if ":" in value else f"sha256:{value}"))


def day(value: str, order: DateOrder = "") -> date:
    """``2026-01-31``, ``20260131``, ``January 31, 2026``, ``31 Jan 2026``; ``1/31/2026`` where it can be read in one way only."""
    words = folded(value).split()
    if words[3:] == _MIDNIGHT:
        words = words[:3]
    try:
        found = _day(words, order)
    except ValueError as error:
        raise Malformed(f"says {shown(repr(value), 40)}: {error}") from error
    if found is None:
        raise Malformed(f"says {shown(repr(value), 40)}, expected a date such as 2026-01-31")
    if found == "two":
        raise Malformed(
            f"says {shown(repr(value), 40)}, which is one date in America and another elsewhere: write 2026-01-31, or say which it is (--dates)"
        )
    return found


def _day(words: list[str], order: DateOrder) -> date | Literal["two"] | None:
    match words:
        case [whole] if re.fullmatch(r"[0-9]{8}", whole):
            return date(int(whole[:4]), int(whole[4:6]), int(whole[6:]))
        case [year, month, day_] if _year(year) and _DAY.fullmatch(day_):
            number = int(month) if re.fullmatch(r"[0-9]{1,2}", month) else _month(month)
            return date(int(year), number, _number(day_)) if number else None
        case [first, second, year] if _year(year):
            if (number := _month(first)) and _DAY.fullmatch(second):
                return date(int(year), number, _number(second))
            if (number := _month(second)) and _DAY.fullmatch(first):
                return date(int(year), number, _number(first))
            if re.fullmatch(r"[0-9]{1,2}", first) and re.fullmatch(r"[0-9]{1,2}", second):
                return _numbers(int(first), int(second), int(year), order)
    return None


def _numbers(first: int, second: int, year: int, order: DateOrder) -> date | Literal["two"]:
    if order == "mdy":
        return date(year, first, second)
    if order == "dmy":
        return date(year, second, first)
    if first == second or second > 12:
        return date(year, first, second)
    return date(year, second, first) if first > 12 else "two"


def _year(word: str) -> bool:
    return re.fullmatch(r"[12][0-9]{3}", word) is not None


def _number(word: str) -> int:
    found = _DAY.fullmatch(word)
    return int(found[1]) if found else 0


def _month(word: str) -> int:
    return next((at for at, name in enumerate(_MONTHS, 1) if len(word) >= 3 and name.startswith(word)), 0)
