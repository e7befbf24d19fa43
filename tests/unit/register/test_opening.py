import hashlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.register import VALUES, opened, salts

from assay.errors import AssayError, Malformed, TooLarge, Untrusted
from assay.formats import strict_json
from assay.register import opening
from assay.register.opening import LABELS, Opening

EXAMPLE = opened()
WIRE = opening.encode(EXAMPLE)
one_opening = st.builds(
    Opening,
    st.sampled_from(LABELS),
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(codec="utf-8"), max_size=20),
)


def test_the_bytes_that_are_hashed() -> None:
    one = Opening("provider", bytes(range(32)), "Ünder")
    assert one.commitment == hashlib.sha256(b"provider" + bytes(range(32)) + b"\xc3\x9cnder").digest()


def test_no_label_begins_another() -> None:
    pairs = [(a, b) for a in LABELS for b in LABELS if a != b]
    assert len(pairs) == 20
    assert not [pair for pair in pairs if pair[0].startswith(pair[1])]
    assert list(LABELS) == sorted(LABELS)


@given(one_opening, one_opening)
def test_commitments_bind(one: Opening, other: Opening) -> None:
    assert (one.commitment == other.commitment) == (one == other)
    one.check(one.commitment)
    if one != other:
        with pytest.raises(Untrusted, match="does not match the commitment"):
            other.check(one.commitment)


def test_every_label_is_committed_to_under_its_own_salt() -> None:
    empty = opening.openings({}, salts("x"))
    assert [one.label for one in empty] == list(LABELS)
    assert {one.value for one in empty} == {""}
    assert len({one.salt for one in empty}) == len(LABELS)
    assert len({one.commitment for one in empty}) == len(LABELS)
    assert {one.label: one.value for one in EXAMPLE} == VALUES


def test_round_trips_sorted() -> None:
    assert opening.parse(WIRE) == EXAMPLE
    assert opening.encode(tuple(reversed(EXAMPLE))) == WIRE
    assert opening.parse(opening.encode(())) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b'"actor"', b'"aktor"', "labelled 'aktor', expected one of actor", id="unknown label"),
        pytest.param(b'"outcome"', b'"actor"', "a label is opened twice", id="label twice"),
        pytest.param(b'{"label"', b'{ "label"', "canonical form", id="white space"),
        pytest.param(b'"value"', b'"vblue"', "unknown field|missing required", id="another field"),
        pytest.param(b'"salt":"', b'"salt":"AAAA', "salt of 35 bytes, expected 32", id="long salt"),
    ],
)
def test_rejects(old: bytes, new: bytes, message: str) -> None:
    assert old in WIRE
    with pytest.raises(Malformed, match=message):
        opening.parse(WIRE.replace(old, new, 1))


def test_values_are_bounded() -> None:
    with pytest.raises(TooLarge, match="opening of 'product' has 16385 characters, over 16384"):
        Opening("product", bytes(32), "x" * 16_385)


def test_order_matters_on_read() -> None:
    document = strict_json.encode(list(reversed(opening.documents(EXAMPLE))))
    with pytest.raises(Malformed, match="canonical form"):
        opening.parse(document)


@pytest.mark.parametrize(
    ("values", "random", "message"),
    [
        pytest.param({"person": "x"}, salts("x"), "no such label: 'person'", id="unknown label"),
        pytest.param({}, b"short", "expected 160 random bytes, got 5", id="too little randomness"),
    ],
)
def test_misuse_is_a_bug(values: dict[str, Any], random: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        opening.openings(values, random)


@given(st.binary(max_size=60), st.integers(0, len(WIRE) - 1), st.integers(1, 255))
def test_any_bytes_give_an_assay_error_or_openings(junk: bytes, at: int, flip: int) -> None:
    for data in (junk, WIRE[:at], WIRE[:at] + bytes([WIRE[at] ^ flip]) + WIRE[at + 1 :]):
        with suppress(AssayError):
            assert opening.parse(data) != EXAMPLE
