"""The document that tells a register's keys: genesis and every change of keys. JSON, described in docs/formats/key-history.md.

It proves itself to whoever trusts the keys of one period (:meth:`assay.register.rotation.KeyHistory.follow`).
"""

from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import b64, strict_json
from assay.register import proof
from assay.register.identity import MAX_CHANGES, LogKeys
from assay.register.merkle import MAX_SIZE
from assay.register.rotation import KeyChange, KeyHistory

FORMAT = "assay-key-history"
VERSION = 1
MAX_BYTES = 32 * 1024 * 1024


class KeyHistoryDocument(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    genesis: bytes
    """The leaf of entry 0."""
    changes: tuple[KeyChange, ...] = ()
    """Oldest first."""

    def encode(self) -> bytes:
        """JSON laid out for people; ends with a newline."""
        return strict_json.pretty(self._document())

    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "origin": self.origin,
            "genesis": b64.encode(self.genesis),
            "changes": [
                {
                    "index": one.index,
                    "leaf": b64.encode(one.leaf),
                    "proof": [b64.encode(hash_) for hash_ in one.proof],
                    "checkpoint": one.checkpoint.decode(),
                    "consistency": [b64.encode(hash_) for hash_ in one.consistency],
                }
                for one in self.changes
            ],
        }

    @classmethod
    def parse(cls, data: bytes, *, what: str = "key history") -> "KeyHistoryDocument":
        """Read it in any JSON layout, each value in its one spelling."""
        wire = strict_json.decode(data, _Wire, what=what, limit=MAX_BYTES)
        if wire.format != FORMAT or wire.version != VERSION:
            raise Unsupported(
                f"{what} is {wire.format[:40]!r} version {wire.version}, expected {FORMAT!r} version {VERSION}"
            )
        if len(wire.changes) > MAX_CHANGES:
            raise TooLarge(f"{what}: has {len(wire.changes)} changes, over {MAX_CHANGES}")
        found = cls(
            origin=wire.origin,
            genesis=b64.decode(wire.genesis, what=f"{what}: genesis"),
            changes=tuple(_change(one, f"{what}: changes[{at}]") for at, one in enumerate(wire.changes)),
        )
        if strict_json.encode(found._document()) != strict_json.encode(
            strict_json.load(data, what=what, limit=MAX_BYTES)
        ):
            raise Malformed(f"{what} has a value that is not in its one spelling")
        return found

    def follow(self, trusted: LogKeys) -> KeyHistory:
        """The history, verified; see :meth:`assay.register.rotation.KeyHistory.follow`."""
        return KeyHistory.follow(self.genesis, self.changes, trusted)


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    index: int
    leaf: str
    proof: tuple[str, ...]
    checkpoint: str
    consistency: tuple[str, ...]


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    origin: str
    genesis: str
    changes: tuple[_Change, ...]


def _change(wire: _Change, what: str) -> KeyChange:
    if not 1 <= wire.index < MAX_SIZE:
        raise Malformed(f"{what}: index is {wire.index}, expected 1 or more")
    for name, hashes in (("proof", wire.proof), ("consistency", wire.consistency)):
        if len(hashes) > proof.MAX_HASHES:
            raise TooLarge(f"{what}: {name} has {len(hashes)} hashes, over {proof.MAX_HASHES}")
    return KeyChange(
        index=wire.index,
        leaf=b64.decode(wire.leaf, what=f"{what}: leaf"),
        proof=_hashes(wire.proof, f"{what}: proof"),
        checkpoint=wire.checkpoint.encode(),
        consistency=_hashes(wire.consistency, f"{what}: consistency"),
    )


def _hashes(texts: tuple[str, ...], what: str) -> tuple[bytes, ...]:
    return tuple(b64.decode(one, what=f"{what}[{at}]") for at, one in enumerate(texts))
