"""Write entries into the register, and hand out receipts for them."""

from collections.abc import Mapping
from datetime import datetime

from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.office import Office
from assay.office.ports import Submission
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
    leaf.open_(office.ledger.entry(0).leaf, office.log.public(office.origin))


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
    """A receipt with openings, under a checkpoint signed now at the register's present size."""
    head = office.ledger.head()
    positions = proof.inclusion_positions(index, head.size)
    nodes = dict(zip(positions, office.ledger.nodes(positions), strict=True))
    # The stamp is stored before it is used: a crash here only skips a second.
    stamp = office.ledger.stamp(int(office.clock.now().timestamp()))
    note = checkpoint.sign(
        Checkpoint(office.origin, head.size, head.root), (office.log.ed25519, office.log.ml_dsa_44), stamp
    )
    entry = office.ledger.entry(index)
    made = Receipt(
        origin=office.origin,
        index=index,
        leaf=entry.leaf,
        proof=proof.inclusion_proof(index, head.size, nodes),
        checkpoint=note,
        openings=opening.parse(entry.openings),
    )
    made.verify(office.log.public(office.origin))
    return made


def verify_register(office: Office) -> int:
    """Recompute the root from all leaves and compare; the number of entries. Unavailable names what differs."""
    head = office.ledger.head()
    hashes = [merkle.leaf_hash(office.ledger.entry(index).leaf) for index in range(head.size)]
    if merkle.root_of(hashes) != head.root:
        raise Unavailable(f"the {head.size} leaves of {office.origin} do not give its root {head.root.hex()}")
    return head.size
