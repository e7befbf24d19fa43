"""Organisations that a customer list names by an identifier are parties of the case, for the products that they have."""

import msgspec
import pytest
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.offices import CountingEntropy
from tests.support.services import CUSTOMER_ORG, bundle

from assay.formats.attestation import Attestation
from assay.formats.bundle import Bundle, write_tar
from assay.formats.customers import Customer, CustomerId
from assay.formats.digest import Digest
from assay.office.permission_table import Role
from assay.provider.bundle import committed, salted

API = "/api/v1"
TAR = {"content-type": "application/x-tar"}


def listing(*rows: tuple[str, str, tuple[str, ...]]) -> Bundle:
    """A bundle whose customers have these (scheme, value, products)."""
    found = tuple(
        Customer(
            name=f"Customer {at}", id=CustomerId(scheme=scheme, value=value), products=products, salt="0" * 64
        )
        for at, (scheme, value, products) in enumerate(rows)
    )
    listed = salted(found, CountingEntropy().bytes)
    promised = committed(listed)

    def promising(one: Attestation) -> Attestation:
        return msgspec.structs.replace(one, customers=promised.commitment, customer_rows=promised.rows)

    plain = bundle(1, promising)
    return Bundle(plain.envelope, listed, plain.artifacts)


def name(world: World, organisation: str, *identifiers: tuple[str, str]) -> object:
    return world.client.put(
        f"{API}/organisations/{organisation}/identifiers", json={"identifiers": identifiers},
        headers=world.person(Role.ADMINISTRATOR),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "party"),
    [
        pytest.param(("domain", "harbour.test", ()), True, id="all products"),
        pytest.param(("Domain", "HARBOUR.test", ("bell", "lantern")), True, id="this product, in another case"),
        pytest.param(("domain", "harbour.test", ("bell",)), False, id="another product"),
        pytest.param(("lei", "harbour.test", ()), False, id="another scheme"),
        pytest.param(("domain", "harbour.test.example", ()), False, id="another value"),
    ],
)  # fmt: skip
def test_a_customer_is_a_party(row: tuple[str, str, tuple[str, ...]], *, party: bool) -> None:
    world = World()
    name(world, CUSTOMER_ORG, ("domain", "harbour.test"))
    answer = world.client.post(
        f"{API}/submissions", content=write_tar(listing(row)), headers=world.person(Role.PROVIDER_ADMIN) | TAR
    )
    assert answer.status_code == 201, answer.text
    case = answer.json()["submission"]["id"]
    stored = world.service.case(Digest.of("sha256", case))
    assert stored.parties == ((CUSTOMER_ORG,) if party else ())
    seen = world.client.get(f"{API}/submissions/{case}", headers=world.person(Role.RELYING_PARTY_MEMBER))
    assert seen.status_code == (200 if party else 404)


def test_an_identifier_is_one_organisations() -> None:
    world = World()
    assert name(world, CUSTOMER_ORG, ("domain", "harbour.test")).status_code == 200  # type: ignore[attr-defined]
    assert problem(name(world, OTHER_ORG, ("DOMAIN", "Harbour.test"))) == (409, "Duplicate")
    shown = world.client.get(
        f"{API}/organisations/{CUSTOMER_ORG}", headers=world.person(Role.ADMINISTRATOR)
    ).json()
    assert shown["identifiers"] == [["domain", "harbour.test"]]
    assert problem(name(world, OTHER_ORG, ("", "x"))) == (400, "Malformed")
