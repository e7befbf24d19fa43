"""API tokens: what they look like, what they are good for, and when no more."""

from datetime import timedelta

import msgspec
import pytest
from tests.support.identities import Person, World

from assay.errors import Forbidden, Hidden, Malformed, Refused, Unauthenticated, Unconfirmed
from assay.formats.api_token import ApiTokenText, checksum
from assay.office.identity.authenticate import by_token
from assay.office.identity.members import give_roles
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import restore_organisation, suspend_organisation
from assay.office.identity.token import ApiToken
from assay.office.identity.tokens import (
    MadeToken,
    make_own_token,
    make_service_token,
    own_tokens,
    revoke_token,
    service_tokens,
)
from assay.office.permissions import Action, Role, Target, may

SAME = "not logged in: what was shown is not valid here, or not any more"
READ = frozenset({Action.SUBMISSION_READ})
LONG = timedelta(days=90)


def own(world: World, person: Person, lasting: timedelta = LONG) -> MadeToken:
    return make_own_token(world.identity, person.caller, "laptop", READ, lasting)


def test_a_token_is_its_maker_narrowed(world: World, person: Person) -> None:
    made = own(world, person)
    caller = by_token(world.identity, made.text)
    assert (caller.id, caller.account, caller.organisation) == (
        f"token:{made.token.id}", person.account, person.caller.organisation,
    )  # fmt: skip
    assert caller.roles == {Role.PROVIDER_ADMIN}
    assert (caller.scopes, caller.stepped_up) == (READ, None)
    mine, theirs = Target(owner=caller.organisation), Target(owner="other")
    assert may(caller, Action.SUBMISSION_READ, mine)
    assert not may(caller, Action.SUBMISSION_READ, theirs)
    assert not may(caller, Action.SUBMISSION_CREATE, mine)


def test_the_secret_is_not_kept(world: World, person: Person) -> None:
    made = own(world, person)
    secret = ApiTokenText.parse(made.text).secret
    assert secret in made.text
    assert secret not in world.dump()
    assert person.cookie not in world.dump()


def broken(text: str) -> list[str]:
    token = ApiTokenText.parse(text)
    other = "b" if token.secret[0] == "a" else "a"
    return [
        "",
        "assay_",
        token.secret,
        text + "\n",
        text.upper(),
        text[:-1],
        text[:-8] + "00000000",
        text.replace("assay_", "assay-", 1),
        ApiTokenText(token.id, other + token.secret[1:]).encode(),
        ApiTokenText("a" * 16, token.secret).encode(),
        "é" + text,
    ]


def test_nothing_but_the_token_is_let_in(world: World, person: Person) -> None:
    made = own(world, person)
    by_token(world.identity, made.text)
    for text in broken(made.text):
        with pytest.raises(Unauthenticated) as refused:
            by_token(world.identity, text)
        assert str(refused.value) == SAME


def test_the_form_is_checked_and_never_shown() -> None:
    token = ApiTokenText("a" * 16, "b" * 52)
    text = token.encode()
    assert ApiTokenText.parse(text) == token
    assert text == f"assay_{'a' * 16}_{'b' * 52}_{checksum(text[:-9])}"
    for other in (
        text[:-1] + ("0" if text[-1] != "0" else "1"),
        text.replace("b", "1", 1),
        "x" + text,
        text + "0",
    ):
        with pytest.raises(Malformed) as refused:
            ApiTokenText.parse(other)
        assert "bbb" not in str(refused.value)


def test_ends_when_it_expires(world: World, person: Person) -> None:
    made = own(world, person, timedelta(hours=1))
    world.passes(timedelta(minutes=59, seconds=59))
    by_token(world.identity, made.text)
    world.passes(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)


def test_ends_when_it_is_revoked(world: World, person: Person) -> None:
    made = own(world, person)
    revoke_token(world.identity, person.caller, made.token.id)
    revoke_token(world.identity, person.caller, made.token.id)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)
    (kept,) = own_tokens(world.identity, person.caller)
    assert kept.revoked == world.clock.now()


def test_rests_while_its_maker_or_organisation_does(world: World, person: Person) -> None:
    made = own(world, person)
    where = person.caller.organisation
    suspend_organisation(world.identity, world.console, where)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)
    restore_organisation(world.identity, world.console, where)
    by_token(world.identity, made.text)
    world.suspends(person)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)


def test_loses_what_its_maker_loses(world: World, person: Person) -> None:
    made = make_own_token(
        world.identity, person.caller, "audit", frozenset({Action.AUDIT_READ, Action.SUBMISSION_READ}), LONG
    )
    mine = Target(owner=person.caller.organisation)
    assert may(by_token(world.identity, made.text), Action.AUDIT_READ, mine)
    give_roles(world.identity, world.console, person.account, frozenset({Role.PROVIDER_MEMBER}))
    caller = by_token(world.identity, made.text)
    assert not may(caller, Action.AUDIT_READ, mine)
    assert may(caller, Action.SUBMISSION_READ, mine)


