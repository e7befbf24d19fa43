"""Hexadecimal in one spelling: as long as expected, lower case or upper case throughout."""

import re

from assay.errors import Malformed

_LOWER = re.compile(r"[0-9a-f]*\Z")
_UPPER = re.compile(r"[0-9A-F]*\Z")


def decode(text: str, *, what: str, sizes: tuple[int, ...], upper: bool = False) -> bytes:
    """The bytes of *text*, as many as one of *sizes*; anything else is :class:`Malformed`."""
    pattern, case = (_UPPER, "upper") if upper else (_LOWER, "lower")
    if len(text) not in {2 * size for size in sizes} or not pattern.match(text):
        digits = " or ".join(str(2 * size) for size in sizes)
        raise Malformed(f"{what} is not {digits} hexadecimal digits in {case} case")
    return bytes.fromhex(text)
