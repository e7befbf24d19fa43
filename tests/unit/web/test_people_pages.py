"""Coming in, one's account, and organisations with their people."""

import re

import pytest
from tests.support.desks import OTHER_ORG, World
from tests.support.offices import PROVIDER
from tests.support.services import PROVIDER_ORG
from tests.support.signing import signer, trust_root
from tests.unit.web.test_case_pages import sent

from assay.office.identity.account import Account
from assay.office.permission_table import Role


@pytest.fixture
def world() -> World:
    return World()


def test_pages_to_come_in(world: World) -> None:
    for path, way in (("/login", "login"), ("/enrol", "enrol")):
        page = world.client.get(path).text
        assert f'data-passkey="{way}"' in page
        assert "<noscript>" in page
    assert 'data-next="/queue"' in world.client.get("/login?next=/queue").text
    assert 'data-next="/"' in world.client.get("/login?next=https://evil.example").text
    assert "did not work" in world.client.get("/login?failed=return").text


@pytest.mark.parametrize(
    ("roles", "place"),
    [
        ((Role.OFFICER,), "/queue"),
        ((Role.PROVIDER_MEMBER,), "/overview"),
        ((Role.ADMINISTRATOR,), "/organisations"),
        ((Role.RELYING_PARTY_MEMBER,), "/portfolio"),
        ((), "/"),
    ],
)
def test_where_work_is(world: World, roles: tuple[Role, ...], place: str) -> None:
    headers = world.person(*roles) if roles else {}
    answer = world.client.get("/start", headers=headers, follow_redirects=False)
    assert answer.headers["location"] == place
    assert world.client.get(place, headers=headers).status_code == 200


def test_log_out(world: World) -> None:
    person = world.person(Role.OFFICER)
    assert sent(world, "/logout", {**person, "x-assay-csrf": "x"}).status_code == 403
    assert sent(world, "/logout", person).status_code == 303
    assert world.client.get("/queue", headers=person, follow_redirects=False).status_code == 303


def test_the_own_account(world: World) -> None:
    person = world.person(Role.PROVIDER_ADMIN, name="Pia <b>")
    page = world.client.get("/account", headers=person).text
    assert "Pia &lt;b&gt;" in page
    assert "Lighthouse Works" in page
    made = sent(world, "/account/tokens", person, name="ci", days="7", **{"scope:submission.read": "yes"})
    assert made.status_code == 200
    assert re.search(r"<code>assay_\w+", made.text)
    assert "no-store" in made.headers["cache-control"]
    page = world.client.get("/account", headers=person).text
    revoke = re.findall(r"/account/tokens/[\w-]+/revoke", page)
    assert sent(world, revoke[0], person).status_code == 303
    assert "revoked" in world.client.get("/account", headers=person).text
    assert (
        sent(world, "/account/tokens", person, name="ci", days="7", **{"scope:all": "y"}).status_code == 400
    )


def test_an_administrator_invites(world: World) -> None:
    person = world.person(Role.ADMINISTRATOR)
    index = world.client.get("/organisations", headers=person).text
    assert "Other Works (fictional)" in index
    where = f"/organisations/{PROVIDER_ORG}"
    made = sent(
        world, where + "/invitations", person, name="Nia", mail="nia@people.test", **{"role:provider-member": "yes"}
    )  # fmt: skip
    assert f"{world.desk.url}/enrol#" in made.text
    page = world.client.get(where, headers=person).text
    assert "Nia" in page
    withdraw = re.findall(r"/invitations/[\w-]+/withdraw", page)
    assert sent(world, withdraw[0], person, organisation=PROVIDER_ORG).headers["location"] == where
    assert "Nia" not in world.client.get(where, headers=person).text
    wrong = sent(world, where + "/invitations", person, name="N", mail="n@p.test", **{"role:officer": "yes"})
    assert wrong.status_code == 422


def test_an_organisation_is_added_and_suspended(world: World) -> None:
    person = world.person(Role.ADMINISTRATOR)
    made = sent(world, "/organisations", person, name="New <i>", kind="provider", speaks_for="New\nNewer")
    where = made.headers["location"]
    page = world.client.get(where, headers=person).text
    assert "New &lt;i&gt;" in page
    assert "Newer" in page
    key = where.rpartition("/")[2]
    assert sent(world, where + "/suspend", person, organisation=key).status_code == 303
    assert "Let them in again" in world.client.get(where, headers=person).text
    assert sent(world, "/organisations", person, name="x", kind="king").status_code == 400


