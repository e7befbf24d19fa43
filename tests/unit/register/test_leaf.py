from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import ED25519, ENTRY, IDENTITY, KEYS, ORIGIN, TIME, VALUES, entry, opened
from tests.support.signing import private

from assay.errors import AssayError, Malformed, TooLarge, Untrusted
from assay.formats import cbor, cose
from assay.formats.digest import Digest
from assay.register import leaf
from assay.register.leaf import STATES_IDENTITY, Entry, Kind
from assay.register.opening import LABELS

EXAMPLE = entry()
SIGNED = cose.Sign1.parse(EXAMPLE)
PAYLOAD = cbor.decode(SIGNED.payload, what="payload")
HEADERS = SIGNED.headers()


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_opens_to_what_was_recorded(kind: Kind) -> None:
    data = entry(kind)
    assert leaf.open_(data, KEYS) == Entry(
        kind=kind,
        time=TIME,
        digests=(Digest.sha256(b"entry"),),
        commitments={one.label: one.commitment for one in opened()},
        origin=ORIGIN,
        keyid=ENTRY.public.keyid,
        identity=IDENTITY if kind in STATES_IDENTITY else None,
    )
    assert leaf.parse(data) == leaf.open_(data, KEYS)
    assert len(data) <= leaf.MAX_BYTES


def test_numbers_of_kinds_never_change() -> None:
    assert [(kind.number, kind.value) for kind in Kind] == [
        (1, "genesis"), (2, "submission"), (3, "completeness"), (4, "draw-commit"), (5, "draw-result"),
        (6, "determination"), (7, "notice"), (8, "response"), (9, "publication"), (10, "correction"),
        (11, "withdrawal"), (12, "lapse"), (13, "key-change"), (14, "pack-change"), (15, "advisory-snapshot"),
    ]  # fmt: skip


def test_fixed_bytes() -> None:
    """The format for ever: this entry has these bytes (Ed25519 is deterministic)."""
    assert SIGNED.protected.hex() == (
        "a4" + "0132" + "045820" + ENTRY.public.keyid
        + "0fa2" + "01" + "75" + ORIGIN.encode().hex() + "02" + "65" + b"entry".hex()
        + "10" + "7820" + b"application/vnd.assay.entry+cbor".hex()
    )  # fmt: skip
    commitments = {one.label: one.commitment.hex() for one in opened()}
    assert SIGNED.payload.hex() == (
        "a5" + "64" + b"kind".hex() + "02" + "64" + b"time".hex() + "1a" + f"{int(TIME.timestamp()):08x}"
        + "66" + b"schema".hex() + "01"
        + "67" + b"digests".hex() + "a1" + "66" + b"sha256".hex() + "5820" + Digest.sha256(b"entry").value
        + "6b" + b"commitments".hex() + "a5"
        + "".join(
            f"{0x60 + len(label):02x}" + label.encode().hex() + "5820" + commitments[label]
            for label in ("actor", "outcome", "product", "subject", "provider")
        )
    )  # fmt: skip


def test_unpublished_kinds_look_alike() -> None:
    """Same length, same shape, same header; whatever is recorded, of whomever."""
    plain = [kind for kind in Kind if kind not in STATES_IDENTITY]
    longer = {
        **VALUES,
        "provider": "Beacon and Sons Marine Lights (fictional)",
        "outcome": "insufficient_evidence",
    }
    entries = [entry(kind, str(kind), values) for kind in plain for values in (VALUES, longer, {})]
    assert len(entries) == 39
    assert len({len(one) for one in entries}) == 1
    assert len({cose.Sign1.parse(one).protected for one in entries}) == 1


def test_nothing_of_the_values_stands_in_the_entry() -> None:
    for value in VALUES.values():
        assert value.encode() not in EXAMPLE
        assert Digest.sha256(value.encode()).raw not in EXAMPLE


def test_openings_match_their_own_entry_only() -> None:
    found = leaf.open_(EXAMPLE, KEYS)
    found.check_openings(opened())
    found.check_openings(())
    with pytest.raises(Untrusted, match="opening of 'actor' does not match"):
        found.check_openings(opened("another"))


def resigned(headers: dict[Any, Any] = HEADERS, **changes: Any) -> bytes:
    """The entry with other contents, under a good signature; None removes a field."""
    payload = {name: value for name, value in {**PAYLOAD, **changes}.items() if value is not None}
    return cose.sign1(headers, cbor.encode(payload), ENTRY.sign).encode()


