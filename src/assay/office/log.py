"""Write entries into the register, and hand out receipts for them."""

from collections.abc import Mapping
from datetime import datetime

from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats.digest import Digest
from assay.office.office import Office
from assay.office.ports import Head, Submission
from assay.register import checkpoint, genesis, leaf, merkle, opening, proof
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogIdentity
from assay.register.leaf import Kind
from assay.register.receipt import Receipt


def found(office: Office) -> None:
    """Write entry 0 if the register is empty; refuse to go on with a register of other keys."""
    if office.ledger.head().size == 0:
        identity = LogIdentity(
            keys=office.log.public(office.origin),
            policy=Digest.sha256(office.policy),
            anchors=Digest.sha256(office.trust),
        )
        office.blobs.put(office.policy)
        office.blobs.put(office.trust)
        salts = office.entropy.bytes(opening.SALTS_BYTES)
        entry = genesis.make(identity, time=office.clock.now(), salts=salts, key=office.log.entry)
        office.ledger.record(
            entry, opening.encode(opening.openings({}, salts))
        )  # a crash before this leaves an empty register
    first = office.ledger.entry(0)
    try:
        leaf.open_(first.leaf, office.log.public(office.origin))
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register of {office.origin} cannot be gone on with: {error}") from error


def newest(office: Office) -> bytes:
    """A checkpoint signed now at the register's present size."""
    return _checkpoint(office, office.ledger.head())


def require_ahead(office: Office, kept: bytes) -> None:
    """Refuse to go on with a register that does not hold all of the checkpoint *kept*: two histories under one name.

    That is what a database becomes that was put back from an older copy, or lost and begun again.
    """
    try:
        earlier = checkpoint.open_(kept, office.log.public(office.origin)).checkpoint
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the checkpoint kept beside the database does not hold: {error}") from error
    head = office.ledger.head()
    if head.size < earlier.size:
        raise Unavailable(
            f"the database of {office.origin} has {head.size} entries, receipts were given for {earlier.size}: "
            "it is an older copy; nothing is signed until the newer one is back"
        )
    if merkle.root(office.ledger.nodes(merkle.frontier(earlier.size))) != earlier.root:
        raise Unavailable(
            f"the first {earlier.size} entries in the database of {office.origin} are not those that receipts "
            "were given for; nothing is signed until they are back"
        )


def _checkpoint(office: Office, head: Head) -> bytes:
    if merkle.root(office.ledger.nodes(merkle.frontier(head.size))) != head.root:
        raise Unavailable(f"the tree of {office.origin} does not give its root; nothing is signed")
    # The stamp is stored before it is used: a crash here only skips a second.
    stamp = office.ledger.stamp(int(office.clock.now().timestamp()))
    return checkpoint.sign(
        Checkpoint(office.origin, head.size, head.root), (office.log.ed25519, office.log.ml_dsa_44), stamp
    )


def log(
    office: Office, kind: Kind, document: Digest, values: Mapping[str, str], time: datetime, state: Submission
) -> int:
    """Append an entry about *document* and move the submission to *state*, together; the entry's index."""
    opened = opening.openings(values, office.entropy.bytes(opening.SALTS_BYTES))
    entry = leaf.make(
        kind, origin=office.origin, time=time, digests=(document,), openings=opened, key=office.log.entry
    )
    return office.ledger.record(entry, opening.encode(opened), state)


def receipt(office: Office, index: int) -> Receipt:
    """A receipt with openings, under a checkpoint signed now at the register's present size.

    Unavailable when what is stored does not verify: a receipt that fails with its holder would be worse than none.
    """
    head = office.ledger.head()
    positions = proof.inclusion_positions(index, head.size)
    nodes = dict(zip(positions, office.ledger.nodes(positions), strict=True))
    entry = office.ledger.entry(index)
    try:
        made = Receipt(
            origin=office.origin,
            index=index,
            leaf=entry.leaf,
            proof=proof.inclusion_proof(index, head.size, nodes),
            checkpoint=_checkpoint(office, head),
            openings=opening.parse(entry.openings),
        )
        made.verify(office.log.public(office.origin))
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"entry {index} of {office.origin} is damaged: {error}") from error
    return made


def verify_register(office: Office) -> int:
    """Recompute the root from all leaves and compare; the number of entries. Unavailable names what differs."""
    head = office.ledger.head()
    hashes = [merkle.leaf_hash(office.ledger.entry(index).leaf) for index in range(head.size)]
    if merkle.root_of(hashes) != head.root:
        raise Unavailable(f"the {head.size} leaves of {office.origin} do not give its root {head.root.hex()}")
    return head.size
