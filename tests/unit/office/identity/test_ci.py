"""CI jobs: whose identity tokens are exchanged for what."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.identities import Person, World

from assay.errors import Forbidden, Hidden, Malformed, Refused, Unauthenticated, Unavailable
from assay.office.identity.authenticate import by_token
from assay.office.identity.ci import CI_SCOPES, add_rule, exchange, remove_rule, rules
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import suspend_organisation
from assay.office.identity.ports import Claims
from assay.office.identity.token import OidcRule
from assay.office.identity.tokens import service_tokens
from assay.office.permissions import Action, Role, Target, may

ISSUER, AUDIENCE = "https://ci.example", "https://office.example"
CLAIMS = {"repository": "lighthouse/lantern", "ref": "refs/heads/main"}


def rule(
    world: World, person: Person, claims: Mapping[str, str] = CLAIMS, audience: str = AUDIENCE
) -> OidcRule:
    return add_rule(
        world.identity,
        person.caller,
        person.caller.organisation,
        issuer=ISSUER,
        audience=audience,
        claims=claims,
    )


def job(world: World, token: str = "job", **changed: Any) -> str:
    """An identity token that the issuer vouches for."""
    said = Claims(
        issuer=ISSUER, subject="repo:lighthouse/lantern", audiences=(AUDIENCE,), id=token,
        expires=world.clock.now() + timedelta(minutes=10), values=CLAIMS | {"event_name": "push"},
    )  # fmt: skip
    world.issuers.said[token] = msgspec.structs.replace(said, **changed)
    return token


def test_a_job_gets_a_short_lived_token_of_its_provider(world: World, person: Person) -> None:
    made = rule(world, person)
    given = exchange(world.identity, job(world))
    caller = by_token(world.identity, given.text)
    assert (caller.account, caller.organisation, set(caller.roles)) == (
        "",
        person.caller.organisation,
        {Role.CI},
    )
    assert caller.scopes == CI_SCOPES
    assert may(caller, Action.SUBMISSION_CREATE, Target(owner=caller.organisation))
    assert not may(caller, Action.RESPONSE_WRITE, Target(owner=caller.organisation))
    assert (given.token.rule, given.token.made_by) == (made.id, f"oidc:{made.id}")
    world.passes(timedelta(minutes=15))
    with pytest.raises(Unauthenticated):
        by_token(world.identity, given.text)


def test_an_identity_token_is_exchanged_once(world: World, person: Person) -> None:
    rule(world, person)
    exchange(world.identity, job(world))
    with pytest.raises(Unauthenticated):
        exchange(world.identity, "job")
    exchange(world.identity, job(world, "job without id", id=""))
    with pytest.raises(Unauthenticated):
        exchange(world.identity, "job without id")
    exchange(world.identity, job(world, "another job"))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"issuer": "https://other.example"}, id="issuer"),
        pytest.param({"audiences": ("https://other.example",)}, id="audience"),
        pytest.param({"audiences": ()}, id="no audience"),
        pytest.param({"values": {}}, id="no claims"),
        pytest.param({"values": {"repository": "lighthouse/lantern"}}, id="a claim less"),
        pytest.param({"values": CLAIMS | {"ref": "refs/heads/other"}}, id="another branch"),
        pytest.param({"values": CLAIMS | {"ref": "refs/heads/main2"}}, id="a longer branch"),
        pytest.param({"values": CLAIMS | {"repository": "Lighthouse/lantern"}}, id="other letters"),
        pytest.param({"values": CLAIMS | {"repository": "lighthouse/lantern-fork"}}, id="a fork"),
    ],
)
def test_no_other_job_gets_one(world: World, person: Person, changed: dict[str, Any]) -> None:
    rule(world, person)
    with pytest.raises(Unauthenticated) as refused:
        exchange(world.identity, job(world, **changed))
    assert str(refused.value) == "not logged in: what was shown is not valid here, or not any more"
    exchange(world.identity, job(world))


def test_what_the_issuer_does_not_vouch_for_is_refused(world: World, person: Person) -> None:
    rule(world, person)
    for token in ("", "nothing", job(world, "late", expires=world.clock.now())):
        with pytest.raises(Unauthenticated):
            exchange(world.identity, token)


def test_an_issuer_that_does_not_answer_is_no_refusal(world: World, person: Person) -> None:
    class Silent:
        def verify(self, token: str, now: object) -> Claims:
            raise Unavailable("the issuer's keys are not to be had")

    identity = msgspec.structs.replace(world.identity, issuers=Silent())
    with pytest.raises(Unavailable):
        exchange(identity, "job")


def test_a_job_of_two_providers_says_for_whom(world: World, person: Person) -> None:
    other = world.person(world.organisation("Harbour", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
    rule(world, person)
    rule(world, other, CLAIMS | {"event_name": "push"})
    with pytest.raises(Unauthenticated):
        exchange(world.identity, job(world))
    given = exchange(world.identity, job(world), organisation=other.caller.organisation)
    assert given.token.organisation == other.caller.organisation
    with pytest.raises(Unauthenticated):
        exchange(world.identity, job(world, "next"), organisation="nobody")


def test_nothing_for_a_suspended_provider(world: World, person: Person) -> None:
    rule(world, person)
    given = exchange(world.identity, job(world))
    suspend_organisation(world.identity, world.console, person.caller.organisation)
    with pytest.raises(Unauthenticated):
        exchange(world.identity, job(world, "next"))
    with pytest.raises(Unauthenticated):
        by_token(world.identity, given.text)


def test_a_rule_that_is_removed_takes_its_tokens_along(world: World, person: Person) -> None:
    made = rule(world, person)
    given = exchange(world.identity, job(world))
    assert rules(world.identity, person.caller, person.caller.organisation) == (made,)
    remove_rule(world.identity, person.caller, made.id)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, given.text)
    with pytest.raises(Unauthenticated):
        exchange(world.identity, job(world, "next"))
    with pytest.raises(Hidden):
        remove_rule(world.identity, person.caller, made.id)


def test_tokens_of_jobs_are_swept_when_they_have_expired(world: World, person: Person) -> None:
    rule(world, person)
    exchange(world.identity, job(world))
    where = person.caller.organisation
    assert len(service_tokens(world.identity, person.caller, where)) == 1
    world.passes(timedelta(minutes=15))
    with world.store.change() as rows:
        assert rows.sweep(world.clock.now()) == 2
    assert service_tokens(world.identity, world.console, where) == ()


@pytest.mark.parametrize(
    ("claims", "match"),
    [
        ({}, "name no project"),
        ({"ref": "refs/heads/main"}, "name no project"),
        ({"repository_owner": "lighthouse"}, "name no project"),
        ({"repository": ""}, "claim repository"),
        ({"repository": "a\nb"}, "claim repository"),
        ({"repository": "a", "": "b"}, "name of the claim"),
        ({"repository": "a"} | {f"c{n}": "x" for n in range(16)}, "over 16"),
    ],
)
def test_a_rule_names_a_project(world: World, person: Person, claims: dict[str, str], match: str) -> None:
    with pytest.raises((Refused, Malformed), match=match):
        rule(world, person, claims)


def test_a_rule_gives_nothing_beyond_ci(world: World, person: Person) -> None:
    where = person.caller.organisation
    for scopes in ({Action.RESPONSE_WRITE}, {Action.SUBMISSION_CREATE, Action.MEMBER_MANAGE}):
        with pytest.raises(Refused, match="beyond ci"):
            add_rule(
                world.identity, person.caller, where, issuer=ISSUER, audience=AUDIENCE, claims=CLAIMS,
                scopes=frozenset(scopes),
            )  # fmt: skip
    with pytest.raises(Refused, match="no scope"):
        add_rule(
            world.identity,
            person.caller,
            where,
            issuer=ISSUER,
            audience=AUDIENCE,
            claims=CLAIMS,
            scopes=frozenset(),
        )


@pytest.mark.parametrize(
    ("issuer", "audience", "match"),
    [
        ("https://ci.example/", AUDIENCE, "are not read here; issuers, to the letter: https://ci.example$"),
        ("https://nobody.example", AUDIENCE, "tokens of https://nobody.example are not read"),
        (ISSUER, "https://wrong.example", "those of https://ci.example may be for https://office.example"),
    ],
)
def test_a_rule_that_nothing_can_match_is_refused(
    world: World, person: Person, issuer: str, audience: str, match: str
) -> None:
    with pytest.raises(Refused, match=match):
        add_rule(
            world.identity, person.caller, person.caller.organisation, issuer=issuer, audience=audience, claims=CLAIMS
        )  # fmt: skip
    world.issuers.read = {}
    with pytest.raises(Refused, match="issuers, to the letter: none"):
        rule(world, person)


def test_only_the_provider_and_the_office_make_rules(world: World, person: Person) -> None:
    made = rule(world, person)
    where = person.caller.organisation
    member = world.person(where, Role.PROVIDER_MEMBER)
    stranger = world.person(world.organisation("Harbour", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
    for caller, error in ((member.caller, Forbidden), (stranger.caller, Hidden)):
        with pytest.raises(error):
            add_rule(world.identity, caller, where, issuer=ISSUER, audience=AUDIENCE, claims=CLAIMS)
        with pytest.raises(error):
            remove_rule(world.identity, caller, made.id)
    with pytest.raises(Hidden):
        rules(world.identity, stranger.caller, where)
    bank = world.organisation("Bank", Kind.RELYING_PARTY)
    with pytest.raises(Refused, match="speak for providers"):
        add_rule(world.identity, world.console, bank.id, issuer=ISSUER, audience=AUDIENCE, claims=CLAIMS)
