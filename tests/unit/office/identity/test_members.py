"""Organisations and the people in them."""

from datetime import timedelta

import pytest
from tests.support.identities import PROVIDERS, Person, World

from assay.errors import Duplicate, Forbidden, Hidden, Malformed, Refused, Unauthenticated, Unconfirmed
from assay.office.identity.account import Account
from assay.office.identity.housekeeping import sweep, trail
from assay.office.identity.login import login_begin
from assay.office.identity.members import give_roles, members, restore_member, suspend_member
from assay.office.identity.organisation import Kind, Status
from assay.office.identity.organisations import (
    add_organisation,
    let_speak_for,
    organisation,
    organisations,
    speaker,
    suspend_organisation,
)
from assay.office.permissions import Caller, Role


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def boss(world: World) -> Person:
    return world.administrator()


def tenant(world: World, name: str) -> Person:
    return world.person(world.organisation(name, Kind.PROVIDER).id, Role.PROVIDER_ADMIN)


def test_everybody_sees_its_own_organisation_and_the_office_all(world: World, boss: Person) -> None:
    mine, other = tenant(world, "Lighthouse"), tenant(world, "Harbour")
    assert [one.name for one in organisations(world.identity, mine.caller)] == ["Lighthouse"]
    assert {one.name for one in organisations(world.identity, boss.caller)} == {
        "Office",
        "Lighthouse",
        "Harbour",
    }
    assert organisations(world.identity, Caller.public(world.clock.now())) == ()
    for key in (other.caller.organisation, "nobody"):
        with pytest.raises(Hidden):
            organisation(world.identity, mine.caller, key)
        with pytest.raises(Hidden):
            members(world.identity, mine.caller, key)
    assert [one.id for one in members(world.identity, mine.caller, mine.caller.organisation)] == [
        mine.account
    ]


def test_only_administrators_add_organisations(world: World, boss: Person) -> None:
    for caller in (
        tenant(world, "Lighthouse").caller,
        world.person(boss.caller.organisation, Role.OFFICER_LEAD).caller,
    ):
        with pytest.raises(Forbidden):
            add_organisation(world.identity, caller, "New", Kind.PROVIDER)
    with pytest.raises(Duplicate, match="'LIGHTHOUSE'"):
        add_organisation(world.identity, boss.caller, "LIGHTHOUSE", Kind.PROVIDER)
    with pytest.raises(Malformed):
        add_organisation(world.identity, boss.caller, "a\nb", Kind.PROVIDER)
    world.passes(timedelta(minutes=11))
    with pytest.raises(Unconfirmed):
        add_organisation(world.identity, boss.caller, "New", Kind.PROVIDER)


def test_a_provider_has_one_speaker(world: World, boss: Person) -> None:
    mine = world.organisation("Lighthouse", Kind.PROVIDER, *PROVIDERS)
    assert speaker(world.identity, PROVIDERS[1]) == mine
    assert speaker(world.identity, PROVIDERS[1].upper()) is None
    for name in (PROVIDERS[0], PROVIDERS[0].upper(), "ｌantern project (fictional)"):
        with pytest.raises(Duplicate, match="'Lighthouse' speaks for"):
            add_organisation(world.identity, boss.caller, "Harbour", Kind.PROVIDER, [name])
    let_speak_for(world.identity, boss.caller, mine.id, PROVIDERS[:1])
    add_organisation(world.identity, boss.caller, "Harbour", Kind.PROVIDER, PROVIDERS[1:])
    for kind in (Kind.AUTHORITY, Kind.RELYING_PARTY):
        with pytest.raises(Refused, match="speaks for no provider"):
            add_organisation(world.identity, boss.caller, f"Some {kind}", kind, ["Other"])
    with pytest.raises(Refused, match="over 1000"):
        let_speak_for(world.identity, boss.caller, mine.id, [f"p{n}" for n in range(1001)])


def test_an_assessor_attests_for_providers_that_speak_for_themselves(world: World, boss: Person) -> None:
    mine = world.organisation("Lighthouse", Kind.PROVIDER, *PROVIDERS)
    for name in ("Assessors", "Other assessors"):
        made = add_organisation(world.identity, boss.caller, name, Kind.ASSESSOR, PROVIDERS[:1])
        assert made.speaks_for == PROVIDERS[:1]
    assert speaker(world.identity, PROVIDERS[0]) == mine
    let_speak_for(world.identity, boss.caller, mine.id, PROVIDERS)


