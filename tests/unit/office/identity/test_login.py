"""Coming in, confirming, going out."""

from datetime import timedelta

import pytest
from tests.support.authenticator import PRESENT, Authenticator, Wrong
from tests.support.identities import Person, World

from assay.errors import Forbidden, Hidden, Refused, Unauthenticated, Unconfirmed
from assay.office.identity.authenticate import by_session
from assay.office.identity.login import login_begin, login_complete
from assay.office.identity.logout import end_other_sessions, end_session, logout, own_sessions
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import suspend_organisation
from assay.office.identity.own_passkeys import (
    add_passkey_begin,
    add_passkey_complete,
    own_passkeys,
    remove_passkey,
)
from assay.office.identity.session import check_csrf
from assay.office.identity.step_up import step_up_begin, step_up_complete
from assay.office.permissions import Action, Role, Target, require

SAME = "not logged in: what was shown is not valid here, or not any more"


def test_comes_in_without_saying_who_it_is(world: World, person: Person) -> None:
    first = person.cookie
    entered = person.comes_in()
    assert entered.account.id == person.account
    assert entered.cookie != first
    assert by_session(world.identity, first).account == by_session(world.identity, entered.cookie).account
    asked = login_begin(world.identity)
    assert b'"allowCredentials": []' in asked.options
    assert person.account.encode() not in asked.options


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Wrong(origin="https://evil.example"), id="origin"),
        pytest.param(Wrong(site="evil.example"), id="site"),
        pytest.param(Wrong(challenge=bytes(32)), id="challenge"),
        pytest.param(Wrong(flags=PRESENT), id="user not verified"),
        pytest.param(Wrong(kind="webauthn.create"), id="kind"),
        pytest.param(Wrong(holder=b"somebody"), id="holder"),
        pytest.param(Wrong(count=1), id="count as it was"),
        pytest.param(Wrong(count=0), id="no count any more"),
    ],
)
def test_every_refusal_says_the_same(world: World, person: Person, wrong: Wrong) -> None:
    person.comes_in()
    asked = login_begin(world.identity)
    with pytest.raises(Unauthenticated) as refused:
        login_complete(world.identity, asked.handle, person.device.get(asked.options, wrong))
    assert str(refused.value) == SAME
    person.comes_in()


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"id": "AAAA"}', b"[" * 1000], ids=repr)
def test_an_answer_that_is_none_says_the_same(world: World, answer: bytes) -> None:
    asked = login_begin(world.identity)
    with pytest.raises(Unauthenticated) as refused:
        login_complete(world.identity, asked.handle, answer)
    assert str(refused.value) == SAME


def test_a_passkey_of_nobody_says_the_same(world: World, person: Person) -> None:
    device = Authenticator()
    device.create(world.identity.passkeys.creation(b"c", account="a", name="n", label="l", known=()))
    asked = login_begin(world.identity)
    with pytest.raises(Unauthenticated) as refused:
        login_complete(world.identity, asked.handle, device.get(asked.options))
    assert str(refused.value) == SAME


def test_an_answer_is_good_once(world: World, person: Person) -> None:
    asked = login_begin(world.identity)
    answer = person.device.get(asked.options)
    login_complete(world.identity, asked.handle, answer)
    for handle in (asked.handle, login_begin(world.identity).handle, "", "é\ud800"):
        with pytest.raises(Unauthenticated):
            login_complete(world.identity, handle, answer)


def test_a_challenge_lasts_five_minutes(world: World, person: Person) -> None:
    asked = login_begin(world.identity)
    answer = person.device.get(asked.options)
    world.passes(timedelta(minutes=5))
    with pytest.raises(Unauthenticated):
        login_complete(world.identity, asked.handle, answer)


def test_a_count_that_goes_back_is_noted(world: World, person: Person) -> None:
    for _ in range(3):
        person.comes_in()
    copy = Authenticator()
    copy.__dict__.update(person.device.__dict__ | {"count": 1})
    asked = login_begin(world.identity)
    with pytest.raises(Unauthenticated):
        login_complete(world.identity, asked.handle, copy.get(asked.options))
    assert world.events[-1] == "passkey.count_went_back"
    with world.store.read() as rows:
        (last,) = rows.trail(organisation=None, limit=1)
    assert last.event.detail == "from 3 to 2"
    person.comes_in()


