"""What goes wrong on the way to an office: slow, broken, repeated and reordered requests, stolen tokens, clocks that go back."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support import services
from tests.support.applications import at
from tests.support.desks import OTHER_ORG, World, body, problem
from tests.support.office_pages import API
from tests.support.services import PROVIDER_ORG
from tests.support.serving import served

from assay.adapters.memory import FixedClock
from assay.office.identity.account import Session
from assay.office.identity.logout import logout
from assay.office.identity.organisations import suspend_organisation
from assay.office.identity.tokens import make_token, revoke_token
from assay.office.log import receipt, verify_register
from assay.office.permission_table import Action, Role
from assay.office.permissions import Caller, Visible
from assay.register import checkpoint, leaf
from assay.register.leaf import Kind
from assay.web.serving import Limits

LIMITS = Limits(body_bytes=100_000, body_s=4, head_s=1, requests=64, stop_s=5)
JSON = {"content-type": "application/json"}
MANY = 8


class Place:
    def __init__(self, url: str, world: World) -> None:
        self.url, self.world = url, world
        self.bodies: dict[int, bytes] = {}
        """By serial: signatures are different each time."""
        self.who = world.person(Role.PROVIDER_ADMIN)
        at = urlsplit(url)
        self.address = (at.hostname or "", at.port or 0)

    def submit(self, serial: int, **headers: str) -> httpx.Response:
        content = self.bodies.setdefault(serial, body(services.bundle(serial)))
        return httpx.post(
            f"{self.url}{API}/submissions", content=content, headers=self.who | JSON | headers, timeout=30
        )

    def head(self, length: int) -> bytes:
        said = self.who | JSON | {"host": "x", "content-length": str(length)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return f"POST {API}/submissions HTTP/1.1\r\n{lines}\r\n".encode()

    def submissions(self) -> int:
        register = self.world.service.office.register
        kinds = [leaf.parse(register.leaf(at)).kind for at in range(register.size())]
        return kinds.count(Kind.SUBMISSION)


@pytest.fixture
def place() -> Iterator[Place]:
    world = World()
    with served(at(world.desk), LIMITS) as url:
        yield Place(url, world)


def dripped(to: socket.socket, data: bytes, each_s: float, most_s: float) -> bytes:
    """What is answered to *data*, sent byte by byte, until the connection is closed."""
    to.settimeout(each_s)
    end, at, answer = time.monotonic() + most_s, 0, b""
    while time.monotonic() < end:
        try:
            to.sendall(data[at % len(data) :][:1])
            at += 1
            if not (chunk := to.recv(4096)):
                return answer
            answer += chunk
        except TimeoutError:
            continue
        except OSError:
            return answer
    raise AssertionError("the connection is still open")


@pytest.mark.parametrize("what", ["head", "body"])
def test_who_drips_is_sent_away_and_keeps_nobody_waiting(place: Place, what: str) -> None:
    first, rest = (
        (b"", b"GET / HTTP/1.1\r\nX-Slow: 1" + b"1" * 200) if what == "head" else (place.head(5000), b" ")
    )

    def drip(_: int) -> bytes:
        with socket.create_connection(place.address, timeout=10) as one:
            if first:
                one.sendall(first)
            return dripped(one, rest, 0.05, 20)

    with ThreadPoolExecutor(MANY) as pool:
        dripping = [pool.submit(drip, at) for at in range(MANY)]
        assert httpx.get(f"{place.url}/healthz", timeout=10).status_code == 200
        assert place.submit(1).status_code == 201
        answers = [one.result() for one in dripping]
    if what == "body":
        assert all(b" 408 " in one for one in answers), answers
    assert place.submissions() == 1


@pytest.mark.parametrize("kept", [0, 1, 500, -1])
def test_half_a_submission_is_none(place: Place, kept: int) -> None:
    content = body(services.bundle(1))
    with socket.create_connection(place.address, timeout=10) as one:
        one.sendall(place.head(len(content)) + content[:kept])
    assert place.submit(2).status_code == 201
    assert place.submissions() == 1
    assert place.submit(1).status_code == 201


@pytest.mark.parametrize("key", ["", "one-request"])
def test_the_same_at_once_is_taken_once(place: Place, key: str) -> None:
    said = {"idempotency-key": key} if key else {}
    together = threading.Barrier(MANY)
    place.bodies[1] = body(services.bundle(1))

    def hand_in(_: int) -> httpx.Response:
        together.wait()
        return place.submit(1, **said)

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(hand_in, range(MANY)))
    taken = [one for one in answers if one.status_code == 201]
    assert {one.status_code for one in answers} <= {201, 409}
    assert len(taken) == 1 if not key else len({one.content for one in taken}) == 1
    assert place.submissions() == 1
    if key:
        assert place.submit(1, **said).content == taken[0].content


def test_in_another_order() -> None:
    """Each step of a provider before its time, after it, and twice: refused, and the case is where it was."""
    world = World()
    who = world.person(Role.PROVIDER_ADMIN)
    case = services.submitted(world.service, 1, services.contradicted)
    where = f"{API}/submissions/{case.payload.value}"
    answer, evidence = {"text": "We answer."}, {"files": ["eA=="]}
    steps: list[tuple[str, Any, int]] = [
        ("evidence", evidence, 422),
        ("responses", answer, 201),
        ("responses", answer, 422),
        ("lapse", {"reason": "x", "versions": "3"}, 201),
        ("lapse", {"reason": "x", "versions": "3"}, 422),
        ("withdrawal", {"reason": "x"}, 201),
        ("responses", answer, 422),
        ("withdrawal", {"reason": "x"}, 422),
        ("lapse", {"reason": "x", "versions": "3"}, 422),
        ("evidence", evidence, 422),
    ]
    for name, document, expected in steps:
        before = world.service.case(case.payload)
        found = world.client.post(f"{where}/{name}", json=document, headers=who)
        assert found.status_code == expected, (name, found.text)
        if expected != 201:
            assert problem(found) == (422, "Refused")
            assert world.service.case(case.payload) == before
    officer = world.person(Role.OFFICER, Role.OFFICER_LEAD)
    late = world.client.post(
        f"{where}/determinations/final", json={"revision": case.revision}, headers=officer
    )
    assert problem(late)[0] in (412, 422)


Spoil = Callable[[World, Any], object]


def _own(world: World) -> Caller:
    return Caller.console(world.service.now())


def _passes(world: World, time_: timedelta) -> None:
    clock = world.service.office.clock
    assert isinstance(clock, FixedClock)
    clock.moment += time_


@pytest.mark.parametrize(("spoil", "status"), [
    pytest.param(lambda world, made: _passes(world, timedelta(days=2)), 401, id="expired"),
    pytest.param(lambda world, made: revoke_token(world.identity, _own(world), made.token.id), 401, id="revoked"),
    pytest.param(lambda world, made: suspend_organisation(world.identity, _own(world), PROVIDER_ORG), 401, id="suspended"),
    pytest.param(lambda world, made: None, 201, id="good"),
])  # fmt: skip
def test_a_token_that_somebody_else_has(spoil: Spoil, status: int) -> None:
    world = World()
    world.person(Role.ADMINISTRATOR)
    made = token(world, PROVIDER_ORG, Action.SUBMISSION_CREATE)
    spoil(world, made)
    found = world.client.post(
        f"{API}/submissions", content=body(services.bundle(1)), headers=JSON | bearing(made.text)
    )
    assert found.status_code == status, found.text
    assert made.text not in found.text
    held = world.service.cases.counts(Visible(everything=True))
    assert sum(held.values()) == (status == 201)


@pytest.mark.parametrize(("organisation", "scopes", "status"), [
    pytest.param(OTHER_ORG, Action.SUBMISSION_READ, 404, id="another organisation's"),
    pytest.param(PROVIDER_ORG, Action.SUBMISSION_CREATE, 403, id="made for something else"),
    pytest.param(PROVIDER_ORG, Action.SUBMISSION_READ, 200, id="good"),
])  # fmt: skip
def test_a_token_opens_what_it_was_made_for(organisation: str, scopes: Action, status: int) -> None:
    world = World()
    case = services.submitted(world.service)
    made = token(world, organisation, scopes)
    where = f"{API}/submissions/{case.payload.value}"
    assert world.client.get(where, headers=bearing(made.text)).status_code == status
    for verb, name in (("POST", "withdrawal"), ("POST", "determinations/final"), ("POST", "responses")):
        found = world.client.request(
            verb, f"{where}/{name}", json={"reason": "x"}, headers=bearing(made.text)
        )
        assert found.status_code in (400, 403, 404), found.text
    assert world.service.case(case.payload) == case


@pytest.mark.parametrize("change", [
    pytest.param(lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"), id="one letter"),
    pytest.param(lambda text: text.upper(), id="upper case"),
    pytest.param(lambda text: text[:-9], id="cut short"),
    pytest.param(lambda text: text + " " + text, id="twice"),
    pytest.param(lambda text: "x" * 10_000, id="long"),
])  # fmt: skip
def test_a_token_that_is_nearly_one(change: Callable[[str], str]) -> None:
    world = World()
    made = token(world, PROVIDER_ORG, Action.SUBMISSION_READ)
    found = world.client.get(f"{API}/submissions", headers=bearing(change(made.text)))
    assert problem(found)[0] in (400, 401)
    assert world.client.get(f"{API}/submissions", headers=bearing(made.text)).status_code == 200


def test_a_session_that_was_ended_elsewhere() -> None:
    world = World()
    who = world.person(Role.PROVIDER_ADMIN)
    assert world.client.get(f"{API}/submissions", headers=who).status_code == 200
    with world.identity.identities.read() as rows:
        sessions = rows.find(Session)
    for one in sessions:
        logout(world.identity, one)
    assert problem(world.client.get(f"{API}/submissions", headers=who)) == (401, "Unauthenticated")
    late = world.client.post(f"{API}/submissions", content=body(services.bundle(1)), headers=who | JSON)
    assert problem(late) == (401, "Unauthenticated")


def token(world: World, organisation: str, scope: Action) -> Any:
    caller = Caller.console(world.service.now())
    with world.identity.identities.change() as rows:
        made = make_token(
            world.identity, caller, name="ci", organisation=organisation, account="", scopes=frozenset({scope}),
            lasting=timedelta(days=1),
        )  # fmt: skip
        rows.add(made.token)
    return made


def bearing(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def test_a_clock_that_goes_back() -> None:
    """Nothing is due before its time, nobody gets in for longer, and the register's time does not go back."""
    world = World()
    who = world.person(Role.PROVIDER_ADMIN)
    case = services.submitted(world.service, 1, services.contradicted)
    made = token(world, PROVIDER_ORG, Action.SUBMISSION_READ)
    office = world.service.office
    office.register.publish()
    before = checkpoint.open_(office.register.checkpoint(), office.keys)
    _passes(world, -timedelta(days=3))
    assert world.client.get(f"{API}/submissions", headers=who).status_code == 200
    answer = world.client.post(f"{API}/submissions", content=body(services.bundle(2)), headers=who | JSON)
    assert answer.status_code == 201, answer.text
    world.tick()
    later = world.service.case(case.payload)
    assert (later.stage, later.deadline) == ("under_response", case.deadline)
    after = checkpoint.open_(office.register.checkpoint(), office.keys)
    assert after.timestamp >= before.timestamp
    office.register.publish()
    assert verify_register(office) == office.register.size()
    assert receipt(office, office.register.size() - 1).verify(office.keys)
    _passes(world, timedelta(days=3, hours=23))
    assert world.client.get(f"{API}/submissions", headers=bearing(made.text)).status_code == 200
    _passes(world, timedelta(hours=2))
    assert world.client.get(f"{API}/submissions", headers=bearing(made.text)).status_code == 401
    world.tick(timedelta(days=31))
    assert world.service.case(case.payload).stage == "answered"


@pytest.mark.parametrize("depth", [300, 15_000])
def test_json_that_is_nested_too_deep_is_refused(place: Place, depth: int) -> None:
    """By anybody: reading it would call itself that often."""
    nested = b'{"answer":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    answer = httpx.post(f"{place.url}{API}/login/complete", content=nested, headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (413, "TooLarge")
    assert "nested over 128 levels" in answer.json()["detail"]
