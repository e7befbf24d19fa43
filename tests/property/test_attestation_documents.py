"""Whatever bytes come in, the readers of submissions and results answer with a value or with Malformed, in one line."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.attestations import COMPANY_WIDE
from tests.support.verdicts import VERDICT

from assay.errors import Malformed
from assay.formats import customers, scope_document, verdict
from assay.formats.customers import Customer, CustomerList
from assay.formats.result import encode_result, parse_result
from assay.formats.svr import encode_svr, parse_svr

MADE = datetime(2026, 11, 2, tzinfo=UTC)
PASSED = msgspec.structs.replace(VERDICT, result="validated")
LIST = CustomerList(
    customers=(Customer(name="Harbour", salt="01" * 32), Customer(name="Guild", salt="02" * 32))
)

READERS = [
    pytest.param(parse_result, encode_result(VERDICT, office="Office", made=MADE), id="result"),
    pytest.param(parse_svr, encode_svr(PASSED, verifier="urn:x", made=MADE), id="svr"),
    pytest.param(verdict.parse, verdict.encode(VERDICT), id="verdict"),
    pytest.param(customers.parse, customers.encode(LIST), id="customers"),
    pytest.param(
        scope_document.parse, scope_document.encode(scope_document.of(COMPANY_WIDE)), id="scope document"
    ),
]


@pytest.mark.parametrize(("read", "example"), READERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_bytes(read: Callable[[bytes], Any], example: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(example) - 1))
    changed = data.draw(
        st.sampled_from(
            (
                example[:at],
                example[:at] + example[at + 1 :],
                example[:at] + bytes((example[at] ^ data.draw(st.integers(1, 255)),)) + example[at + 1 :],
                example[:at] + data.draw(st.binary(max_size=8)) + example[at:],
                example[at:] + example[:at],
            )
        )
    )
    assert "\n" not in _complaint(read, changed)


@pytest.mark.parametrize(("read", "example"), READERS)
@given(data=st.binary(max_size=64))
@settings(max_examples=30, deadline=None)
def test_random_bytes(read: Callable[[bytes], Any], example: bytes, data: bytes) -> None:
    assert _complaint(read, example) == ""
    assert _complaint(read, data) != ""


def _complaint(read: Callable[[bytes], Any], data: bytes) -> str:
    try:
        read(data)
    except Malformed as error:
        return str(error)
    return ""
