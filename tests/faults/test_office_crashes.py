"""A crash at any write of a submission's life, with that write kept and with it lost; afterwards everything is whole.

The oracle re-verifies the register from its leaves and finds every acknowledged entry exactly once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import LOG, ORIGIN, bundle, office

from assay.adapters.filesystem import FolderBlobs
from assay.adapters.sql.ledger import SqlLedger
from assay.adapters.tiles.folder import FolderTiles
from assay.errors import Duplicate, Unavailable
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.advance import advance, resume
from assay.office.log import receipt, verify_register
from assay.office.office import Office
from assay.office.ports import Recorded, Wanted
from assay.office.submit import submit
from assay.register import leaf
from assay.register.leaf import Kind


class Crash(BaseException):
    """The process is gone; nothing above may catch it."""


class Fuse:
    """Counts writes; at the one it is set to, the process dies before or after the write."""

    def __init__(self, at: int, kept: bool) -> None:
        self.at, self.kept, self.count = at, kept, 0

    def write(self, action: Callable[[], Any]) -> Any:
        self.count += 1
        if self.count != self.at:
            return action()
        if self.kept:
            action()
        raise Crash


class FusedBlobs:
    def __init__(self, inner: FolderBlobs, fuse: Fuse) -> None:
        self.inner, self.fuse = inner, fuse

    def put(self, data: bytes) -> Digest:
        found: Digest = self.fuse.write(lambda: self.inner.put(data))
        return found

    def get(self, digest: Digest) -> bytes:
        return self.inner.get(digest)

    def has(self, digest: Digest) -> bool:
        return self.inner.has(digest)


class FusedLedger(SqlLedger):
    """Its three writes burn the fuse."""

    def __init__(self, path: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__(SqlLedger.sqlite_engine(path))

    def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
        found: Recorded = self.fuse.write(lambda: super(FusedLedger, self).record(wanted, seconds))
        return found

    def stamp(self, seconds: int) -> int:
        found: int = self.fuse.write(lambda: super(FusedLedger, self).stamp(seconds))
        return found

    def settle(self, size: int) -> None:
        self.fuse.write(lambda: super(FusedLedger, self).settle(size))


class FusedTiles(FolderTiles):
    def __init__(self, folder: Path, fuse: Fuse) -> None:
        self.fuse = fuse
        super().__init__(FolderTiles.make(folder).folder)

    def write(self, path: str, data: bytes) -> None:
        self.fuse.write(lambda: super(FusedTiles, self).write(path, data))

    def write_many(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, data in files:
            self.write(path, data)

    def remove(self, path: str) -> None:
        self.fuse.write(lambda: super(FusedTiles, self).remove(path))


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
        fuse = Fuse(0, kept=True)
        life(fused(Path(folder), fuse))
        return fuse.count


def fused(folder: Path, fuse: Fuse) -> Office:
    return office(
        FusedBlobs(FolderBlobs(folder / "blobs"), fuse),
        FusedLedger(folder / "office.sqlite", fuse),
        tiles=FusedTiles(folder / "register", fuse),
    )


def opened(folder: Path) -> Office:
    return office(
        FolderBlobs(folder / "blobs"),
        SqlLedger.sqlite(folder / "office.sqlite"),
        tiles=FolderTiles.make(folder / "register"),
    )


def oracle(folder: Path) -> None:
    """The register is that of its leaves, each kind of entry stands once, and the submission is published."""
    one = opened(folder)
    one.register.publish()
    size = verify_register(one)
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
        yield pytest.param(at, True, id=f"write {at} kept")
        yield pytest.param(at, False, id=f"write {at} lost")


@pytest.mark.parametrize(("at", "kept"), cases())
def test_a_crash_at_any_write(at: int, kept: bool, tmp_path: Path) -> None:
    with pytest.raises(Crash):
        life(fused(tmp_path, Fuse(at, kept)))
    again = opened(tmp_path)
    resume(again)
    if again.ledger.submission(PAYLOAD) is None:
        life(again)
    else:
        with pytest.raises(Duplicate, match="submitted before"):
            submit(again, bundle())
    oracle(tmp_path)


@pytest.mark.parametrize(("at", "kept"), cases())
def test_a_full_disk_at_any_write(at: int, kept: bool, tmp_path: Path) -> None:
    """The disk fills up for one write; the same process may try again."""

    class Full(Fuse):
        def write(self, action: Callable[[], Any]) -> Any:
            try:
                return super().write(action)
            except Crash as error:
                raise Unavailable("No space left on device") from error

    with pytest.raises(Unavailable, match="No space left"):
        life(fused(tmp_path, Full(at, kept)))
    again = opened(tmp_path)
    resume(again)
    if again.ledger.submission(PAYLOAD) is None:
        life(again)
    oracle(tmp_path)


def test_there_is_something_to_break() -> None:
    assert writes() > 25
