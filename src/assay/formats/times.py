"""Moments as RFC 3339 text and timezone-aware UTC values."""

import re
from datetime import UTC, datetime

from assay.errors import Malformed

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


def parse(text: str, *, what: str = "time") -> datetime:
    """Read an RFC 3339 date-time (or a full date, taken as midnight UTC)."""
    try:
        if _DATE.match(text):
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        if _RFC3339.match(text):
            trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text.upper().replace(" ", "T"))
            return datetime.fromisoformat(trimmed).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{what} {text[:40]!r}: {error}") from error
    raise Malformed(f"{what} {text[:40]!r} is not an RFC 3339 date-time with a zone")


def encode(moment: datetime) -> str:
    """Write *moment* in UTC to the second (microseconds only where there are any)."""
    return moment.astimezone(UTC).isoformat(timespec="auto").replace("+00:00", "Z")
