"""What other offices have decided, shown as theirs (D10): with the proof that they recorded it, and never part of what is decided here.

An administrator pins another office by its name and the keys of its results and register. What comes with a proof under those keys
is kept; its keys change only by documents that prove themselves under them. Nobody else reads this: no verdict, draw or determination does.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

import msgspec

from assay.crypto.keys import PublicKey
from assay.errors import Duplicate, Malformed, Refused, Untrusted
from assay.formats import times
from assay.formats.attestation_statement import parse as parse_attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.result import read_result
from assay.formats.text import folded, shown
from assay.formats.verdict import ResultToken
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.service import Service
from assay.register.identity import LogKeys
from assay.register.key_history import KeyHistoryDocument
from assay.register.leaf import Kind
from assay.register.quorum import graded
from assay.register.receipt import Receipt, VerifiedReceipt
from assay.trust.envelope import verify
from assay.trust.root import Policy, TrustRoot
from assay.validation.opened import read_trust

AHEAD = timedelta(minutes=5)
"""By which another office's clock may be ahead of this one's."""
MAX_NAME, MAX_REASON = 200, 1_000
MAX_DOCUMENT = 64 << 20
What = Literal["result", "attestation"]


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Another office, as it was pinned."""

    id: str
    """From the digest of what was pinned."""
    name: str
    """As its results say it."""
    origin: str
    """Of its register."""
    trust: Digest
    """The trust root with its keys, a blob: as it was pinned, or as it followed from that (:mod:`~assay.office.federation_keys`)."""
    added: datetime
    revoked: datetime | None = None
    reason: str = ""
    """Why it is not listened to any more."""
    history: Digest | None = None
    """The key history that its register's keys were followed by, a blob; None while they are those that were pinned."""


class Theirs(msgspec.Struct, frozen=True, kw_only=True):
    """A document that another office recorded."""

    position: int = 0
    """In the order of coming; set when it is stored."""
    office: str
    """Id of a :class:`Peer`."""
    what: What
    attestation: Digest
    """SHA-256 of the payload of the attestation's envelope."""
    result: ResultToken | Literal[""] = ""
    """Empty for an attestation."""
    provider: str
    product: str
    version: str
    index: int
    """Of the entry in its register."""
    recorded: datetime
    """The time of that entry."""
    proven: datetime
    """When its register signed the tree that the proof leads to."""
    grade: str
    """``logged`` or ``witnessed``, by the witnesses that were pinned with its keys."""
    document: Digest
    receipt: Digest
    accepted: datetime
    doubt: str = ""
    """Of an attestation: why its own signature says nothing here; empty where it was verified by this office's trust root."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Names are compared without case and punctuation; empty is all."""

    provider: str = ""
    product: str = ""
    what: What | Literal[""] = ""
    """Only such documents."""
    office: str = ""
    """Only what the :class:`Peer` of this id said."""
    newest: bool = False
    """The last that came first."""
    after: int = 0
    """Only what follows this position in that order; from the beginning with 0."""
    limit: int = 50


class Federation(Protocol):
    """Other offices, and what was accepted of theirs. May be used from many threads."""

    def offices(self) -> tuple[Peer, ...]:
        """In the order in which they were pinned."""

    def put_office(self, peer: Peer, before: Peer | None = None) -> None:
        """Add it, or put it in the place of *before*. Durable when it returns.

        Refused where *before* is not what stands under its id, or was revoked: that is never undone. Duplicate as :func:`unrivalled`
        says; of two rivals that come at once one is kept.
        """

    def put(self, theirs: Theirs) -> Theirs:
        """Keep it, with its position; in the place of an older one of the same office about the same attestation. Durable when it returns.

        Duplicate where that one's entry is not older.
        """

    def get(self, position: int) -> Theirs | None: ...

    def find(self, query: Query) -> tuple[Theirs, ...]:
        """By position, or the other way round."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Another office's document as it is shown to people."""

    theirs: Theirs
    office: str
    """Its name; empty where it is not known any more."""
    origin: str = ""
    """Of its register."""
    unknown: str = ""
    """Why nothing can be said of it now; empty where the proof counts."""


