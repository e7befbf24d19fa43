"""Several submissions taken in at once: each is answered as if it had come alone."""

import msgspec
import pytest
from tests.support.offices import PROVIDER
from tests.support.services import PROVIDER_ORG, bundle, contradicted, provider, service

from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.holdings import SqlHoldings
from assay.errors import Duplicate, Forbidden, Malformed, Refused, TooLarge, Unavailable
from assay.formats.bundle import Bundle
from assay.office.receive import Asked, Received, admit_all, admit_one, receive_all
from assay.office.rehearse import rehearse
from assay.office.service import Service


def asked(one: Service, made: Bundle) -> Asked:
    return Asked(caller=provider(one), bundle=made, admitted=admit_one(one, made), speaks_for=(PROVIDER,))


def holdings(one: Service, most: int) -> SqlHoldings:
    assert isinstance(one.cases, SqlCases)
    return SqlHoldings(one.cases.engine, most)


def test_what_is_wrong_with_one_is_told_to_that_one() -> None:
    one = service()
    before = one.office.register.size()
    stranger = msgspec.structs.replace(provider(one), roles=frozenset())
    answers = receive_all(
        one,
        (
            asked(one, bundle(1)),
            msgspec.structs.replace(asked(one, bundle(2)), caller=stranger),
            msgspec.structs.replace(asked(one, bundle(3)), speaks_for=()),
            asked(one, bundle(1)),
            asked(one, bundle(4)),
        ),
    )
    first, _, refused, duplicate, last = answers
    assert [type(found) for found in answers[1:4]] == [Forbidden, Refused, Duplicate]
    assert isinstance(first, Received)
    assert isinstance(last, Received)
    for found in (first, last):
        assert found.case == one.case(found.case.payload)
        found.appended.receipt(one.office.origin).verify(one.office.keys)
    assert "does not speak" in str(refused)
    assert f"submitted before, on 2026-11-01T12:00:00Z, as entry {first.case.entry}" in str(duplicate)
    assert one.office.register.size() == before + 2


def test_what_cannot_be_read_is_told_to_that_one() -> None:
    one = service()
    first, malformed, last = admit_all(one, (bundle(1), Bundle(b"{}", None, {}), bundle(2)))
    assert isinstance(malformed, Malformed)
    assert (first, last) == (admit_one(one, bundle(1)), admit_one(one, bundle(2)))
    with pytest.raises(Malformed):
        admit_one(one, Bundle(b"{}", None, {}))
    assert admit_all(one, ()) == []


def test_room_is_counted_for_those_that_come_together() -> None:
    one = service()
    plain, other = bundle(1), bundle(2, contradicted)
    size = sum(map(len, plain.artifacts.values()))
    own = holdings(one, size)
    first, same, more = receive_all(one, (asked(one, plain), asked(one, bundle(3)), asked(one, other)), own)
    assert isinstance(first, Received)
    assert isinstance(same, Received), "its files are those of the first, and held once"
    assert isinstance(more, TooLarge)
    named = plain.artifacts.keys() | other.artifacts.keys()
    assert own.held(PROVIDER_ORG, named) == plain.artifacts.keys()
    (again,) = receive_all(one, (asked(one, Bundle(bundle(4).envelope, bundle(4).customers, {})),), own)
    assert isinstance(again, Received)
    kept = one.office.ledger.submission(again.case.payload)
    assert kept is not None
    assert set(kept.artifacts) == plain.artifacts.keys(), "what it names and was brought before belongs to it"


def test_all_documents_of_one_submission_together_are_bounded() -> None:
    one = service()
    plain = bundle(1)
    size = len(plain.envelope) + len(plain.customers or b"") + sum(map(len, plain.artifacts.values()))
    assert isinstance(one.cases, SqlCases)
    small = SqlHoldings(one.cases.engine, 1 << 20, size - 1)
    (refused,) = receive_all(one, (asked(one, plain),), small)
    assert isinstance(refused, TooLarge)
    assert f"have {size} bytes together, over {size - 1}" in str(refused)
    assert small.held(PROVIDER_ORG, plain.artifacts) == frozenset()
    small.hold(PROVIDER_ORG, {digest: len(data) for digest, data in plain.artifacts.items()})
    named = Bundle(plain.envelope, plain.customers, {})
    (refused,) = receive_all(one, (asked(one, named),), small)
    assert isinstance(refused, TooLarge), "what was uploaded before counts"
    with pytest.raises(TooLarge):
        rehearse(one, asked(one, named), small)
    (fits,) = receive_all(one, (asked(one, plain),), SqlHoldings(one.cases.engine, 1 << 20, size))
    assert isinstance(fits, Received)


def test_nobody_is_told_of_what_was_not_recorded() -> None:
    one = service()

    class Full:
        def append_many(self, _: object) -> None:
            raise Unavailable("the disk is full")

    office = msgspec.structs.replace(one.office, register=Full())
    own = holdings(one, 1 << 20)
    with pytest.raises(Unavailable, match="full"):
        receive_all(msgspec.structs.replace(one, office=office), (asked(one, bundle(1)),), own)
    assert own.held(PROVIDER_ORG, bundle(1).artifacts) == frozenset()
    assert receive_all(one, (), own) == []
