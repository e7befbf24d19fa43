"""A crash at any write of a submission's life, with that write kept and with it lost; afterwards everything is whole.

The oracle re-verifies the register from its leaves and finds every acknowledged entry exactly once.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.fuses import Crash, Fate, Fuse, FusedBlobs, FusedLedger, FusedOpenings, FusedTiles
from tests.support.offices import LOG, ORIGIN, bundle, office

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.openings_folder import FolderOpenings
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Duplicate, Unavailable
from assay.formats.dsse import Envelope
from assay.office.advance import advance, resume
from assay.office.log import receipt, verify_register
from assay.office.office import Office
from assay.office.submit import submit
from assay.register import leaf
from assay.register.leaf import Kind

FATES: tuple[Fate, ...] = ("kept", "lost")
PAYLOAD = Envelope.parse(bundle().envelope).identity


def life(one: Office) -> list[bytes]:
    """Submit and see through, with tiles in between; the receipts that were handed out."""
    taken = submit(one, bundle())
    one.register.publish()
    final = advance(one, taken)
    one.register.publish()
    assert final.publication is not None
    return [receipt(one, final.entry).encode(), receipt(one, final.publication).encode()]


def writes() -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        fuse = Fuse(0, "kept")
        life(fused(Path(folder), fuse))
        return fuse.count


def fused(folder: Path, fuse: Fuse) -> Office:
    return office(
        FusedBlobs(FolderBlobs(folder / "blobs"), fuse),
        FusedLedger(folder / "office.sqlite", fuse),
        tiles=FusedTiles(folder / "register", fuse),
        openings=FusedOpenings(folder / "openings", fuse),
    )


def opened(folder: Path) -> Office:
    return office(
        FolderBlobs(folder / "blobs"),
        SqlLedger.sqlite(folder / "office.sqlite"),
        tiles=FolderTiles.make(folder / "register"),
        openings=FolderOpenings.make(folder / "openings"),
    )


def oracle(folder: Path) -> None:
    """The register is that of its leaves, each kind of entry stands once, and the submission is published."""
    one = opened(folder)
    one.register.publish()
    size = verify_register(one)
    held = FolderOpenings.make(folder / "openings").read(0, size)
    assert [(item.openings, item.about, item.handed) for item in held] == [
        (item.openings, item.about, item.handed) for item in one.ledger.backing(0, size)
    ]
    kinds = [leaf.open_(one.register.leaf(at), LOG.public(ORIGIN)).kind for at in range(size)]
    assert kinds == [Kind.GENESIS, Kind.SUBMISSION, Kind.COMPLETENESS, Kind.DETERMINATION, Kind.PUBLICATION]
    stored = one.ledger.submission(PAYLOAD)
    assert stored is not None
    assert stored.state == "published"
    for digest in (stored.envelope, stored.customers, stored.verdict, stored.result, *stored.artifacts):
        assert digest is not None
        assert one.blobs.get(digest)
    assert stored.publication is not None
    assert receipt(one, stored.publication).verify(LOG.public(ORIGIN)).index == size - 1


def cases() -> list[Any]:
    return list(_cases())


def _cases() -> Iterator[Any]:
    for at in range(1, writes() + 1):
        for fate in FATES:
            yield pytest.param(at, fate, id=f"write {at} {fate}")


@pytest.mark.parametrize(("at", "fate"), cases())
def test_a_crash_at_any_write(at: int, fate: Fate, tmp_path: Path) -> None:
    with pytest.raises(Crash):
        life(fused(tmp_path, Fuse(at, fate)))
    again = opened(tmp_path)
    resume(again)
    if again.ledger.submission(PAYLOAD) is None:
        life(again)
    else:
        with pytest.raises(Duplicate, match="submitted before"):
            submit(again, bundle())
    oracle(tmp_path)


@pytest.mark.parametrize(("at", "fate"), cases())
def test_a_full_disk_at_any_write(at: int, fate: Fate, tmp_path: Path) -> None:
    """The disk fills up for one write; the same process may try again."""

    class Full(Fuse):
        def write(self, action: Callable[[], Any], tear: Callable[[], None] | None = None) -> Any:
            try:
                return super().write(action, tear)
            except Crash as error:
                raise Unavailable("No space left on device") from error

    with pytest.raises(Unavailable, match="No space left"):
        life(fused(tmp_path, Full(at, fate)))
    again = opened(tmp_path)
    resume(again)
    if again.ledger.submission(PAYLOAD) is None:
        life(again)
    oracle(tmp_path)


def test_there_is_something_to_break() -> None:
    assert writes() > 25
