"""Headers of uploads."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import Malformed
from assay.formats.digest import Digest
from assay.formats.upload_headers import (
    encode_count,
    encode_digest,
    encode_flag,
    parse_count,
    parse_digest,
    parse_flag,
)

EMPTY = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
"""Of no bytes; RFC 9530 has its like in appendix B."""


@given(st.binary())
def test_a_digest_round_trips(data: bytes) -> None:
    assert parse_digest(encode_digest(Digest.sha256(data))) == Digest.sha256(data)


def test_a_digest_as_the_standard_writes_it() -> None:
    assert encode_digest(Digest.sha256(b"")) == EMPTY
    assert parse_digest(f"sha-512=:AAAA:, {EMPTY}") == Digest.sha256(b"")


@given(st.integers(0, 10**18 - 1), st.booleans())
def test_numbers_and_flags_round_trip(count: int, flag: bool) -> None:
    assert parse_count(encode_count(count), what="x") == count
    assert parse_flag(encode_flag(flag)) == flag


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(parse_digest, "", id="no digest"),
        pytest.param(parse_digest, EMPTY[:-1], id="no end"),
        pytest.param(parse_digest, EMPTY.replace("sha-256", "sha-512"), id="another algorithm"),
        pytest.param(parse_digest, f"{EMPTY}, {EMPTY}", id="twice"),
        pytest.param(parse_digest, EMPTY.replace("uFU=", "uFV="), id="stray low bits"),
        pytest.param(parse_digest, EMPTY.replace("uFU=:", "uFUx:"), id="33 bytes"),
        pytest.param(parse_digest, EMPTY + "," * 2000, id="long"),
        pytest.param(lambda text: parse_count(text, what="x"), "01", id="leading zero"),
        pytest.param(lambda text: parse_count(text, what="x"), "-1", id="negative"),
        pytest.param(lambda text: parse_count(text, what="x"), "1_0", id="digit separator"),
        pytest.param(lambda text: parse_count(text, what="x"), "1" * 19, id="too many digits"),
        pytest.param(lambda text: parse_count(text, what="x"), "١", id="another script"),
        pytest.param(parse_flag, "1", id="no flag"),
        pytest.param(parse_flag, "?1;x", id="with parameters"),
    ],
)
def test_rejects(parse: Callable[[str], Any], text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)