def test_a_tenant_manages_its_own_people_only(world: World, boss: Person) -> None:
    mine, other = tenant(world, "Lighthouse"), tenant(world, "Harbour")
    member = world.person(mine.caller.organisation, Role.PROVIDER_MEMBER)
    for account in (other.account, boss.account, "nobody"):
        with pytest.raises(Hidden):
            give_roles(world.identity, mine.caller, account, frozenset({Role.PROVIDER_MEMBER}))
        with pytest.raises(Hidden):
            suspend_member(world.identity, mine.caller, account)
        with pytest.raises(Hidden):
            restore_member(world.identity, mine.caller, account)
    with pytest.raises(Forbidden):
        give_roles(world.identity, member.caller, member.account, frozenset({Role.PROVIDER_ADMIN}))
    give_roles(world.identity, mine.caller, member.account, frozenset({Role.PROVIDER_ADMIN}))
    assert member.caller.roles == {Role.PROVIDER_ADMIN}


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR, Role.CI, Role.PUBLIC, Role.ASSESSOR])
def test_roles_fit_the_organisation(world: World, boss: Person, role: Role) -> None:
    mine = tenant(world, "Lighthouse")
    with pytest.raises(Refused, match="no role in an organisation of kind provider"):
        give_roles(world.identity, mine.caller, mine.account, frozenset({Role.PROVIDER_ADMIN, role}))


def test_roles_that_do_not_fit_count_for_nothing_however_they_came_there(world: World, boss: Person) -> None:
    mine = tenant(world, "Lighthouse")
    with world.store.change() as rows:
        account = rows.get(Account, mine.account)
        assert account is not None
        rows.held[Account, mine.account] = Account(
            id=account.id, organisation=account.organisation, name="Ada", mail="ada@x.example",
            roles=frozenset(Role), created=account.created,
        )  # fmt: skip
    assert mine.caller.roles == {Role.PROVIDER_ADMIN, Role.PROVIDER_MEMBER}


def test_a_suspended_member_comes_back_with_new_keys_only(world: World, boss: Person) -> None:
    mine = tenant(world, "Lighthouse")
    member = world.person(mine.caller.organisation, Role.PROVIDER_MEMBER)
    assert suspend_member(world.identity, mine.caller, member.account).status is Status.SUSPENDED
    restore_member(world.identity, mine.caller, member.account)
    with pytest.raises(Unauthenticated):
        member.comes_in()


def test_somebody_administers_the_office_always(world: World, boss: Person) -> None:
    officer = frozenset({Role.OFFICER})
    with pytest.raises(Refused, match="no administrator left"):
        give_roles(world.identity, boss.caller, boss.account, officer)
    with pytest.raises(Refused, match="no administrator left"):
        suspend_member(world.identity, boss.caller, boss.account)
    with pytest.raises(Refused, match="no administrator left"):
        suspend_organisation(world.identity, boss.caller, boss.caller.organisation)
    boss.comes_in()
    second = world.person(boss.caller.organisation, Role.ADMINISTRATOR)
    give_roles(world.identity, second.caller, boss.account, officer)
    with pytest.raises(Refused, match="no administrator left"):
        suspend_member(world.identity, second.caller, second.account)


def test_the_trail_is_read_by_whom_it_concerns(world: World, boss: Person) -> None:
    mine, other = tenant(world, "Lighthouse"), tenant(world, "Harbour")
    suspend_member(world.identity, boss.caller, other.account)
    assert {one.event.organisation for one in trail(world.identity, mine.caller)} == {
        mine.caller.organisation
    }
    everything = trail(world.identity, boss.caller)
    assert everything[0].event.action == "member.suspended"
    assert everything[0].event.actor == f"account:{boss.account}"
    assert [
        one.number for one in trail(world.identity, boss.caller, before=everything[2].number, limit=2)
    ] == [one.number for one in everything[3:5]]
    with pytest.raises(Forbidden):
        trail(world.identity, world.person(boss.caller.organisation, Role.OFFICER).caller)


def test_the_trail_names_nobody(world: World, boss: Person) -> None:
    tenant(world, "Lighthouse")
    assert "Ada" not in repr(trail(world.identity, boss.caller))
    assert "ada@" not in repr(trail(world.identity, boss.caller))


def test_what_has_expired_is_swept(world: World, boss: Person) -> None:
    login_begin(world.identity)
    assert sweep(world.identity) == 0
    world.passes(timedelta(minutes=5))
    assert sweep(world.identity) == 1
    world.passes(timedelta(hours=12))
    assert sweep(world.identity) == 1
    with pytest.raises(Unauthenticated):
        _ = boss.here
