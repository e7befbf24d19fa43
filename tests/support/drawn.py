"""A draw by a real round of a public beacon, with everything that an outsider is given."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from tests.support.beacons import real
from tests.support.signing import private
from tests.support.watched import Office
from tests.support.witnesses import policy as witness_policy

from assay.adapters.beacons.folder import FolderBeacon
from assay.formats.note import Note
from assay.office.office_policy import OfficePolicy
from assay.office.sampling import Candidate, finish, plan
from assay.office.sampling_policy import Facts, Sampling, Stratum
from assay.register import cosignature, merkle, proof
from assay.register.body import Checkpoint
from assay.register.drand import QUICKNET
from assay.register.draw import DrawCommit, DrawResult
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.register.quorum import Quorum
from assay.register.receipt import Receipt
from assay.tlog.ports import TileStore

WITNESS = "witness.example/w1"
ROUND = 1000
"""Of quicknet, due 2023-08-23T15:59:24Z."""
DUE = int(QUICKNET.due(ROUND).timestamp())
COMMITTED = DUE - 3601
WITNESSES = witness_policy(WITNESS)
QUORUM = Quorum.parse(WITNESSES)
POLICY = OfficePolicy(
    sampling=Sampling(
        begin=datetime.fromtimestamp(COMMITTED - 60, UTC),
        beacon=QUICKNET.name,
        strata=(
            Stratum(name="a", take=1, of=2, when={"known_exploited": 1}),
            Stratum(name="b", take=1, of=5),
        ),
    )
)


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    office: Office
    commit: DrawCommit
    entry: int
    frame: bytes
    """The register's checkpoint at the frame's size."""
    witnessed: Receipt
    """Of the commit, cosigned ten minutes after it."""
    result: DrawResult
    recorded: Receipt
    """Of the result."""


def draw(folder: Path, store: TileStore | None = None, *, value: bytes = b"") -> Drawn:
    """The rounds are left in *folder*. With *value* the office takes that one for the beacon's."""
    _, _, document = real("quicknet")
    (folder / f"{ROUND}.json").write_bytes(document)
    beacon = FolderBeacon(folder, QUICKNET)
    office = Office("north", "register.example/north", store, now=COMMITTED - 100)
    office.add(40).publish()
    office.now = COMMITTED
    size = len(office.leaves)
    candidates = [Candidate(at, Facts(known_exploited=int(at % 3 == 0))) for at in range(1, size)]
    head = Checkpoint(office.origin, size, office.root())
    commit = plan(POLICY, candidates, 1, head, beacon, datetime.fromtimestamp(COMMITTED, UTC))
    frame = office.note()
    entry = office.record(Kind.DRAW_COMMIT, commit.encode())
    office.add(3).publish()
    witnessed = receipt(office, entry, at=COMMITTED + 600)
    office.now = DUE + 30
    told = beacon.value(ROUND)
    told = msgspec.structs.replace(told, value=value or told.value)
    result = finish(commit, entry, leaf_hash(office.leaves[entry]), told)
    recorded = office.record(Kind.DRAW_RESULT, result.encode())
    office.publish()
    return Drawn(
        office=office, commit=commit, entry=entry, frame=frame, witnessed=witnessed, result=result,
        recorded=receipt(office, recorded),
    )  # fmt: skip


def receipt(office: Office, index: int, *, at: int | None = None) -> Receipt:
    """Under a checkpoint of all there is now, cosigned at that time."""
    hashes = [leaf_hash(one) for one in office.leaves]
    known = merkle.extend(0, hashes, {})
    return Receipt(
        origin=office.origin,
        index=index,
        leaf=office.leaves[index],
        proof=proof.inclusion_proof(index, len(hashes), known),
        checkpoint=office.note() if at is None else cosigned(office.note(), at),
    )


def cosigned(note: bytes, at: int) -> bytes:
    parsed = Note.parse(note)
    head = Checkpoint.parse(parsed.text)
    lines = (cosignature.sign(head, WITNESS, private(kind, WITNESS), at) for kind in ("ed25519", "ml-dsa-44"))
    return Note(parsed.text, (*parsed.signatures, *lines)).encode()