def test_knows_when_it_was_used_to_the_hour(world: World, person: Person) -> None:
    made = own(world, person)

    def used() -> object:
        by_token(world.identity, made.text)
        with world.store.read() as rows:
            token = rows.get(ApiToken, made.token.id)
        assert token is not None
        return token.used

    first = world.clock.now()
    assert used() == first
    world.passes(timedelta(minutes=59))
    assert used() == first
    world.passes(timedelta(minutes=1))
    assert used() == world.clock.now()


@pytest.mark.parametrize(
    ("name", "scopes", "lasting", "match"),
    [
        ("", READ, LONG, "expected 1 to 200"),
        ("x", frozenset[Action](), LONG, "no scope"),
        ("x", READ | {Action.MEMBER_MANAGE}, LONG, "takes a person"),
        ("x", READ | {Action.SESSION_MANAGE_OWN}, LONG, "takes a person"),
        ("x", READ | {Action.QUEUE_READ}, LONG, "queue.read: beyond provider-admin"),
        ("x", READ, LONG + timedelta(seconds=1), "up to 90 days"),
        ("x", READ, timedelta(), "up to 90 days"),
        ("x", READ, -timedelta(days=1), "up to 90 days"),
    ],
)
def test_makes_no_other_token(
    world: World, person: Person, name: str, scopes: frozenset[Action], lasting: timedelta, match: str
) -> None:
    with pytest.raises((Refused, Malformed), match=match):
        make_own_token(world.identity, person.caller, name, scopes, lasting)
    assert own_tokens(world.identity, person.caller) == ()


def test_a_token_makes_no_token(world: World, person: Person) -> None:
    caller = by_token(world.identity, own(world, person).text)
    with pytest.raises(Forbidden):
        make_own_token(world.identity, caller, "x", READ, LONG)
    with pytest.raises(Forbidden):
        own_tokens(world.identity, caller)
    everything = msgspec.structs.replace(caller, scopes=frozenset(Action))
    with pytest.raises(Forbidden):
        make_own_token(world.identity, everything, "x", READ, LONG)


def test_making_asks_for_confirmation(world: World, person: Person) -> None:
    world.passes(timedelta(minutes=11))
    with pytest.raises(Unconfirmed):
        own(world, person)
    with pytest.raises(Unconfirmed):
        make_service_token(world.identity, person.caller, person.caller.organisation, "ci", READ, LONG)


def test_an_account_has_so_many_tokens(world: World, person: Person) -> None:
    made = [own(world, person) for _ in range(world.identity.limits.tokens)]
    with pytest.raises(Refused, match="50 tokens already"):
        own(world, person)
    revoke_token(world.identity, person.caller, made[0].token.id)
    own(world, person)


@pytest.mark.parametrize(
    ("kind", "role", "scope", "beyond"),
    [
        (Kind.PROVIDER, Role.CI, Action.SUBMISSION_CREATE, Action.RESPONSE_WRITE),
        (Kind.AUTHORITY, Role.AUDITOR, Action.AUDIT_READ, Action.CASE_READ),
        (Kind.RELYING_PARTY, Role.RELYING_PARTY_MEMBER, Action.INVENTORY_WRITE, Action.SUBMISSION_CREATE),
        (Kind.ASSESSOR, Role.ASSESSOR, Action.ASSESSMENT_ATTACH, Action.INVENTORY_WRITE),
    ],
)
def test_an_organisation_has_tokens_of_its_own(
    world: World, kind: Kind, role: Role, scope: Action, beyond: Action
) -> None:
    where = world.organisation("Some", kind).id
    made = make_service_token(world.identity, world.console, where, "machine", frozenset({scope}), LONG)
    caller = by_token(world.identity, made.text)
    assert (caller.account, caller.organisation, set(caller.roles)) == ("", where, {role})
    with pytest.raises(Refused, match=f"beyond {role}"):
        make_service_token(world.identity, world.console, where, "machine", frozenset({beyond}), LONG)
    assert [one.id for one in service_tokens(world.identity, world.console, where)] == [made.token.id]
    suspend_organisation(world.identity, world.console, where)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)
    with pytest.raises(Refused, match="suspended"):
        make_service_token(world.identity, world.console, where, "machine", frozenset({scope}), LONG)


def test_another_tenant_sees_and_revokes_nothing(world: World, person: Person) -> None:
    stranger = world.person(world.organisation("Harbour", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
    mine = own(world, person)
    where = person.caller.organisation
    service = make_service_token(world.identity, person.caller, where, "ci", READ, LONG)
    for token in (mine.token.id, service.token.id, "a" * 16):
        with pytest.raises(Hidden):
            revoke_token(world.identity, stranger.caller, token)
    with pytest.raises(Hidden):
        service_tokens(world.identity, stranger.caller, where)
    with pytest.raises(Hidden):
        make_service_token(world.identity, stranger.caller, where, "ci", READ, LONG)
    assert own_tokens(world.identity, stranger.caller) == ()
    revoke_token(world.identity, world.console, mine.token.id)
    revoke_token(world.identity, person.caller, service.token.id)
