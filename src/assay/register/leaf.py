"""The bytes of a register entry, fixed for ever: a COSE_Sign1 over a deterministic CBOR map. See docs/formats/register.md.

Every kind has the same shape and, but for genesis and key changes, the same length: kind is a number of one byte,
all commitments are always there, and issuer and subject are the same in every entry.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import msgspec

from assay.crypto.keys import PrivateKey
from assay.errors import Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import cbor, cose
from assay.formats.digest import Digest
from assay.register.identity import LogIdentity, LogKeys
from assay.register.opening import LABELS, Opening

MAX_BYTES = 4096
SCHEMA = 1
TYP = "application/vnd.assay.entry+cbor"
SUBJECT = "entry"
"""The CWT claim ``sub`` of every entry: what an entry is about stands in its commitments only."""
MAX_TIME = 253_402_300_799
DIGESTS = ("sha256", "sha384", "sha512")


class Kind(StrEnum):
    """What an entry records. The number on the wire is the position in this list, from 1."""

    GENESIS = "genesis"
    SUBMISSION = "submission"
    COMPLETENESS = "completeness"
    DRAW_COMMIT = "draw-commit"
    DRAW_RESULT = "draw-result"
    DETERMINATION = "determination"
    NOTICE = "notice"
    RESPONSE = "response"
    PUBLICATION = "publication"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    LAPSE = "lapse"
    KEY_CHANGE = "key-change"
    PACK_CHANGE = "pack-change"
    ADVISORY_SNAPSHOT = "advisory-snapshot"

    @property
    def number(self) -> int:
        return list(Kind).index(self) + 1


STATES_IDENTITY = frozenset({Kind.GENESIS, Kind.KEY_CHANGE})
_KINDS = tuple(Kind)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry says."""

    kind: Kind
    time: datetime
    """UTC, whole seconds."""
    digests: tuple[Digest, ...]
    """Of the document recorded; SHA-256 always among them."""
    commitments: Mapping[str, bytes]
    """By label; 32 bytes each."""
    origin: str
    keyid: str
    """Of the key that signed the entry."""
    identity: LogIdentity | None = None

    def check_openings(self, opened: Sequence[Opening]) -> None:
        """Return when every opening matches this entry's commitment of its label."""
        for one in opened:
            one.check(self.commitments[one.label])


def make(
    kind: Kind,
    *,
    origin: str,
    time: datetime,
    digests: Sequence[Digest],
    openings: Sequence[Opening],
    key: PrivateKey,
    identity: LogIdentity | None = None,
) -> bytes:
    """The signed bytes of an entry. *openings* cover every label once (:func:`assay.register.opening.openings`)."""
    if tuple(one.label for one in openings) != LABELS:
        raise ValueError(f"expected one opening for each of {', '.join(LABELS)}, in this order")
    if (identity is not None) != (kind in STATES_IDENTITY):
        raise ValueError("genesis and key changes state the register's identity, other kinds do not")
    payload: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": kind.number,
        "time": int(time.timestamp()),
        "digests": {digest.algorithm: digest.raw for digest in digests},
        "commitments": {one.label: one.commitment for one in openings},
    }
    if identity is not None:
        payload["identity"] = identity.encode()
    protected, body = _protected(origin, key.public.keyid), cbor.encode(payload)
    data = cose.Sign1(protected, body, key.sign(cose.to_be_signed(protected, body))).encode()
    _read(data)
    return data


def parse(data: bytes) -> Entry:
    """What *data* says, without any proof of who said it."""
    return _read(data)[0]


def open_(data: bytes, keys: LogKeys) -> Entry:
    """The entry in *data*, signed by an entry key of the register."""
    entry, message, signature = _read(data)
    if entry.origin != keys.origin:
        raise Untrusted(f"entry is of register {entry.origin[:80]!r}, expected {keys.origin!r}")
    key = keys.entry_key(bytes.fromhex(entry.keyid))
    if key is None:
        raise Untrusted(
            f"entry is signed by key {entry.keyid[:12]}, which is no entry key of {keys.origin!r}"
        )
    key.verify(message, signature)
    return entry


