"""Openings outside the database, so that the database can be lost: how they are written down, and how they are erased.

A bundle is what is held behind 256 entries: a JSON array with one line for each, ``null`` for openings that were erased.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from assay.errors import Malformed, Unavailable
from assay.formats import strict_json, times
from assay.formats.digest import Digest
from assay.office.ports import Backing, Handed, Ledger, Openings

BUNDLE = 256
CHUNK = 16 * BUNDLE
"""Entries that are brought over at once."""
MAX_BYTES = 256 << 20


class Eraser(Protocol):
    """Who may erase: the register's one writer, so that nothing is written back meanwhile."""

    def erase(self, index: int) -> None:
        """Forget the openings of entry *index*, in both places. Durable when it returns."""


class _Handed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    envelope: str
    received: str
    artifacts: tuple[str, ...] = ()
    customers: str | None = None


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    openings: msgspec.Raw
    about: int | None = None
    handed: _Handed | None = None
    verdict: str | None = None
    result: str | None = None


_NULL = msgspec.Raw(b"null")
_encoder = msgspec.json.Encoder()


class Keeper:
    """Brings openings from the ledger to their second home, behind the append path. One thread at a time."""

    def __init__(self, ledger: Ledger, openings: Openings) -> None:
        self._ledger, self._openings = ledger, openings
        self._kept: int | None = None

    def keep(self, size: int) -> None:
        """Those of the entries below *size*: written and read back when it returns. After a crash in here it is done again."""
        if self._kept is None:
            # Whoever settled kept what is below that; a home that ends before it is new, or an older copy. From the start
            # of a bundle, so that a torn one is written whole.
            known = min(self._ledger.head().settled, self._openings.end())
            self._kept = known // BUNDLE * BUNDLE
        while self._kept < size:
            end = min(size, self._kept + CHUNK)
            self._openings.write(self._kept, self._ledger.backing(self._kept, end))
            self._kept = end

    def erase(self, index: int) -> None:
        """From both places. After a crash in here it may be gone from one: erase again."""
        if not 0 <= index < self._ledger.head().edge.size:
            raise Unavailable(f"the register has no entry {index}")
        self._openings.erase(index)
        self._ledger.erase(index)


def encode(backings: Sequence[Backing]) -> bytes:
    """A bundle, whole or its first part."""
    return b"[\n" + b",\n".join(_encoder.encode(_line(one)) for one in backings) + b"\n]\n"


def decode(data: bytes, *, what: str) -> tuple[Backing, ...]:
    """Read what :func:`encode` writes, and nothing else."""
    lines = strict_json.decode(data, tuple[_Line, ...], what=what, limit=MAX_BYTES)
    if not 1 <= len(lines) <= BUNDLE:
        raise Malformed(f"{what} holds {len(lines)} entries, expected 1 to {BUNDLE}")
    found = tuple(_backing(line, f"{what}, line {at + 2}") for at, line in enumerate(lines))
    if encode(found) != data:
        raise Malformed(f"{what} is not in the form that it was written in")
    return found


def erased(backing: Backing) -> Backing:
    return msgspec.structs.replace(backing, openings=None)


def merged(before: Sequence[Backing], now: Sequence[Backing]) -> list[Backing]:
    """*now*, but without the openings that are erased in *before*, which begins at the same entry and may be shorter."""
    known = [*before, *now[len(before) :]]
    return [
        erased(one) if was.openings is None else one for was, one in zip(known[: len(now)], now, strict=True)
    ]


def _line(one: Backing) -> _Line:
    handed = one.handed
    return _Line(
        openings=_NULL if one.openings is None else msgspec.Raw(one.openings),
        about=one.about,
        handed=None
        if handed is None
        else _Handed(
            envelope=str(handed.envelope),
            received=times.encode(handed.received),
            artifacts=tuple(map(str, handed.artifacts)),
            customers=_text(handed.customers),
        ),
        verdict=_text(one.verdict),
        result=_text(one.result),
    )


def _backing(line: _Line, what: str) -> Backing:
    handed = line.handed
    raw = bytes(line.openings)
    return Backing(
        openings=None if raw == b"null" else raw,
        about=line.about,
        handed=None
        if handed is None
        else Handed(
            envelope=Digest.parse(handed.envelope, what=what),
            customers=_digest(handed.customers, what),
            artifacts=tuple(Digest.parse(one, what=what) for one in handed.artifacts),
            received=times.parse(handed.received, what=what),
        ),
        verdict=_digest(line.verdict, what),
        result=_digest(line.result, what),
    )


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)


def _digest(text: str | None, what: str) -> Digest | None:
    return None if text is None else Digest.parse(text, what=what)
