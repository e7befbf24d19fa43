"""What an authority does on pages besides deciding: refer, look at the audit trail, let CI jobs speak, mind draws and policy."""

import re
from datetime import timedelta

import msgspec
import pytest
from tests.support import services
from tests.support.applications import client
from tests.support.desks import World
from tests.support.office_pages import answered, posted
from tests.support.services import PROVIDER_ORG
from tests.unit.web.test_case_pages import sent, where
from tests.unit.web.test_public_pages import NOBODY

from assay.formats import package as packages
from assay.office.drawing import run_now
from assay.office.office_policy import OfficePolicy
from assay.office.permission_table import Role
from assay.web.app import audit

OFFICER = (Role.OFFICER, Role.OFFICER_LEAD)
HARBOUR = {"to": "Harbour authority", "reason": "It fails for us."}


@pytest.fixture
def world() -> World:
    return World()


def test_a_case_is_referred_and_its_package_fetched(world: World) -> None:
    case = posted(world)
    lead = world.person(*OFFICER)
    assert "Refer the case" in world.client.get(where(case), headers=lead).text
    done = sent(world, where(case) + "/refer", lead, revision=str(case.revision), **HARBOUR)
    assert (done.status_code, done.headers["location"]) == (303, where(case))
    page = world.client.get(where(case), headers=lead).text
    assert "Harbour authority" in page
    (link,) = re.findall(r'href="(/api/v1/submissions/\w+/referrals/1/package\.tar)"', page)
    assert packages.read(world.client.get(link, headers=lead).content)
    assert "Harbour authority" not in world.client.get(f"/results/{case.payload.value}").text
    provider = world.client.get(where(case), headers=world.person(Role.PROVIDER_ADMIN)).text
    assert "package.tar" not in provider


def test_a_case_is_held_and_then_erased(world: World) -> None:
    case = posted(world)
    both = world.person(*OFFICER, Role.ADMINISTRATOR)
    assert "Erase the submission" in world.client.get(where(case), headers=both).text
    held = sent(world, where(case) + "/hold", both, held="yes", because="a court asked")
    assert (held.status_code, world.service.case(case.payload).held) == (303, True)
    page = world.client.get(where(case), headers=both).text
    assert ("Lift the legal hold" in page, "Erase the submission" in page) == (True, False)
    assert sent(world, where(case) + "/erasure", both, reason="request").status_code == 422
    for field, value in (("held", ""), ("held", "on"), ("because", "x" * 2001), ("because", " ")):
        given = {"held": "no", "because": "it ended", field: value}
        assert sent(world, where(case) + "/hold", both, **given).status_code in (400, 413, 422)
        assert world.service.case(case.payload).held, (
            "it is lifted by nothing but a plain no, with its reason"
        )
    sent(world, where(case) + "/hold", both, held="no", because="it ended")
    wrong = sent(world, where(case) + "/erasure", both, reason="whim")
    assert (wrong.status_code, "expected one of retention, request" in wrong.text) == (400, True)
    assert sent(world, where(case) + "/erasure", both, reason="request").status_code == 303
    assert world.service.case(case.payload).erased
    officer = world.client.get(where(answered(world, 2)), headers=world.person(Role.OFFICER)).text
    assert ("legal hold" in officer, "Erase the submission" in officer) == (False, False)


def test_what_is_not_to_be_referred_offers_nothing(world: World) -> None:
    case = answered(world)
    lead = world.person(*OFFICER)
    assert "Refer the case" not in world.client.get(where(case), headers=lead).text
    assert (
        sent(world, where(case) + "/refer", lead, revision=str(case.revision), **HARBOUR).status_code == 422
    )
    none = World(OfficePolicy(referral=False))
    case = posted(none)
    assert "Refer the case" not in none.client.get(where(case), headers=none.person(*OFFICER)).text


