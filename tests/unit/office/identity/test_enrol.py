"""Links and what they enrol."""

from datetime import timedelta

import pytest
from tests.support.authenticator import Authenticator, Wrong
from tests.support.identities import World

from assay.errors import Duplicate, Forbidden, Hidden, Malformed, Refused, Unauthenticated, Untrusted
from assay.office.identity.enrol import enrol_begin, enrol_complete
from assay.office.identity.invite import (
    FIRST_ROLES,
    address,
    first_administrator,
    invitations,
    invite,
    withdraw_invitation,
)
from assay.office.identity.login import login_begin
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import suspend_organisation
from assay.office.permissions import Role

MEMBER = frozenset({Role.PROVIDER_MEMBER})


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_administrator_comes_in_by_one_link() -> None:
    world = World()
    first, second = first_administrator(world.identity), first_administrator(world.identity)
    assert first is not None
    assert second is not None
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, first.link)
    person = world.enrols(second.link)
    assert person.caller.roles == FIRST_ROLES
    assert first_administrator(world.identity) is None
    assert world.events == ["member.invited", "member.invited", "account.enrolled"]


def test_the_link_of_the_first_administrator_lasts_a_day(world: World) -> None:
    invited = first_administrator(world.identity)
    assert invited is not None
    world.passes(timedelta(hours=24) - timedelta(seconds=1))
    enrol_begin(world.identity, invited.link)
    world.passes(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, invited.link)


def test_a_link_stands_behind_a_hash_sign() -> None:
    assert address("https://office.example/", "abc") == "https://office.example/enrol#abc"


def test_an_invited_person_has_the_roles_of_the_invitation(world: World) -> None:
    where = world.organisation("Lighthouse", Kind.PROVIDER)
    person = world.person(where.id, Role.PROVIDER_ADMIN, Role.PROVIDER_MEMBER)
    here = person.here
    assert here.caller.roles == {Role.PROVIDER_ADMIN, Role.PROVIDER_MEMBER}
    assert (here.caller.organisation, here.organisation, here.account.mail) == (
        where.id,
        where,
        "ada@lighthouse.example",
    )
    assert here.caller.confirmed


def test_a_link_is_good_once(world: World) -> None:
    invited = first_administrator(world.identity)
    assert invited is not None
    one, other = enrol_begin(world.identity, invited.link), enrol_begin(world.identity, invited.link)
    enrol_complete(world.identity, invited.link, one.handle, Authenticator().create(one.options))
    with pytest.raises(Unauthenticated):
        enrol_complete(world.identity, invited.link, other.handle, Authenticator().create(other.options))
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, invited.link)


def test_a_challenge_is_good_once_and_the_link_outlives_a_wrong_answer(world: World) -> None:
    invited = first_administrator(world.identity)
    assert invited is not None
    asked = enrol_begin(world.identity, invited.link)
    wrong = Authenticator().create(asked.options, Wrong(origin="https://evil.example"))
    with pytest.raises(Untrusted, match=r"evil\.example"):
        enrol_complete(world.identity, invited.link, asked.handle, wrong)
    with pytest.raises(Unauthenticated):
        enrol_complete(world.identity, invited.link, asked.handle, Authenticator().create(asked.options))
    world.enrols(invited.link)


def test_a_challenge_lasts_five_minutes(world: World) -> None:
    invited = first_administrator(world.identity)
    assert invited is not None
    asked = enrol_begin(world.identity, invited.link)
    world.passes(timedelta(minutes=5))
    with pytest.raises(Unauthenticated):
        enrol_complete(world.identity, invited.link, asked.handle, Authenticator().create(asked.options))


def test_a_challenge_belongs_to_its_link_and_purpose(world: World) -> None:
    where = world.organisation("Lighthouse", Kind.PROVIDER)
    links = [
        invite(world.identity, world.console, where.id, name="A", mail="a@x.example", roles=MEMBER).link
        for _ in range(2)
    ]
    asked = enrol_begin(world.identity, links[0])
    with pytest.raises(Unauthenticated):
        enrol_complete(world.identity, links[1], asked.handle, Authenticator().create(asked.options))
    login = login_begin(world.identity)
    asked = enrol_begin(world.identity, links[0])
    with pytest.raises(Unauthenticated):
        enrol_complete(world.identity, links[0], login.handle, Authenticator().create(asked.options))


