"""A register's files as of an earlier size, while it goes on growing: for a backup that fits its database."""

from collections.abc import Iterator, Sequence

from assay.errors import Malformed, Unavailable, Untrusted
from assay.register import checkpoint as checkpoints
from assay.register import tiles
from assay.register.checkpoint import SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.tiles import Tile
from assay.tlog.ports import CHECKPOINT, TileFiles, TileStore
from assay.tlog.publish import published
from assay.tlog.read import TileReader

CHUNK_FILES = 64
ATTEMPTS = 5
"""At one file: a partial tile goes away when the register outgrows it."""


def take(source: TileFiles, to: TileStore, note: bytes, keys: LogKeys) -> SignedCheckpoint | None:
    """Copy the tree of *note*, a checkpoint that was published or was about to be, every file of it verified; None when nothing was.

    The checkpoint that *to* gets is *note*, or the published one where that is older. Unavailable when the source lacks something.
    """
    try:
        newest = published(source, keys)
        if newest is None:
            return None
        noted = checkpoints.open_(note, keys) if note else newest
        signed = noted if noted.checkpoint.size <= newest.checkpoint.size else newest
        size, root = signed.checkpoint.size, signed.checkpoint.root
        reading = _Reading(source, keys, newest)
        for chunk in _chunks(tuple(tiles.tiles(size))):
            to.write_many([(tile.path, reading.file(tile)) for tile in chunk])
        TileReader(to, size, root).check_edge()
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"the register is damaged: {error}") from error
    to.write(CHECKPOINT, signed.note.encode())
    return signed


class _Reading:
    """The register as it is now, and as it is again when a file went away under the reader."""

    def __init__(self, source: TileFiles, keys: LogKeys, newest: SignedCheckpoint) -> None:
        self._source, self._keys = source, keys
        self._reader = _reader(source, newest)

    def file(self, tile: Tile) -> bytes:
        for attempt in range(ATTEMPTS):
            try:
                return self._reader.file(tile)
            except Unavailable:
                newest = published(self._source, self._keys)
                if newest is None or attempt == ATTEMPTS - 1:
                    raise
                self._reader = _reader(self._source, newest)
        raise ValueError("no attempt was made")


def _reader(source: TileFiles, signed: SignedCheckpoint) -> TileReader:
    return TileReader(source, signed.checkpoint.size, signed.checkpoint.root)


def _chunks(found: Sequence[Tile]) -> Iterator[Sequence[Tile]]:
    yield from (found[at : at + CHUNK_FILES] for at in range(0, len(found), CHUNK_FILES))
