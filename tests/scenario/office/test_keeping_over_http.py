"""Legal holds, erasure, and what could not be told: over HTTP, by the roles that may, and in the audit trail."""

from datetime import timedelta

import msgspec
import pytest
from tests.scenario.office.test_notices import CUSTOMERS, Office
from tests.support import services
from tests.support.desks import World, problem
from tests.support.services import CUSTOMER_ORG

from assay.adapters.memory import FixedClock
from assay.formats.customers import Customer, CustomerId
from assay.office.case import Case
from assay.office.identity.organisation import Organisation
from assay.office.permission_table import Role
from assay.office.recipients import is_address
from assay.office.undelivered import KINDS
from assay.office.work import Due

API = "/api/v1"
ADMIN, LEAD = (Role.ADMINISTRATOR,), (Role.OFFICER, Role.OFFICER_LEAD)


@pytest.fixture
def world() -> World:
    return World()


def closed(world: World) -> Case:
    case = services.submitted(world.service, 1, services.incomplete)
    world.tick(timedelta(days=31))
    return world.service.case(case.payload)


def trail(world: World) -> list[tuple[str, str]]:
    found = world.client.get(f"{API}/audit", headers=world.person(Role.AUDITOR)).json()["items"]
    return [(one["action"], one["detail"]) for one in found]


def test_a_hold_keeps_it_and_erasure_ends_it(world: World) -> None:
    case = closed(world)
    where = f"{API}/submissions/{case.payload.value}"
    lead, admin = world.person(*LEAD, name="lea"), world.person(*ADMIN, name="ada")
    held = world.client.put(f"{where}/hold", json={"held": True, "because": "a court asked"}, headers=lead)
    assert (held.status_code, held.json()["held"]) == (200, True), held.text
    erasing = {"reason": "request"}
    refused = world.client.post(f"{where}/erasure", json=erasing, headers=admin)
    assert (problem(refused)[0], "legal hold" in refused.json()["detail"]) == (422, True)
    lifted = world.client.put(f"{where}/hold", json={"held": False, "because": "it ended"}, headers=lead)
    assert lifted.json().get("held") is None
    done = world.client.post(f"{where}/erasure", json=erasing, headers=admin)
    assert done.status_code == 201, done.text
    assert set(done.json()["entries"]) == set(case.entries)
    assert world.service.case(case.payload).erased
    assert trail(world)[:2] == [("hold.write", "lifted: it ended"), ("hold.write", "set: a court asked")]


def test_what_was_erased_is_not_asked_for_again(world: World) -> None:
    case = closed(world)
    where, admin = f"{API}/submissions/{case.payload.value}", world.person(*ADMIN, *LEAD, name="ada")
    assert world.client.post(f"{where}/erasure", json={"reason": "request"}, headers=admin).status_code == 201
    own = world.person(Role.PROVIDER_ADMIN)
    assert world.client.get(where, headers=own).status_code == 200
    for part in ("receipt", "milestones", "verdict", "graph"):
        assert problem(world.client.get(f"{where}/{part}", headers=own))[0] == 422, part
    for page in ("", "/graph"):
        assert world.client.get(f"/cases/{case.payload.value}{page}", headers=own).status_code == 422, page


def test_a_list_of_customers_stays_for_the_other_submission_that_has_it(world: World) -> None:
    case = closed(world)
    other = services.submitted(world.service, 2, services.contradicted)
    lists = {world.service.office.ledger.submission(one.payload).customers for one in (case, other)}  # type: ignore[union-attr]
    assert len(lists) == 1
    done = world.client.post(
        f"{API}/submissions/{case.payload.value}/erasure",
        json={"reason": "request"},
        headers=world.person(*ADMIN),
    )
    assert done.status_code == 201, done.text
    assert world.service.office.blobs.has(lists.pop())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "code"), [({"held": True}, 400), ({"held": True, "because": " "}, 422), ({"held": False, "because": "x"}, 422)]
)  # fmt: skip
def test_a_hold_that_is_not_meant(world: World, body: dict[str, object], code: int) -> None:
    case = closed(world)
    answer = world.client.put(
        f"{API}/submissions/{case.payload.value}/hold", json=body, headers=world.person(*LEAD, name="lea")
    )
    assert problem(answer)[0] == code


