"""What providers sign with."""

import msgspec
import pytest
from tests.support.identities import PROVIDERS, Person, World
from tests.support.signing import pair, signer, trust_root

from assay.errors import Duplicate, Forbidden, Hidden, Malformed, Refused, Untrusted
from assay.office.identity.organisation import Kind
from assay.office.identity.organisations import let_speak_for, suspend_organisation
from assay.office.identity.signers import (
    check_may_submit,
    end_signer,
    offer_signer,
    signers,
    trusting,
    verify_signer,
)
from assay.office.permissions import Role
from assay.trust.root import TrustRoot

MINE = signer("lighthouse", providers=PROVIDERS)
EMPTY = TrustRoot()


@pytest.fixture
def world() -> World:
    made = World()
    made.administrator()
    return made


@pytest.fixture
def person(world: World) -> Person:
    return world.person(world.organisation("Lighthouse", Kind.PROVIDER, *PROVIDERS).id, Role.PROVIDER_ADMIN)


def test_an_offered_signer_counts_once_it_is_verified(world: World, person: Person) -> None:
    where = person.caller.organisation
    offered = offer_signer(world.identity, person.caller, where, trust_root(MINE).encode())
    assert not offered.counts
    assert trusting(world.identity, EMPTY) == EMPTY
    with pytest.raises(Untrusted, match="no verified signer"):
        check_may_submit(world.identity, where, PROVIDERS[0], "lighthouse")
    verified = verify_signer(world.identity, world.console, offered.id)
    assert verified.counts
    assert trusting(world.identity, EMPTY) == TrustRoot(signers=(MINE,))
    check_may_submit(world.identity, where, PROVIDERS[0], "lighthouse")
    assert signers(world.identity, person.caller, where) == (verified,)
    end_signer(world.identity, person.caller, offered.id)
    assert trusting(world.identity, EMPTY) == EMPTY
    with pytest.raises(Untrusted):
        check_may_submit(world.identity, where, PROVIDERS[0], "lighthouse")
    with pytest.raises(Refused, match="offered again"):
        verify_signer(world.identity, world.console, offered.id)
    offer_signer(world.identity, person.caller, where, trust_root(MINE).encode())


def test_what_a_key_export_offers_may_bind_once_it_is_verified(world: World, person: Person) -> None:
    """`assay key export` gives a record without authority: nobody grants that to oneself."""
    plain = msgspec.structs.replace(MINE, authority=False)
    offered = offer_signer(
        world.identity, person.caller, person.caller.organisation, trust_root(plain).encode()
    )
    verify_signer(world.identity, world.console, offered.id)
    assert trusting(world.identity, EMPTY) == TrustRoot(signers=(MINE,))


def test_an_organisation_submits_for_its_providers_with_its_signers(world: World, person: Person) -> None:
    where = person.caller.organisation
    offered = offer_signer(world.identity, person.caller, where, trust_root(MINE).encode())
    verify_signer(world.identity, world.console, offered.id)
    other = world.organisation("Harbour", Kind.PROVIDER, "Harbour")
    for key, provider, name in (
        (where, "Harbour", "lighthouse"),
        (where, PROVIDERS[0].upper(), "lighthouse"),
        (where, PROVIDERS[0], "harbour"),
        (where, PROVIDERS[0], ""),
        (other.id, PROVIDERS[0], "lighthouse"),
        (other.id, "Harbour", "lighthouse"),
        ("nobody", PROVIDERS[0], "lighthouse"),
    ):
        with pytest.raises(Untrusted):
            check_may_submit(world.identity, key, provider, name)
    suspend_organisation(world.identity, world.console, where)
    with pytest.raises(Untrusted):
        check_may_submit(world.identity, where, PROVIDERS[0], "lighthouse")
    assert trusting(world.identity, EMPTY) == EMPTY


def test_a_signer_signs_for_what_its_organisation_speaks_for_now(world: World, person: Person) -> None:
    where = person.caller.organisation
    offered = offer_signer(world.identity, person.caller, where, trust_root(MINE).encode())
    verify_signer(world.identity, world.console, offered.id)
    let_speak_for(world.identity, world.console, where, PROVIDERS[1:])
    (found,) = trusting(world.identity, EMPTY).signers
    assert found.providers == PROVIDERS[1:]
    let_speak_for(world.identity, world.console, where, [])
    assert trusting(world.identity, EMPTY) == EMPTY


@pytest.mark.parametrize(
    ("record", "error"),
    [
        pytest.param(b"", Malformed, id="nothing"),
        pytest.param(EMPTY.encode(), Malformed, id="no signer"),
        pytest.param(trust_root(MINE, signer("other")).encode(), Malformed, id="two signers"),
        pytest.param(
            trust_root(signer("a", "office", providers=PROVIDERS)).encode(), Refused, id="an office's"
        ),
        pytest.param(
            trust_root(signer("a", "provider", "log", providers=PROVIDERS)).encode(),
            Refused,
            id="a log's too",
        ),
        pytest.param(trust_root(signer("a", providers=())).encode(), Refused, id="for everybody"),
        pytest.param(
            trust_root(signer("a", providers=(*PROVIDERS, "Harbour"))).encode(), Refused, id="for others too"
        ),
        pytest.param(trust_root(msgspec.structs.replace(MINE, trial=True)).encode(), Refused, id="a trial's"),
    ],
)
def test_nothing_else_is_offered(world: World, person: Person, record: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        offer_signer(world.identity, person.caller, person.caller.organisation, record)


def test_nobody_offers_what_is_somebody_elses(world: World, person: Person) -> None:
    offer_signer(world.identity, person.caller, person.caller.organisation, trust_root(MINE).encode())
    other = world.person(world.organisation("Harbour", Kind.PROVIDER, "Harbour").id, Role.PROVIDER_ADMIN)
    for record in (
        signer("lighthouse", keys=pair("x"), providers=("Harbour",)),
        signer("x", keys=pair("lighthouse"), providers=("Harbour",)),
    ):
        with pytest.raises(Duplicate, match="offered before"):
            offer_signer(world.identity, other.caller, other.caller.organisation, trust_root(record).encode())


def test_the_offices_own_trust_goes_first(world: World, person: Person) -> None:
    offered = offer_signer(
        world.identity, person.caller, person.caller.organisation, trust_root(MINE).encode()
    )
    verify_signer(world.identity, world.console, offered.id)
    for own in (signer("lighthouse", keys=pair("x")), signer("x", keys=pair("lighthouse"))):
        assert trusting(world.identity, trust_root(own)) == trust_root(own)


def test_another_tenant_and_the_offerer_verify_and_end_nothing(world: World, person: Person) -> None:
    offered = offer_signer(
        world.identity, person.caller, person.caller.organisation, trust_root(MINE).encode()
    )
    stranger = world.person(world.organisation("Harbour", Kind.PROVIDER).id, Role.PROVIDER_ADMIN)
    for caller in (person.caller, stranger.caller):
        with pytest.raises(Forbidden):
            verify_signer(world.identity, caller, offered.id)
    with pytest.raises(Forbidden):
        end_signer(world.identity, stranger.caller, offered.id)
    with pytest.raises(Hidden):
        signers(world.identity, stranger.caller, person.caller.organisation)
    with pytest.raises(Hidden):
        offer_signer(world.identity, stranger.caller, person.caller.organisation, trust_root(MINE).encode())
    with pytest.raises(Hidden):
        verify_signer(world.identity, world.console, "nothing")
