"""Checks without submitting: the verdict that would follow, and no trace of it."""

from typing import Any

import msgspec
import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, body, problem
from tests.support.services import PROVIDER_ORG

from assay.adapters.memory import MemoryBlobs
from assay.formats import verdict
from assay.formats.bundle import Bundle, write_tar
from assay.formats.digest import Digest
from assay.office import rehearse
from assay.office.permission_table import Role
from assay.web.api.app import API
from assay.web.api.gate import Rates

CHECKS = f"{API}/checks"


class Place:
    def __init__(self, rates: Rates = Rates()) -> None:  # noqa: B008 - frozen
        self.world = World(rates=rates)

    def check(self, bundle: Bundle, role: Role = Role.PROVIDER_MEMBER, organisation: str = "") -> Any:
        who = self.world.person(role, organisation=organisation)
        return self.world.client.post(
            CHECKS, content=write_tar(bundle), headers=who | {"content-type": "application/x-tar"}
        )

    @property
    def traces(self) -> tuple[int, frozenset[Digest]]:
        blobs = self.world.service.sealed
        assert isinstance(blobs, MemoryBlobs)
        return self.world.service.office.register.size(), frozenset(blobs._data)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda one: one, "validated"),
        (services.contradicted, "contradicted"),
        (services.incomplete, "incomplete"),
    ],
)
def test_tells_what_a_submission_would_come_to_and_keeps_nothing(
    place: Place, change: Any, result: str
) -> None:
    bundle, before = services.bundle(1, change), place.traces
    answer = place.check(bundle)
    assert answer.status_code == 200, answer.text
    told = verdict.parse(answer.content)
    assert told.result == result
    assert place.traces == before
    case = services.submitted(place.world.service, 1, change)
    assert case.verdict is not None
    judged = verdict.parse(place.world.service.office.blobs.get(case.verdict))
    assert (judged.result, judged.claims, judged.missing) == (told.result, told.claims, told.missing)


def test_artifacts_that_were_uploaded_count(place: Place) -> None:
    bundle = services.bundle(1)
    bare = msgspec.structs.replace(bundle, artifacts={})
    assert verdict.parse(place.check(bare).content).result == "incomplete"
    sizes = {digest: len(data) for digest, data in bundle.artifacts.items()}
    for data in bundle.artifacts.values():
        place.world.service.sealed.put(data)
    place.world.desk.holdings.hold(OTHER_ORG, sizes)
    assert verdict.parse(place.check(bare).content).result == "incomplete", "another brought them"
    place.world.desk.holdings.hold(PROVIDER_ORG, sizes)
    assert verdict.parse(place.check(bare).content).result == "validated"


def test_what_would_be_refused_is(place: Place) -> None:
    bundle = services.bundle(1)
    assert problem(place.check(bundle, Role.PROVIDER_ADMIN, OTHER_ORG)) == (422, "Refused")
    assert problem(place.check(bundle, Role.OFFICER)) == (403, "Forbidden")
    torn = msgspec.structs.replace(
        bundle, envelope=bundle.envelope.replace(b'"payload":"', b'"payload":"AAAA')
    )
    assert problem(place.check(torn))[0] in (400, 403)
    who = place.world.person(Role.PROVIDER_MEMBER)
    assert problem(place.world.client.post(CHECKS, content=b"x", headers=who))[0] == 400
    assert problem(place.world.client.post(CHECKS, content=body(bundle))) == (401, "Unauthenticated")
    services.submitted(place.world.service, 1)
    assert problem(place.check(bundle)) == (409, "Duplicate")


def test_checks_count_as_submissions_do() -> None:
    place = Place(Rates(submissions_per_hour=2))
    for _ in range(2):
        assert place.check(services.bundle(1)).status_code == 200
    answer = place.check(services.bundle(1))
    assert problem(answer) == (429, "TooOften")
    assert int(answer.headers["retry-after"]) > 0


def test_few_at_a_time(place: Place) -> None:
    for _ in range(rehearse.AT_ONCE):
        assert rehearse._PLACES.acquire(blocking=False)
    try:
        answer = place.check(services.bundle(1))
        assert problem(answer) == (429, "TooOften")
        assert answer.headers["retry-after"] == "5"
    finally:
        for _ in range(rehearse.AT_ONCE):
            rehearse._PLACES.release()
    assert place.check(services.bundle(1)).status_code == 200
