"""People come in through the API with real passkeys, share the office out, and lose nothing that they should keep."""

import json
from collections.abc import Mapping
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from tests.support.applications import client
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.desks import World, problem
from tests.support.offices import PROVIDER
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG
from tests.support.signing import signer, trust_root

from assay.adapters.memory_identity import MemoryIssuers
from assay.office.identity.invite import first_administrator
from assay.office.identity.ports import Claims
from assay.office.permission_table import Role
from assay.web.api.gate import Rates

API = "/api/v1"


class Browser:
    """Somebody at a browser of their own, with a device."""

    def __init__(self, world: World) -> None:
        self.client = client(world.desk)
        self.device = Authenticator()
        self.csrf = ""

    def does(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        more = {"x-assay-csrf": self.csrf, "origin": str(self.client.base_url).rstrip("/"), **headers}
        return self.client.request(method, API + path, json=body, headers=more)

    def enrols(self, link: str) -> Any:
        secret = link.partition("#")[2] or link
        begun = self.does("POST", "/enrol/begin", {"link": secret})
        answer = json.loads(self.device.create(json.dumps(begun.json()["options"]).encode()))
        return self._in(self.does("POST", "/enrol/complete", {"link": secret, "answer": answer}))

    def comes_in(self) -> Any:
        return self._in(self._answers("/login"))

    def confirms(self) -> Any:
        return self._answers("/me/confirmation")

    def _answers(self, where: str) -> Any:
        begun = self.does("POST", f"{where}/begin")
        answer = json.loads(self.device.get(json.dumps(begun.json()["options"]).encode()))
        return self.does("POST", f"{where}/complete", {"answer": answer})

    def _in(self, answer: Any) -> Any:
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer


@pytest.fixture
def world() -> World:
    return World(url=ORIGIN)


def administrator(world: World) -> Browser:
    invited = first_administrator(world.identity)
    assert invited is not None
    made = Browser(world)
    assert made.enrols(invited.link).status_code == 200
    return made


def invited(by: Browser, world: World, organisation: str, *roles: Role) -> Browser:
    body = {"name": "Pia", "mail": "pia@people.test", "roles": list(roles)}
    answer = by.does("POST", f"/organisations/{organisation}/invitations", body)
    assert answer.status_code == 201, answer.text
    made = Browser(world)
    assert made.enrols(answer.json()["link"]).status_code == 200
    return made


def test_the_first_administrator_comes_in_and_shares_the_office_out(world: World) -> None:
    admin = administrator(world)
    shown = admin.does("GET", "/me").json()
    assert set(shown["roles"]) == {"administrator", "officer", "officer-lead"}
    added = admin.does("POST", "/organisations", {"name": "Pier (fictional)", "kind": "relying_party"})
    assert added.status_code == 201, added.text
    somebody = invited(admin, world, added.json()["id"], Role.RELYING_PARTY_MEMBER)
    assert somebody.does("GET", "/me").json()["roles"] == ["relying-party-member"]
    people = admin.does("GET", f"/organisations/{added.json()['id']}/members").json()["items"]
    assert [one["name"] for one in people] == ["Pia"]
    said = [one["action"] for one in admin.does("GET", "/audit").json()["items"]]
    assert said[:3] == ["account.enrolled", "member.invited", "organisation.added"]


def test_a_link_is_good_once(world: World) -> None:
    made = first_administrator(world.identity)
    assert made is not None
    assert Browser(world).enrols(made.link).status_code == 200
    assert problem(Browser(world).does("POST", "/enrol/begin", {"link": made.link})) == (
        401,
        "Unauthenticated",
    )


def test_cookies_are_for_this_office_alone(world: World) -> None:
    admin = administrator(world)
    jar: SimpleCookie = SimpleCookie()
    for line in admin.comes_in().headers.get_list("set-cookie"):
        jar.load(line)
    session = jar["__Host-assay-session"]
    assert (session["secure"], session["httponly"], session["path"], session["domain"]) == (
        True,
        True,
        "/",
        "",
    )
    assert session["samesite"].lower() == "lax"
    assert jar["__Host-assay-ceremony"]["max-age"] == "0"


def test_who_logs_out_is_out(world: World) -> None:
    admin = administrator(world)
    kept = dict(admin.client.cookies)
    assert admin.does("POST", "/logout").status_code == 200
    admin.client.cookies.update(kept)  # a stolen copy
    assert admin.does("GET", "/me").json()["known"] is False
    assert admin.comes_in().json()["known"] is True


def test_a_confirmation_is_asked_for_after_a_while(world: World) -> None:
    admin = administrator(world)
    world.tick(timedelta(minutes=11))
    body = {"name": "Pier (fictional)", "kind": "relying_party"}
    assert problem(admin.does("POST", "/organisations", body)) == (403, "Unconfirmed")
    assert admin.confirms().json()["confirmed"] is True
    assert admin.does("POST", "/organisations", body).status_code == 201


def test_a_token_does_what_it_was_made_for(world: World) -> None:
    pia = invited(administrator(world), world, PROVIDER_ORG, Role.PROVIDER_ADMIN)
    made = pia.does("POST", "/me/tokens", {"name": "mine", "scopes": ["submission.read"], "days": 3})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    bearer = {"authorization": f"Bearer {made.json()['secret']}"}
    other = client(world.desk)
    assert other.get(f"{API}/submissions", headers=bearer).status_code == 200
    assert problem(other.post(f"{API}/submissions", content=b"{}", headers=bearer)) == (403, "Forbidden")
    listed = pia.does("GET", "/me/tokens").json()["items"]
    assert made.json()["secret"] not in json.dumps(listed)
    assert pia.does("DELETE", f"/me/tokens/{listed[0]['id']}").status_code == 204
    assert problem(other.get(f"{API}/submissions", headers=bearer)) == (401, "Unauthenticated")


def test_a_ci_job_gets_a_token_for_its_identity(world: World) -> None:
    pia = invited(administrator(world), world, PROVIDER_ORG, Role.PROVIDER_ADMIN)
    rule = {
        "issuer": "https://ci.example",
        "audience": ORIGIN,
        "claims": {"repository": "lighthouse/lantern"},
    }
    made = pia.does("POST", f"/organisations/{PROVIDER_ORG}/ci-rules", rule)
    assert made.status_code == 201, made.text
    issuers = world.identity.issuers
    assert isinstance(issuers, MemoryIssuers)
    issuers.said = {"right": _claims(world, "lighthouse/lantern"), "wrong": _claims(world, "somebody/else")}
    machine = client(world.desk)
    assert problem(machine.post(f"{API}/ci/token", json={"token": "wrong"})) == (401, "Unauthenticated")
    token = machine.post(f"{API}/ci/token", json={"token": "right"})
    assert token.status_code == 201, token.text
    assert problem(machine.post(f"{API}/ci/token", json={"token": "right"})) == (401, "Unauthenticated")
    bearer = {"authorization": f"Bearer {token.json()['secret']}"}
    assert machine.get(f"{API}/me", headers=bearer).json()["roles"] == ["ci"]
    world.tick(timedelta(minutes=16))
    assert problem(machine.get(f"{API}/me", headers=bearer)) == (401, "Unauthenticated")


def _claims(world: World, repository: str) -> Claims:
    later = world.service.now() + timedelta(minutes=5)
    values: Mapping[str, str] = {"repository": repository}
    return Claims(
        issuer="https://ci.example",
        subject="x",
        audiences=(ORIGIN,),
        expires=later,
        id=repository,
        values=values,
    )


def test_two_administrators_give_new_keys_to_who_lost_theirs(world: World) -> None:
    first = administrator(world)
    office = first.does("GET", "/me").json()["organisation"]
    second = invited(first, world, office, Role.ADMINISTRATOR)
    pia = invited(first, world, CUSTOMER_ORG, Role.RELYING_PARTY_MEMBER)
    account = pia.does("GET", "/me").json()["id"].removeprefix("account:")
    asked = first.does("POST", f"/members/{account}/recovery", {"reason": "the phone is in the harbour"})
    assert asked.status_code == 201, asked.text
    where = f"/recoveries/{asked.json()['id']}"
    assert problem(first.does("POST", f"{where}/approval")) == (403, "Forbidden")
    waiting = second.does("GET", "/recoveries").json()["items"]
    assert [one["account"] for one in waiting] == [account]
    link = second.does("POST", f"{where}/approval").json()["link"]
    again = Browser(world)
    assert again.enrols(link).status_code == 200
    assert again.does("GET", "/me").json()["id"] == f"account:{account}"
    assert problem(pia.comes_in()) == (401, "Unauthenticated")


def test_a_signer_is_offered_by_its_provider_and_accepted_by_the_office(world: World) -> None:
    admin = administrator(world)
    pia = invited(admin, world, PROVIDER_ORG, Role.PROVIDER_ADMIN)
    record = json.loads(trust_root(signer("lantern", providers=(PROVIDER,))).encode())
    offered = pia.does("POST", f"/organisations/{PROVIDER_ORG}/signers", record)
    assert offered.status_code == 201, offered.text
    where = f"/signers/{offered.json()['id']}"
    assert problem(pia.does("PUT", f"{where}/verification")) == (403, "Forbidden")
    assert "verified" in admin.does("PUT", f"{where}/verification").json()
    assert "ended" in pia.does("DELETE", where).json()


def test_logins_are_counted_by_address(world: World) -> None:
    few = World(url=ORIGIN, rates=Rates(login_attempts_per_minute=3))
    browser = Browser(few)
    for _ in range(3):
        assert browser.does("POST", "/login/begin").status_code == 200
    answer = browser.does("POST", "/login/begin")
    assert problem(answer) == (429, "TooOften")
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    few.tick(timedelta(seconds=20))
    assert browser.does("POST", "/login/begin").status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://office.example"])
def test_pages_of_other_sites_begin_nothing(world: World, origin: str) -> None:
    assert problem(Browser(world).does("POST", "/login/begin", origin=origin)) == (403, "Forbidden")
