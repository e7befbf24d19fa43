"""How much each route takes, and for how long: over real connections, because that is where bytes that were not read matter."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.support.applications import at
from tests.support.desks import World
from tests.support.serving import served

from assay.office.permission_table import Role
from assay.web.api.app import API, LIMITS
from assay.web.api.bodies import Bodies

BODIES = Bodies(body_bytes=1000, form_bytes=2000, import_bytes=3000, bundle_bytes=4000, silence_seconds=0.5)
SMALL, TABLE, BUNDLE = f"{API}/subscriptions", f"{API}/inventory", f"{API}/submissions"


class Office(msgspec.Struct):
    url: str
    world: World

    def talk(self, head: str, *parts: bytes, who: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and body of the answer to these bytes."""
        place = urlsplit(self.url)
        given = "".join(f"{name}: {value}\r\n" for name, value in (who or {}).items())
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as one:
            one.sendall(f"{head}\r\nHost: x\r\nConnection: close\r\n{given}\r\n".encode())
            for part in parts:
                try:
                    one.sendall(part)
                except OSError:
                    break
            answer = b""
            while chunk := one.recv(65536):
                answer += chunk
        top, _, rest = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), rest.decode()


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    world = World()
    desk = msgspec.structs.replace(world.desk, bodies=BODIES)
    with served(at(desk), LIMITS) as url:
        yield Office(url, world)


def told(length: int, path: str, method: str = "POST", kind: str = "application/json") -> str:
    return f"{method} {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}"


@pytest.mark.parametrize(
    ("path", "method", "limit", "role"),
    [
        (SMALL, "POST", 1000, Role.PROVIDER_ADMIN),
        (TABLE, "PUT", 3000, Role.RELYING_PARTY_MEMBER),
        (BUNDLE, "POST", 4000, Role.PROVIDER_ADMIN),
        (f"{BUNDLE}/{'0' * 64}/evidence", "POST", 4000, Role.PROVIDER_ADMIN),
    ],
)
def test_each_route_takes_as_much_as_its_kind(
    office: Office, path: str, method: str, limit: int, role: Role
) -> None:
    who = office.world.person(role)
    code, said = office.talk(told(limit + 1, path, method), b"x" * (limit + 1), who=who)
    problem = json.loads(said)
    assert (code, problem["status"], problem["error"]) == (413, 413, "TooLarge")
    assert problem["detail"] == f"the body has {limit + 1} bytes, over {limit}"
    code, said = office.talk(told(limit, path, method), b"x" * limit, who=who)
    assert code == 400, said


def test_what_is_told_too_long_is_refused_before_a_byte_of_it_comes(office: Office) -> None:
    who = office.world.person(Role.PROVIDER_ADMIN)
    code, said = office.talk(told(10**15, BUNDLE), who=who)
    assert (code, json.loads(said)["error"]) == (413, "TooLarge")


def test_pieces_of_unknown_length_are_counted(office: Office) -> None:
    head = f"POST {SMALL} HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
    chunk = b"200\r\n" + b"x" * 512 + b"\r\n"
    code, said = office.talk(head, chunk, chunk, who=office.world.person(Role.PROVIDER_ADMIN))
    assert (code, json.loads(said)["detail"]) == (413, "the body has over 1000 bytes")


def test_nobody_makes_the_office_hold_what_it_would_not_take_from_them(office: Office) -> None:
    code, said = office.talk(told(4000, BUNDLE), b"x" * 100)
    assert (code, json.loads(said)["error"]) == (401, "Unauthenticated")
    customer = office.world.person(Role.RELYING_PARTY_MEMBER)
    code, said = office.talk(told(4000, BUNDLE), b"x" * 100, who=customer)
    assert (code, json.loads(said)["error"]) == (403, "Forbidden")


def test_a_silent_client_is_sent_away(office: Office) -> None:
    code, said = office.talk(told(100, SMALL), b"{", who=office.world.person(Role.PROVIDER_ADMIN))
    assert (code, json.loads(said)["detail"]) == (408, "the body did not arrive in time")


def test_pages_take_forms_and_files(office: Office) -> None:
    who = office.world.person(Role.PROVIDER_ADMIN)
    form = "application/x-www-form-urlencoded"
    code, said = office.talk(told(2001, "/logout", kind=form), b"x" * 2001, who=who)
    assert (code, "Too large" in said) == (413, True)
    code, _ = office.talk(told(2000, "/logout", kind=form), b"x" * 2000, who=who)
    assert code == 303
    files = "multipart/form-data; boundary=x"
    who = office.world.person(Role.PROVIDER_ADMIN)  # that one has left
    code, said = office.talk(told(4001, "/submit", kind=files), b"x" * 4001, who=who)
    assert (code, "Too large" in said) == (413, True)


def multipart(head: str, value: bytes) -> bytes:
    return (
        b"--x\r\nContent-Disposition: form-data; name="
        + head.encode()
        + b"\r\n\r\n"
        + value
        + b"\r\n--x--\r\n"
    )


def test_nobody_makes_a_page_hold_what_it_would_not_take_from_them(office: Office) -> None:
    """Refused before its files have come: they never do."""
    files = told(4000, "/submit", kind="multipart/form-data; boundary=x")
    code, _ = office.talk(files)
    assert code == 401
    code, _ = office.talk(files, who=office.world.person(Role.OFFICER))
    assert code == 403


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(multipart('"csrf"', b"\xff\xfe"), id="no UTF-8"),
        pytest.param(
            multipart('"csrf"\r\nContent-Type: text/plain; charset=nope', b"x"), id="no such charset"
        ),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(office: Office, body: bytes) -> None:
    who = office.world.person(Role.PROVIDER_ADMIN)
    code, said = office.talk(
        told(len(body), "/submit", kind="multipart/form-data; boundary=x"), body, who=who
    )
    assert (code, "a field of the form cannot be read" in said) == (400, True)