def test_a_passkey_that_does_not_count_comes_in_again_and_again(world: World) -> None:
    where = world.organisation("Harbour", Kind.PROVIDER)
    person = world.person(where.id, Role.PROVIDER_MEMBER)
    person.device.counting = False
    # What it was enrolled as says nothing: it never counted.
    for _ in range(3):
        person.comes_in()


def test_nobody_suspended_comes_in(world: World, person: Person) -> None:
    world.suspends(person)
    with pytest.raises(Unauthenticated):
        person.comes_in()
    with pytest.raises(Unauthenticated):
        _ = person.here


def test_nobody_of_a_suspended_organisation_comes_in(world: World, person: Person) -> None:
    suspend_organisation(world.identity, world.console, person.caller.organisation)
    with pytest.raises(Unauthenticated):
        person.comes_in()
    with pytest.raises(Unauthenticated):
        _ = person.here


def test_a_session_ends_after_an_hour_of_nothing(world: World, person: Person) -> None:
    world.passes(timedelta(minutes=59))
    assert person.here.session.seen == world.clock.now()
    world.passes(timedelta(minutes=59, seconds=59))
    _ = person.here
    world.passes(timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        _ = person.here


def test_a_session_ends_after_twelve_hours(world: World, person: Person) -> None:
    for _ in range(23):
        world.passes(timedelta(minutes=30))
        _ = person.here
    world.passes(timedelta(minutes=30))
    with pytest.raises(Unauthenticated):
        _ = person.here


@pytest.mark.parametrize("cookie", ["", "a" * 52, "é", "\ud800", "a" * 100_000], ids=lambda text: text[:3])
def test_no_other_cookie_is_a_session(world: World, person: Person, cookie: str) -> None:
    for text in (cookie, person.cookie.upper(), person.cookie + " ", person.here.session.id):
        with pytest.raises(Unauthenticated) as refused:
            by_session(world.identity, text)
        assert str(refused.value) == SAME


def test_confirms_for_ten_minutes(world: World, person: Person) -> None:
    def decide() -> None:
        require(person.caller, Action.MEMBER_MANAGE, Target(owner=person.caller.organisation))

    decide()
    world.passes(timedelta(minutes=10, seconds=1))
    with pytest.raises(Unconfirmed):
        decide()
    asked = step_up_begin(world.identity, person.here)
    step_up_complete(world.identity, person.here, asked.handle, person.device.get(asked.options))
    decide()


def test_confirms_with_ones_own_passkey_in_the_same_session_only(world: World, person: Person) -> None:
    other = world.person(person.caller.organisation, Role.PROVIDER_MEMBER)
    asked = step_up_begin(world.identity, person.here)
    answer = other.device.get(login_begin(world.identity).options, Wrong(challenge=b""))
    with pytest.raises(Unauthenticated):
        step_up_complete(world.identity, person.here, asked.handle, answer)
    asked = step_up_begin(world.identity, person.here)
    forged = other.device.get(
        asked.options.replace(person.device.ids[0].encode(), other.device.ids[0].encode())
    )
    with pytest.raises(Unauthenticated):
        step_up_complete(world.identity, person.here, asked.handle, forged)
    asked = step_up_begin(world.identity, other.here)
    with pytest.raises(Unauthenticated):
        step_up_complete(
            world.identity, person.here, asked.handle, person.device.get(login_begin(world.identity).options)
        )
    login = login_begin(world.identity)
    with pytest.raises(Unauthenticated):
        step_up_complete(world.identity, person.here, login.handle, person.device.get(login.options))
    _ = person.here


def test_what_adds_a_passkey_confirms_nothing(world: World, person: Person) -> None:
    asked = add_passkey_begin(world.identity, person.here)
    with pytest.raises(Unauthenticated):
        step_up_complete(world.identity, person.here, asked.handle, person.device.get(asked.options))


def test_a_confirmation_is_no_login(world: World, person: Person) -> None:
    asked = step_up_begin(world.identity, person.here)
    with pytest.raises(Unauthenticated):
        login_complete(world.identity, asked.handle, person.device.get(asked.options))


def test_logs_out(world: World, person: Person) -> None:
    session = person.here.session
    logout(world.identity, session)
    logout(world.identity, session)
    with pytest.raises(Unauthenticated):
        _ = person.here


def test_ends_its_other_sessions(world: World, person: Person) -> None:
    cookies = [person.cookie, person.comes_in().cookie, person.comes_in().cookie]
    stranger = world.person(person.caller.organisation, Role.PROVIDER_ADMIN)
    assert len(own_sessions(world.identity, person.caller)) == 3
    here = person.here
    with pytest.raises(Hidden):
        end_session(world.identity, stranger.caller, here.session.id)
    with pytest.raises(Hidden):
        end_session(world.identity, person.caller, "nothing")
    end_session(world.identity, person.caller, by_session(world.identity, cookies[0]).session.id)
    assert len(own_sessions(world.identity, person.caller)) == 2
    end_other_sessions(world.identity, person.caller, here.session)
    assert [one.id for one in own_sessions(world.identity, person.caller)] == [here.session.id]
    with pytest.raises(Hidden):
        end_other_sessions(world.identity, stranger.caller, here.session)


def test_a_form_belongs_to_its_session(world: World, person: Person) -> None:
    first = person.here.session
    person.comes_in()
    check_csrf(first, first.csrf)
    for given in ("", "é", "\ud800", person.here.session.csrf, first.csrf + " "):
        with pytest.raises(Forbidden, match="load the page again"):
            check_csrf(first, given)


def test_adds_and_removes_passkeys(world: World, person: Person) -> None:
    (first,) = own_passkeys(world.identity, person.caller)
    with pytest.raises(Refused, match="only passkey"):
        remove_passkey(world.identity, person.caller, first.id)
    asked = add_passkey_begin(world.identity, person.here)
    assert first.id.encode() in asked.options
    phone = Authenticator()
    added = add_passkey_complete(
        world.identity, person.here, asked.handle, phone.create(asked.options), "phone"
    )
    assert (added.account, added.label) == (person.account, "phone")
    remove_passkey(world.identity, person.caller, first.id)
    with pytest.raises(Unauthenticated):
        person.comes_in()
    person.device = phone
    person.comes_in()
    assert world.events[-2:] == ["passkey.added", "passkey.removed"]


def test_passkeys_change_after_confirmation_only(world: World, person: Person) -> None:
    asked = add_passkey_begin(world.identity, person.here)
    world.passes(timedelta(minutes=10, seconds=1))
    with pytest.raises(Unconfirmed):
        add_passkey_begin(world.identity, person.here)
    with pytest.raises(Unconfirmed):
        add_passkey_complete(world.identity, person.here, asked.handle, b"", "x")
    with pytest.raises(Unconfirmed):
        remove_passkey(world.identity, person.caller, person.device.ids[0])


def test_a_passkey_is_added_in_the_session_that_asked(world: World, person: Person) -> None:
    other = world.person(person.caller.organisation, Role.PROVIDER_ADMIN)
    asked = add_passkey_begin(world.identity, person.here)
    answer = Authenticator().create(asked.options)
    with pytest.raises(Unauthenticated):
        add_passkey_complete(world.identity, other.here, asked.handle, answer, "x")
    with pytest.raises(Hidden):
        remove_passkey(world.identity, other.caller, person.device.ids[0])


def test_an_account_has_so_many_passkeys(world: World, person: Person) -> None:
    for _ in range(world.identity.limits.passkeys - 1):
        asked = add_passkey_begin(world.identity, person.here)
        add_passkey_complete(
            world.identity, person.here, asked.handle, Authenticator().create(asked.options), "x"
        )
    with pytest.raises(Refused, match="at most 20"):
        add_passkey_begin(world.identity, person.here)