def pin(federation: Federation, service: Service, caller: Caller, name: str, trust: bytes) -> Peer:
    """Listen to another office: *trust* is its trust root, got in a way that the administrator relies on.

    Duplicate while an office of that name or register is pinned: its keys are not replaced, it is revoked first. Refused for this office itself,
    and while neither the keys of results nor those of the register are others than were revoked; but what was pinned under a name that its results do not bear, so that nothing came of it, may be pinned
    under another one.
    """
    require(caller, Action.FEDERATION_MANAGE, Target.office())
    if not name.strip() or len(name) > MAX_NAME or shown(name, MAX_NAME) != name:
        raise Malformed(
            f"the office's name is 1 to {MAX_NAME} characters of plain text, as its results say it"
        )
    root = TrustRoot.parse(trust, what="trust root of the other office").of_office()
    origin = _usable(root)
    not_ourselves(service, root, origin)
    made = Peer(
        id=Digest.sha256(f"{root.digest} {name}".encode()).value[:16],
        name=name,
        origin=origin,
        trust=service.office.blobs.put(root.encode()),
        added=service.now(),
    )
    known = federation.offices()
    for other in known:
        if other.revoked is None or not _same_keys(
            root, TrustRoot.parse(service.office.blobs.get(other.trust))
        ):
            continue
        if folded(other.name) == folded(name) or federation.find(Query(office=other.id, limit=1)):
            raise Refused(
                f"these keys of {other.name!r} were revoked on {_day(other.revoked)}: {other.reason}"
            )
    unrivalled(made, known)
    federation.put_office(made)
    return made


def unrivalled(peer: Peer, others: Iterable[Peer]) -> None:
    """Duplicate where one of *others* is listened to under the name or the register of *peer*."""
    for other in others:
        same = other.origin == peer.origin or folded(other.name) == folded(peer.name)
        if other.revoked is None and same:
            raise Duplicate(f"{other.name!r} ({other.origin}) is pinned already; revoke it first")


def revoke(federation: Federation, service: Service, caller: Caller, id_: str, reason: str) -> Peer:
    """Listen to it no more: what was accepted of it stays, and is shown as unknown with the reason."""
    require(caller, Action.FEDERATION_MANAGE, Target.office())
    found = next((one for one in federation.offices() if one.id == id_), None)
    if found is None:
        raise hidden()
    if found.revoked is not None:
        raise Refused(f"{found.name!r} was revoked on {_day(found.revoked)}")
    if not reason.strip():
        raise Refused("say why the office is not listened to any more")
    gone = msgspec.structs.replace(found, revoked=service.now(), reason=shown(reason, MAX_REASON))
    federation.put_office(gone, found)
    return gone


def accept(
    federation: Federation, service: Service, caller: Caller, document: bytes, receipt: bytes
) -> Theirs:
    """Keep a result, or an attestation, of another office, with the *receipt* of its register.

    Untrusted for a proof that does not hold under the pinned keys; Refused for what is this office's own; Duplicate for what is here.
    """
    require(caller, Action.FEDERATION_ACCEPT, Target.office())
    proof = Receipt.parse(receipt, what="receipt of the other office")
    peer, root = _pinned(federation, service, proof.origin)
    log = root.logs[0]
    proven = _proven(service, peer, log.keys, proof)
    grade = graded(proven.checkpoint.note, log.quorum)
    envelope = Envelope.parse(document, what="document of the other office", expected=PAYLOAD_TYPE)
    if envelope.identity not in proven.entry.digests:
        raise Untrusted(
            f"entry {proven.index} of {proof.origin} records {proven.entry.digests[0]}, not this document, {envelope.identity}"
        )
    if proven.entry.time > service.now() + AHEAD:
        raise Untrusted(
            f"entry {proven.index} of {proof.origin} is dated {times.encode(proven.entry.time)}, in the future"
        )
    said = _said(service, peer, root, envelope, proven)
    theirs = msgspec.structs.replace(
        said,
        index=proven.index,
        recorded=proven.entry.time,
        proven=datetime.fromtimestamp(proven.checkpoint.timestamp, UTC),
        grade=grade.grade,
        document=service.office.blobs.put(document),
        receipt=service.office.blobs.put(receipt),
        accepted=service.now(),
    )
    return federation.put(theirs)


