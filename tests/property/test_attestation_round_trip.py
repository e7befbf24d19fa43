"""Laws of the attestation's wire form."""

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.attestations import COMPANY_WIDE, FULL, attestations

from assay.errors import Malformed
from assay.formats import attestation_statement
from assay.formats.attestation import Attestation

ENCODED = attestation_statement.encode(FULL)


@given(attestations())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_written_is_read(attestation: Attestation) -> None:
    payload = attestation_statement.encode(attestation)
    assert attestation_statement.parse(payload) == attestation


@given(attestations())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_one_value_has_one_text(attestation: Attestation) -> None:
    again = msgspec.convert(msgspec.to_builtins(attestation), Attestation)
    assert attestation_statement.encode(again) == attestation_statement.encode(attestation)


def test_examples_round_trip() -> None:
    assert attestation_statement.parse(ENCODED) == FULL
    assert attestation_statement.parse(attestation_statement.encode(COMPANY_WIDE)) == COMPANY_WIDE


@given(st.integers(0, len(ENCODED) - 1))
@settings(max_examples=60, deadline=None)
def test_truncation_is_malformed(size: int) -> None:
    _only_malformed(ENCODED[:size], must_fail=True)


@given(st.integers(0, len(ENCODED) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_malformed_or_another_statement(at: int, flip: int) -> None:
    changed = ENCODED[:at] + bytes((ENCODED[at] ^ flip,)) + ENCODED[at + 1 :]
    found = _only_malformed(changed)
    assert found is None or attestation_statement.parse(attestation_statement.encode(found)) == found


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_random_bytes_are_malformed(data: bytes) -> None:
    _only_malformed(data, must_fail=True)


def _only_malformed(data: bytes, *, must_fail: bool = False) -> Attestation | None:
    found, message = _tried(data)
    assert (found is None) or not must_fail
    assert "\n" not in message
    assert message.startswith("attestation")
    return found


def _tried(data: bytes) -> tuple[Attestation | None, str]:
    try:
        return attestation_statement.parse(data), "attestation is read"
    except Malformed as error:
        return None, str(error)
