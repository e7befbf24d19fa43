"""Subscriptions over HTTP: the secret is told once, and they are nobody else's."""

from tests.support.desks import OTHER_ORG, World, problem

from assay.office.deliver import DELIVER
from assay.office.permission_table import Role
from assay.office.webhook import Secret

API = "/api/v1/subscriptions"
URL = "https://hooks.example/in"


def test_from_subscribing_to_leaving() -> None:
    world = World()
    own = world.person(Role.PROVIDER_MEMBER)
    other = world.person(Role.PROVIDER_MEMBER, organisation=OTHER_ORG)
    made = world.client.post(API, json={"target": URL, "types": ["result.published"]}, headers=own)
    assert made.status_code == 201, made.text
    first = Secret.parse(made.json()["secret"])
    (shown,) = world.client.get(API, headers=own).json()
    assert (shown["target"], shown["secret"]) == (URL, "")
    assert world.client.get(API, headers=other).json() == []
    where = f"{API}/{shown['id']}"
    assert problem(world.client.post(f"{where}/secret", headers=other)) == (404, "Hidden")
    second = Secret.parse(world.client.post(f"{where}/secret", headers=own).json()["secret"])
    assert first.raw != second.raw
    assert world.client.post(f"{where}/test", headers=own).json()["event"].startswith("evt_")
    assert world.client.get(f"{where}/undelivered", headers=own).json() == []
    assert world.client.delete(where, headers=own).status_code == 204
    assert world.client.get(API, headers=own).json() == []


def test_what_was_given_up_is_sent_again_by_its_owner() -> None:
    world = World()
    own = world.person(Role.PROVIDER_MEMBER)
    other = world.person(Role.PROVIDER_MEMBER, organisation=OTHER_ORG)
    where = f"{API}/{world.client.post(API, json={'target': URL}, headers=own).json()['id']}"
    event = world.client.post(f"{where}/test", headers=own).json()["event"]
    again = f"{where}/undelivered/{event}/again"
    assert problem(world.client.post(again, headers=own)) == (404, "Hidden")  # it is under way
    work, now = world.service.work, world.service.now()
    (claimed,) = work.claim((DELIVER,), now, 1, 60, "test")
    work.dead(claimed, "the receiver answers 500")
    (shown,) = world.client.get(f"{where}/undelivered", headers=own).json()
    assert shown["event"] == event
    assert problem(world.client.post(again, headers=other)) == (404, "Hidden")
    assert world.client.post(again, headers=own).status_code == 204
    assert world.client.get(f"{where}/undelivered", headers=own).json() == []
    assert [one.due.key for one in work.claim((DELIVER,), now, 9, 60, "test")] == [claimed.due.key]


def test_the_office_goes_to_public_addresses_only() -> None:
    world = World()
    for url in ("https://127.0.0.1/", "http://hooks.example/", "https://hooks.example:22/"):
        answer = world.client.post(API, json={"target": url}, headers=world.person(Role.PROVIDER_MEMBER))
        assert problem(answer) == (422, "Refused")
