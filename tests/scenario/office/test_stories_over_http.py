"""Timeline and graph over HTTP: everybody reads what they may know, and nobody more."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.offices import PROVIDER

from assay.formats.digest import Digest
from assay.office.determine import Decision, decide_final
from assay.office.permission_table import Role
from assay.office.receive import receive
from assay.web.api.app import API


class Place:
    """A case whose result is posted, and one that is under response."""

    def __init__(self) -> None:
        self.world = World()
        service = self.world.service
        self.posted = services.submitted(service, 1, services.contradicted).payload.value
        services.tick(service, timedelta(days=31))
        payload = Digest.of("sha256", self.posted)
        decide_final(
            service, services.officer(service), payload, Decision(revision=service.case(payload).revision)
        )
        services.tick(service)
        self.open = services.submitted(service, 2, services.contradicted).payload.value

    def get(self, path: str, role: Role | None, organisation: str = "") -> Any:
        who = self.world.person(role, organisation=organisation) if role else {}
        return self.world.client.get(f"{API}/{path}", headers=who)

    def kinds(self, path: str, role: Role | None) -> list[str]:
        answer = self.get(f"{path}/timeline", role)
        assert answer.status_code == 200, answer.text
        return [one["kind"] for one in answer.json()["items"]]


@pytest.fixture(scope="module")
def place() -> Place:
    return Place()


WHOLE = ["submission", "completeness", "determination", "notice", "response", "determination", "publication"]
"""The response is that none came in time."""


def test_a_timeline_for_each_reader(place: Place) -> None:
    case = f"submissions/{place.posted}"
    assert place.kinds(case, Role.PROVIDER_MEMBER)[:7] == WHOLE
    assert place.kinds(case, Role.OFFICER)[:7] == WHOLE
    assert place.kinds(case, Role.RELYING_PARTY_MEMBER)[:3] == ["submission", "completeness", "determination"]
    assert set(place.kinds(f"results/{place.posted}", None)) == {"publication"}
    assert problem(place.get(f"results/{place.open}/timeline", None)) == (404, "Hidden")
    assert problem(place.get(f"{case}/timeline", None)) == (401, "Unauthenticated")
    for what in ("timeline", "graph"):
        answer = place.get(f"submissions/{place.open}/{what}", Role.PROVIDER_ADMIN, OTHER_ORG)
        assert problem(answer) == (404, "Hidden")


def test_documents_are_for_the_provider_and_the_office(place: Place) -> None:
    path = f"submissions/{place.posted}/timeline"
    for role in (Role.PROVIDER_MEMBER, Role.OFFICER):
        items = place.get(path, role).json()["items"]
        told = [one["document"]["stage"] for one in items if one["kind"] == "determination"]
        assert told == ["initial", "final"]
        assert [one["document"]["kind"] for one in items if one["kind"] == "response"] == ["closed"]
    text = place.get(path, Role.OFFICER).text
    assert "salt" not in text
    items = place.get(path, Role.RELYING_PARTY_MEMBER).json()["items"]
    assert {one["document"] for one in items} == {None}
    table = place.get(path + "?format=csv", Role.OFFICER).text.splitlines()
    assert table[0] == "entry,at,kind,says,document"


def test_a_graph_for_each_reader(place: Place) -> None:
    path = f"submissions/{place.open}/graph"
    mine = place.get(path, Role.PROVIDER_MEMBER).json()
    ids = {one["id"] for one in mine["nodes"]}
    assert {one[end] for one in mine["edges"] for end in ("source", "target")} == ids
    labels = {one["label"] for one in mine["nodes"] if one["kind"] == "artifact"}
    assert labels == {"SECURITY.md"}
    theirs = place.get(path, Role.RELYING_PARTY_MEMBER).json()
    assert {one["label"] for one in theirs["nodes"] if one["kind"] == "artifact"} == {"Policy"}
    assert [one["outcome"] for one in mine["nodes"] if one["kind"] == "attestation"] == ["contradicted"]


def test_a_graph_of_what_was_not_judged(place: Place) -> None:
    service = place.world.service
    case = receive(service, services.provider(service), services.bundle(3), speaks_for=(PROVIDER,))
    answer = place.get(f"submissions/{case.payload.value}/graph", Role.PROVIDER_MEMBER)
    assert problem(answer) == (422, "Refused")
