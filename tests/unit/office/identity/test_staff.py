"""Coming in by one's organisation's own login."""

from datetime import datetime, timedelta

import msgspec
import pytest
from tests.support.identities import NOW, Person, World

from assay.errors import Duplicate, Refused, Unauthenticated, Unavailable, Unconfirmed, Untrusted
from assay.office.identity.authenticate import by_session
from assay.office.identity.login import login_begin
from assay.office.identity.organisation import Kind
from assay.office.identity.ports import Claims
from assay.office.identity.recovery import approve_recovery, start_recovery
from assay.office.identity.staff import (
    Leaving,
    link_begin,
    link_complete,
    staff_begin,
    staff_complete,
    unlink,
)
from assay.office.permissions import Action, Role, Target, require

ISSUER = "https://login.example"


class Login:
    """An issuer where ``ada`` logs in with the code ``ada``, once for each time the browser was sent."""

    def __init__(self) -> None:
        self.sent: dict[str, tuple[str, str]] = {}
        self.down = False

    def issuers(self) -> tuple[str, ...]:
        return (ISSUER,)

    def address(self, issuer: str, *, state: str, nonce: str, verifier: str) -> str:
        assert len({state, nonce, verifier}) == 3
        self.sent[verifier] = (state, nonce)
        return f"{issuer}/?{state}"

    def redeem(self, issuer: str, code: str, *, verifier: str, now: datetime) -> Claims:
        if self.down:
            raise Unavailable("nobody there")
        if verifier not in self.sent or not code:
            raise Untrusted("no such code")
        _, nonce = self.sent.pop(verifier)
        return Claims(
            issuer=issuer,
            subject=code,
            audiences=("office",),
            expires=now + timedelta(minutes=5),
            nonce=nonce,
            values={},
        )


class Forgetful(Login):
    def redeem(self, issuer: str, code: str, *, verifier: str, now: datetime) -> Claims:
        claims = super().redeem(issuer, code, verifier=verifier, now=now)
        return msgspec.structs.replace(claims, nonce="")


@pytest.fixture
def world() -> World:
    made = World()
    made.identity = msgspec.structs.replace(made.identity, staff=Login())
    made.administrator()
    return made


@pytest.fixture
def person(world: World) -> Person:
    return world.person(world.organisation("Lighthouse", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)


def state(leaving: Leaving) -> str:
    return leaving.address.partition("?")[2]


def link(world: World, person: Person, code: str = "ada") -> None:
    gone = link_begin(world.identity, person.here, ISSUER)
    link_complete(world.identity, person.here, gone.handle, state(gone), code)


def test_a_linked_account_comes_in_and_has_confirmed_nothing(world: World, person: Person) -> None:
    link(world, person)
    gone = staff_begin(world.identity, ISSUER)
    entered = staff_complete(world.identity, gone.handle, state(gone), "ada")
    caller = by_session(world.identity, entered.cookie).caller
    assert (caller.account, caller.confirmed) == (person.account, False)
    with pytest.raises(Unconfirmed):
        require(caller, Action.MEMBER_MANAGE, Target(owner=caller.organisation))


def test_nobody_else_comes_in(world: World, person: Person) -> None:
    link(world, person)
    for code in ("bo", "Ada", ""):
        gone = staff_begin(world.identity, ISSUER)
        with pytest.raises(Unauthenticated):
            staff_complete(world.identity, gone.handle, state(gone), code)


def test_the_browser_comes_back_once_in_time_and_with_its_own_state(world: World, person: Person) -> None:
    link(world, person)
    first, second = staff_begin(world.identity, ISSUER), staff_begin(world.identity, ISSUER)
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, first.handle, state(second), "ada")
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, first.handle, state(first), "ada")
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, "", state(second), "ada")
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, login_begin(world.identity).handle, state(second), "ada")
    late = staff_begin(world.identity, ISSUER)
    world.passes(timedelta(minutes=5))
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, late.handle, state(late), "ada")


def test_an_answer_to_another_question_is_refused(world: World, person: Person) -> None:
    link(world, person)
    identity = msgspec.structs.replace(world.identity, staff=Forgetful())
    gone = staff_begin(identity, ISSUER)
    with pytest.raises(Unauthenticated):
        staff_complete(identity, gone.handle, state(gone), "ada")


def test_an_issuer_that_does_not_answer_is_no_refusal(world: World, person: Person) -> None:
    gone = staff_begin(world.identity, ISSUER)
    assert isinstance(world.identity.staff, Login)
    world.identity.staff.down = True
    with pytest.raises(Unavailable):
        staff_complete(world.identity, gone.handle, state(gone), "ada")


def test_a_login_is_one_accounts(world: World, person: Person) -> None:
    other = world.person(person.caller.organisation, Role.PROVIDER_MEMBER)
    link(world, person)
    link(world, person)
    with pytest.raises(Duplicate):
        link(world, other)
    assert unlink(world.identity, person.here).subject == ""
    link(world, other)
    assert [one for one in world.events if one.startswith("account.") and "link" in one] == [
        "account.linked", "account.linked", "account.unlinked", "account.linked",
    ]  # fmt: skip


def test_linking_takes_ones_own_confirmed_session(world: World, person: Person) -> None:
    other = world.person(person.caller.organisation, Role.PROVIDER_MEMBER)
    gone = link_begin(world.identity, person.here, ISSUER)
    with pytest.raises(Unauthenticated):
        link_complete(world.identity, other.here, gone.handle, state(gone), "ada")
    gone = staff_begin(world.identity, ISSUER)
    with pytest.raises(Unauthenticated):
        link_complete(world.identity, person.here, gone.handle, state(gone), "ada")
    gone = link_begin(world.identity, person.here, ISSUER)
    with pytest.raises(Unauthenticated):
        staff_complete(world.identity, gone.handle, state(gone), "ada")
    world.passes(timedelta(minutes=11))
    for act in (
        lambda: link_begin(world.identity, person.here, ISSUER),
        lambda: unlink(world.identity, person.here),
    ):
        with pytest.raises(Unconfirmed):
            act()


def test_the_link_ends_with_a_suspension_and_with_lost_keys(world: World, person: Person) -> None:
    two = world.person(world.organisation("Harbour", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
    link(world, person, "ada")
    link(world, two, "bo")
    world.suspends(person)
    admin = world.person(_office(world), Role.ADMINISTRATOR)
    started = start_recovery(world.identity, world.console, two.account, "lost")
    world.enrols(approve_recovery(world.identity, admin.caller, started.id).link)
    for code in ("ada", "bo"):
        gone = staff_begin(world.identity, ISSUER)
        with pytest.raises(Unauthenticated):
            staff_complete(world.identity, gone.handle, state(gone), code)


def _office(world: World) -> str:
    from assay.office.identity.organisations import organisations

    return next(one.id for one in organisations(world.identity, world.console) if one.kind is Kind.AUTHORITY)


def test_only_where_the_office_says(world: World, person: Person) -> None:
    with pytest.raises(Refused, match="nobody logs in here"):
        staff_begin(world.identity, "https://evil.example")
    plain = msgspec.structs.replace(world.identity, staff=None)
    with pytest.raises(Refused, match="passkeys only"):
        staff_begin(plain, ISSUER)
    assert world.clock.now() == NOW
