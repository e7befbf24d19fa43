"""The list of customers over HTTP: kept up by its provider, read by nobody else without a trace, and what notices go by."""

import json
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.offices import CountingEntropy
from tests.support.services import CUSTOMER_ORG

from assay.adapters.mail.memory import MemoryMailer
from assay.formats import customers as wire
from assay.formats import customers_csv
from assay.formats.customers import Customer, CustomerId, CustomerList
from assay.formats.digest import Digest
from assay.office.identity.organisation import Organisation
from assay.office.permission_table import Role
from assay.office.sending import MAIL, Post, mail, spread
from assay.office.service import NOTIFY
from assay.web.api.app import API

JSON, CSV = {"content-type": "application/json"}, {"content-type": "text/csv"}


def customer(name: str, number: int, *, contact: str = "", identified: bool = False) -> Customer:
    found = CustomerId(scheme="domain", value="harbour.example") if identified else None
    return Customer(name=name, id=found, contact=contact, salt=f"{number:064x}")


def listed(*rows: Customer) -> bytes:
    return wire.encode(CustomerList(customers=rows))


class Place:
    def __init__(self) -> None:
        self.world = World()
        with self.world.identity.identities.change() as rows:
            harbour = rows.get(Organisation, CUSTOMER_ORG)
            assert harbour is not None
            rows.put(
                Organisation(
                    id=harbour.id,
                    name=harbour.name,
                    kind=harbour.kind,
                    identifiers=(("domain", "harbour.example"),),
                )
            )
        case = services.submitted(self.world.service, 1, services.incomplete)
        self.payload = case.payload
        self.where = f"{API}/submissions/{case.payload.value}"
        self.provider = self.world.person(Role.PROVIDER_MEMBER)

    def put(self, data: bytes, **more: str) -> Any:
        return self.world.client.put(
            f"{self.where}/customers", content=data, headers={**self.provider, **JSON, **more}
        )

    def get(self, who: dict[str, str], **query: str) -> Any:
        return self.world.client.get(f"{self.where}/customers", headers=who, params=query)


@pytest.fixture
def place() -> Place:
    return Place()


def test_replaced_and_read(place: Place) -> None:
    assert place.get(place.provider).json() == {"customers": []}
    new = listed(customer("Harbour", 1), customer("Pilots", 2))
    answer = place.put(new)
    assert answer.status_code == 200, answer.text
    read = place.get(place.provider)
    assert (read.content, read.headers["cache-control"]) == (new, "no-store")
    again = place.put(new)
    assert again.json()["revision"] == answer.json()["revision"], "the same list changes nothing"
    table = place.get(place.provider, format="csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert customers_csv.read([table.content], CountingEntropy().bytes(32).hex) == wire.parse(new)
    more = table.content + b"Tugs,,,,,\r\n"
    assert place.put(more, **CSV).status_code == 200
    assert [one["name"] for one in place.get(place.provider).json()["customers"]] == [
        "Harbour",
        "Pilots",
        "Tugs",
    ]
    kept = place.world.service.office.ledger.submission(place.payload)
    assert kept is not None
    assert kept.customers is not None
    assert place.world.service.sealed.has(kept.customers), "what was attested stays"


def test_an_older_look_is_refused(place: Place) -> None:
    tag = place.world.client.get(place.where, headers=place.provider).headers["etag"]
    assert place.put(listed(customer("Harbour", 1)), **{"if-match": tag}).status_code == 200
    answer = place.put(listed(), **{"if-match": tag})
    assert problem(answer) == (412, "Stale")
    assert len(place.get(place.provider).json()["customers"]) == 1


def test_whom_the_list_names_sees_the_case_and_no_longer(place: Place) -> None:
    harbour = place.world.person(Role.RELYING_PARTY_MEMBER)
    place.put(listed(customer("Harbour", 1, identified=True)))
    assert place.world.client.get(place.where, headers=harbour).status_code == 200
    seen = place.world.client.get(f"{API}/submissions", headers=harbour).json()["items"]
    assert [one["id"] for one in seen] == [place.payload.value]
    assert problem(place.get(harbour)) == (403, "Forbidden")
    place.put(listed(customer("Pilots", 2)))
    assert problem(place.world.client.get(place.where, headers=harbour)) == (404, "Hidden")
    assert place.world.client.get(f"{API}/submissions", headers=harbour).json()["items"] == []


def test_the_office_says_why_it_reads(place: Place) -> None:
    officer = place.world.person(Role.OFFICER)
    assert problem(place.get(officer)) == (422, "Refused")
    assert place.get(officer, reason="to tell them").status_code == 200
    log = place.world.client.get(f"{API}/access/log", headers=place.provider).json()["items"]
    assert [(one["what"], one["reason"]) for one in log] == [("read", "to tell them")]


def test_nobody_else(place: Place) -> None:
    stranger = place.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    assert problem(place.get(stranger)) == (404, "Hidden")
    mine, place.provider = place.provider, stranger
    assert problem(place.put(listed())) == (404, "Hidden")
    place.provider = place.world.person(Role.OFFICER)
    assert problem(place.put(listed())) == (403, "Forbidden")
    place.provider = mine


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (b"{}", {}),
        (b'{"customers":[{"name":"secret name"}]}', {}),
        (b"name,salt\nsecret name,zz\n", CSV),
        (b'{"customers":[]}', {"content-type": "text/plain"}),
        (listed() + b"x", {}),
    ],
)
def test_lists_that_are_none_are_refused_without_showing_a_row(
    place: Place, data: bytes, more: dict[str, str]
) -> None:
    answer = place.put(data, **more)
    assert problem(answer)[0] == 400
    assert "secret" not in answer.text


def test_what_is_over_keeps_its_list(place: Place) -> None:
    admin = place.world.person(Role.PROVIDER_ADMIN)
    place.world.client.post(f"{place.where}/withdrawal", json={"reason": "x"}, headers=admin)
    assert problem(place.put(listed())) == (422, "Refused")


@pytest.mark.parametrize("stays", [True, False])
def test_a_notice_under_way_goes_to_nobody_who_left(place: Place, stays: bool) -> None:
    service, mailer = place.world.service, MemoryMailer()
    post = Post(identity=place.world.identity, mailer=mailer, url="http://office.test")
    place.put(listed(customer("A", 1, contact="a@people.test"), customer("B", 2, contact="b@people.test")))
    for kind, handle in ((NOTIFY, spread), (MAIL, mail)):
        for claimed in service.work.claim((kind,), service.now(), 100, 60, "test"):
            if handle is spread:
                spread(service, post, claimed.due)
            else:
                mail(service, post, claimed)
            service.work.done(claimed)
        if kind == NOTIFY:
            left = (customer("A", 1, contact="a@people.test"),) if stays else ()
            # B, who was row 1, is gone, and somebody else has its row.
            place.put(
                listed(
                    *left,
                    customer("C", 3, contact="c@people.test"),
                    customer("D", 4, contact="d@people.test"),
                )
            )
    to = [one.to for one in mailer.sent if one.to.endswith("people.test") and one.to[1] == "@"]
    assert to == (["a@people.test"] if stays else [])


def test_nothing_of_it_is_in_the_trail(place: Place) -> None:
    place.put(listed(customer("Harbour the secret", 1)))
    with place.world.identity.identities.read() as rows:
        events = rows.trail(organisation=None)
    assert events[0].event.action == "customers.replaced"
    assert "secret" not in json.dumps([repr(one) for one in events])
    assert Digest.sha256(b"x").algorithm == "sha256"
