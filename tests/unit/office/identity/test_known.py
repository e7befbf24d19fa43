"""A token that was read before counts for as long as nothing of it has changed, whoever changes it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from tests.support.identities import Person, World

from assay.errors import Unauthenticated
from assay.office.identity.account import Account
from assay.office.identity.authenticate import by_token
from assay.office.identity.known import Known
from assay.office.identity.organisation import Organisation, Status
from assay.office.identity.ports import Reading
from assay.office.identity.token import ApiToken
from assay.office.identity.tokens import MadeToken, make_own_token
from assay.office.permissions import Action


@pytest.fixture
def made(world: World, person: Person) -> MadeToken:
    return make_own_token(
        world.identity, person.caller, "laptop", frozenset({Action.SUBMISSION_READ}), timedelta(days=1)
    )


Change = Callable[[World, MadeToken, Person], None]


def _revoked(world: World, made: MadeToken, _: Person) -> None:
    with world.identity.identities.change() as rows:
        rows.put(msgspec.structs.replace(made.token, revoked=world.clock.now()))


def _taken(world: World, made: MadeToken, _: Person) -> None:
    with world.identity.identities.change() as rows:
        rows.take(ApiToken, made.token.id)


def _account_ended(world: World, _: MadeToken, person: Person) -> None:
    with world.identity.identities.change() as rows:
        found = rows.get(Account, person.account)
        assert found is not None
        rows.put(msgspec.structs.replace(found, status=Status.SUSPENDED))


def _organisation_ended(world: World, _: MadeToken, person: Person) -> None:
    with world.identity.identities.change() as rows:
        found = rows.get(Organisation, person.caller.organisation)
        assert found is not None
        rows.put(msgspec.structs.replace(found, status=Status.SUSPENDED))


@pytest.mark.parametrize("change", [_revoked, _taken, _account_ended, _organisation_ended])
def test_a_change_past_this_process_counts_from_the_next_request_on(
    world: World, person: Person, made: MadeToken, change: Change
) -> None:
    for _ in range(3):
        by_token(world.identity, made.text)
    change(world, made, person)
    with pytest.raises(Unauthenticated):
        by_token(world.identity, made.text)


class _Counting:
    """Counts what is looked for."""

    def __init__(self, rows: Reading) -> None:
        self.rows, self.looks = rows, 0

    def several(self, kind: type, keys: object, /) -> object:
        self.looks += bool(keys)
        return self.rows.several(kind, keys)  # type: ignore[arg-type]

    def changes(self, *kinds: type) -> int:
        return self.rows.changes(*kinds)


def test_nothing_is_read_twice_without_a_change(world: World, made: MadeToken) -> None:
    known = Known()
    with world.identity.identities.read() as rows:
        counting = _Counting(rows)
        for _ in range(3):
            found = known.look(counting, {made.token.id})  # type: ignore[arg-type]
            assert found.get(ApiToken, made.token.id) == made.token
        assert counting.looks == 3  # a token, its account, and that one's organisation: once each
        known.look(counting, {made.token.id, "unknown"})  # type: ignore[arg-type]
        known.look(counting, {made.token.id, "unknown"})  # type: ignore[arg-type]
        assert counting.looks == 5  # what is not there is looked for each time


def test_many_threads_and_a_change_among_them(world: World, made: MadeToken, person: Person) -> None:
    ended = threading.Event()
    late: list[str] = []

    def ask() -> None:
        for _ in range(200):
            was = ended.is_set()
            try:
                by_token(world.identity, made.text)
            except Unauthenticated:
                continue
            if was:
                late.append("let in after it was revoked")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    _revoked(world, made, person)
    ended.set()
    for one in threads:
        one.join()
    assert late == []
