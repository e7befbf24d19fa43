"""Text that came from outside, decoded strictly and made safe to show."""

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


def shown(text: str, limit: int = 200) -> str:
    """*text* on one line without control, bidirectional-override or zero-width characters, cut at *limit*."""
    start = text[: 10 * limit]
    clean = start
    if not start.isprintable():
        clean = "".join(
            " " if c in "\r\n\t" else c for c in start if c in "\r\n\t" or unicodedata.category(c)[0] != "C"
        )
    return clean if len(clean) <= limit and start == text else clean[: limit - 1] + "…"
