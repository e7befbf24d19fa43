from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, TooLarge
from assay.formats import cbor
from assay.formats.cbor import Tag

integers = st.integers(-(2**64), 2**64 - 1)
text = st.text(st.characters(codec="utf-8"), max_size=30)
keys = integers | text | st.binary(max_size=30)
values = st.recursive(
    integers | text | st.binary(max_size=60) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.builds(Tag, st.integers(70_000, 80_000), inner)
    ),
    max_leaves=12,
)


@given(values)
def test_round_trips(value: Any) -> None:
    try:
        data = cbor.encode(value)
    except ValueError as error:
        assert "nested over" in str(error)  # noqa: PT017 - the strategy may nest deeper than the limit
        return
    assert cbor.decode(data, what="value") == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "00"), (23, "17"), (24, "1818"), (255, "18ff"), (256, "190100"), (1000000, "1a000f4240"),
        (18446744073709551615, "1bffffffffffffffff"), (-1, "20"), (-1000, "3903e7"),
        (-18446744073709551616, "3bffffffffffffffff"), (False, "f4"), (True, "f5"), (None, "f6"), (b"", "40"),
        (b"\1\2\3\4", "4401020304"), ("", "60"), ("ü", "62c3bc"), ("水", "63e6b0b4"), ((), "80"),
        ((1, (2, 3), (4, 5)), "8301820203820405"), ({}, "a0"), ({1: 2, 3: 4}, "a201020304"),
        ({"a": 1, "b": (2, 3)}, "a26161016162820203"), (Tag(18, 1), "d201"),
    ],
)  # fmt: skip
def test_examples_of_rfc_8949_appendix_a(value: Any, expected: str) -> None:
    assert cbor.encode(value).hex() == expected
    assert cbor.decode(bytes.fromhex(expected), what="value") == value


def test_map_keys_stand_in_bytewise_order_of_their_encodings() -> None:
    """The example of RFC 8949 section 4.2.1, without the keys that are not used here; not length first."""
    value = {b"x": 0, "aa": 0, "z": 0, -1: 0, 100: 0, 10: 0}
    assert cbor.encode(value).hex() == "a6" + "0a00" + "186400" + "2000" + "417800" + "617a00" + "62616100"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param("1817", "deterministic form", id="integer longer than needed"),
        pytest.param("5801ff", "deterministic form", id="length longer than needed"),
        pytest.param("d81201", "deterministic form", id="tag longer than needed"),
        pytest.param("0000", "deterministic form", id="trailing byte"),
        pytest.param("a203000100", "deterministic form", id="keys out of order"),
        pytest.param("a201000100", "Duplicate map key", id="key twice"),
        pytest.param("5f4101ff", "indefinite", id="indefinite bytes"),
        pytest.param("9fff", "indefinite", id="indefinite array"),
        pytest.param("bfff", "indefinite", id="indefinite map"),
        pytest.param("fb3ff0000000000000", "float is not a type", id="float"),
        pytest.param("f97e00", "float is not a type", id="not a number"),
        pytest.param("f7", "UndefinedType is not a type", id="undefined"),
        pytest.param("e0", "CBORSimpleValue is not a type", id="simple value"),
        pytest.param("a1f500", "map key is bool", id="truth value as key"),
        pytest.param("a1f600", "map key is NoneType", id="null as key"),
        pytest.param("a1800000", "map key is tuple", id="array as key"),
        pytest.param("a1a00000", "map key is", id="map as key"),
        pytest.param("c11a514b67b0", "semantic tag 1", id="date"),
        pytest.param("c249010000000000000000", "semantic tag 2", id="big integer"),
        pytest.param("d8236161", "semantic tag 35", id="regular expression"),
        pytest.param("d81c81d81d00", "semantic tag", id="array that holds itself"),
        pytest.param("62c328", "error decoding", id="text not UTF-8"),
        pytest.param("63eda080", "error decoding", id="lone surrogate"),
        pytest.param("5b7fffffffffffffff", "premature end", id="length past the end"),
        pytest.param("9b7fffffffffffffff", "premature end", id="count past the end"),
        pytest.param("81" * 13 + "00", "depth", id="too deep"),
        pytest.param("d84f" * 13 + "00", "depth", id="tags too deep"),
        pytest.param("", "premature end", id="empty"),
        pytest.param("ff", "break", id="break alone"),
    ],
)
def test_rejects(data: str, message: str) -> None:
    with pytest.raises(Malformed, match=f"value is not.*{message}"):
        cbor.decode(bytes.fromhex(data), what="value")


def test_order_of_keys_may_be_another_writer_s() -> None:
    data = bytes.fromhex("a203000100")
    assert cbor.decode(data, what="value", any_order=True) == {3: 0, 1: 0}
    with pytest.raises(Malformed, match="deterministic"):
        cbor.decode(data + b"\0", what="value", any_order=True)


def test_limits() -> None:
    with pytest.raises(TooLarge, match="value has 5 bytes, over 4"):
        cbor.decode(bytes(5), what="value", limit=4)
    deep: Any = 0
    for _ in range(cbor.MAX_DEPTH):
        deep = (deep,)
    assert cbor.decode(cbor.encode(deep), what="value") == deep
    with pytest.raises(ValueError, match="nested over 12 levels"):
        cbor.encode((deep,))
    for nonsense in (1.5, 2**64, {1.5: 0}, {True: 0}, object(), {1, 2}):
        with pytest.raises(ValueError, match=r"is not a type|map key is"):
            cbor.encode(nonsense)


@given(st.binary(max_size=120))
def test_any_bytes_give_an_assay_error_or_the_value_they_encode(data: bytes) -> None:
    with suppress(AssayError):
        assert cbor.encode(cbor.decode(data, what="value")) == data
