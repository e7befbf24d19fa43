"""Artifacts by digest over HTTP: in any pieces, broken off, sent again, of others, too many."""

import socket
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.support import services
from tests.support.applications import at
from tests.support.desks import OTHER_ORG, World, body, problem
from tests.support.serving import served

from assay.adapters.memory import FixedClock
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.holdings import SqlHoldings
from assay.formats import b64
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.upload_headers import encode_digest
from assay.office.permission_table import Role
from assay.office.upload import sweep
from assay.office.uploads import UploadLimits
from assay.web.api.app import API, LIMITS
from assay.web.api.bodies import PIECE, Bodies

WHOLE = bytes(range(256)) * 10
UPLOADS = f"{API}/uploads"
SMALL = UploadLimits(upload_bytes=4 << 20, open_uploads=3, hours=1)
Headers = dict[str, str]


class Place:
    def __init__(self, most: int = 1 << 30, limits: UploadLimits = SMALL) -> None:
        self.world = World()
        cases = self.world.service.cases
        assert isinstance(cases, SqlCases)
        holdings = SqlHoldings(cases.engine, most)
        reception = msgspec.structs.replace(self.world.desk.reception, holdings=holdings, limits=limits)
        self.world.desk = msgspec.structs.replace(self.world.desk, holdings=holdings, reception=reception)
        self.who = self.world.person(Role.PROVIDER_MEMBER)

    def begin(
        self, whole: bytes = WHOLE, first: bytes = b"", more: Mapping[str, str] = {}
    ) -> tuple[int, Headers]:
        said = {
            "repr-digest": encode_digest(Digest.sha256(whole)),
            "upload-length": str(len(whole)),
            "upload-complete": "?0",
        }
        answer = self.world.client.post(UPLOADS, content=first, headers={**self.who, **said, **more})
        return answer.status_code, dict(answer.headers)

    def go_on(
        self, where: str, offset: int, data: bytes, complete: str = "?0", more: Mapping[str, str] = {}
    ) -> tuple[int, Headers]:
        said = {
            "content-type": "application/partial-upload",
            "upload-offset": str(offset),
            "upload-complete": complete,
        }
        answer = self.world.client.patch(where, content=data, headers={**self.who, **said, **more})
        if answer.status_code >= 400:
            problem(answer)
        return answer.status_code, dict(answer.headers)

    def offset(self, where: str) -> int:
        answer = self.world.client.head(where, headers=self.who)
        assert (answer.status_code, answer.headers["cache-control"], answer.text) == (204, "no-store", "")
        return int(answer.headers["upload-offset"])

    def have(self, whole: bytes = WHOLE) -> bool:
        digest = Digest.sha256(whole)
        held = self.world.desk.holdings.held(services.PROVIDER_ORG, (digest,))
        return bool(held) and self.world.service.sealed.get(digest) == whole

    def later(self, hours: float) -> None:
        clock = self.world.service.office.clock
        assert isinstance(clock, FixedClock)
        clock.moment += timedelta(hours=hours)
        self.who = self.world.person(Role.PROVIDER_MEMBER)


@pytest.fixture
def place() -> Place:
    return Place()


def test_begun_asked_about_and_ended(place: Place) -> None:
    code, said = place.begin(first=WHOLE[:1000])
    where = said["location"]
    assert (code, said["upload-offset"], said["upload-complete"]) == (201, "1000", "?0")
    assert said["upload-limit"] == f"max-size={4 << 20}, max-age=3600"
    assert place.offset(where) == 1000
    assert place.go_on(where, 1000, WHOLE[1000:2000])[0] == 204
    assert not place.have()
    code, said = place.go_on(where, 2000, WHOLE[2000:], "?1")
    assert (code, said["upload-offset"], said["upload-complete"]) == (200, "2560", "?1")
    assert place.have()
    asked = place.world.client.head(where, headers=place.who)
    assert (asked.status_code, asked.headers["upload-complete"]) == (204, "?1")
    code, said = place.begin()
    assert (code, said["upload-complete"], "location" in said) == (200, "?1", False)


def test_whole_in_one_request(place: Place) -> None:
    code, said = place.begin(first=WHOLE, more={"upload-complete": "?1", "upload-length": ""})
    assert (code, said["upload-complete"], place.have()) == (201, "?1", True)
    code, said = place.begin(whole=b"", more={"upload-complete": "?1", "upload-length": ""})
    assert (code, said["upload-complete"], place.have(b"")) == (201, "?1", True)


