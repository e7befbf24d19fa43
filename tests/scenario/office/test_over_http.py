"""A submission on its way through the API, from the provider's hands to the public, and who is turned away on the way."""

import json
from datetime import timedelta

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, body, problem

from assay.formats.bundle import write_tar
from assay.formats.digest import Digest
from assay.office.permission_table import Role

API = "/api/v1"
JSON = {"content-type": "application/json"}
TAR = {"content-type": "application/x-tar"}


@pytest.fixture
def world() -> World:
    return World()


def handed_in(world: World, change: object = None) -> str:
    bundle = services.bundle(1, change or services.contradicted)  # type: ignore[arg-type]
    answer = world.client.post(
        f"{API}/submissions", content=write_tar(bundle), headers=world.person(Role.PROVIDER_ADMIN) | TAR
    )
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert document["receipt"]["index"] == 1
    world.tick()
    return str(document["submission"]["id"])


def test_from_the_provider_to_the_public(world: World) -> None:
    case = handed_in(world)
    where = f"{API}/submissions/{case}"
    assert problem(world.client.get(f"{API}/results/{case}")) == (404, "Hidden")
    provider = world.person(Role.PROVIDER_ADMIN)
    shown = world.client.get(where, headers=provider).json()
    assert (shown["stage"], shown["result"], shown["waits"]) == ("under_response", "contradicted", "provider")
    answered = world.client.post(f"{where}/responses", json={"text": "A sample."}, headers=provider)
    assert answered.status_code == 201, answered.text
    officer = world.person(Role.OFFICER)
    queue = world.client.get(f"{API}/queue", headers=officer).json()["items"]
    assert [one["id"] for one in queue] == [case]
    decision = {"revision": queue[0]["revision"], "consideration": "It is the file that was published."}
    stale = world.client.post(
        f"{where}/determinations/final", json=decision | {"revision": 1}, headers=officer
    )
    assert problem(stale) == (422, "Refused")
    final = world.client.post(f"{where}/determinations/final", json=decision, headers=officer)
    assert final.status_code == 201, final.text
    world.tick()
    public = world.client.get(f"{API}/results").json()["items"]
    assert [(one["id"], one["result"]) for one in public] == [(case, "contradicted")]
    assert "organisation" not in public[0]
    for name in ("result.dsse.json", "receipt.json"):
        assert world.client.get(f"{API}/results/{case}/{name}").status_code == 200


def test_who_is_turned_away(world: World) -> None:
    case = handed_in(world)
    where = f"{API}/submissions/{case}"
    stranger = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG, name="sam")
    assert problem(world.client.get(where, headers=stranger)) == (404, "Hidden")
    assert problem(world.client.get(f"{API}/submissions/{'0' * 64}", headers=stranger)) == (404, "Hidden")
    assert world.client.get(f"{API}/submissions", headers=stranger).json()["items"] == []
    assert problem(world.client.post(f"{where}/withdrawal", json={"reason": ""}, headers=stranger)) == (
        404,
        "Hidden",
    )
    assert problem(world.client.get(where)) == (401, "Unauthenticated")
    assert problem(world.client.get(f"{API}/queue", headers=stranger)) == (403, "Forbidden")
    token = {"authorization": "Bearer assay_x"}
    assert problem(world.client.get(where, headers=token)) == (401, "Unauthenticated")


def test_a_browser_brings_its_secret(world: World) -> None:
    case = handed_in(world)
    where = f"{API}/submissions/{case}/withdrawal"
    headers = world.person(Role.PROVIDER_ADMIN)
    without = {"cookie": headers["cookie"]}
    assert problem(world.client.post(where, json={"reason": ""}, headers=without)) == (403, "Forbidden")
    elsewhere = headers | {"origin": "https://evil.example"}
    assert problem(world.client.post(where, json={"reason": ""}, headers=elsewhere)) == (403, "Forbidden")
    assert world.client.post(where, json={"reason": "a mistake"}, headers=headers).status_code == 201


def test_artifacts_by_digest_are_those_that_one_brought(world: World) -> None:
    """Somebody who knows a digest gets nobody's file into his own submission."""
    handed_in(world)
    second = services.bundle(2, services.contradicted)
    own = world.client.post(
        f"{API}/submissions", content=body(second), headers=world.person(Role.PROVIDER_ADMIN) | JSON
    )
    assert own.status_code == 201, own.text
    stored = world.service.office.ledger.submission(Digest.of("sha256", own.json()["submission"]["id"]))
    assert stored is not None
    assert len(stored.artifacts) == 2


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        pytest.param(b"{}", JSON, 400, id="lacks the attestation"),
        pytest.param(b"[", JSON, 400, id="no JSON"),
        pytest.param(b"x", {"content-type": "text/plain"}, 400, id="another type"),
        pytest.param(b"x" * 600, TAR, 400, id="no tar"),
        pytest.param(json.dumps({"attestation": {"payload": "!"}}).encode(), JSON, 400, id="no envelope"),
    ],
)
def test_malformed(world: World, content: bytes, headers: dict[str, str], status: int) -> None:
    answer = world.client.post(
        f"{API}/submissions", content=content, headers=world.person(Role.PROVIDER_ADMIN) | headers
    )
    assert problem(answer)[0] == status
    assert world.service.office.register.size() == 1


def test_an_unconfirmed_officer_is_asked_to_confirm(world: World) -> None:
    case = handed_in(world)
    world.tick(timedelta(days=31))
    revision = world.client.get(f"{API}/queue", headers=world.person(Role.OFFICER)).json()["items"][0][
        "revision"
    ]
    where = f"{API}/submissions/{case}/determinations/final"
    answer = world.client.post(
        where, json={"revision": revision}, headers=world.person(Role.OFFICER, confirmed=False, name="otto")
    )
    assert problem(answer) == (403, "Unconfirmed")


@pytest.mark.parametrize(
    "query", ["sort=nothing", "order=up", "limit=0", "limit=9999", "stage=nowhere", "after=zz", "limit=x"]
)
def test_queries_that_are_none(world: World, query: str) -> None:
    answer = world.client.get(f"{API}/submissions?{query}", headers=world.person(Role.OFFICER))
    assert problem(answer)[0] == 400


def test_the_description(world: World) -> None:
    description = world.client.get("/api/schema/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    assert f"{API}/submissions" in description["paths"]


def test_who_keeps_too_much_here_is_refused_whole(world: World) -> None:
    holdings = world.desk.holdings
    holdings.hold(services.PROVIDER_ORG, {Digest.sha256(b"most of it"): (1 << 30) - 10})
    answer = world.client.post(
        f"{API}/submissions",
        content=write_tar(services.bundle(1)),
        headers=world.person(Role.PROVIDER_ADMIN) | TAR,
    )
    assert problem(answer) == (413, "TooLarge")
    assert world.service.office.register.size() == 1
