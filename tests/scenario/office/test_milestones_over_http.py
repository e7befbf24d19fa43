"""The plan of action and milestones over HTTP: seen, reported on, overdue; and the case goes on as before."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem

from assay.office.case import Case
from assay.office.permission_table import Role
from assay.web.api.app import API


class Place:
    def __init__(self) -> None:
        self.world = World()
        self.payload = services.submitted(self.world.service, 1, services.planned).payload
        self.where = f"{API}/submissions/{self.payload.value}"

    @property
    def case(self) -> Case:
        return self.world.service.case(self.payload)

    def plan(self, role: Role = Role.PROVIDER_MEMBER) -> list[dict[str, Any]]:
        answer = self.world.client.get(f"{self.where}/milestones", headers=self.world.person(role))
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def report(
        self,
        number: int = 0,
        role: Role = Role.PROVIDER_MEMBER,
        organisation: str = "",
        **more: Any,
    ) -> Any:
        who = self.world.person(role, organisation=organisation)
        body = {"text": "Half of it.", **more}
        return self.world.client.post(f"{self.where}/milestones/{number}/reports", json=body, headers=who)


@pytest.fixture
def place() -> Place:
    return Place()


def test_seen_reported_on_and_met(place: Place) -> None:
    (one,) = place.plan()
    assert (one["requirement"], one["state"], one["due"], one["owner"]) == (
        services.REVIEW,
        "open",
        "2026-12-01",
        "design lead",
    )
    stage, entries = place.case.stage, len(place.case.entries)
    answer = place.report(files=["YQ=="])
    assert answer.status_code == 201, answer.text
    assert place.plan()[0]["state"] == "open"
    assert place.report(met=True).status_code == 201
    assert place.plan()[0]["state"] == "met"
    assert problem(place.report()) == (422, "Refused")
    assert (place.case.stage, len(place.case.entries)) == (stage, entries + 2)
    assert len(place.case.supplied) == 1
    who = place.world.person(Role.OFFICER)
    told = place.world.client.get(f"{place.where}/timeline", headers=who).json()["items"]
    said = [one["document"] for one in told if one["kind"] == "response"]
    assert [(one["kind"], one["milestone"], one["met"], one["text"]) for one in said] == [
        ("milestone", 0, False, "Half of it."),
        ("milestone", 0, True, "Half of it."),
    ]


def test_overdue(place: Place) -> None:
    services.tick(place.world.service, timedelta(days=60))
    assert place.plan()[0]["state"] == "overdue"


def test_who_sees_and_says_what(place: Place) -> None:
    (theirs,) = place.plan(Role.RELYING_PARTY_MEMBER)
    assert (theirs["owner"], theirs["weakness"], theirs["action"]) == ("", "", "have it reviewed")
    assert problem(place.report(role=Role.RELYING_PARTY_MEMBER)) == (403, "Forbidden")
    assert problem(place.report(role=Role.OFFICER)) == (403, "Forbidden")
    assert problem(place.report(role=Role.PROVIDER_ADMIN, organisation=OTHER_ORG)) == (404, "Hidden")
    stranger = place.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    answer = place.world.client.get(f"{place.where}/milestones", headers=stranger)
    assert problem(answer) == (404, "Hidden")


@pytest.mark.parametrize(
    ("number", "more", "code"),
    [
        (1, {}, 404),
        (10_001, {}, 400),
        (0, {"text": " "}, 422),
        (0, {"text": "x" * 100_001}, 422),
        (0, {"files": ["*"]}, 400),
        (0, {"artifacts": ["sha256:" + "0" * 64]}, 422),
        (0, {"met": "yes"}, 400),
    ],
)
def test_reports_that_are_none(place: Place, number: int, more: dict[str, Any], code: int) -> None:
    before = place.case.revision
    assert problem(place.report(number, **more))[0] == code
    assert place.case.revision == before


def test_nothing_is_reported_of_what_is_over(place: Place) -> None:
    admin = place.world.person(Role.PROVIDER_ADMIN)
    place.world.client.post(f"{place.where}/withdrawal", json={"reason": "x"}, headers=admin)
    assert problem(place.report()) == (422, "Refused")
