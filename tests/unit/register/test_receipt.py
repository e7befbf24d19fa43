import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.register import KEYS, ORIGIN, VALUES, log, opened, receipt, signed
from tests.support.signing import private

from assay.errors import AssayError, Malformed, Untrusted
from assay.formats import strict_json
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.register.receipt import Receipt

LEAVES = log(7)
EXAMPLE = receipt(3, LEAVES)
WIRE = EXAMPLE.encode()


def test_proves_the_entry_and_shows_its_values() -> None:
    found = Receipt.parse(WIRE).verify(KEYS)
    assert (found.index, found.entry.kind, found.checkpoint.checkpoint.size) == (3, Kind.SUBMISSION, 7)
    assert found.values == VALUES


@pytest.mark.parametrize("size", range(1, 8))
def test_every_entry_of_every_size(size: int) -> None:
    leaves = LEAVES[:size]
    for index in range(size):
        one = receipt(index, leaves)
        assert Receipt.parse(one.encode()) == one
        assert one.verify(KEYS).index == index


def test_without_openings_it_proves_and_shows_nothing() -> None:
    bare = EXAMPLE.without_openings()
    assert bare.verify(KEYS).values == {}
    assert not [value for value in VALUES.values() if value.encode() in bare.encode()]


def test_any_layout_of_the_json_is_read() -> None:
    assert Receipt.parse(json.dumps(json.loads(WIRE), indent=7).encode()) == EXAMPLE


OTHER = private("ed25519", "other").public


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"origin": "register.example/other"}, "is of register 'register.example/other'", id="another register"),
        pytest.param({"index": 2}, "does not lead to the root", id="another index"),
        pytest.param({"index": 7}, "is for entry 7, its checkpoint has 7", id="past the end"),
        pytest.param({"leaf": LEAVES[4]}, "does not lead to the root", id="another entry"),
        pytest.param({"proof": EXAMPLE.proof[:-1]}, "too few", id="proof cut"),
        pytest.param({"proof": (*EXAMPLE.proof, leaf_hash(b""))}, "too many", id="proof longer"),
        pytest.param({"proof": EXAMPLE.proof[::-1]}, "does not lead to the root", id="proof reversed"),
        pytest.param({"checkpoint": signed(7, leaf_hash(b"fork"))}, "does not lead to the root", id="another tree"),
        pytest.param({"checkpoint": signed(8, leaf_hash(b"later"))}, "does not lead to the root", id="another size"),
        pytest.param({"checkpoint": EXAMPLE.checkpoint.replace(b"\n7\n", b"\n8\n")}, "does not verify", id="checkpoint edited"),
        pytest.param({"openings": opened("entry 4")}, "does not match the commitment", id="another entry's openings"),
        pytest.param(
            {"openings": (msgspec.structs.replace(EXAMPLE.openings[1], value="contradicted"),)},
            "opening of 'outcome' does not match", id="another outcome",
        ),
    ],
)  # fmt: skip
def test_refuses(changes: dict[str, Any], message: str) -> None:
    changed = msgspec.structs.replace(EXAMPLE, **changes)
    assert changed != EXAMPLE
    with pytest.raises(Untrusted, match=message):
        Receipt.parse(changed.encode()).verify(KEYS)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        pytest.param({"ed25519": (OTHER,)}, "lacks a signature by ed25519", id="checkpoint key"),
        pytest.param({"ml_dsa_44": ()}, "lacks a signature by ml-dsa-44", id="post-quantum key"),
        pytest.param({"entry": (OTHER,)}, "is no entry key", id="entry key"),
        pytest.param({"origin": "register.example/x"}, "expected 'register.example/x'", id="origin"),
    ],
)
def test_trusts_the_reader_s_keys_only(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(Untrusted, match=message):
        EXAMPLE.verify(msgspec.structs.replace(KEYS, **keys))


def wire(**changes: Any) -> bytes:
    return json.dumps({**json.loads(WIRE), **changes}).encode()


DOCUMENT = json.loads(WIRE)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(wire(version=2), "version 2, expected 'assay-receipt' version 1", id="later version"),
        pytest.param(wire(format="x"), "is 'x' version 1", id="another document"),
        pytest.param(wire(note="x"), "unknown field", id="another field"),
        pytest.param(wire(index=-1), "index is -1", id="negative index"),
        pytest.param(wire(index=3.0), "Expected `int`|one spelling", id="index a fraction"),
        pytest.param(wire(index="3"), "Expected `int`", id="index as text"),
        pytest.param(wire(proof=DOCUMENT["proof"] * 30), "proof has 90 hashes, over 65", id="long proof"),
        pytest.param(wire(proof=["AAAB="]), r"proof\[0\] is not standard base64", id="hash not base64"),
        pytest.param(wire(leaf=DOCUMENT["leaf"].replace("+", "-").replace("/", "_").rstrip("=")), "leaf is not standard", id="URL-safe"),
        pytest.param(wire(openings=DOCUMENT["openings"][::-1]), "not in its one spelling", id="openings in another order"),
        pytest.param(wire(openings=DOCUMENT["openings"][:1] * 2), "a label is opened twice", id="label twice"),
        pytest.param(WIRE[:-3], "receipt", id="truncated"),
        pytest.param(WIRE + b"{}", "receipt", id="trailing"),
    ],
)  # fmt: skip
def test_rejects(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        Receipt.parse(data)


def test_no_changed_byte_verifies_as_something_else() -> None:
    """Every byte of the JSON (of the checkpoint's long signature every 61st): rejected, or only white space moved."""
    long = WIRE.index(b"register.example/3f9c", WIRE.index(b"checkpoint") + 40) + 200
    places = [*range(long), *range(long, len(WIRE) - 1200, 61), *range(len(WIRE) - 1200, len(WIRE))]
    proven = EXAMPLE.verify(KEYS)
    survived = 0
    for at in places:
        with suppress(AssayError):
            found = Receipt.parse(WIRE[:at] + bytes([WIRE[at] ^ 1]) + WIRE[at + 1 :]).verify(KEYS)
            survived += 1
            assert found == proven
    assert survived < 5


@settings(max_examples=50)
@given(st.binary(max_size=80), st.integers(0, len(WIRE) - 2))
def test_any_bytes_give_an_assay_error(junk: bytes, cut: int) -> None:
    for data in (junk, WIRE[:cut]):
        with pytest.raises(AssayError):
            Receipt.parse(data)


def test_is_json_for_people() -> None:
    assert WIRE.startswith(b'{\n  "format": "assay-receipt",\n  "version": 1,\n  "origin": ')
    assert strict_json.load(WIRE, what="receipt")["origin"] == ORIGIN
