"""More time for a provider: asked for, decided by an officer, and what the clock then does."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem

from assay.formats.case_documents import Notice, parse
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.web.api.app import API


class Place:
    """A case that is under response for 30 days."""

    def __init__(self, policy: OfficePolicy = OfficePolicy()) -> None:  # noqa: B008 - frozen
        self.world = World(policy)
        self.payload = services.submitted(self.world.service, 1, services.contradicted).payload
        self.where = f"{API}/submissions/{self.payload.value}"

    @property
    def case(self) -> Case:
        return self.world.service.case(self.payload)

    def ask(
        self, days: int = 10, role: Role = Role.PROVIDER_MEMBER, organisation: str = "", **more: Any
    ) -> Any:
        who = self.world.person(role, organisation=organisation)
        body = {"days": days, "reason": "we rebuild it", **more}
        return self.world.client.post(f"{self.where}/extension-requests", json=body, headers=who)

    def decide(self, days: int, role: Role = Role.OFFICER, **more: Any) -> Any:
        who = self.world.person(role)
        body = {"days": days, "revision": self.case.revision, **more}
        return self.world.client.post(f"{self.where}/extension", json=body, headers=who)

    def later(self, days: float) -> str:
        services.tick(self.world.service, timedelta(days=days))
        return self.case.stage


@pytest.fixture
def place() -> Place:
    return Place()


def test_asked_given_and_used(place: Place) -> None:
    before = place.case.deadline
    assert before is not None
    assert place.ask(10).status_code == 201
    queue = place.world.client.get(f"{API}/queue", headers=place.world.person(Role.OFFICER)).json()["items"]
    assert [(one["id"], one["because"]) for one in queue] == [
        (place.payload.value, "the provider asks for 10 more days")
    ]
    seen = place.world.client.get(f"{place.where}/extension", headers=place.world.person(Role.OFFICER)).json()
    assert (seen["days"], seen["reason"]) == (10, "we rebuild it")
    party = place.world.person(Role.RELYING_PARTY_MEMBER)
    assert place.world.client.get(f"{place.where}/extension", headers=party).json()["reason"] == ""
    answer = place.decide(10, text="Use it well.")
    assert answer.status_code == 201, answer.text
    assert place.case.deadline == before + timedelta(days=10)
    assert (place.case.waits, place.case.notices) == ("provider", 2)
    assert place.later(31) == "under_response", "the former deadline has no effect any more"
    assert place.later(9.1) == "answered", "the new one has"


def test_given_in_part_and_asked_again(place: Place) -> None:
    for days in (10, 20):
        place.ask(days)
        assert place.decide(days).status_code == 201
    assert place.case.extended == 30
    assert problem(place.ask(1)) == (422, "Refused")


def test_not_given(place: Place) -> None:
    before = place.case.deadline
    place.ask(10)
    assert place.decide(0, text="You had a month.").status_code == 201
    assert (place.case.deadline, place.case.waits, place.case.extended) == (before, "provider", 0)
    assert problem(place.decide(5)) == (422, "Refused")
    assert place.later(30.1) == "answered"


def test_nobody_decides_and_the_deadline_comes(place: Place) -> None:
    place.ask(10)
    assert place.later(30.1) == "answered"
    assert place.case.more_time is None
    assert problem(place.decide(10)) == (422, "Refused")
    assert problem(place.ask(10)) == (422, "Refused")


@pytest.mark.parametrize("days", [0, -1, 31, 10**9])
def test_more_than_the_policy_gives(place: Place, days: int) -> None:
    assert problem(place.ask(days))[0] in (400, 422)
    place.ask(30)
    assert problem(place.decide(31)) == (422, "Refused")


def test_an_office_that_gives_none() -> None:
    answer = Place(OfficePolicy(extension_days=0)).ask(1)
    assert problem(answer) == (422, "Refused")
    assert "at most 0" in answer.text


def test_asked_once_at_a_time_with_a_reason(place: Place) -> None:
    assert problem(place.ask(5, reason=" ")) == (422, "Refused")
    assert problem(place.ask(5, reason="x" * 2001)) == (422, "Refused")
    assert place.ask(5).status_code == 201
    assert problem(place.ask(5)) == (422, "Refused")
    place.decide(0)
    assert place.ask(5).status_code == 201


def test_who_may(place: Place) -> None:
    assert problem(place.ask(5, Role.PROVIDER_ADMIN, OTHER_ORG)) == (404, "Hidden")
    assert problem(place.ask(5, Role.OFFICER)) == (403, "Forbidden")
    place.ask(5)
    assert problem(place.decide(5, Role.PROVIDER_ADMIN)) == (403, "Forbidden")
    assert problem(place.decide(5, revision=1)) == (422, "Refused")


def test_an_answer_ends_it(place: Place) -> None:
    place.ask(5)
    who = place.world.person(Role.PROVIDER_MEMBER)
    answer = place.world.client.post(f"{place.where}/responses", json={"text": "Here."}, headers=who)
    assert (answer.status_code, place.case.stage, place.case.more_time) == (201, "answered", None)


def test_a_revision_takes_the_wish_with_it(place: Place) -> None:
    lacking = services.submitted(place.world.service, 2, services.incomplete).payload
    place.payload, place.where = lacking, f"{API}/submissions/{lacking.value}"
    assert place.ask(5).status_code == 201
    services.submitted(place.world.service, 3, services.revising(lacking))
    assert (place.case.waits, place.case.more_time, place.case.because) == ("nobody", None, "")
    assert problem(place.decide(5)) == (422, "Refused")


def test_the_notice_repeats_what_was_asked(place: Place) -> None:

    def newest() -> Notice:
        told = place.case.told
        assert isinstance(told, Digest)
        return parse(place.world.service.office.blobs.get(told), Notice)

    before = newest()
    place.ask(5)
    place.decide(5)
    assert (newest().items, newest().reason) == (before.items, "extended")