def shown_of(federation: Federation, found: Sequence[Theirs]) -> tuple[Shown, ...]:
    """Each under its office's name, or as unknown."""
    known = {one.id: one for one in federation.offices()}
    return tuple(_shown(one, known.get(one.office)) for one in found)


def about(federation: Federation, provider: str, product: str, limit: int = 50) -> tuple[Shown, ...]:
    """What other offices have posted of a product; of all of a provider's where *product* is empty.

    What was brought again, after an office had been revoked and pinned anew, is shown as it came last.
    """
    if not folded(provider) and not folded(product):
        return ()
    found = shown_of(
        federation, federation.find(Query(provider=provider, product=product, what="result", limit=limit))
    )
    last: dict[tuple[str, Digest], Shown] = {}
    for one in found:
        key = (one.origin or one.theirs.office, one.theirs.attestation)
        if key not in last or last[key].unknown or not one.unknown:
            last[key] = one
    return tuple(last.values())


def bytes_of(
    federation: Federation,
    service: Service,
    position: int,
    name: Literal["document", "receipt"],
    *,
    everything: bool = False,
) -> bytes:
    """The document as it came, or its receipt. Hidden where there is none, and where it is nobody's to see without *everything*:
    an attestation names people, and may not be posted anywhere.
    """
    found = federation.get(position)
    if found is None or not (everything or found.what == "result"):
        raise hidden()
    return service.office.blobs.get(found.document if name == "document" else found.receipt)


def _shown(theirs: Theirs, peer: Peer | None) -> Shown:
    if peer is None:
        return Shown(theirs=theirs, office="", unknown="the office that said it is not known here any more")
    unknown = ""
    if peer.revoked is not None:
        unknown = f"{peer.name} is not listened to since {_day(peer.revoked)}: {peer.reason}"
    return Shown(theirs=theirs, office=peer.name, origin=peer.origin, unknown=unknown)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _usable(root: TrustRoot) -> str:
    """The origin of the one register that *root* names. Malformed where keys are lacking that proofs need."""
    if len(root.logs) != 1:
        raise Malformed(f"the trust root names {len(root.logs)} registers, expected one")
    keys = root.logs[0].keys
    if not (keys.ed25519 and keys.ml_dsa_44 and keys.entry):
        raise Malformed(
            "the trust root lacks a key of the register: expected Ed25519 and ML-DSA-44 for checkpoints, and one for entries"
        )
    signing = [one for one in root.signers if "office" in one.purposes and one.keys and not one.trial]
    if not signing:
        raise Malformed("the trust root has no signer of results (purpose 'office') that is not a trial's")
    return keys.origin


def keys_of_results(trust: bytes) -> tuple[PublicKey, ...]:
    """Of an office's trust root: with which its results are signed, so that people can compare their ids."""
    signers = read_trust(trust).of_office().signers
    return tuple(key.public for one in signers if "office" in one.purposes for key in one.keys)


def _signing(root: TrustRoot) -> set[PublicKey]:
    return {key.public for one in root.signers for key in one.keys}


def _registers(root: TrustRoot) -> set[bytes]:
    return {vkey.public for log in root.logs for vkey in log.vkeys}


def _same_keys(one: TrustRoot, other: TrustRoot) -> bool:
    """Whether they have keys of results in common, and of registers too."""
    return bool(_signing(one) & _signing(other) and _registers(one) & _registers(other))


def not_ourselves(service: Service, root: TrustRoot, origin: str) -> None:
    own = read_trust(service.office.trust).of_office()
    logs = _registers(root) & {vkey.public for vkey in service.office.keys.vkeys}
    if origin == service.office.origin or _signing(own) & _signing(root) or logs:
        raise Refused("these are the keys of this office itself")


def _pinned(federation: Federation, service: Service, origin: str) -> tuple[Peer, TrustRoot]:
    if origin == service.office.origin:
        raise Refused("the proof is of this office's own register: what it records is not another office's")
    of_it = [one for one in federation.offices() if one.origin == origin]
    active = [one for one in of_it if one.revoked is None]
    if not active:
        gone = of_it[-1] if of_it else None
        why = (
            f"{gone.name!r} was revoked on {_day(gone.revoked)}"
            if gone and gone.revoked
            else "no such office is pinned"
        )
        raise Untrusted(f"the proof is of register {origin[:200]!r}: {why}")
    if len(active) > 1:
        raise Untrusted(
            f"the proof is of register {origin[:200]!r}, which {len(active)} offices are pinned under: revoke all but one"
        )
    return active[0], root_of(service, active[0])