def test_the_audit_trail_is_filtered_and_paged(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = world.person(Role.ADMINISTRATOR)
    for name in ("One", "Two", "Three"):
        sent(world, "/organisations", admin, name=name, kind="assessor")
    sent(
        world,
        f"/organisations/{PROVIDER_ORG}/invitations",
        admin,
        name="N",
        mail="n@people.test",
        **{"role:provider-member": "y"},
    )
    whole = world.client.get("/audit.json", headers=admin).json()["rows"]
    added = [row for row in whole if row["action"].startswith("organisation.")]
    assert len(added) == 3
    found = world.client.get("/audit.json?action=organisation.", headers=admin).json()["rows"]
    assert found == added
    assert world.client.get("/audit.csv?actor=nobody", headers=admin).text.count("\n") == 1
    assert "Nothing matches." in world.client.get("/audit?subject=nothing", headers=admin).text
    monkeypatch.setattr(audit, "ROWS", 2)
    first = world.client.get("/audit?action=organisation.", headers=admin).text
    older = re.findall(r'href="(/audit\?[^"]*after=\d+)" rel="next"', first)[0].replace("&amp;", "&")
    second = world.client.get(older, headers=admin).text
    assert (first.count("<tr><th"), second.count('<tr><th scope="row"')) == (3, 1)
    assert "Newest" in second


def test_a_provider_sees_its_own_trail_alone(world: World) -> None:
    admin, provider = world.person(Role.ADMINISTRATOR), world.person(Role.PROVIDER_ADMIN)
    sent(world, "/organisations", admin, name="Another", kind="assessor")
    rows = world.client.get("/audit.json", headers=provider).json()["rows"]
    assert {row["organisation"] for row in rows} <= {PROVIDER_ORG}
    assert world.client.get("/audit", headers=world.person(Role.OFFICER)).status_code == 403


def test_ci_jobs_speak_for_a_provider(world: World) -> None:
    admin = world.person(Role.ADMINISTRATOR)
    here = f"/organisations/{PROVIDER_ORG}"
    values = {
        "issuer": "https://ci.example",
        "audience": "office",
        "scope:submission.create": "yes",
        "organisation": PROVIDER_ORG,
    }
    made = sent(world, here + "/ci-rules", admin, claims="repository=a/b\nref = refs/heads/main", **values)
    assert (made.status_code, made.headers["location"]) == (303, here)
    page = world.client.get(here, headers=admin).text
    assert "repository=a/b" in page
    assert "ref=refs/heads/main" in page
    for claims in ("repository", "ref=refs/heads/main"):
        assert sent(world, here + "/ci-rules", admin, claims=claims, **values).status_code in (400, 422)
    unread = sent(
        world,
        here + "/ci-rules",
        admin,
        claims="repository=a/b",
        **values | {"issuer": "https://other.example"},
    )
    assert (unread.status_code, "issuers, to the letter: https://ci.example" in unread.text) == (422, True)
    assert "<option>https://ci.example</option>" in page
    offered = set(re.findall(r'name="scope:([a-z._]+)"', page.partition('id="tokens"')[2]))
    assert "submission.create" in offered
    assert not offered & {"queue.read", "audit.read", "inventory.write"}, "what no token of a provider may do"
    (remove,) = re.findall(r"/ci-rules/[\w-]+/remove", page)
    assert sent(world, remove, admin, organisation=PROVIDER_ORG).status_code == 303
    assert "repository=a/b" not in world.client.get(here, headers=admin).text


def test_an_overdue_draw_is_an_alarm(world: World) -> None:
    world = World(NOBODY)
    service = world.service
    run_now(service, services.officer(service))
    assert "overdue" not in world.client.get("/draws").text
    (one,) = service.cases.draws(1)
    if one.result is None:
        clock = service.office.clock
        clock.moment += timedelta(days=30)  # type: ignore[attr-defined]
        assert "is overdue" in world.client.get("/draws").text
    rows = world.client.get("/draws.json").json()["rows"]
    assert [row["number"] for row in rows] == [1]
    assert world.client.get("/draws.csv").text.startswith("number,")


def test_the_policy_is_there_for_programs(world: World) -> None:
    found = world.client.get("/policy.json")
    assert OfficePolicy.parse(found.content) == world.service.policy
    assert str(world.service.policy.digest) in world.client.get("/about").text


class Login:
    """A :class:`~assay.office.identity.ports.StaffLogin` with one issuer."""

    def issuers(self) -> tuple[str, ...]:
        return ("https://login.example",)

    def address(self, issuer: str, *, state: str, nonce: str, verifier: str) -> str:
        return f"{issuer}/authorize?state={state}&nonce={nonce}"

    def redeem(self, *_: object, **__: object) -> None:
        raise AssertionError("nobody comes back")


def test_the_own_login_of_an_organisation(world: World) -> None:
    assert "own login" not in world.client.get("/login").text
    identity = msgspec.structs.replace(world.identity, staff=Login())
    desk = msgspec.structs.replace(world.desk, identity=identity)
    world.client = client(desk)
    (link,) = re.findall(r'href="(/login/staff\?issuer=[^"]+)"', world.client.get("/login").text)
    leaving = world.client.get(link, follow_redirects=False)
    assert leaving.status_code == 303, (link, leaving.text)
    assert leaving.headers["location"].startswith("https://login.example/authorize?state=")
    assert leaving.cookies
    assert (
        world.client.get("/login/staff?issuer=https://evil.example", follow_redirects=False).status_code
        == 422
    )
    world.client.cookies.clear()
    person = world.person(Role.OFFICER)
    page = world.client.get("/account", headers=person).text
    assert "Link to https://login.example" in page
    linking = sent(world, "/account/login", person, issuer="https://login.example")
    assert 'href="https://login.example/authorize?state=' in linking.text
    assert "assay" in linking.headers["set-cookie"]
    assert sent(world, "/account/login/remove", person).status_code == 303
