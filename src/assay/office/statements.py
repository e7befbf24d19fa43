"""Signed statements of providers in the office's register (SCITT, RFC 9943), and receipts for them.

A statement is recorded as it is, so everybody sees it at once. It is no submission: nothing of it is judged.
"""

from collections.abc import Mapping, Sequence

from assay.errors import Duplicate, Malformed, Refused, Unavailable, Unsupported, Untrusted
from assay.formats import cose
from assay.office import found_by
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.ports import Wanted
from assay.office.service import Service
from assay.register import checkpoint, opening
from assay.register.checkpoint import Scheme
from assay.register.cose_receipt import CoseReceipt, prove_inclusion
from assay.register.scitt import Statement, bare, transparent
from assay.trust.root import TrustRoot
from assay.validation.opened import read_trust

NOTHING = opening.encode(())
"""The openings of somebody else's statement."""


class BadAlgorithm(Unsupported):
    """The statement is signed by an algorithm that is not checked here."""


class NoPayload(Malformed):
    """The statement's payload is detached: the register could not show what was said."""


def register_statement(service: Service, caller: Caller, data: bytes, *, speaks_for: Sequence[str]) -> int:
    """The index of its entry: of the first one, where the same statement was recorded before.

    Malformed for what is no statement to register; Untrusted or Refused where its issuer is not a provider in *speaks_for*, or
    did not sign it with a key that counts now.
    """
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.STATEMENT_REGISTER, own)
    statement = _parsed(data)
    leaf = statement.registrable()
    _check_issuer(statement, read_trust(service.office.trust), service, speaks_for)
    key = found_by.of_statement(leaf)
    try:
        return service.office.register.append(Wanted(leaf, NOTHING, once=key)).index
    except Duplicate:
        # Its entry may not be signed yet, as after a crash; whoever asks for receipts waits for that.
        earlier = service.office.ledger.found(key)
        if earlier is None:
            raise
        return earlier


def receipts(service: Service, index: int) -> Mapping[Scheme, CoseReceipt]:
    """Fresh ones for entry *index*, by each of the register's signatures. Hidden when there is no such entry, or none beside it:
    RFC 9942 has no receipt for a tree of one."""
    office = service.office
    if not 0 <= index < office.register.size() or office.register.size() < 2:
        raise hidden()
    data = office.register.leaf(index)
    try:
        head = checkpoint.open_(office.register.checkpoint(), office.keys).checkpoint
        path = office.register.inclusion(index, head.size)
        return {
            "ed25519": prove_inclusion(head, data, index, path, office.log.ed25519),
            "ml-dsa-44": prove_inclusion(head, data, index, path, office.log.ml_dsa_44),
        }
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"entry {index} of {office.origin} is damaged: {error}") from error


def transparent_statement(service: Service, index: int) -> bytes:
    """The statement of entry *index* with all its receipts."""
    made = receipts(service, index)
    return transparent(service.office.register.leaf(index), [one.encode() for one in made.values()])


def _parsed(data: bytes) -> Statement:
    try:
        statement = Statement.parse(bare(data))
    except Malformed as error:
        if _is_detached(data):
            raise NoPayload(
                "the payload is not in the statement: send it inside, or a hash envelope (RFC 9995)"
            ) from error
        raise
    algorithm = statement.signed.headers(what="signed statement: protected header", foreign=True).get(
        cose.ALG
    )
    if isinstance(algorithm, bool) or algorithm not in cose.READ:
        known = ", ".join(map(str, cose.READ))
        raise BadAlgorithm(
            f"signed statement has the algorithm {cose.told(algorithm)}, expected one of {known}"
        )
    return statement


def _is_detached(data: bytes) -> bool:
    try:
        cose.Detached.parse(data, what="signed statement", foreign=True)
    except Malformed:
        return False  # then it is no COSE_Sign1 at all, as was said
    return True


def _check_issuer(
    statement: Statement, trust: TrustRoot, service: Service, speaks_for: Sequence[str]
) -> None:
    issuer = statement.issuer or ""
    if issuer not in speaks_for:
        raise Refused(
            f"the statement's issuer is {issuer[:80]!r}, for whom your organisation does not speak here"
        )
    if not statement.kid:
        raise Unsupported("signed statement names its key by x5t (34), expected kid (4), which is known here")
    keyid, now = statement.kid.hex(), service.now()
    held = [
        key
        for signer, key in trust.holders.get(keyid, ())
        if "provider" in signer.purposes and issuer in signer.providers
    ]
    if not held:
        raise Untrusted(f"key {keyid[:12]} is none that {issuer[:80]!r} signs with here")
    if objection := held[0].objection(now):
        raise Untrusted(f"key {keyid[:12]} {objection}")
    statement.check(held[0].public)
