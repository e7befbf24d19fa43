"""The bytes of a register entry, fixed for ever: a COSE_Sign1 over a deterministic CBOR map. See docs/formats/register.md.

Every kind has the same shape and, but for genesis and key changes, the same length: kind is a number of one byte,
all commitments are always there, and issuer and subject are the same in every entry.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
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
    headers = _headers(origin, bytes.fromhex(key.public.keyid))
    data = cose.sign1(headers, cbor.encode(payload), key.sign).encode()
    _read(data)
    return data


def parse(data: bytes) -> Entry:
    """What *data* says, without any proof of who said it."""
    return _read(data)[0]


def open_(data: bytes, keys: LogKeys) -> Entry:
    """The entry in *data*, signed by an entry key of the register."""
    entry, signed = _read(data)
    if entry.origin != keys.origin:
        raise Untrusted(f"entry is of register {entry.origin[:80]!r}, expected {keys.origin!r}")
    key = keys.entry_key(bytes.fromhex(entry.keyid))
    if key is None:
        raise Untrusted(
            f"entry is signed by key {entry.keyid[:12]}, which is no entry key of {keys.origin!r}"
        )
    signed.check(key.algorithm, key.verify)
    return entry


def _read(data: bytes) -> tuple[Entry, cose.Sign1]:
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
    kinds = list(Kind)
    if not 1 <= number <= len(kinds):
        raise Unsupported(f"entry is of kind {number}, expected 1 to {len(kinds)}")
    kind = kinds[number - 1]
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
    return entry, signed


def _headers(origin: str, kid: bytes) -> dict[int, Any]:
    return {
        cose.ALG: cose.IDENTIFIERS["ed25519"],
        cose.KID: kid,
        cose.CWT_CLAIMS: {cose.ISS: origin, cose.SUB: SUBJECT},
        cose.TYP: TYP,
    }


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