_Signed = tuple[Entry, bytes, bytes]
"""An entry, the bytes that were signed, and the signature. The algorithm is the one that every entry's header names."""


def _read(data: bytes) -> _Signed:
    return _read_usual(data) or _read_any(data)


def _read_any(data: bytes) -> _Signed:
    if len(data) > MAX_BYTES:
        raise TooLarge(f"entry has {len(data)} bytes, over {MAX_BYTES}")
    signed = cose.Sign1.parse(data, what="entry")
    origin, kid = _read_headers(signed.headers(what="entry header"))
    payload = cbor.decode(signed.payload, what="entry payload")
    match payload:
        case {
            "schema": int() as schema,
            "kind": int() as number,
            "time": int() as time,
            "digests": dict() as digests,
            "commitments": dict() as commitments,
        }:
            pass
        case _:
            raise Malformed("entry payload is not a map of schema, kind, time, digests and commitments")
    if any(isinstance(value, bool) for value in (schema, number, time)):
        raise Malformed("entry payload has a truth value where a number is expected")
    if schema != SCHEMA:
        raise Unsupported(f"entry is of schema {schema}, expected {SCHEMA}")
    if not 1 <= number <= len(_KINDS):
        raise Unsupported(f"entry is of kind {number}, expected 1 to {len(_KINDS)}")
    kind = _KINDS[number - 1]
    if not 0 < time <= MAX_TIME:
        raise Malformed(f"entry time is {time}, expected seconds since 1970")
    stated = kind in STATES_IDENTITY
    if len(payload) != (6 if stated else 5) or stated != ("identity" in payload):
        raise Malformed(
            f"entry of kind {kind} has fields {', '.join(map(str, payload))}, not those of its kind"
        )
    entry = Entry(
        kind=kind,
        time=datetime.fromtimestamp(time, UTC),
        digests=_digests(digests),
        commitments=_commitments(commitments),
        origin=origin,
        keyid=kid.hex(),
        identity=LogIdentity.parse(payload["identity"]) if stated else None,
    )
    return entry, signed.signed(), signed.signature


def _read_usual(data: bytes) -> _Signed | None:
    """As :func:`_read_any`, ten times faster, for the one layout that all but a few entries have; None for others."""
    match = _USUAL.fullmatch(data, max(0, len(data) - _USUAL_BYTES))
    if match is None or len(data) > MAX_BYTES:
        return None
    head = data[: match.start()]
    try:
        origin, keyid = _read_head(head)
    except Malformed:
        return None  # the other reader says what is wrong
    number, time, digest, actor, outcome, product, subject, provider, signature = match.groups()
    entry = Entry(
        kind=_KINDS[number[0] - 1],
        time=datetime.fromtimestamp(int.from_bytes(time, "big"), UTC),
        digests=(Digest("sha256", digest.hex()),),
        commitments={
            "actor": actor, "outcome": outcome, "product": product, "provider": provider, "subject": subject,
        },
        origin=origin,
        keyid=keyid,
    )  # fmt: skip
    payload = data[match.start() + 1 : -_SIGNATURE_BYTES]
    return entry, b"\x84\x6aSignature1" + head[2:] + b"\x40" + payload, signature


@lru_cache(maxsize=64)
def _read_head(head: bytes) -> tuple[str, str]:
    """Origin and key id in the bytes before the unprotected header, the same in most entries of a register."""
    protected = cbor.decode(head[2:], what="entry header")
    if head[:2] != b"\xd2\x84" or not isinstance(protected, bytes):
        raise Malformed("entry is not tag 18 over [protected, unprotected, payload, signature]")
    origin, kid = _read_headers(cose.Sign1(protected, b"", b"").headers(what="entry header"))
    return origin, kid.hex()