def test_an_organisation_is_named_by_identifiers(world: World) -> None:
    person = world.person(Role.ADMINISTRATOR)
    where = f"/organisations/{OTHER_ORG}"
    given = {"organisation": OTHER_ORG, "identifiers": "domain=other.example\n lei = 5299 "}
    assert sent(world, where + "/identifiers", person, **given).status_code == 303
    page = world.client.get(where, headers=person).text
    assert "domain=other.example\nlei=5299\n</textarea>" in page
    wrong = sent(world, where + "/identifiers", person, identifiers="domain other.example")
    assert (wrong.status_code, "expected scheme=value" in wrong.text) == (400, True)


def test_a_signer_shows_the_keys_to_compare(world: World) -> None:
    record = trust_root(signer("lighthouse", providers=(PROVIDER,)))
    pia = world.person(Role.PROVIDER_ADMIN)
    where = f"/organisations/{PROVIDER_ORG}"
    assert sent(world, where + "/signers", pia, record=record.encode().decode()).status_code == 303
    page = world.client.get(where, headers=world.person(Role.OFFICER_LEAD)).text
    assert all(key.public.keyid in page for key in record.signers[0].keys)
    assert page.index("Compare the key ids") < page.index(">Verify</button>")
    assert ">Verify</button>" not in world.client.get(where, headers=pia).text


def test_a_member_gets_roles_and_goes(world: World) -> None:
    admin, member = world.person(Role.ADMINISTRATOR), world.person(Role.PROVIDER_MEMBER)
    account = f"{Role.PROVIDER_MEMBER}-{PROVIDER_ORG}"
    values = {"organisation": PROVIDER_ORG, "role:provider-admin": "yes"}
    assert sent(world, f"/members/{account}/roles", admin, **values).status_code == 303
    with world.identity.identities.read() as rows:
        found = rows.get(Account, account)
    assert found is not None
    assert found.roles == {Role.PROVIDER_ADMIN}
    assert sent(world, f"/members/{account}/suspend", admin, organisation=PROVIDER_ORG).status_code == 303
    assert world.client.get("/overview", headers=member, follow_redirects=False).status_code == 303


def test_two_administrators_for_lost_keys(world: World) -> None:
    first, second = (world.person(Role.ADMINISTRATOR, name=name) for name in ("ann", "bob"))
    world.person(Role.PROVIDER_MEMBER)
    account = f"{Role.PROVIDER_MEMBER}-{PROVIDER_ORG}"
    assert sent(world, f"/members/{account}/recover", first, reason="met in person").status_code == 303
    page = world.client.get("/organisations", headers=second).text
    assert "met in person" in page
    assert f"{Role.PROVIDER_MEMBER}@people.test" in page
    approval = re.findall(r"/recoveries/[\w-]+/approval", page)
    assert sent(world, approval[0], first).status_code == 403
    assert "/enrol#" in sent(world, approval[0], second).text


def test_nothing_of_another_organisation(world: World) -> None:
    stranger = world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG, name="sam")
    where = f"/organisations/{PROVIDER_ORG}"
    assert world.client.get(where, headers=stranger).status_code == 404
    assert "Lighthouse" not in world.client.get("/organisations", headers=stranger).text
    for act in ("suspend", "restore", "providers", "signers", "invitations", "tokens"):
        answer = sent(world, f"{where}/{act}", stranger, name="x", mail="x@p.test", days="1", record="{}")
        assert answer.status_code in (400, 403, 404), act
    account = f"{Role.PROVIDER_MEMBER}-{PROVIDER_ORG}"
    world.person(Role.PROVIDER_MEMBER)
    for act in ("roles", "suspend", "restore", "recover"):
        assert sent(world, f"/members/{account}/{act}", stranger, reason="x").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/account", "/organisations", "/confirm"])
def test_nobody_is_sent_to_log_in(world: World, path: str) -> None:
    answer = world.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")


def test_who_is_unconfirmed_confirms_and_comes_back(world: World) -> None:
    person = world.person(Role.ADMINISTRATOR, confirmed=False)
    held = sent(world, "/organisations", person, name="New", kind="provider", speaks_for="A\nB")
    assert held.status_code == 403
    assert 'action="/organisations"' in held.text
    assert ">A\nB</textarea>" in held.text
    assert 'action="/queue"' in world.client.get("/confirm?next=/queue", headers=person).text