def root_of(service: Service, peer: Peer) -> TrustRoot:
    """By the usual policy, whatever theirs asks for: both signatures."""
    return msgspec.structs.replace(TrustRoot.parse(service.office.blobs.get(peer.trust)), policy=Policy())


def _proven(service: Service, peer: Peer, keys: LogKeys, proof: Receipt) -> VerifiedReceipt:
    """Under the keys that were good when the entry was written, and the checkpoint signed."""
    try:
        if peer.history is None:
            return proof.verify(keys)
        told = KeyHistoryDocument.parse(service.office.blobs.get(peer.history), what="key history")
        return told.follow(keys).verify(proof)
    except Untrusted as error:
        raise Untrusted(f"{error}. {_renewable(peer)}") from error


def _renewable(peer: Peer) -> str:
    return f"If {peer.name!r} has changed its keys since, renew them first by its key history, or its signed change of keys"


def _said(
    service: Service, peer: Peer, root: TrustRoot, envelope: Envelope, proven: VerifiedReceipt
) -> Theirs:
    """What the document says; the proof's own fields are filled in later."""
    kind = proven.entry.kind
    if kind in (Kind.PUBLICATION, Kind.CORRECTION):
        return _result(peer, root, envelope, proven)
    if kind is Kind.SUBMISSION:
        return _attestation(service, peer, envelope, proven)
    raise Malformed(f"entry {proven.index} is a {kind}, expected a publication, a correction or a submission")


def _result(peer: Peer, root: TrustRoot, envelope: Envelope, proven: VerifiedReceipt) -> Theirs:
    found = read_result(envelope.payload)
    verdict = found.verdict
    at = proven.entry.time
    standing = verify(envelope, root, purpose="office", provider=verdict.provider, at=at)
    if not standing.verified or standing.trial:
        raise Untrusted(
            f"the result is not signed by {peer.name!r}: {standing.reason or 'its keys are of a trial'}. {_renewable(peer)}"
        )
    if found.office != peer.name:
        raise Untrusted(f"the result is of office {found.office[:200]!r}, pinned as {peer.name!r}")
    if verdict.draft:
        raise Refused("the result is of a draft: nobody claimed anything")
    _agree(proven, outcome=found.token, provider=verdict.provider)
    version = verdict.releases[0].version if verdict.releases else ""
    return _theirs(
        peer,
        "result",
        Digest.parse(verdict.attestation),
        verdict.provider,
        verdict.product,
        version,
        result=found.token,
    )


def _attestation(service: Service, peer: Peer, envelope: Envelope, proven: VerifiedReceipt) -> Theirs:
    found = parse_attestation(envelope.payload)
    name = found.provider.name
    trust = read_trust(service.office.trust)
    standing = verify(envelope, trust, purpose="provider", provider=name, at=proven.entry.time)
    doubt = "" if standing.verified else f"its signature was not verified here: {shown(standing.reason, 300)}"
    _agree(proven, provider=name)
    first = found.releases[0] if found.releases else None
    return _theirs(
        peer,
        "attestation",
        envelope.identity,
        name,
        first.name if first else "",
        first.version if first else "",
        doubt=doubt,
    )


def _agree(proven: VerifiedReceipt, **said: str) -> None:
    """What the receipt opens is what the document says."""
    for label, value in said.items():
        opened = proven.values.get(label)
        if opened is not None and opened != value:
            raise Untrusted(f"the receipt says {label} {opened[:80]!r}, the document {value[:80]!r}")


def _theirs(
    peer: Peer,
    what: What,
    attestation: Digest,
    provider: str,
    product: str,
    version: str,
    *,
    result: ResultToken | Literal[""] = "",
    doubt: str = "",
) -> Theirs:
    never = datetime.fromtimestamp(0, UTC)
    return Theirs(
        office=peer.id, what=what, attestation=attestation, result=result, provider=provider, product=product,
        version=version, doubt=doubt, index=0, recorded=never, proven=never, grade="", document=attestation,
        receipt=attestation, accepted=never,
    )  # fmt: skip