COMMITMENTS = PAYLOAD["commitments"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(resigned(schema=2), "of schema 2, expected 1", id="later schema"),
        pytest.param(resigned(schema=True), "a truth value", id="schema a truth value"),
        pytest.param(resigned(kind=0), "of kind 0, expected 1 to 15", id="kind 0"),
        pytest.param(resigned(kind=16), "of kind 16", id="kind 16"),
        pytest.param(resigned(kind=True), "a truth value", id="kind a truth value"),
        pytest.param(resigned(kind="submission"), "is not a map of schema", id="kind as text"),
        pytest.param(resigned(kind=1), "of kind genesis has fields", id="genesis without identity"),
        pytest.param(resigned(identity=cbor.decode(cbor.encode(IDENTITY.encode()), what="i")), "of kind submission has fields",
                     id="submission with identity"),
        pytest.param(resigned(note="x"), "has fields", id="another field"),
        pytest.param(resigned(kind=1, note="x"), "of kind genesis has fields", id="another field instead of identity"),
        pytest.param(resigned(time=0), "entry time is 0", id="no time"),
        pytest.param(resigned(time=2**40), "entry time is 1099511627776", id="time past the year 9999"),
        pytest.param(resigned(time=None), "is not a map of", id="time missing"),
        pytest.param(resigned(digests={}), "digests lack sha256", id="no digest"),
        pytest.param(resigned(digests={"sha512": bytes(64)}), "digests lack sha256", id="no sha256"),
        pytest.param(resigned(digests={"sha256": bytes(31)}), "entry digest is not 64", id="short digest"),
        pytest.param(resigned(digests={"sha256": bytes(32), "sha1": bytes(20)}), "entry digest is 'sha1'", id="weak digest"),
        pytest.param(resigned(digests={"sha256": "ab" * 32}), "entry digest is 'sha256'", id="digest as text"),
        pytest.param(resigned(commitments={**COMMITMENTS, "person": bytes(32)}), "commits to", id="another label"),
        pytest.param(resigned(commitments={"actor": bytes(32)}), "commits to actor, expected", id="a label missing"),
        pytest.param(resigned(commitments={**COMMITMENTS, "actor": bytes(31)}), "'actor' is not 32 bytes", id="short commitment"),
        pytest.param(resigned(commitments={**COMMITMENTS, "actor": "office"}), "'actor' is not 32 bytes", id="value in clear"),
        pytest.param(resigned(commitments={**COMMITMENTS, "actor": "x" * 32}), "'actor' is not 32 bytes", id="32 characters in clear"),
        pytest.param(resigned({**HEADERS, 15: {1: ORIGIN, 2: "lantern"}}), "header 15 is", id="subject that tells"),
        pytest.param(resigned({**HEADERS, 15: {1: "register.example/other", 2: "entry"}}), "of register 'register.example/other'",
                     id="another issuer"),
        pytest.param(resigned({**HEADERS, 15: {1: "", 2: "entry"}}), "lacks a key id of 32 bytes or an issuer", id="no issuer"),
        pytest.param(resigned({**HEADERS, 16: "text/plain"}), "header 16 is 'text/plain'", id="another type"),
        pytest.param(resigned({**HEADERS, 1: -8}), "header 1 is -8, expected -19", id="deprecated algorithm"),
        pytest.param(resigned({**HEADERS, 3: "x"}), "has 5 fields, expected 4", id="another header"),
        pytest.param(resigned({**HEADERS, 4: b"k"}), "lacks a key id of 32 bytes", id="short key id"),
        pytest.param(resigned({**HEADERS, 4: bytes.fromhex(ED25519.public.keyid)}), "is no entry key of", id="checkpoint key's id"),
        pytest.param(cose.sign1(HEADERS, b"\x80", ENTRY.sign).encode(), "is not a map of", id="payload an array"),
        pytest.param(cose.sign1(HEADERS, b"", ENTRY.sign).encode(), "payload is not CBOR", id="no payload"),
        pytest.param(msgspec.structs.replace(SIGNED, unprotected={4: b"k"}).encode(), "unprotected header", id="unprotected"),
        pytest.param(EXAMPLE + b"\0", "deterministic form", id="trailing byte"),
        pytest.param(EXAMPLE[1:], "not tag 18", id="no tag"),
        pytest.param(bytes(4097), "has 4097 bytes, over 4096", id="too large"),
    ],
)  # fmt: skip
def test_refuses(data: bytes, message: str) -> None:
    assert data != EXAMPLE
    with pytest.raises(AssayError, match=message):
        leaf.open_(data, KEYS)