def test_a_passkey_belongs_to_one_account(world: World) -> None:
    where = world.organisation("Lighthouse", Kind.PROVIDER)
    links = [
        invite(world.identity, world.console, where.id, name="A", mail="a@x.example", roles=MEMBER).link
        for _ in range(2)
    ]
    world.enrols(links[0], Authenticator(name=b"the same"))
    asked = enrol_begin(world.identity, links[1])
    with pytest.raises(Duplicate):
        enrol_complete(
            world.identity, links[1], asked.handle, Authenticator(name=b"the same").create(asked.options)
        )
    world.enrols(links[1])  # nothing was kept of the refused one


@pytest.mark.parametrize(
    ("name", "mail", "roles", "error"),
    [
        ("", "a@x.example", MEMBER, Malformed),
        (" a", "a@x.example", MEMBER, Malformed),
        ("a\u202eb", "a@x.example", MEMBER, Malformed),
        ("a" * 201, "a@x.example", MEMBER, Malformed),
        ("a", "a", MEMBER, Malformed),
        ("a", "a@b@x.example", MEMBER, Malformed),
        ("a", "a@x.example\nBcc: b@x.example", MEMBER, Malformed),
        ("a", "a" * 250 + "@x.example", MEMBER, Malformed),
        ("a", "a@x.example", frozenset[Role](), Refused),
        ("a", "a@x.example", MEMBER | {Role.OFFICER}, Refused),
        ("a", "a@x.example", frozenset({Role.CI}), Refused),
        ("a", "a@x.example", frozenset({Role.PUBLIC}), Refused),
    ],
)
def test_invites_nobody_else(
    world: World, name: str, mail: str, roles: frozenset[Role], error: type[Exception]
) -> None:
    where = world.organisation("Lighthouse", Kind.PROVIDER)
    invite(world.identity, world.console, where.id, name="a", mail="a@x.example", roles=MEMBER)
    with pytest.raises(error):
        invite(world.identity, world.console, where.id, name=name, mail=mail, roles=roles)


def test_a_provider_invites_into_itself_only(world: World) -> None:
    mine, other = (world.organisation(name, Kind.PROVIDER) for name in ("Lighthouse", "Harbour"))
    admin = world.person(mine.id, Role.PROVIDER_ADMIN)
    invited = invite(world.identity, admin.caller, mine.id, name="B", mail="b@x.example", roles=MEMBER)
    assert [one.id for one in invitations(world.identity, admin.caller, mine.id)] == [invited.invitation.id]
    for key in (other.id, "nobody"):
        with pytest.raises(Hidden):
            invite(world.identity, admin.caller, key, name="B", mail="b@x.example", roles=MEMBER)
    member = world.enrols(invited.link)
    with pytest.raises(Forbidden):
        invite(world.identity, member.caller, mine.id, name="B", mail="b@x.example", roles=MEMBER)
    stranger = world.person(other.id, Role.PROVIDER_ADMIN)
    waiting = invite(world.identity, admin.caller, mine.id, name="C", mail="c@x.example", roles=MEMBER)
    with pytest.raises(Hidden):
        withdraw_invitation(world.identity, stranger.caller, waiting.invitation.id)
    withdraw_invitation(world.identity, admin.caller, waiting.invitation.id)
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, waiting.link)


def test_nobody_enrols_into_a_suspended_organisation(world: World) -> None:
    world.administrator()
    where = world.organisation("Lighthouse", Kind.PROVIDER)
    invited = invite(world.identity, world.console, where.id, name="A", mail="a@x.example", roles=MEMBER)
    suspend_organisation(world.identity, world.console, where.id)
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, invited.link)
    with pytest.raises(Refused, match="suspended"):
        invite(world.identity, world.console, where.id, name="A", mail="a@x.example", roles=MEMBER)