def test_a_long_body_is_kept_in_pieces(place: Place) -> None:
    whole = bytes(3 * PIECE + 7)
    code, said = place.begin(whole, first=whole, more={"upload-complete": "?1"})
    assert (code, place.have(whole)) == (201, True)
    found = place.world.desk.reception.uploads.get(said["location"].rpartition("/")[2])
    assert found is not None
    assert found.offset == len(whole)


def test_who_forgot_where_it_was_begins_again(place: Place) -> None:
    _, first = place.begin(first=WHOLE[:100])
    code, again = place.begin(first=WHOLE[:50])
    assert (code, again["location"], again["upload-offset"]) == (201, first["location"], "100")


def test_sent_twice_and_out_of_order(place: Place) -> None:
    where = place.begin()[1]["location"]
    assert place.go_on(where, 0, WHOLE[:500])[0] == 204
    code, said = place.go_on(where, 0, WHOLE[:500])
    assert (code, said["upload-offset"]) == (204, "500")
    for offset, data in ((1000, WHOLE[1000:1500]), (400, WHOLE[400:600]), (0, b"x" * 500)):
        code, said = place.go_on(where, offset, data)
        assert (code, said["upload-offset"]) == (409, "500")
    code, said = place.go_on(where, 500, b"", "?1")
    assert (code, said["upload-offset"]) == (409, "500")
    assert place.go_on(where, 500, WHOLE[500:], "?1")[0] == 200
    code, said = place.go_on(where, 500, WHOLE[500:], "?1")
    assert (code, place.have()) == (409, True), "its pieces are gone, and the whole is there"


def test_other_bytes_than_were_declared(place: Place) -> None:
    where = place.begin(first=b"x" * 2559)[1]["location"]
    assert place.go_on(where, 2559, b"xy")[0] == 413
    assert place.go_on(where, 2559, b"x", "?1")[0] == 400
    assert problem(place.world.client.get(where, headers=place.who)) == (404, "Hidden")
    assert not place.have(b"x" * 2560)


def test_nobody_else_finds_it(place: Place) -> None:
    where = place.begin(first=WHOLE[:100])[1]["location"]
    mine = place.who
    place.who = place.world.person(Role.PROVIDER_MEMBER, organisation=OTHER_ORG)
    assert place.world.client.get(where, headers=place.who).status_code == 404
    assert place.go_on(where, 100, WHOLE[100:])[0] == 404
    assert place.world.client.delete(where, headers=place.who).status_code == 404
    code, other = place.begin(first=b"")
    assert (code, other["location"] != where, other["upload-offset"]) == (201, True, "0")
    place.who = place.world.person(Role.OFFICER)
    assert place.begin()[0] == 403
    assert place.world.client.get(where).status_code == 401
    place.who = mine
    assert place.offset(where) == 100


def test_its_time_ends(place: Place) -> None:
    where = place.begin(first=WHOLE[:100])[1]["location"]
    place.later(0.9)
    assert place.go_on(where, 100, WHOLE[100:200])[0] == 204
    place.later(0.9)
    assert place.offset(where) == 200
    place.later(0.2)
    assert place.go_on(where, 200, WHOLE[200:])[0] == 404
    assert sweep(place.world.desk.reception) == 1
    assert place.begin()[1]["upload-offset"] == "0"


def test_thrown_away(place: Place) -> None:
    where = place.begin(first=WHOLE[:100])[1]["location"]
    assert place.world.client.delete(where, headers=place.who).status_code == 204
    assert place.world.client.delete(where, headers=place.who).status_code == 404
    assert place.world.client.get(where, headers=place.who).status_code == 404


def test_over_a_limit() -> None:
    place = Place(most=3000, limits=SMALL)
    assert place.begin(bytes((4 << 20) + 1))[0] == 413
    assert place.begin(bytes(3001))[0] == 413, "more than the organisation may keep"
    assert place.begin(first=WHOLE, more={"upload-complete": "?1"})[0] == 201
    assert place.begin(bytes(441))[0] == 413
    for n in range(3):
        assert place.begin(bytes([n]) * 9)[0] == 201
    assert place.begin(b"one too many")[0] == 413


def test_room_that_went_meanwhile() -> None:
    place = Place(most=3000)
    where = place.begin(first=WHOLE)[1]["location"]
    assert place.begin(b"y" * 1000, first=b"y" * 1000, more={"upload-complete": "?1"})[0] == 201
    assert place.go_on(where, 2560, b"", "?1")[0] == 413
    assert place.offset(where) == 2560, "once there is room, it is ended again"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("repr-digest", "sha-512=:AAAA:"),
        ("repr-digest", ""),
        ("upload-length", "-1"),
        ("upload-length", ""),
        ("upload-length", "1" * 30),
        ("upload-complete", "1"),
    ],
)
def test_beginnings_that_are_none(place: Place, name: str, value: str) -> None:
    assert place.begin(more={name: value})[0] == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("content-type", "text/plain"),
        ("upload-offset", "x"),
        ("upload-offset", "-1"),
        ("upload-complete", "?2"),
    ],
)
def test_goings_on_that_are_none(place: Place, name: str, value: str) -> None:
    where = place.begin()[1]["location"]
    assert place.go_on(where, 0, WHOLE[:9], more={name: value})[0] == 400
    assert place.offset(where) == 0