def test_signed_by_another_key_in_this_key_s_name() -> None:
    forged = cose.sign1(HEADERS, SIGNED.payload, private("ed25519", "thief").sign).encode()
    with pytest.raises(Untrusted, match="does not verify under key"):
        leaf.open_(forged, KEYS)


def test_every_changed_byte_is_rejected() -> None:
    for at in range(len(EXAMPLE)):
        for flip in (0x01, 0x80):
            with pytest.raises(AssayError):
                leaf.open_(EXAMPLE[:at] + bytes([EXAMPLE[at] ^ flip]) + EXAMPLE[at + 1 :], KEYS)


def test_misuse_is_a_bug() -> None:
    same: dict[str, Any] = {"origin": ORIGIN, "time": TIME, "digests": (Digest.sha256(b""),), "key": ENTRY}
    with pytest.raises(ValueError, match="one opening for each of actor, outcome"):
        leaf.make(Kind.NOTICE, openings=opened()[:-1], **same)
    with pytest.raises(ValueError, match="state the register's identity"):
        leaf.make(Kind.GENESIS, openings=opened(), **same)
    with pytest.raises(ValueError, match="state the register's identity"):
        leaf.make(Kind.NOTICE, openings=opened(), identity=IDENTITY, **same)
    assert tuple(leaf.parse(EXAMPLE).commitments) == LABELS


def test_time_is_whole_seconds() -> None:
    moment = datetime(2026, 11, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    data = leaf.make(
        Kind.NOTICE, origin=ORIGIN, time=moment, digests=(Digest.sha256(b""),), openings=opened(), key=ENTRY
    )
    assert leaf.parse(data).time == TIME


def test_limit() -> None:
    with pytest.raises(TooLarge):
        leaf.parse(bytes(5000))
    assert isinstance(leaf.parse(EXAMPLE), Entry)
    with pytest.raises(Malformed):
        leaf.parse(b"")


@given(st.binary(max_size=200), st.integers(0, len(EXAMPLE) - 1))
def test_any_bytes_give_an_assay_error(junk: bytes, cut: int) -> None:
    for data in (junk, EXAMPLE[:cut]):
        with suppress(AssayError):
            pytest.fail(f"read {leaf.parse(data)}")


def outcome(read: Callable[[bytes], object], data: bytes) -> object:
    try:
        return read(data)
    except AssayError as error:
        return type(error), str(error)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in STATES_IDENTITY])
def test_the_quick_reader_knows_every_usual_kind(kind: Kind) -> None:
    data = entry(kind)
    quick = leaf._read_usual(data)
    assert quick is not None
    assert quick == leaf._read_any(data)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_the_quick_reader_takes_nothing_that_the_strict_one_refuses(mask: int) -> None:
    """Every byte changed: the same entry with the same signed bytes, or the same words."""
    data = entry()
    seen = set()
    for at in range(len(data)):
        changed = bytes([*data[:at], data[at] ^ mask, *data[at + 1 :]])
        found = outcome(leaf._read, changed)
        assert found == outcome(leaf._read_any, changed), at
        seen.add(type(found[0]) if isinstance(found, tuple) else None)
    assert len(seen) > 1  # some bytes change what an entry says, others are refused


@given(st.integers(0, 475), st.integers(0, 3), st.binary(max_size=3))
def test_the_quick_reader_agrees_on_cuts_and_additions(at: int, gone: int, new: bytes) -> None:
    data = entry()
    changed = data[:at] + new + data[at + gone :]
    assert outcome(leaf._read, changed) == outcome(leaf._read_any, changed)


@pytest.mark.parametrize("seconds", [1, 65_535, 65_536, 2**32 - 1, 2**32, leaf.MAX_TIME])
def test_the_quick_reader_agrees_on_times_of_every_length(seconds: int) -> None:
    time = datetime.fromtimestamp(seconds, UTC)
    data = leaf.make(
        Kind.NOTICE,
        origin=ORIGIN,
        time=time,
        digests=(Digest.sha256(b"document"),),
        openings=opened(),
        key=ENTRY,
    )
    assert (leaf._read_usual(data) is not None) == (65_536 <= seconds < 2**32)
    assert leaf.parse(data).time == time
    assert leaf._read(data) == leaf._read_any(data)