def test_erasing_takes_an_administrator_who_confirmed(world: World) -> None:
    where = f"{API}/submissions/{closed(world).payload.value}/erasure"
    for who, code in (
        (world.person(*LEAD, name="lea"), 403),
        (world.person(*ADMIN, name="ada", confirmed=False), 403),
        (world.person(Role.PROVIDER_ADMIN), 403),
        ({}, 401),
    ):
        assert problem(world.client.post(where, json={"reason": "court"}, headers=who))[0] == code
    ada = world.person(*ADMIN, name="ada")
    assert problem(world.client.post(where, json={"reason": "whim"}, headers=ada))[0] == 400


def test_a_customer_who_cannot_be_told_is_seen() -> None:
    """Row 4 has no address, and its organisation is not here."""
    office = Office()
    office.submitted(services.contradicted)
    office.run()
    world = office.world
    admin = world.person(*ADMIN, name="ada")
    items = world.client.get(f"{API}/deliveries", headers=admin).json()["items"]
    assert items, "nothing was given up"
    assert {one["kind"] for one in items} == {"mail"}
    assert all("has no mail address" in one["why"] for one in items)
    assert len(items) == sum(not is_address(one.contact) for one in listed_for("lantern"))
    assert not any(word in str(items) for word in ("Pilots", "Harbour", "@"))
    assert problem(world.client.get(f"{API}/deliveries", headers=world.person(*LEAD, name="lea")))[0] == 403


def test_one_whose_organisation_is_here_is_told_there() -> None:
    office = Office()
    identity = office.world.identity
    with identity.identities.change() as rows:
        found = rows.get(Organisation, CUSTOMER_ORG)
        assert found is not None
        silent = [one.name for one in listed_for("lantern") if not is_address(one.contact)]
        identifiers = tuple(("domain", name) for name in silent)
        rows.put(msgspec.structs.replace(found, identifiers=identifiers))
    office.submitted(services.contradicted)
    office.run()
    assert office.world.service.work.dead_letters(KINDS, 10) == ()


def listed_for(product: str) -> list[Customer]:
    return [
        Customer(name=name, id=CustomerId(scheme="domain", value=name), contact=contact, products=products, salt="0" * 64)
        for name, contact, products in CUSTOMERS
        if not products or product in products
    ]  # fmt: skip


def test_sent_again_and_let_go(world: World) -> None:
    work, now = world.service.work, world.service.now()
    for name in ("mail:a", "mail:b"):
        work.put([Due(key=name, kind="mail", subject="x", at=now)])
        (claimed,) = work.claim(("mail",), now, 1, 60, "test")
        work.dead(claimed, "the receiver is gone")
    admin = world.person(*ADMIN, name="ada")
    ids = {bytes.fromhex(one["id"]).decode(): one["id"] for one in world.client.get(f"{API}/deliveries", headers=admin).json()["items"]}  # fmt: skip
    assert set(ids) == {"mail:a", "mail:b"}
    assert world.client.post(f"{API}/deliveries/{ids['mail:a']}/again", headers=admin).status_code == 204
    assert [one.due.key for one in work.claim(("mail",), now, 9, 60, "test")] == ["mail:a"]
    assert world.client.delete(f"{API}/deliveries/{ids['mail:b']}", headers=admin).status_code == 204
    assert world.client.get(f"{API}/deliveries", headers=admin).json()["items"] == []
    clock = world.service.office.clock
    assert isinstance(clock, FixedClock)
    assert work.claim(("mail",), now + timedelta(days=2), 9, 60, "other") != ()  # mail:a, whose lease lapsed
    for wrong in (ids["mail:b"], b"advance:x".hex(), "zz"):
        assert problem(world.client.delete(f"{API}/deliveries/{wrong}", headers=admin))[0] == 404
    assert {one for one in trail(world) if one[0] == "delivery.manage"} == {
        ("delivery.manage", "sent again"), ("delivery.manage", "let go"),
    }  # fmt: skip
