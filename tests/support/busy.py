"""An office with much under way: submissions in all states, published and not. Fictional."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from tests.support.offices import LOG, ORIGIN, POLICY, PROVIDER, PROVIDER_KEYS, WHEEL, bundle, office, trust

from assay.adapters.memory import MemoryBlobs
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.index import SqlIndex
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.sql.rebuild import NewDatabase
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import AssayError
from assay.formats.attestation import Attestation
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.advance import STEPS
from assay.office.log import receipt
from assay.office.office import Office
from assay.office.ports import Blobs, Opened, Openings
from assay.office.rebuild import Rebuilt, Source, rebuild
from assay.office.search import EVERYTHING, PUBLIC, Query, Searched, Viewer, search
from assay.office.sequencer import Sequencer
from assay.office.submit import submit
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.tlog.publish import published
from assay.tlog.read import TileReader

KEYS = LOG.public(ORIGIN)
Step = Callable[[Office], object]


def _lantern(version: str, purl: str) -> Callable[[Attestation], Attestation]:
    def change(one: Attestation) -> Attestation:
        release = msgspec.structs.replace(one.releases[0], version=version, purl=purl)
        return msgspec.structs.replace(one, releases=(release,))

    return change


BUNDLES = (
    bundle(1),
    bundle(2, change=_lantern("2.2.0", "pkg:pypi/Lantern@2.2.0")),
    bundle(3, change=_lantern("3.0.0", "pkg:npm/%40lighthouse/lantern@3.0.0")),
    bundle(4, change=_lantern("3.0.1", "pkg:npm/%40lighthouse/lantern@3.0.1")),
)
PAYLOADS = tuple(Envelope.parse(one.envelope).identity for one in BUNDLES)


def take(at: int) -> Step:
    return lambda one: submit(one, BUNDLES[at])


def on(at: int) -> Step:
    """One step further."""

    def step(one: Office) -> None:
        submission = one.ledger.submission(PAYLOADS[at])
        assert submission is not None
        STEPS[submission.state](one, submission)

    return step


def publish(one: Office) -> None:
    one.register.publish()


def erase(index: int) -> Step:
    def step(one: Office) -> None:
        assert isinstance(one.register, Sequencer)
        one.register.erase(index)

    return step


LIFE: Sequence[Step] = (
    take(0), publish, on(0), take(1), take(2), publish, on(0), on(2), publish, on(0), on(1), publish, on(2),
    erase(4), take(3), publish, publish, on(2), on(1), publish, on(3), erase(1),
)  # fmt: skip
"""Entries: 1 submission a, 2 completeness a, 3 and 4 submissions b and c, and so on."""


def opened(folder: Path, blobs: Blobs) -> Office:
    return office(
        blobs,
        SqlLedger.sqlite(folder / "office.sqlite"),
        tiles=FolderTiles.make(folder / "register"),
        openings=FolderOpenings.make(folder / "openings"),
    )


def closed(one: Office) -> None:
    assert isinstance(one.ledger, SqlLedger)
    one.ledger.close()


class Moment(msgspec.Struct, frozen=True):
    """The life as it was after some steps."""

    folder: Path
    blobs: MemoryBlobs

    def open(self) -> Office:
        return opened(self.folder, self.blobs)

    def copy(self, to: Path) -> "Moment":
        shutil.copytree(self.folder, to)
        return Moment(to, self.blobs)


def moments(folder: Path) -> list[Moment]:
    """One for each step of the life, and one before them all."""
    blobs = MemoryBlobs()
    living = Moment(folder / "living", blobs)
    found = []
    for at, step in enumerate((lambda one: None, *LIFE)):
        one = living.open()
        step(one)
        closed(one)
        found.append(living.copy(folder / f"after-{at}"))
    return found


class State(msgspec.Struct, frozen=True):
    """All that an office answers."""

    size: int
    root: bytes
    submissions: tuple[object, ...]
    openings: tuple[bytes | str, ...]
    uses: tuple[object, ...]
    found: tuple[tuple[int, ...], ...]
    """Hits of :data:`ASKED`, for everybody who may ask."""


ASKED = (
    Query(),
    Query(provider=PROVIDER),
    Query(product="lantern", version="2.2.0"),
    Query(purl="pkg:pypi/lantern"),
    Query(purl="pkg:npm/@lighthouse/lantern", kind=Kind.SUBMISSION),
    Query(digest=Digest.sha256(POLICY)),
    Query(digest=Digest.sha256(WHEEL), kind=Kind.COMPLETENESS),
    Query(key=PROVIDER_KEYS[1].public.keyid),
)


def found(one: Office) -> tuple[tuple[int, ...], ...]:
    """With an index made for it."""
    assert isinstance(one.register, Sequencer)
    where = Searched(one.register, one.ledger, one.blobs, trust(), SqlIndex.memory())
    return tuple(
        tuple(hit.index for hit in search(where, viewer, query, limit=1000).hits)
        for viewer in (EVERYTHING, PUBLIC, Viewer("own", PROVIDER))
        for query in ASKED
    )


def state(one: Office) -> State:
    """Every receipt is verified on the way."""
    edge = one.ledger.head().edge
    held: list[bytes | str] = []
    for at in range(edge.size):
        try:
            held.append(one.ledger.openings(at))
        except AssayError as error:
            held.append(str(error))
            continue
        assert receipt(one, at).verify(KEYS).index == at
    artifacts = sorted({digest for item in one.ledger.submissions() for digest in item.artifacts})
    return State(
        edge.size,
        edge.root,
        one.ledger.submissions(),
        tuple(held),
        one.ledger.uses(artifacts, edge.size),
        found(one),
    )


def rebuilt(
    moment: Moment,
    *,
    older: bool = False,
    receipts: Sequence[Receipt] = (),
    openings: Openings | None = None,
    blobs: Blobs | None = None,
) -> Rebuilt:
    """Make the moment's database anew, from the older one too if *older*; the new one takes its place."""
    place, aside = moment.folder / "office.sqlite", moment.folder / "older.sqlite"
    place.replace(aside)
    before = SqlLedger.sqlite(aside) if older else None
    tiles = FolderTiles(moment.folder / "register")
    signed = published(tiles, KEYS)
    assert signed is not None
    source = Source(
        signed=signed,
        reader=TileReader(tiles, signed.checkpoint.size, signed.checkpoint.root),
        keys=KEYS,
        openings=openings or FolderOpenings(moment.folder / "openings"),
        blobs=blobs or moment.blobs,
        older=before,
        receipts=receipts,
    )
    target = NewDatabase(place)
    try:
        return rebuild(source, target)
    finally:
        target.discard()
        if before is not None:
            before.close()


class Without:
    """Blobs of which some are lost."""

    def __init__(self, inner: Blobs, lost: Sequence[Digest]) -> None:
        self.inner, self.lost = inner, lost

    def put(self, data: bytes) -> Digest:
        return self.inner.put(data)

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        return self.inner.put_many(blobs)

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        self.inner.put_pieces(digest, length, pieces)

    def get(self, digest: Digest) -> bytes:
        return self.inner.get(Digest.sha256(b"lost") if digest in self.lost else digest)

    def open(self, digest: Digest) -> Opened:
        return self.inner.open(Digest.sha256(b"lost") if digest in self.lost else digest)

    def has(self, digest: Digest) -> bool:
        return digest not in self.lost and self.inner.has(digest)

    def erase(self, digest: Digest) -> None:
        self.inner.erase(digest)
