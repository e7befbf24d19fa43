"""Write entries into the register, and hand out receipts for them."""

from collections.abc import Mapping
from datetime import datetime

from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office.office import Office
from assay.office.ports import Appended, Submission, Wanted
from assay.register import checkpoint, genesis, leaf, merkle, opening, scitt
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogIdentity
from assay.register.leaf import Kind
from assay.register.receipt import Receipt


def found(office: Office) -> None:
    """Write entry 0 if the register is empty; refuse to go on with a register of other keys."""
    if office.register.size() == 0:
        identity = LogIdentity(
            keys=office.log.public(office.origin),
            policy=Digest.sha256(office.policy),
            anchors=Digest.sha256(office.trust),
        )
        # A crash here leaves documents that no entry names yet, and an empty register.
        office.blobs.put(office.policy)
        office.blobs.put(office.trust)
        salts = office.entropy.bytes(opening.SALTS_BYTES)
        entry = genesis.make(identity, time=office.clock.now(), salts=salts, key=office.log.entry)
        office.register.append(Wanted(entry, opening.encode(opening.openings({}, salts))))
    try:
        leaf.open_(office.register.leaf(0), office.keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register of {office.origin} cannot be gone on with: {error}") from error


def check_keys(office: Office) -> None:
    """Refuse to go on with keys other than those that the newest entry leaves off with: such a keyfile is an older one.

    A change of keys that was begun is finished before (:func:`assay.office.rotate.resume`).
    """
    at, keys = office.register.size() - 1, office.log.public(office.origin)
    while scitt.is_statement(office.register.leaf(at)):
        at -= 1  # somebody else's says nothing of the office's keys; entry 0 is genesis
    try:
        newest = leaf.open_(office.register.leaf(at), office.keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"entry {at} of {office.origin} is damaged: {error}") from error
    if newest.identity is not None and newest.identity.keys != keys:
        raise Unavailable(f"entry {at} states other keys than the office has; bring back the newer keyfile")
    if newest.identity is None and keys.entry_key(bytes.fromhex(newest.keyid)) is None:
        raise Unavailable(
            f"entry {at} is signed by another key than the office has; bring back the newer keyfile"
        )


def log(
    office: Office, kind: Kind, document: Digest, values: Mapping[str, str], time: datetime, state: Submission
) -> Appended:
    """Append an entry about *document* and move the submission to *state*, together."""
    return office.register.append(entry(office, kind, document, values, time, state))


def entry(
    office: Office,
    kind: Kind,
    document: Digest,
    values: Mapping[str, str],
    time: datetime,
    state: Submission | None,
) -> Wanted:
    """What :func:`log` appends: made and signed, not recorded."""
    opened = opening.openings(values, office.entropy.bytes(opening.SALTS_BYTES))
    signed = leaf.make(
        kind, origin=office.origin, time=time, digests=(document,), openings=opened, key=office.log.entry
    )
    return Wanted(signed, opening.encode(opened), state)


def head(office: Office) -> Checkpoint:
    """The register's newest checkpoint."""
    return checkpoint.open_(office.register.checkpoint(), office.keys).checkpoint


def receipt(office: Office, index: int) -> Receipt:
    """A receipt with openings, under the newest checkpoint.

    Unavailable when what is stored does not verify: a receipt that fails with its holder would be worse than none.
    """
    signed = office.register.checkpoint()
    try:
        size = checkpoint.open_(signed, office.keys).checkpoint.size
        made = Receipt(
            origin=office.origin,
            index=index,
            leaf=office.register.leaf(index),
            proof=office.register.inclusion(index, size),
            checkpoint=signed,
            openings=opening.parse(office.ledger.openings(index)),
        )
        made.verify(office.keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"entry {index} of {office.origin} is damaged: {error}") from error
    return made


def verify_register(office: Office) -> int:
    """Recompute the root from all leaves and compare; the number of entries. Unavailable names what differs."""
    newest = head(office)
    hashes = [merkle.leaf_hash(office.register.leaf(index)) for index in range(newest.size)]
    if merkle.root_of(hashes) != newest.root:
        raise Unavailable(
            f"the {newest.size} leaves of {office.origin} do not give its root {newest.root.hex()}"
        )
    return newest.size
