"""Text that came from outside, decoded strictly and made safe to show."""

import re
import unicodedata

from assay.errors import Malformed, TooLarge

MAX_TEXT = 16 * 1024 * 1024


def decode(data: bytes, *, what: str, limit: int = MAX_TEXT) -> str:
    """UTF-8 or :class:`Malformed`; over *limit* bytes :class:`TooLarge`. A leading byte order mark is dropped."""
    if len(data) > limit:
        raise TooLarge(f"{what} has {len(data)} bytes, over the limit of {limit}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} is not UTF-8: byte {error.start}") from error


_WORDS = re.compile(r"[^\W_]+")
_SPACES = {"\r", "\n", "\t", "\u2028", "\u2029"}


def shown(text: str, limit: int = 200) -> str:
    """*text* on one line without control, bidirectional-override or zero-width characters, cut at *limit*."""
    start = text[: 10 * limit]
    clean = start if start.isprintable() else "".join(_printable(c) for c in start)
    return clean if len(clean) <= limit and start == text else clean[: limit - 1] + "…"


def folded(text: str) -> str:
    """*text* for comparing names that people wrote: no case, no punctuation, one space between words."""
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", text).casefold()))


def _printable(c: str) -> str:
    if c in _SPACES:
        return " "
    if "\ud800" <= c <= "\udfff":
        return "\ufffd"  # of a file name that is not UTF-8
    return "" if unicodedata.category(c)[0] == "C" else c
