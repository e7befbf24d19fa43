"""Restricted artifacts over HTTP: who reads them, who is let in by whom and for how long, and the log that tells the provider."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support import services
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG

from assay.adapters.mail.memory import MemoryMailer
from assay.adapters.memory import FixedClock
from assay.bootstrap.working import handlers
from assay.formats import event as events
from assay.formats.digest import Digest
from assay.formats.upload_headers import encode_digest
from assay.office.access import ACCESS_OVER
from assay.office.deliver import DELIVER
from assay.office.identity.account import Account
from assay.office.identity.organisation import Kind, Organisation
from assay.office.mail import Mail
from assay.office.permission_table import Role
from assay.office.permissions import Caller
from assay.office.sending import Post
from assay.office.subscription import subscribe
from assay.office.tell_access import MAIL_ACCESS, TELL_ACCESS
from assay.web.api.app import API

POLICY = Digest.sha256(services.POLICY)
WHEEL = Digest.sha256(services.WHEEL)
GRANTS = f"{API}/access/grants"


class Place:
    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.world = World()
        self.case = services.submitted(self.world.service, 1).payload.value
        self.where = f"{API}/submissions/{self.case}"
        self.enter()

    def enter(self) -> None:
        world = self.world
        self.provider = world.person(Role.PROVIDER_ADMIN)
        self.member = world.person(Role.PROVIDER_MEMBER)
        self.stranger = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
        self.customer = world.person(Role.RELYING_PARTY_MEMBER)
        self.officer = world.person(Role.OFFICER)
        self.lead = world.person(Role.OFFICER_LEAD)

    def get(self, path: str, who: dict[str, str], **query: str) -> Any:
        return self.world.client.get(path, headers=who, params=query)

    def read(self, who: dict[str, str], artifact: Digest = POLICY, **query: str) -> Any:
        return self.get(f"{self.where}/artifacts/{artifact.value}", who, **query)

    def ask(self, who: dict[str, str], **more: Any) -> str:
        answer = self.world.client.post(
            f"{self.where}/access-requests", json={"reason": "we run it", **more}, headers=who
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def decide(self, key: str, how: str, body: dict[str, Any], who: dict[str, str] | None = None) -> Any:
        return self.world.client.post(f"{GRANTS}/{key}/{how}", json=body, headers=who or self.provider)

    def log(self, who: dict[str, str] | None = None, **query: str) -> list[dict[str, Any]]:
        answer = self.get(f"{API}/access/log", who or self.provider, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def later(self, time: timedelta) -> None:
        clock = self.world.service.office.clock
        assert isinstance(clock, FixedClock)
        clock.moment += time
        self.enter()


@pytest.fixture
def place() -> Place:
    return Place()


def test_its_owner_reads_it_as_it_came(place: Place) -> None:
    answer = place.read(place.member)
    assert (answer.status_code, answer.content) == (200, services.POLICY)
    said = answer.headers
    assert said["content-type"] == "application/octet-stream"
    assert said["content-disposition"] == "attachment; filename*=UTF-8''SECURITY.md"
    assert said["content-security-policy"] == "default-src 'none'; sandbox"
    assert said["x-content-type-options"] == "nosniff"
    assert said["cache-control"] == "no-store"
    assert said["content-length"] == str(len(services.POLICY))
    assert said["repr-digest"] == encode_digest(POLICY)
    assert [(one["what"], one["organisation"], one["artifact"]) for one in place.log()] == [
        ("read", PROVIDER_ORG, str(POLICY))
    ]


def test_the_office_says_why(place: Place) -> None:
    assert problem(place.read(place.officer)) == (422, "Refused")
    assert problem(place.read(place.officer, reason="  ")) == (422, "Refused")
    assert place.log() == []
    assert place.read(place.officer, reason="to compare it").content == services.POLICY
    (line,) = place.log()
    assert (line["what"], line["name"], line["reason"]) == ("read", "Office (fictional)", "to compare it")


def test_others_read_only_what_they_were_granted_and_only_as_long(place: Place) -> None:
    assert problem(place.read(place.customer)) == (404, "Hidden")
    key = place.ask(place.customer, artifacts=[str(POLICY)])
    assert problem(place.read(place.customer)) == (404, "Hidden"), "asking is not being granted"
    (seen,) = place.get(GRANTS, place.provider).json()["items"]
    assert (seen["id"], seen["state"], seen["name"]) == (key, "requested", "Harbour (fictional)")
    answer = place.decide(key, "approval", {"days": 2})
    assert (answer.status_code, answer.json()["state"]) == (201, "granted"), answer.text
    assert place.read(place.customer).content == services.POLICY
    assert problem(place.read(place.customer, WHEEL)) == (404, "Hidden"), "another artifact of the case"
    place.later(timedelta(days=2))
    assert problem(place.read(place.customer)) == (404, "Hidden")
    assert [(one["what"], one["organisation"]) for one in place.log()] == [
        ("read", CUSTOMER_ORG),
        ("granted", PROVIDER_ORG),
        ("requested", CUSTOMER_ORG),
    ]
    assert {one["grant"] for one in place.log()} == {key}


def test_a_grant_of_all_is_of_that_case(place: Place) -> None:
    other = services.submitted(place.world.service, 2).payload.value
    place.decide(place.ask(place.customer), "approval", {})
    assert place.read(place.customer, WHEEL).content == services.WHEEL
    answer = place.get(f"{API}/submissions/{other}/artifacts/{POLICY.value}", place.customer)
    assert problem(answer) == (404, "Hidden")
    strange = Digest.sha256(b"what nobody brought")
    assert problem(place.read(place.customer, strange)) == (404, "Hidden")
    assert problem(place.read(place.provider, strange)) == (404, "Hidden")


@pytest.mark.parametrize("by", ["provider", "customer"])
def test_ended_by_either_side(place: Place, by: str) -> None:
    key = place.ask(place.customer)
    place.decide(key, "approval", {})
    for _ in range(2):
        answer = place.world.client.delete(f"{GRANTS}/{key}", headers=getattr(place, by))
        assert answer.status_code == 204, answer.text
    assert problem(place.read(place.customer)) == (404, "Hidden")
    assert problem(place.decide(key, "approval", {})) == (422, "Refused")
    assert [one["what"] for one in place.log()] == ["ended", "granted", "requested"]


def test_refused(place: Place) -> None:
    key = place.ask(place.customer)
    answer = place.decide(key, "refusal", {"because": "ask your contact"})
    assert answer.json()["because"] == "ask your contact"
    assert problem(place.read(place.customer)) == (404, "Hidden")
    assert problem(place.decide(key, "refusal", {})) == (422, "Refused")
    (seen,) = place.get(GRANTS, place.customer).json()["items"]
    assert (seen["state"], seen["because"]) == ("refused", "ask your contact")


def test_nobody_else_sees_or_decides(place: Place) -> None:
    key = place.ask(place.customer)
    elsewhere = "org-other-harbour"
    with place.world.identity.identities.change() as rows:
        rows.add(Organisation(id=elsewhere, name="Other harbour", kind=Kind.RELYING_PARTY))
    other = place.world.person(Role.RELYING_PARTY_MEMBER, organisation=elsewhere)
    for who in (place.stranger, other):
        assert place.get(GRANTS, who).json()["items"] == []
    assert place.log(place.stranger) == []
    assert place.log(place.stranger, case=place.case) == []
    assert problem(place.decide(key, "approval", {}, place.stranger)) == (404, "Hidden")
    assert problem(place.decide(key, "approval", {}, place.member)) == (403, "Forbidden")
    assert problem(place.decide(key, "approval", {}, place.customer)) == (403, "Forbidden")
    assert problem(place.world.client.delete(f"{GRANTS}/{key}", headers=other)) == (404, "Hidden")
    answer = place.world.client.post(
        f"{place.where}/access-requests", json={"reason": "curious"}, headers=other
    )
    assert problem(answer) == (404, "Hidden"), "nothing of it is posted, and nobody named them"
    place.decide(key, "approval", {})
    assert problem(place.read(other)) == (404, "Hidden")
    assert problem(place.read(place.stranger)) == (404, "Hidden")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reason": ""}, 422),
        ({"reason": "x" * 2001}, 422),
        ({"reason": "x", "artifacts": [str(POLICY)] * 501}, 422),
        ({"reason": "x", "artifacts": ["md5:0"]}, 400),
        ({}, 400),
    ],
)
def test_wishes_that_are_none(place: Place, body: dict[str, Any], code: int) -> None:
    answer = place.world.client.post(f"{place.where}/access-requests", json=body, headers=place.customer)
    assert problem(answer)[0] == code


@pytest.mark.parametrize("days", [0, -1, 366, 10**30])
def test_terms_that_are_none(place: Place, days: int) -> None:
    assert problem(place.decide(place.ask(place.customer), "approval", {"days": days}))[0] in (400, 422)


def test_many_wishes_are_enough(place: Place) -> None:
    for _ in range(100):
        place.ask(place.customer)
    answer = place.world.client.post(
        f"{place.where}/access-requests", json={"reason": "x"}, headers=place.customer
    )
    assert problem(answer) == (422, "Refused")


def test_a_list_of_the_artifacts(place: Place) -> None:
    mine = place.get(f"{place.where}/artifacts", place.member).json()["items"]
    assert [(one["name"], one["here"], one["readable"]) for one in mine] == [
        ("lantern-2.1.0.bin", True, True),
        ("SECURITY.md", True, True),
    ]
    theirs = place.get(f"{place.where}/artifacts", place.customer).json()["items"]
    assert [(one["title"], one["name"], one["readable"]) for one in theirs] == [
        ("Release file", "", False),
        ("Policy", "", False),
    ]
    place.decide(place.ask(place.customer, artifacts=[str(WHEEL)]), "approval", {})
    theirs = place.get(f"{place.where}/artifacts", place.customer).json()["items"]
    assert [one["readable"] for one in theirs] == [True, False]
    assert problem(place.get(f"{place.where}/artifacts", place.stranger)) == (404, "Hidden")


def test_the_log_as_a_table_and_in_pages(place: Place) -> None:
    for _ in range(3):
        place.read(place.member)
    first = place.get(f"{API}/access/log", place.provider, limit="2").json()
    assert [one["number"] for one in first["items"]] == [3, 2]
    assert [one["number"] for one in place.log(after=first["next"])] == [1]
    table = place.get(f"{API}/access/log", place.lead, format="csv").text.splitlines()
    assert (table[0].split(",")[0], len(table)) == ("number", 4)
    assert problem(place.get(f"{API}/access/log", place.officer)) == (403, "Forbidden")
    assert problem(place.get(f"{API}/access/log", place.customer)) == (403, "Forbidden")
    assert place.log(case="0" * 64) == []


def test_what_is_not_kept_any_more(place: Place) -> None:
    place.world.service.sealed.erase(POLICY)
    assert problem(place.read(place.member)) == (422, "Refused")
    assert place.log() == []


def work(place: Place) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """All that is due about accesses, each done twice: the mails (to, subject), and the events (subscription, type)."""
    world, mailer = place.world, MemoryMailer()
    table = handlers(
        world.desk, Post(identity=world.identity, mailer=mailer, url="https://office.test"), lambda _: None
    )
    now, due = world.service.now(), world.service.work
    for kind in (ACCESS_OVER, TELL_ACCESS, MAIL_ACCESS):
        for one in due.claim((kind,), now, 100, 60, "test"):
            for _ in range(2 if kind != MAIL_ACCESS else 1):
                assert table[kind](one) is None
            due.done(one)
    told = due.claim((DELIVER,), now, 100, 60, "test")
    for one in told:
        due.done(one)
    place.mails = mailer.sent
    return (
        [(one.to, one.subject) for one in mailer.sent],
        [(one.due.subject, events.parse(one.due.payload).type) for one in told],
    )


def test_the_provider_is_told_and_the_asker_of_the_answer(place: Place) -> None:
    world = place.world
    subscribed = {}
    for organisation, role in (
        (PROVIDER_ORG, Role.PROVIDER_MEMBER),
        (CUSTOMER_ORG, Role.RELYING_PARTY_MEMBER),
    ):
        who = Caller(
            at=world.service.now(), id="account:x", account="x", organisation=organisation, roles=frozenset({role})
        )  # fmt: skip
        made = subscribe(world.desk.subscribing, who, "webhook", "https://hooks.example/in")
        subscribed[organisation] = made.id
    key = place.ask(place.customer)
    mails, told = work(place)
    assert [to for to, _ in mails] == [mail_of(place, Role.PROVIDER_ADMIN)]
    assert told == [(subscribed[PROVIDER_ORG], "access.requested")]
    text = place.mails[0].text
    assert "we run it" in text
    assert "until 2026-12-01 12:00 UTC" in text
    assert work(place) == ([], [])
    assert place.decide(key, "approval", {"days": 3}).status_code == 201
    mails, told = work(place)
    assert [to for to, _ in mails] == [mail_of(place, Role.RELYING_PARTY_MEMBER)]
    assert "Access: granted" in mails[0][1]
    assert told == [(subscribed[CUSTOMER_ORG], "access.answered")]
    assert world.client.delete(f"{GRANTS}/{key}", headers=place.customer).status_code == 204
    mails, told = work(place)
    assert [to for to, _ in mails] == [mail_of(place, Role.PROVIDER_ADMIN)]
    assert told == [(subscribed[PROVIDER_ORG], "access.answered")]


def test_a_request_that_nobody_answers_is_over(place: Place) -> None:
    key = place.ask(place.customer)
    work(place)
    place.later(timedelta(days=31))
    mails, _ = work(place)
    assert [to for to, _ in mails] == [mail_of(place, Role.RELYING_PARTY_MEMBER)]
    assert "nobody answered in time" in place.mails[0].text
    (row,) = place.get(GRANTS, place.customer).json()["items"]
    assert (row["id"], row["state"], row["answerBy"]) == (key, "ended", "2026-12-01T12:00:00Z")
    late = place.decide(key, "approval", {"days": 3})
    assert (late.status_code, "has to be made again" in late.text) == (422, True), late.text
    other = place.ask(place.customer)
    assert place.decide(other, "approval", {"days": 300}).status_code == 201
    place.later(timedelta(days=31))
    work(place)
    assert place.get(GRANTS, place.customer).json()["items"][0]["state"] == "granted"


def mail_of(place: Place, role: Role) -> str:
    with place.world.identity.identities.read() as rows:
        (found,) = {
            one.mail for one in rows.find(Account) if role in one.roles and one.organisation != OTHER_ORG
        }
    return found


def test_a_part_of_an_artifact(place: Place) -> None:
    whole = place.read(place.member, WHEEL)
    data, tag, length = whole.content, whole.headers["etag"], len(whole.content)
    assert (whole.headers["accept-ranges"], tag) == ("bytes", f'"{WHEEL.value}"')

    def part(**headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return place.read({**place.member, **named}, WHEEL)

    some = part(range="bytes=3-9")
    assert (some.status_code, some.content) == (206, data[3:10])
    assert (some.headers["content-range"], some.headers["content-length"]) == (f"bytes 3-9/{length}", "7")
    assert some.headers["repr-digest"] == whole.headers["repr-digest"]
    assert part(range="bytes=-4", if_range=tag).content == data[-4:]
    assert part(range=f"bytes={length}-").status_code == 416
    assert part(range=f"bytes={length}-").headers["content-range"] == f"bytes */{length}"
    for other in ({"range": "bytes=0-1,4-5"}, {"range": "bytes=0-1", "if_range": '"another"'}):
        answer = part(**other)
        assert (answer.status_code, answer.content) == (200, data)
        assert "content-range" not in answer.headers
    assert problem(place.read({**place.stranger, "range": "bytes=0-1"}, WHEEL)) == (404, "Hidden")
