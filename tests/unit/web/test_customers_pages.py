"""The list of customers on a page: its provider keeps it up, the office says why it reads it, nobody else finds it."""

import re

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World
from tests.unit.web.test_case_pages import sent, where

from assay.formats import customers as customer_list
from assay.office.case import Case
from assay.office.keep_customers import held
from assay.office.permission_table import Role

OFFICER = (Role.OFFICER, Role.OFFICER_LEAD)


class Place:
    def __init__(self) -> None:
        self.world = World()
        self.provider = self.world.person(Role.PROVIDER_ADMIN)
        self.first = services.submitted(self.world.service, 1, services.contradicted)
        self.list = f"{where(self.first)}/customers"

    @property
    def case(self) -> Case:
        return self.world.service.case(self.first.payload)

    def names(self) -> list[str]:
        digest = held(self.world.service, self.case)
        assert digest is not None
        found = customer_list.parse(self.world.service.office.blobs.get(digest))
        return [one.name for one in found.customers]

    def page(self, **query: str) -> str:
        answer = self.world.client.get(self.list, params=query, headers=self.provider)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


def test_a_customer_is_added_and_removed(place: Place) -> None:
    before = place.names()
    values = {
        "name": "Pier <b>",
        "scheme": "domain",
        "value": "pier.example",
        "products": "lantern\r\n\r\noar",
    }
    done = sent(place.world, place.list + "/rows", place.provider, contact="desk@pier.example", **values)
    assert (done.status_code, done.headers["location"]) == (303, place.list)
    assert place.names() == [*before, "Pier <b>"]
    page = place.page()
    for text in ("Pier &lt;b&gt;", "pier.example", "desk@pier.example", "lantern</bdi>, <bdi>oar"):
        assert text in page
    key = re.findall(r'name="row" value="(sha256:[0-9a-f]{64})"', page)[-1]
    assert sent(place.world, place.list + "/rows/remove", place.provider, row=key).status_code == 303
    assert place.names() == before
    again = sent(place.world, place.list + "/rows/remove", place.provider, row=key)
    assert (again.status_code, "no such row any more" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({}, "name", "Say what the customer is called."),
        ({"name": "x" * 1001}, "name", "At most 1000 characters."),
        ({"name": "a\nb"}, "name", "Plain text on one line is expected."),
        ({"name": "a", "scheme": "lei"}, "value", "Say the identifier"),
        ({"name": "a", "value": "1"}, "scheme", "Say what kind"),
        ({"name": "a", "products": "x" * 1001}, "products", "One name a line"),
    ],
)
def test_an_error_stands_beside_its_field(
    place: Place, values: dict[str, str], field: str, says: str
) -> None:
    before = place.names()
    answer = sent(place.world, place.list + "/rows", place.provider, contact="kept@pier.example", **values)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}"[^>]* aria-invalid="true" aria-describedby="{field}-problem', answer.text)
    assert re.search(rf'id="{field}-problem">{re.escape(says)}', answer.text)
    assert f'<a href="#{field}">{says}' in answer.text
    assert "Not sent: " in answer.text.split("</title>")[0]
    assert 'value="kept@pier.example"' in answer.text
    assert place.names() == before


def test_a_list_is_taken_away_and_brought_back(place: Place) -> None:
    assert sent(place.world, place.list + "/rows", place.provider, name="Pier").status_code == 303
    assert "format=csv" in place.page()
    taken = place.world.client.get(f"/api/v1/submissions/{place.first.payload.value}/customers?format=csv", headers=place.provider)  # fmt: skip
    table = taken.content + b"Quay,,,,,\r\n"
    done = sent(place.world, place.list, place.provider, files={"list": ("list.csv", table)})
    assert done.status_code == 303, done.text
    assert place.names()[-1] == "Quay"
    broken = sent(
        place.world, place.list, place.provider, files={"list": ("l.csv", b"name,id\r\nA,\r\nB,1\r\n")}
    )
    assert (broken.status_code, "line 3" in broken.text) == (400, True)
    assert f"{place.list}#replace" in broken.text
    none = sent(place.world, place.list, place.provider, files={"list": ("", b"")})
    assert (none.status_code, "Choose the list as one file." in none.text) == (422, True)
    assert place.names()[-1] == "Quay"
    empty = sent(place.world, place.list, place.provider, files={"list": ("l.json", b'{"customers":[]}')})
    assert (empty.status_code, place.names()) == (303, [])
    assert "The list is empty." in place.page()


def test_a_long_list_comes_page_by_page() -> None:
    place = Place()
    table = "name\r\n" + "".join(f"Customer {number}\r\n" for number in range(201))
    assert (
        sent(place.world, place.list, place.provider, files={"list": ("l.csv", table.encode())}).status_code
        == 303
    )
    assert place.page().count('<th scope="row">') == 100
    assert f'href="{place.list}?after=100"' in place.page()
    last = place.page(after="200")
    assert (last.count('<th scope="row">'), "Customer 200" in last, "Next page" in last) == (1, True, False)


def test_the_office_says_why_and_others_find_nothing() -> None:
    place = Place()
    client, officer = place.world.client, place.world.person(*OFFICER)
    assert sent(place.world, place.list + "/rows", place.provider, name="Pier Nine").status_code == 303
    closed = client.get(place.list, headers=officer).text
    name = place.names()[0]
    assert "Why you read it" in closed
    assert name not in closed
    opened = client.get(place.list, params={"reason": "a notice came back"}, headers=officer).text
    assert name in opened
    assert "Add a customer" not in opened
    log = client.get("/access", headers=place.provider).text
    assert log.count("a notice came back") == 1
    assert sent(place.world, place.list + "/rows", officer, name="x").status_code == 403
    stranger = place.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG, name="sam")
    party = place.world.person(Role.RELYING_PARTY_MEMBER)
    for who, code in ((stranger, 404), (party, 403)):
        answer = client.get(place.list, headers=who)
        assert (answer.status_code, name in answer.text) == (code, False)
    link = f'href="{place.list}"'
    for who, there in ((place.provider, True), (officer, True), (party, False)):
        assert (link in client.get(where(place.first), headers=who).text) == there