def _headers(origin: str, kid: bytes) -> dict[int, Any]:
    return {
        cose.ALG: cose.IDENTIFIERS["ed25519"],
        cose.KID: kid,
        cose.CWT_CLAIMS: {cose.ISS: origin, cose.SUB: SUBJECT},
        cose.TYP: TYP,
    }


@lru_cache(maxsize=64)
def _protected(origin: str, keyid: str) -> bytes:
    """The same in all entries that a register's key signs."""
    return cbor.encode(_headers(origin, bytes.fromhex(keyid)))


def _read_headers(headers: dict[Any, Any]) -> tuple[str, bytes]:
    match headers:
        case {cose.KID: bytes() as kid, cose.CWT_CLAIMS: {cose.ISS: str() as origin}} if (
            len(kid) == 32 and origin
        ):
            pass
        case _:
            raise Malformed("entry header lacks a key id of 32 bytes or an issuer")
    expected = _headers(origin, kid)
    for label, value in expected.items():
        if headers.get(label) != value:
            raise Malformed(f"entry header {label} is {headers.get(label)!r}, expected {value!r}")
    if len(headers) != len(expected):
        raise Malformed(f"entry header has {len(headers)} fields, expected {len(expected)}")
    return origin, kid


def _digests(values: dict[Any, Any]) -> tuple[Digest, ...]:
    if "sha256" not in values:
        raise Malformed("entry digests lack sha256")
    for algorithm, value in values.items():
        if algorithm not in DIGESTS or not isinstance(value, bytes):
            raise Unsupported(f"entry digest is {algorithm!r}, expected some of {', '.join(DIGESTS)}")
    return tuple(
        Digest.of(name, values[name].hex(), what="entry digest") for name in DIGESTS if name in values
    )


def _commitments(values: dict[Any, Any]) -> dict[str, bytes]:
    if tuple(values) != tuple(sorted(LABELS, key=lambda label: (len(label), label))):
        raise Malformed(f"entry commits to {', '.join(map(str, values))}, expected {', '.join(LABELS)}")
    for label, value in values.items():
        if not isinstance(value, bytes) or len(value) != 32:
            raise Malformed(f"entry commitment {label!r} is not 32 bytes")
    return {label: values[label] for label in LABELS}


_HASH = (b"\x58\x20", b"(.{32})", 32)
_SIGNATURE_BYTES = 2 + 64


def _usual() -> tuple[re.Pattern[bytes], int]:
    """What follows the header in an entry without identity, with one digest and a time of four bytes; and its length."""
    kinds = bytes(kind.number for kind in Kind if kind not in STATES_IDENTITY)
    labels = sorted(LABELS, key=lambda label: (len(label), label))
    parts: list[tuple[bytes, bytes, int]] = [
        (b"\xa5" + cbor.encode("kind"), b"([%b])" % re.escape(kinds), 1),
        (cbor.encode("time") + b"\x1a", rb"((?!\x00\x00).{4})", 4),
        (cbor.encode("schema") + cbor.encode(SCHEMA) + cbor.encode("digests") + b"\xa1", b"", 0),
        (cbor.encode("sha256"), b"", 0),
        _HASH,
        (cbor.encode("commitments") + b"\xa5", b"", 0),
    ]
    for label in labels:
        parts += [(cbor.encode(label), b"", 0), _HASH]
    size = sum(len(fixed) + length for fixed, _, length in parts)
    before = b"\xa0" + cbor.encode(bytes(size))[:-size]
    parts = [(before, b"", 0), *parts, (b"\x58\x40", b"(.{64})", 64)]
    pattern = b"".join(re.escape(fixed) + hole for fixed, hole, _ in parts)
    return re.compile(pattern, re.DOTALL), len(before) + size + _SIGNATURE_BYTES


_USUAL, _USUAL_BYTES = _usual()
