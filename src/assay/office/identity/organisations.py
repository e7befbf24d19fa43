"""See, add and suspend organisations, and say which providers they speak for."""

import unicodedata
from collections.abc import Iterable

import msgspec

from assay.errors import Duplicate, Refused
from assay.office.identity import checked, look
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Kind, Organisation, Status
from assay.office.identity.ports import Changing, Identities, Reading
from assay.office.identity.trail import Event
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, require, visible

MAX_NAMES = 1_000
SPEAKING = frozenset({Kind.PROVIDER, Kind.ASSESSOR})
"""What an organisation is that submits for providers: itself one, or one that assesses them."""


def organisations(identity: Identity, caller: Caller) -> tuple[Organisation, ...]:
    """Those that the caller sees."""
    seen = visible(caller, Action.ORGANISATION_READ)
    with identity.identities.read() as rows:
        if seen.everything:
            return rows.find(Organisation)
        own = rows.get(Organisation, seen.owner) if seen.owner else None
    return () if own is None else (own,)


def organisation(identity: Identity, caller: Caller, key: str) -> Organisation:
    with identity.identities.read() as rows:
        return look.organisation(rows, caller, Action.ORGANISATION_READ, key)


def add_organisation(
    identity: Identity, caller: Caller, name: str, kind: Kind, speaks_for: Iterable[str] = ()
) -> Organisation:
    require(caller, Action.ORGANISATION_MANAGE, Target.office())
    made = Organisation(id=identifier(identity.entropy), name=checked.name(name, what="name"), kind=kind)
    with identity.identities.change() as rows:
        made = msgspec.structs.replace(made, speaks_for=_speaks_for(rows, made, speaks_for))
        if any(_folded(one.name) == _folded(name) for one in rows.find(Organisation)):
            raise Duplicate(f"there is an organisation called {name!r} already")
        rows.add(made)
        _note(identity, rows, caller, made, "organisation.added", kind)
    return made


def let_speak_for(identity: Identity, caller: Caller, key: str, speaks_for: Iterable[str]) -> Organisation:
    """In the place of the providers that it spoke for."""
    with identity.identities.change() as rows:
        found = look.organisation(rows, caller, Action.ORGANISATION_MANAGE, key)
        changed = msgspec.structs.replace(found, speaks_for=_speaks_for(rows, found, speaks_for))
        rows.put(changed)
        _note(identity, rows, caller, changed, "organisation.speaks_for")
    return changed


def let_be_named(
    identity: Identity, caller: Caller, key: str, identifiers: Iterable[tuple[str, str]]
) -> Organisation:
    """By which customer lists name it, in the place of those before. Each is one organisation's: it shows it cases."""
    with identity.identities.change() as rows:
        found = look.organisation(rows, caller, Action.ORGANISATION_MANAGE, key)
        changed = msgspec.structs.replace(found, identifiers=_identifiers(rows, found, identifiers))
        rows.put(changed)
        _note(identity, rows, caller, changed, "organisation.identifiers")
    return changed


def named(identities: Identities, identifiers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Ids of the organisations that have one of *identifiers*, sorted."""
    wanted = {_identifier(one) for one in identifiers}
    if not wanted:
        return ()
    with identities.read() as rows:
        found = [
            one.id
            for one in rows.find(Organisation)
            if wanted & {_identifier(own) for own in one.identifiers}
        ]
    return tuple(sorted(found))


def suspend_organisation(identity: Identity, caller: Caller, key: str) -> Organisation:
    """Nobody of it comes in any more, and its CI neither, until it is restored."""
    with identity.identities.change() as rows:
        found = look.organisation(rows, caller, Action.ORGANISATION_MANAGE, key)
        changed = _standing(identity, rows, caller, found, Status.SUSPENDED)
        if not look.administrators(rows):
            raise Refused("the office would have no administrator left")
    return changed


def restore_organisation(identity: Identity, caller: Caller, key: str) -> Organisation:
    with identity.identities.change() as rows:
        found = look.organisation(rows, caller, Action.ORGANISATION_MANAGE, key)
        return _standing(identity, rows, caller, found, Status.ACTIVE)


def speaker(identity: Identity, provider: str) -> Organisation | None:
    """The organisation that speaks for *provider*, as an attestation names it."""
    with identity.identities.read() as rows:
        found = [one for one in rows.find(Organisation, kind=Kind.PROVIDER) if provider in one.speaks_for]
    return found[0] if found else None


def _standing(
    identity: Identity, rows: Changing, caller: Caller, found: Organisation, status: Status
) -> Organisation:
    changed = msgspec.structs.replace(found, status=status)
    rows.put(changed)
    _note(identity, rows, caller, changed, f"organisation.{status}")
    return changed


def _speaks_for(rows: Reading, by: Organisation, names: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(checked.name(one, what="name of the provider") for one in names))
    if found and by.kind not in SPEAKING:
        raise Refused(f"an organisation of kind {by.kind} speaks for no provider")
    if len(found) > MAX_NAMES:
        raise Refused(f"{len(found)} providers, over {MAX_NAMES}")
    if by.kind is not Kind.PROVIDER:
        return found  # it attests for them; that they are its own only a provider says
    taken = {
        _folded(name): other
        for other in rows.find(Organisation, kind=Kind.PROVIDER)
        if other.id != by.id
        for name in other.speaks_for
    }
    for name in found:
        if _folded(name) in taken:
            raise Duplicate(f"{taken[_folded(name)].name!r} speaks for {name!r} already")
    return found


def _identifiers(
    rows: Reading, of: Organisation, given: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    found = tuple(
        dict.fromkeys((checked.name(scheme, what="scheme"), checked.name(value, what="identifier")) for scheme, value in given)
    )  # fmt: skip
    if len(found) > MAX_NAMES:
        raise Refused(f"{len(found)} identifiers, over {MAX_NAMES}")
    others = [one for one in rows.find(Organisation) if one.id != of.id]
    taken = {_identifier(own): one for one in others for own in one.identifiers}
    for one in found:
        if _identifier(one) in taken:
            raise Duplicate(f"{taken[_identifier(one)].name!r} is {one[0]} {one[1]!r} already")
    return found


def _identifier(one: tuple[str, str]) -> tuple[str, str]:
    return _folded(one[0]), _folded(one[1])


def _folded(name: str) -> str:
    """Names that look the same are the same."""
    return unicodedata.normalize("NFKC", name).casefold()


def _note(
    identity: Identity, rows: Changing, caller: Caller, found: Organisation, action: str, detail: str = ""
) -> None:
    rows.note(
        Event(
            at=identity.clock.now(),
            actor=caller.id,
            action=action,
            organisation=found.id,
            subject=found.id,
            detail=detail,
        )
    )
