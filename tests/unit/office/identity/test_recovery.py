"""Lost keys: two administrators, then a link."""

from datetime import timedelta

import pytest
from tests.support.identities import Person, World

from assay.errors import Forbidden, Hidden, Refused, Unauthenticated, Unconfirmed
from assay.office.identity.authenticate import by_session, by_token
from assay.office.identity.enrol import enrol_begin
from assay.office.identity.invite import Invited
from assay.office.identity.members import restore_member, suspend_member
from assay.office.identity.organisation import Kind
from assay.office.identity.recovery import (
    approve_recovery,
    recover_here,
    recoveries,
    refuse_recovery,
    start_recovery,
)
from assay.office.identity.tokens import make_own_token
from assay.office.permissions import Action, Role


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admins(world: World) -> tuple[Person, Person, Person]:
    first = world.administrator()
    where = first.caller.organisation
    return first, world.person(where, Role.ADMINISTRATOR), world.person(where, Role.ADMINISTRATOR)


@pytest.fixture
def lost(world: World) -> Person:
    return world.person(world.organisation("Lighthouse", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)


def test_two_administrators_give_new_keys_and_the_old_ones_end(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    token = make_own_token(
        world.identity, lost.caller, "x", frozenset({Action.SUBMISSION_READ}), timedelta(days=1)
    ).text
    started = start_recovery(world.identity, one.caller, lost.account, "phone at the bottom of the sea")
    assert [item.id for item in recoveries(world.identity, two.caller)] == [started.id]
    invited = approve_recovery(world.identity, two.caller, started.id)
    assert recoveries(world.identity, two.caller) == ()
    # Until the link is used, everything is as it was.
    lost.comes_in()
    by_token(world.identity, token)
    again = world.enrols(invited.link)
    assert (again.account, set(again.caller.roles)) == (lost.account, {Role.PROVIDER_ADMIN})
    with pytest.raises(Unauthenticated):
        lost.comes_in()
    with pytest.raises(Unauthenticated):
        by_session(world.identity, lost.cookie)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, token)
    assert world.events[-3:] == ["recovery.started", "recovery.approved", "account.recovered"]


def test_nobody_is_two_administrators(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    with pytest.raises(Forbidden, match="no hand in it"):
        approve_recovery(world.identity, one.caller, started.id)
    one.comes_in()
    with pytest.raises(Forbidden, match="no hand in it"):
        approve_recovery(world.identity, one.caller, started.id)
    approve_recovery(world.identity, two.caller, started.id)
    with pytest.raises(Hidden):
        approve_recovery(world.identity, two.caller, started.id)


def test_nobody_has_a_hand_in_its_own_recovery(world: World, admins: tuple[Person, Person, Person]) -> None:
    one, two, three = admins
    with pytest.raises(Refused, match="another administrator"):
        start_recovery(world.identity, one.caller, one.account, "lost")
    started = start_recovery(world.identity, two.caller, one.account, "lost")
    with pytest.raises(Forbidden, match="no hand in it"):
        approve_recovery(world.identity, one.caller, started.id)
    approve_recovery(world.identity, three.caller, started.id)


def test_the_console_is_one_of_two(world: World, lost: Person) -> None:
    only = world.administrator()
    started = start_recovery(world.identity, world.console, lost.account, "lost")
    with pytest.raises(Forbidden, match="no hand in it"):
        approve_recovery(world.identity, world.console, started.id)
    world.enrols(approve_recovery(world.identity, only.caller, started.id).link)


def test_on_the_offices_machine_one_is_enough_where_there_is_no_other(world: World, lost: Person) -> None:
    only = world.administrator()
    invited = recover_here(world.identity, "administrator", "I lost my phone")
    assert isinstance(invited, Invited)
    again = world.enrols(invited.link)
    assert (again.account, Role.ADMINISTRATOR in again.caller.roles) == (only.account, True)
    with pytest.raises(Unauthenticated):
        only.comes_in()
    waits = recover_here(world.identity, lost.account, "called back")
    assert not isinstance(waits, Invited)
    world.enrols(approve_recovery(world.identity, again.caller, waits.id).link)


def test_on_the_offices_machine_another_administrator_approves(
    world: World, admins: tuple[Person, Person, Person]
) -> None:
    one, two, _ = admins
    waits = recover_here(world.identity, one.account, "called back")
    assert not isinstance(waits, Invited)
    with pytest.raises(Refused, match="waits already"):
        recover_here(world.identity, one.account, "called back")
    approve_recovery(world.identity, two.caller, waits.id)
    with pytest.raises(Refused, match=r"0 accounts have .* 'nobody@x\.example'"):
        recover_here(world.identity, "nobody@x.example", "x")
    with pytest.raises(Refused, match=rf"2 accounts .*{two.account}"):
        recover_here(world.identity, "ada@lighthouse.example", "x")


def test_administrators_only(world: World, admins: tuple[Person, Person, Person], lost: Person) -> None:
    one, _, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    officer = world.person(one.caller.organisation, Role.OFFICER, Role.OFFICER_LEAD, Role.AUDITOR)
    for caller in (officer.caller, lost.caller):
        with pytest.raises(Forbidden):
            start_recovery(world.identity, caller, lost.account, "lost")
        with pytest.raises(Forbidden):
            approve_recovery(world.identity, caller, started.id)
        with pytest.raises(Forbidden):
            recoveries(world.identity, caller)
        with pytest.raises(Forbidden):
            refuse_recovery(world.identity, caller, started.id)


def test_both_confirm(world: World, admins: tuple[Person, Person, Person], lost: Person) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    world.passes(timedelta(minutes=11))
    with pytest.raises(Unconfirmed):
        approve_recovery(world.identity, two.caller, started.id)
    with pytest.raises(Unconfirmed):
        start_recovery(world.identity, one.caller, two.account, "lost")


def test_the_word_of_a_former_administrator_counts_no_more(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, three = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    world.suspends(one)
    with pytest.raises(Refused, match="none any more"):
        approve_recovery(world.identity, two.caller, started.id)
    with pytest.raises(Refused, match="none any more"):
        approve_recovery(world.identity, three.caller, started.id)


def test_waits_and_lasts_a_day_each(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    with pytest.raises(Refused, match="waits already"):
        start_recovery(world.identity, two.caller, lost.account, "lost")
    world.passes(timedelta(hours=24))
    one.comes_in()
    two.comes_in()
    with pytest.raises(Hidden):
        approve_recovery(world.identity, two.caller, started.id)
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    link = approve_recovery(world.identity, two.caller, started.id).link
    world.passes(timedelta(hours=24))
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, link)


def test_is_refused_by_any_administrator(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    refuse_recovery(world.identity, two.caller, started.id)
    for act in (refuse_recovery, approve_recovery):
        with pytest.raises(Hidden):
            act(world.identity, two.caller, started.id)


def test_nobody_suspended_gets_new_keys(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    world.suspends(lost)
    with pytest.raises(Refused, match="restore it first"):
        approve_recovery(world.identity, two.caller, started.id)
    with pytest.raises(Refused, match="restore it first"):
        start_recovery(world.identity, one.caller, lost.account, "lost")
    with pytest.raises(Hidden):
        start_recovery(world.identity, one.caller, "nobody", "lost")


def test_a_link_given_before_the_suspension_is_dead(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    link = approve_recovery(world.identity, two.caller, started.id).link
    world.suspends(lost)
    with pytest.raises(Unauthenticated):
        world.enrols(link)


def test_of_two_links_the_newer_one_counts(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    links = []
    for _ in range(2):
        started = start_recovery(world.identity, one.caller, lost.account, "the link went to a wrong address")
        links.append(approve_recovery(world.identity, two.caller, started.id).link)
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, links[0])
    assert world.enrols(links[1]).account == lost.account


def test_a_suspension_ends_a_link_for_good(
    world: World, admins: tuple[Person, Person, Person], lost: Person
) -> None:
    one, two, _ = admins
    started = start_recovery(world.identity, one.caller, lost.account, "lost")
    invited = approve_recovery(world.identity, two.caller, started.id)
    suspend_member(world.identity, one.caller, lost.account)
    restore_member(world.identity, one.caller, lost.account)
    with pytest.raises(Unauthenticated):
        enrol_begin(world.identity, invited.link)
