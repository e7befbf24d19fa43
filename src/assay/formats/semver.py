"""Semantic Versioning 2.0.0: order of versions (section 11)."""

import re

from assay.errors import Malformed
from assay.formats.text import shown

_VERSION = re.compile(
    r"v?(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})"
    r"(?:-([0-9A-Za-z-]{1,200}(?:\.[0-9A-Za-z-]{1,200}){0,50}))?(?:\+[0-9A-Za-z.-]{1,500})?\Z"
)
Key = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def key(version: str) -> Key:
    """What to compare: build metadata does not count, a pre-release comes before its release."""
    found = _VERSION.match(version)
    if found is None:
        raise Malformed(
            f"version {shown(version, 60)!r} is not MAJOR.MINOR.PATCH as Semantic Versioning writes it"
        )
    before = tuple(map(_identifier, found[4].split("."))) if found[4] else ()
    return int(found[1]), int(found[2]), int(found[3]), 0 if before else 1, before


def is_version(text: str) -> bool:
    return _VERSION.match(text) is not None


def _identifier(text: str) -> tuple[int, int, str]:
    """Numbers come before words and compare as numbers."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
