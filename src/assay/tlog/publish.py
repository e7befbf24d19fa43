"""Publishing: what was committed becomes tiles, is read back and compared, and only then ``checkpoint`` moves forward.

The truth while this runs is with the caller, who holds the leaves until :func:`flush` returns and repeats it after a crash at
any point. Nothing that a published checkpoint needs is written a second time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from assay.errors import Malformed, Refused, TooLarge, Unavailable, Untrusted
from assay.register import checkpoint as checkpoints
from assay.register import merkle, tiles
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES
from assay.register.tiles import ENTRIES, HEIGHT, TILE_BYTES, WIDTH, Tile
from assay.tlog.ports import CHECKPOINT, TileFiles, TileStore
from assay.tlog.read import MAX_CHECKPOINT, TileReader

Map = Callable[[Callable[[tuple[str, bytes]], None], Iterable[tuple[str, bytes]]], Iterable[None]]

CHUNK_FILES = 64
CHUNK_BYTES = 8 << 20


def published(
    files: TileFiles, keys: LogKeys, *, required: Sequence[Scheme] = BOTH
) -> SignedCheckpoint | None:
    """The verified ``checkpoint``; None when nothing was published yet."""
    data = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    try:
        return None if data is None else checkpoints.open_(data, keys, required=required)
    except Malformed as error:
        text = str(error)
        raise Malformed(text if text.startswith(CHECKPOINT) else f"{CHECKPOINT}: {text}") from error


def flush(
    store: TileStore,
    old: int,
    leaves: Sequence[bytes],
    signed: bytes,
    keys: LogKeys,
    *,
    required: Sequence[Scheme] = BOTH,
    spread: Map = map,
) -> None:
    """Publish *signed*, a checkpoint over the *old* entries that *store* holds and *leaves* after them.

    :class:`Refused`: the store has published something that *signed* does not continue, or the leaves are not those signed.
    :class:`Unavailable`: a file cannot be written, reads back differently, or what should be there is not; named.
    *spread* reads files back: ``map``, or, for a distant store that may be shared by threads, one that does several at a time.
    """
    head = checkpoints.open_(signed, keys, required=required)
    new = head.checkpoint
    if old < 0 or old + len(leaves) != new.size:
        raise ValueError(f"{old} entries and {len(leaves)} leaves are not the {new.size} that were signed")
    before = published(store, keys, required=required)
    _forward(before, head)
    reader, rest = _begin(store, before, old, leaves)
    growth = _Growth(reader, rest)
    if (root := growth.root()) != new.root:
        raise Refused(f"the leaves lead to root {root.hex()}, the signed checkpoint has {new.root.hex()}")
    # A crash while this runs leaves files that no published checkpoint needs. The next flush writes them again, whole.
    for files in _chunks(growth.files()):
        store.write_many(files)
        for _ in spread(lambda file: _reread(store, *file), files):
            pass  # the first that differs is raised here
    _check_edge(store, new)
    # A crash here leaves all tiles and the old checkpoint; after it the new one, and partial tiles that are not needed.
    if before is None or before.note.encode() != signed:
        store.write(CHECKPOINT, signed)
        _reread(store, CHECKPOINT, signed)
    # A crash here leaves some of these; a repeated flush removes them, and otherwise they do no harm.
    for folder in tiles.outgrown(old, new.size):
        store.remove(folder)


def _forward(before: SignedCheckpoint | None, head: SignedCheckpoint) -> None:
    if before is None:
        return
    was, new = before.checkpoint, head.checkpoint
    if was.size > new.size:
        raise Refused(f"the store has published size {was.size} and does not go back to {new.size}")
    if was.size == new.size and was.root != new.root:
        raise Refused(
            f"the store has published root {was.root.hex()} for size {was.size}, the signed checkpoint has {new.root.hex()}"
        )
    if was.size and before.timestamp > head.timestamp:
        raise Refused(
            f"the store has published a checkpoint of time {before.timestamp}, the signed one is of {head.timestamp}"
        )


def _begin(
    store: TileStore, before: SignedCheckpoint | None, old: int, leaves: Sequence[bytes]
) -> tuple[TileReader, Sequence[bytes]]:
    """A reader of what was published, and the leaves that come after that."""
    size, root = (
        (0, merkle.EMPTY_ROOT) if before is None else (before.checkpoint.size, before.checkpoint.root)
    )
    if size < old:
        there = f"{CHECKPOINT} is of size {size}" if before else f"{CHECKPOINT} is missing"
        raise Unavailable(f"the store should hold {old} entries, but its {there}")
    reader = TileReader(store, size, root, cache_mb=4)
    for index, entry in enumerate(reader.entries(old, size), old):
        if entry != leaves[index - old]:
            raise Refused(f"entry {index} was published and is not the one given now")
    return reader, leaves[size - old :]


class _Growth:
    """What *leaves* add to the tree of *reader*: at each level the hashes from the start of its first new or wider tile."""

    def __init__(self, reader: TileReader, leaves: Sequence[bytes]) -> None:
        self._old, self._new = reader.size, reader.size + len(leaves)
        self._bundle = tuple(reader.entries(self._old - self._old % WIDTH, self._old))
        self._leaves = leaves
        self._columns: list[bytes] = []
        added = tiles.leaf_hashes(leaves)
        for level in tiles.levels(self._new)[1:]:
            here = tiles.tile_in(self._old, level, tiles.count(self._old, level) >> HEIGHT)
            column = (reader.file(here) if here else b"") + added
            self._columns.append(column)
            added = b"".join(tiles.tile_root(tile) for tile in _full(column))

    def root(self) -> bytes:
        """From the partial tile that ends each column."""
        ends = [column[len(column) // TILE_BYTES * TILE_BYTES :] for column in reversed(self._columns)]
        return merkle.root([peak for end in ends for peak in tiles.peaks(end)])

    def files(self) -> Iterator[tuple[str, bytes]]:
        for tile in tiles.grown(self._old, self._new):
            yield tile.path, self._bundle_of(tile) if tile.level == ENTRIES else self._hashes_of(tile)

    def _hashes_of(self, tile: Tile) -> bytes:
        at = (tile.index - (tiles.count(self._old, tile.level) >> HEIGHT)) * TILE_BYTES
        return self._columns[tile.level][at : at + tile.width * HASH_BYTES]

    def _bundle_of(self, tile: Tile) -> bytes:
        start = (tile.index << HEIGHT) - self._old
        entries = self._leaves[max(0, start) : start + tile.width]
        return tiles.encode_bundle((*self._bundle, *entries) if start <= 0 else entries)


def _full(column: bytes) -> Iterator[bytes]:
    for at in range(0, len(column) - TILE_BYTES + 1, TILE_BYTES):
        yield column[at : at + TILE_BYTES]


def _chunks(files: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Parts of bounded size: entries may have 64 kB each."""
    chunk: list[tuple[str, bytes]] = []
    held = 0
    for path, data in files:
        chunk.append((path, data))
        held += len(data)
        if len(chunk) == CHUNK_FILES or held >= CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _reread(store: TileStore, path: str, data: bytes) -> None:
    try:
        found = store.read(path, limit=len(data))
    except TooLarge as error:
        raise Unavailable(f"{path} reads back longer than the {len(data)} bytes written: {error}") from error
    if found is None:
        raise Unavailable(f"{path} was written and is not there")
    if found != data:
        at = next((at for at, (a, b) in enumerate(zip(found, data, strict=False)) if a != b), len(found))
        raise Unavailable(
            f"{path} reads back differently: {len(found)} bytes, expected {len(data)}, the first difference at byte {at}"
        )


def _check_edge(store: TileStore, new: Checkpoint) -> None:
    """The root once more, from the files."""
    try:
        TileReader(store, new.size, new.root, cache_mb=4).check_edge()
    except Untrusted as error:
        raise Unavailable(f"the store does not hold the tree of size {new.size}: {error}") from error
