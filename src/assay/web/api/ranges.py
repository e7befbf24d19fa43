"""A part of a document (RFC 9110, section 14): one range of bytes. Who asks for several gets all, which is allowed."""

import re

import msgspec

_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})[ \t]*\Z", re.IGNORECASE)


class Part(msgspec.Struct, frozen=True):
    start: int
    end: int
    """One more than the last byte."""
    length: int
    """Of the whole."""

    @property
    def satisfiable(self) -> bool:
        return 0 <= self.start < self.end <= self.length

    @property
    def content_range(self) -> str:
        """The header's value; for 416 where there are no such bytes."""
        return (
            f"bytes {self.start}-{self.end - 1}/{self.length}"
            if self.satisfiable
            else f"bytes */{self.length}"
        )


def asked(range_: str, if_range: str, tag: str, length: int) -> Part | None:
    """What the headers ``Range`` and ``If-Range`` ask of a document with this strong *tag*; None is all of it.

    A range that is none, or of another unit, is passed over; so is any where the caller has parts of another document.
    """
    match = _RANGE.match(range_)
    if match is None or (if_range and if_range.strip() != tag):
        return None
    first, last = match["first"], match["last"]
    if first:
        start, end = int(first), int(last) + 1 if last else length
        return Part(start, min(end, length), length) if not last or start < end else None
    if not last:
        return None
    return Part(max(length - int(last), 0), length, length)
