"""What providers sign with: offered by the provider, counted once the office has verified it."""

from collections.abc import Sequence

import msgspec

from assay.errors import Duplicate, Malformed, Refused, Untrusted
from assay.formats.text import shown
from assay.office.identity import look
from assay.office.identity.identity import Identity
from assay.office.identity.organisation import Organisation, Signer, Status
from assay.office.identity.ports import Changing, Reading
from assay.office.identity.trail import Event
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, hidden, require, require_role
from assay.trust.root import Signer as Trusted
from assay.trust.root import TrustRoot

MAX_SIGNERS = 100
"""Of one organisation."""


class Counting(msgspec.Struct, frozen=True):
    """A signer that counts, and the providers that its organisation speaks for now."""

    signer: Signer
    speaks_for: tuple[str, ...]


def offer_signer(identity: Identity, caller: Caller, organisation: str, record: bytes) -> Signer:
    """*record*: a trust root (docs/formats/trust.md) that holds one signer, for providers, and nothing else."""
    with identity.identities.change() as rows:
        where = look.organisation(rows, caller, Action.KEY_REGISTER, organisation)
        offered = _offered(TrustRoot.parse(record, what="signer record"), where)
        held = [one for one in rows.find(Signer) if one.ended is None]
        _check_new(offered, held)
        if sum(one.organisation == where.id for one in held) >= MAX_SIGNERS:
            raise Refused(f"the organisation has {MAX_SIGNERS} signers already")
        made = Signer(
            id=identifier(identity.entropy),
            organisation=where.id,
            name=offered.name,
            record=TrustRoot(signers=(offered,)).encode().decode(),
            offered=identity.clock.now(),
            offered_by=caller.account,
        )
        rows.add(made)
        _note(identity, rows, caller, "key.offered", made)
    return made


def verify_signer(identity: Identity, caller: Caller, signer: str) -> Signer:
    """The office's word that the holder is who the organisation says, found out by another way than this one."""
    require_role(caller, Action.KEY_VERIFY)
    with identity.identities.change() as rows:
        found = _signer(rows, signer)
        require(caller, Action.KEY_VERIFY, Target(owner=found.organisation))
        if found.ended is not None:
            raise Refused("the signer was ended: it has to be offered again")
        changed = msgspec.structs.replace(found, verified=identity.clock.now(), verified_by=caller.account)
        rows.put(changed)
        _note(identity, rows, caller, "key.verified", changed)
    return changed


def end_signer(identity: Identity, caller: Caller, signer: str) -> Signer:
    """By its provider or by the office; what it signed before stays signed."""
    with identity.identities.change() as rows:
        found = _signer(rows, signer)
        action = Action.KEY_REGISTER if found.organisation == caller.organisation else Action.KEY_VERIFY
        require(caller, action, Target(owner=found.organisation))
        changed = msgspec.structs.replace(found, ended=found.ended or identity.clock.now())
        rows.put(changed)
        _note(identity, rows, caller, "key.ended", changed)
    return changed


def signers(identity: Identity, caller: Caller, organisation: str) -> tuple[Signer, ...]:
    with identity.identities.read() as rows:
        where = look.organisation(rows, caller, Action.ORGANISATION_READ, organisation)
        return rows.find(Signer, organisation=where.id)


def check_may_submit(identity: Identity, organisation: str, provider: str, signer: str) -> None:
    """Return when *organisation* speaks for *provider* and *signer*, who signed, is a verified one of its own. Untrusted."""
    with identity.identities.read() as rows:
        where = rows.get(Organisation, organisation)
        held = rows.find(Signer, organisation=organisation)
    if where is None or where.status is not Status.ACTIVE or provider not in where.speaks_for:
        raise Untrusted(f"your organisation does not speak for provider {shown(provider, 80)!r} here")
    if not any(one.name == signer and one.counts for one in held):
        raise Untrusted(f"{shown(signer, 80)!r}, who signed, is no verified signer of your organisation")


def trusting(identity: Identity, root: TrustRoot) -> TrustRoot:
    """*root*, and the verified signers of active organisations, with authority for the providers that these speak for now."""
    with identity.identities.read() as rows:
        return with_signers(root, counting(rows))


def counting(rows: Reading) -> tuple[Counting, ...]:
    """The verified signers of active organisations, each with the providers that its organisation speaks for."""
    speaks_for = {one.id: one.speaks_for for one in rows.find(Organisation) if one.status is Status.ACTIVE}
    held = rows.find(Signer)
    return tuple(Counting(one, speaks_for.get(one.organisation, ())) for one in held if one.counts)


def with_signers(root: TrustRoot, held: Sequence[Counting]) -> TrustRoot:
    """Where *root* has a signer or key already, it goes by *root*.

    Whether a record says that it has authority does not matter: its organisation offered it to bind the providers, and the office
    verified that.
    """
    names = {one.name for one in root.signers}
    keys = {one.public for signer in root.signers for one in signer.keys}
    added: list[Trusted] = []
    for one in held:
        record = record_of(one.signer)
        providers = tuple(name for name in record.providers if name in one.speaks_for)
        if providers and record.name not in names and keys.isdisjoint(key.public for key in record.keys):
            added.append(msgspec.structs.replace(record, providers=providers, authority=True))
    return msgspec.structs.replace(root, signers=(*root.signers, *added))


def _offered(root: TrustRoot, by: Organisation) -> Trusted:
    if len(root.signers) != 1 or root.logs or root.sigstore:
        raise Malformed("the signer record holds something else than one signer")
    (signer,) = root.signers
    if signer.purposes != ("provider",) or signer.trial:
        raise Refused(
            f"signer {shown(signer.name, 80)!r}: expected the purpose 'provider' alone, and no trial"
        )
    beyond = [name for name in signer.providers if name not in by.speaks_for]
    if beyond or not signer.providers:
        raise Refused(
            f"signer {shown(signer.name, 80)!r}: expected providers that your organisation speaks for, "
            f"found {', '.join(shown(name, 80) for name in beyond[:5]) or 'none'}"
        )
    return signer


def _check_new(offered: Trusted, held: Sequence[Signer]) -> None:
    keys = {one.public for one in offered.keys}
    for one in held:
        if one.name == offered.name:
            raise Duplicate(
                f"a signer called {shown(offered.name, 80)!r} was offered before; where it is yours, end it first"
            )
        if not keys.isdisjoint(key.public for key in record_of(one).keys):
            raise Duplicate("a key of this signer was offered before, under another name")


def record_of(signer: Signer) -> Trusted:
    """Its keys, and the providers that it was offered for."""
    (record,) = TrustRoot.parse(signer.record.encode(), what=f"signer {signer.id}").signers
    return record


def _signer(rows: Reading, key: str) -> Signer:
    found = rows.get(Signer, key)
    if found is None:
        raise hidden()
    return found


def _note(identity: Identity, rows: Changing, caller: Caller, action: str, signer: Signer) -> None:
    rows.note(
        Event(
            at=identity.clock.now(),
            actor=caller.id,
            action=action,
            organisation=signer.organisation,
            subject=signer.id,
        )
    )