def test_a_submission_without_what_was_uploaded(place: Place) -> None:
    bundle = services.bundle(1)
    policy = Digest.sha256(services.POLICY)
    place.begin(services.WHEEL, first=services.WHEEL, more={"upload-complete": "?1"})
    place.begin(services.POLICY, first=services.POLICY, more={"upload-complete": "?1"})
    answer = place.world.client.post(
        f"{API}/submissions", content=body(bundle), headers=place.who | {"content-type": "application/json"}
    )
    assert answer.status_code == 201, answer.text
    place.world.tick()
    payload = Digest.of("sha256", answer.json()["submission"]["id"])
    assert place.world.service.case(payload).stage == "complete"
    kept = place.world.service.office.ledger.submission(payload)
    assert kept is not None
    assert policy in kept.artifacts


def test_what_another_uploaded_is_not_there(place: Place) -> None:
    mine, place.who = place.who, place.world.person(Role.PROVIDER_MEMBER, organisation=OTHER_ORG)
    for one in (services.WHEEL, services.POLICY):
        place.begin(one, first=one, more={"upload-complete": "?1"})
    bare: Bundle = msgspec.structs.replace(services.bundle(1), artifacts={})
    answer = place.world.client.post(
        f"{API}/submissions", content=body(bare), headers=mine | {"content-type": "application/json"}
    )
    place.world.tick()
    assert (
        place.world.service.case(Digest.of("sha256", answer.json()["submission"]["id"])).stage == "incomplete"
    )


@pytest.fixture
def url(place: Place) -> Iterator[str]:
    desk = msgspec.structs.replace(place.world.desk, bodies=Bodies(silence_seconds=0.5))
    with served(at(desk), LIMITS) as found:
        yield found


@pytest.mark.parametrize("how", ["silent", "gone"])
def test_half_of_it_came(place: Place, url: str, how: str) -> None:
    """What came counts, and the rest is sent later."""
    where = place.begin()[1]["location"]
    place_of = urlsplit(url)
    said = place.who | {
        "content-type": "application/partial-upload", "upload-offset": "0", "content-length": "2560", "host": "x",
    }  # fmt: skip
    head = f"PATCH {where} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said.items())
    with socket.create_connection((place_of.hostname or "", place_of.port or 0), timeout=10) as one:
        one.sendall(head.encode() + b"\r\n" + WHOLE[:1500])
        if how == "silent":
            assert b" 408 " in one.recv(65536)
    for _ in range(100):
        if place.offset(where) == 1500:
            break
    assert place.offset(where) == 1500
    assert place.go_on(where, 1500, WHOLE[1500:], "?1")[0] == 200
    assert place.have()


def contested(place: Place) -> str:
    """A case that is under response."""
    case = services.submitted(place.world.service, 1, services.contradicted)
    return f"{API}/submissions/{case.payload.value}"


def test_an_answer_names_what_was_uploaded(place: Place) -> None:
    where = contested(place)
    place.begin(first=WHOLE, more={"upload-complete": "?1"})
    said = {"text": "See the files.", "artifacts": [str(Digest.sha256(WHOLE))], "files": ["YQ=="]}
    missing = said | {"artifacts": [str(Digest.sha256(b"never came"))]}
    answer = place.world.client.post(f"{where}/responses", json=missing, headers=place.who)
    assert problem(answer) == (422, "Refused")
    answer = place.world.client.post(f"{where}/responses", json=said, headers=place.who)
    assert answer.status_code == 201, answer.text
    case = place.world.service.case(Digest.of("sha256", where[-64:]))
    assert set(case.supplied) == {Digest.sha256(WHOLE), Digest.sha256(b"a")}
    assert place.have(b"a")


def test_an_answer_counts_against_what_may_be_kept() -> None:
    place = Place(most=3000)
    where = contested(place)
    large = b64.encode(bytes(3001))
    answer = place.world.client.post(
        f"{where}/responses", json={"text": "x", "files": [large]}, headers=place.who
    )
    assert problem(answer) == (413, "TooLarge")
    assert not place.world.service.sealed.has(Digest.sha256(bytes(3001))), "nothing was written"
    assert place.world.service.case(Digest.of("sha256", where[-64:])).stage == "under_response"
