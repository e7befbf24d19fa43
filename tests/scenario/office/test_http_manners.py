"""What every route of the API keeps to: repeated requests, tags, pages, tables, other sites, and how often one may ask."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from io import StringIO
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import World, body, problem

from assay.formats.bundle import write_tar
from assay.formats.digest import Digest
from assay.office.permission_table import Role
from assay.web.api.gate import Rates

API = "/api/v1"
JSON = {"content-type": "application/json"}
TAR = {"content-type": "application/x-tar"}


@pytest.fixture
def world() -> World:
    return World()


@lru_cache
def tar(serial: int) -> bytes:
    """The same each time: signatures are not."""
    return write_tar(services.bundle(serial, services.contradicted))


def hand_in(world: World, serial: int = 1, headers: Mapping[str, str] = {}) -> Any:
    who = world.person(Role.PROVIDER_ADMIN)
    return world.client.post(f"{API}/submissions", content=tar(serial), headers={**who, **TAR, **headers})


def test_a_request_sent_again_is_done_once(world: World) -> None:
    key = {"idempotency-key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}
    first, second = hand_in(world, headers=key), hand_in(world, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert world.service.office.register.size() == 2
    assert problem(hand_in(world)) == (409, "Duplicate")


def test_another_request_under_the_same_key_is_refused(world: World) -> None:
    assert hand_in(world, headers={"idempotency-key": "k"}).status_code == 201
    assert problem(hand_in(world, 2, {"idempotency-key": "k"})) == (422, "Refused")
    assert hand_in(world, 2, {"idempotency-key": "l"}).status_code == 201


def test_a_request_that_failed_may_be_mended_under_its_key(world: World) -> None:
    who = world.person(Role.PROVIDER_ADMIN) | {"idempotency-key": "k"}
    broken = world.client.post(f"{API}/submissions", content=b"{", headers=who | JSON)
    assert problem(broken)[0] == 400
    assert hand_in(world, headers={"idempotency-key": "k"}).status_code == 201


def test_a_secret_is_not_kept_for_a_repetition(world: World) -> None:
    who = world.person(Role.PROVIDER_ADMIN) | {"idempotency-key": "k"}
    wish = {"name": "mine", "scopes": ["submission.read"]}
    made = world.client.post(f"{API}/me/tokens", json=wish, headers=who)
    assert made.status_code == 201
    assert problem(world.client.post(f"{API}/me/tokens", json=wish, headers=who)) == (409, "Duplicate")
    assert made.json()["secret"] not in repr(vars(world.desk.repeats))


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, '"', "a\x7f"])
def test_keys_that_are_none(world: World, key: str) -> None:
    answer = hand_in(world, headers={"idempotency-key": key})
    assert answer.status_code == (201 if key in ("", " ") else 400)


def test_what_the_caller_has_is_not_sent_again(world: World) -> None:
    case = hand_in(world).json()["submission"]["id"]
    who = world.person(Role.PROVIDER_ADMIN)
    for path in (f"/submissions/{case}", "/submissions", "/results", "/trust.json"):
        first = world.client.get(API + path, headers=who)
        again = world.client.get(
            API + path, headers=who | {"if-none-match": f'"x", W/{first.headers["etag"]}'}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        other = world.client.get(API + path, headers=who | {"if-none-match": '"x"'})
        assert other.content == first.content
    world.tick()
    moved = world.client.get(
        f"{API}/submissions/{case}", headers=who | {"if-none-match": first.headers["etag"]}
    )
    assert moved.status_code == 200


def test_an_officer_acts_on_what_was_looked_at(world: World) -> None:
    case = hand_in(world).json()["submission"]["id"]
    world.tick()
    where = f"{API}/submissions/{case}"
    officer = world.person(Role.OFFICER)
    seen = world.client.get(where, headers=officer)
    provider = world.person(Role.PROVIDER_ADMIN)
    assert world.client.post(f"{where}/responses", json={"text": "x"}, headers=provider).status_code == 201
    now = world.client.get(where, headers=officer)
    decision = {"revision": now.json()["revision"], "consideration": "Seen."}
    final = f"{where}/determinations/final"
    stale = world.client.post(final, json=decision, headers=officer | {"if-match": seen.headers["etag"]})
    assert problem(stale) == (412, "Stale")
    done = world.client.post(final, json=decision, headers=officer | {"if-match": now.headers["etag"]})
    assert done.status_code == 201


def test_pages_hold_everything_once(world: World) -> None:
    ids = {hand_in(world, serial).json()["submission"]["id"] for serial in range(1, 6)}
    who = world.person(Role.PROVIDER_ADMIN)
    found: list[str] = []
    path = f"{API}/submissions?limit=2&sort=product"
    while path:
        answer = world.client.get(path, headers=who)
        found += [one["id"] for one in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        assert ("next" in answer.links) == bool(answer.json()["next"])
    assert len(found) == 5
    assert set(found) == ids


@pytest.mark.parametrize(
    ("path", "accept", "is_csv"),
    [
        pytest.param("?format=csv", "", True, id="asked for"),
        pytest.param("", "text/csv", True, id="accepted"),
        pytest.param("?format=json", "text/csv", False, id="asked for otherwise"),
        pytest.param("", "*/*", False, id="anything"),
        pytest.param("", "application/json, text/csv;q=0.5", False, id="rather JSON"),
    ],
)
def test_every_list_is_a_table_too(world: World, path: str, accept: str, is_csv: bool) -> None:
    hand_in(world)
    headers = world.person(Role.PROVIDER_ADMIN) | ({"accept": accept} if accept else {})
    answer = world.client.get(f"{API}/submissions{path}", headers=headers)
    assert answer.headers["content-type"].startswith("text/csv" if is_csv else "application/json")
    if is_csv:
        (row,) = csv.DictReader(StringIO(answer.text))
        assert row["product"] == "lantern"


def test_a_format_that_there_is_not(world: World) -> None:
    who = world.person(Role.PROVIDER_ADMIN)
    assert problem(world.client.get(f"{API}/submissions?format=xml", headers=who))[0] == 400


def test_other_sites_read_what_is_public_and_nothing_else(world: World) -> None:
    elsewhere = {"origin": "https://elsewhere.example"}
    public = world.client.get(f"{API}/results", headers=elsewhere)
    assert public.headers["access-control-allow-origin"] == "*"
    assert public.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-credentials" not in public.headers
    private = world.client.get(f"{API}/submissions", headers=elsewhere | world.person(Role.PROVIDER_ADMIN))
    assert "access-control-allow-origin" not in private.headers
    asks = elsewhere | {
        "access-control-request-method": "GET",
        "access-control-request-headers": "if-none-match",
    }
    assert (
        world.client.options(f"{API}/results", headers=asks).headers["access-control-allow-methods"]
        == "GET, HEAD"
    )
    assert (
        "access-control-allow-origin" not in world.client.options(f"{API}/submissions", headers=asks).headers
    )


def test_head_is_get_without_its_body(world: World) -> None:
    found, head = world.client.get(f"{API}/results"), world.client.head(f"{API}/results")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(found.content))
    assert head.headers["etag"] == found.headers["etag"]
    assert world.client.head("/healthz").status_code == 200
    assert world.client.head(f"{API}/nowhere").status_code == 404


def test_every_answer_tells_browsers_to_guess_nothing(world: World) -> None:
    for path in ("/healthz", f"{API}/results", f"{API}/nowhere", f"{API}/queue", "/api/schema/openapi.json"):
        answer = world.client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path


def test_private_answers_are_kept_by_nobody_else(world: World) -> None:
    case = hand_in(world).json()["submission"]["id"]
    who = world.person(Role.PROVIDER_ADMIN)
    for path in (
        "/submissions",
        f"/submissions/{case}",
        f"/submissions/{case}/receipt",
        "/me",
        "/organisations",
    ):
        assert "public" not in world.client.get(API + path, headers=who).headers["cache-control"], path
        assert world.client.get(API + path, headers=who).headers["cache-control"], path


def test_so_many_requests_and_no_more() -> None:
    world = World(rates=Rates(account_requests_per_minute=4, anonymous_requests_per_minute=2))
    who = world.person(Role.PROVIDER_ADMIN)
    for _ in range(4):
        assert world.client.get(f"{API}/me", headers=who).status_code == 200
    assert problem(world.client.get(f"{API}/me", headers=who)) == (429, "TooOften")
    other = world.person(Role.OFFICER)
    assert world.client.get(f"{API}/me", headers=other).status_code == 200
    bad = {"authorization": "Bearer assay_x"}
    assert [world.client.get(f"{API}/me", headers=bad).status_code for _ in range(3)] == [401, 401, 429]
    assert problem(world.client.get(f"{API}/results")) == (429, "TooOften")


def test_so_many_submissions_and_no_more() -> None:
    world = World(rates=Rates(submissions_per_hour=2))
    assert [hand_in(world, serial).status_code for serial in (1, 2, 3)] == [201, 201, 429]


def test_a_submission_by_digest_alone(world: World) -> None:
    hand_in(world)
    second = services.bundle(2, services.contradicted)
    answer = world.client.post(
        f"{API}/submissions", content=body(second), headers=world.person(Role.PROVIDER_ADMIN) | JSON
    )
    stored = world.service.office.ledger.submission(Digest.of("sha256", answer.json()["submission"]["id"]))
    assert stored is not None
    assert len(stored.artifacts) == 2
