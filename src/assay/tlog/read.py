"""Reading a tiled log: nothing of a tile is used before it is known to belong to the tree with the given root.

The partial tiles at the right edge are checked together against the root; a full tile against its hash in the tile above,
up to the edge. Expanded tiles (all rows in one piece) are kept in a cache of bounded size. One reader serves one thread.
"""

from collections.abc import Iterable, Iterator

import msgspec

from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats.note import MAX_BYTES as MAX_NOTE
from assay.formats.note import Note
from assay.register import merkle, proof, tiles
from assay.register.checkpoint import Checkpoint
from assay.register.merkle import HASH_BYTES, Position
from assay.register.tiles import ENTRIES, HEIGHT, WIDTH, Tile
from assay.tlog.ports import CHECKPOINT, TileFiles

MAX_CHECKPOINT = MAX_NOTE
_MB = 1 << 20


class _Head(msgspec.Struct, frozen=True):
    size: int
    root: bytes
    edge: dict[int, bytes]
    """Rows of the partial tile at each level, verified."""


class TileReader:
    """The tree of *size* with *root*, which the caller has from a verified checkpoint, in *files*.

    :class:`Unavailable`: a file is missing, or cannot be read. :class:`Untrusted`: a file is not what the root demands.
    Both name the file.
    """

    def __init__(self, files: TileFiles, size: int, root: bytes, *, cache_mb: int = 64) -> None:
        if size == 0 and root != merkle.EMPTY_ROOT:
            raise Untrusted(f"a tree of size 0 has root {root.hex()}, expected {merkle.EMPTY_ROOT.hex()}")
        self._files = files
        self._size, self._root = size, root
        self._head: _Head | None = None
        self._cache = _Cache(cache_mb * _MB)

    @property
    def size(self) -> int:
        return self._size

    @property
    def root(self) -> bytes:
        return self._root

    def nodes(self, positions: Iterable[Position]) -> dict[Position, bytes]:
        """The hashes of perfect subtrees of this tree."""
        head = self._known()
        return {position: self._node(head, position) for position in positions}

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The audit path of leaf *index* in this tree, or in the one of *size* that it began as."""
        size = self._within(size)
        return proof.inclusion_proof(index, size, self.nodes(proof.inclusion_positions(index, size)))

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """That the tree of size *new* (else this one) begins with the tree of size *old*, which is 1 or more."""
        new = self._within(new)
        return proof.consistency_proof(old, new, self.nodes(proof.consistency_positions(old, new)))

    def root_at(self, size: int) -> bytes:
        """The root of the tree of *size* that this one began as."""
        positions = merkle.frontier(self._within(size))
        known = self.nodes(positions)
        return merkle.root([known[position] for position in positions])

    def entry(self, index: int) -> bytes:
        if not 0 <= index < self._size:
            raise ValueError(f"there is no entry {index} in a log of {self._size}")
        head = self._known()
        at, offset = divmod(index, WIDTH)
        tile = self._tile(head, ENTRIES, at)
        data = self._cache.get((ENTRIES, at))
        if data is None:
            data = self._read(tile)
            entries = self._verified(head, tile, data)
            if tile.full:
                self._cache.put((ENTRIES, at), data)
        else:
            entries = tiles.decode_bundle(data, tile.width, what=tile.path)
        return entries[offset]

    def entries(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """Entries from *start* up to *end*; a bundle is verified as a whole before its first entry is given out."""
        end = self._within(end)
        if not 0 <= start <= end:
            raise ValueError(f"there are no entries {start} to {end} in a log of {self._size}")
        head = self._known()
        for at in range(start >> HEIGHT, (end + WIDTH - 1) >> HEIGHT):
            tile = self._tile(head, ENTRIES, at)
            entries = self._verified(head, tile, self._read(tile))
            base = at << HEIGHT
            yield from entries[max(0, start - base) : end - base]

    def file(self, tile: Tile) -> bytes:
        """The verified bytes of a tile or bundle of this tree, or of a narrower one in its place (what a server answers)."""
        head = self._known()
        here = self._tile(head, tile.level, tile.index)
        if here.width < tile.width:
            raise ValueError(f"{tile.path} is not within the tree of size {self._size}")
        if tile.level != ENTRIES:
            return self._rows(head, tile.level, tile.index)[: tile.width * HASH_BYTES]
        data = self._read(here)
        self._verified(head, here, data)
        return _cut(data, tile, what=here.path)

    def check_edge(self) -> None:
        """Read the right edge of the tree again, down to the last bundle of entries, and fold it to the root."""
        self._head = None
        head = self._known()
        if head.size:
            tile = self._tile(head, ENTRIES, (head.size - 1) >> HEIGHT)
            self._verified(head, tile, self._read(tile))

    def advance(self, size: int, root: bytes) -> None:
        """Go on to a later checkpoint; :class:`Untrusted`, and the reader stays, unless its tree begins with this one.

        Reads the right edges of both trees. What is cached stays good.
        """
        if size < self._size or (size == self._size and root != self._root):
            raise Untrusted(
                f"the tree of size {self._size} and root {self._root.hex()} is not followed by size {size} and root {root.hex()}"
            )
        if size == self._size:
            return
        later = TileReader(self._files, size, root, cache_mb=1)
        # Full tiles of ours are full tiles of theirs if theirs begins with ours, which is about to be proven.
        found = later.root_at(self._size)
        if found != self._root:
            raise Untrusted(
                f"the tree of size {size} does not begin with the tree of size {self._size}: "
                f"its root then was {found.hex()}, expected {self._root.hex()}"
            )
        self._size, self._root, self._head = size, root, later._known()

    def _within(self, size: int | None) -> int:
        if size is None:
            return self._size
        if not 0 <= size <= self._size:
            raise ValueError(f"size {size} is not within the tree of size {self._size}")
        return size

    def _node(self, head: _Head, position: Position) -> bytes:
        level, index, row, offset = tiles.place(position)
        rows = self._rows(head, level, index)
        if len(rows) == _FULL_ROWS:
            at = _STARTS[row] + offset
            return rows[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        return tiles.row_hash(rows, self._tile(head, level, index).width, row, offset)

    def _rows(self, head: _Head, level: int, index: int) -> bytes:
        """All rows of a tile of hashes, verified."""
        rows = self._cache.get((level, index))
        if rows is not None:
            return rows
        tile = self._tile(head, level, index)
        if not tile.full:
            return head.edge[level]
        rows = tiles.expand(self._hashes(tile))
        self._check_root(head, tile, rows[-HASH_BYTES:])
        self._cache.put((level, index), rows)
        return rows

    def _check_root(self, head: _Head, tile: Tile, found: bytes) -> None:
        """Of a full tile, against the tile above it."""
        level, index = max(tile.level, 0) + 1, tile.index
        expected = self._node(head, (level * HEIGHT, index))
        if found != expected:
            above = self._tile(head, level, index >> HEIGHT)
            raise Untrusted(
                f"{tile.path} hashes to {found.hex()}, expected {expected.hex()} as in {above.path}"
            )

    def _tile(self, head: _Head, level: int, index: int) -> Tile:
        tile = tiles.tile_in(head.size, level, index)
        if tile is None:
            raise ValueError(f"there is no tile {index} at level {level} of a tree of size {head.size}")
        return tile

    def _known(self) -> _Head:
        if self._head is None:
            self._head = self._load()
        return self._head

    def _load(self) -> _Head:
        """The right edge: whatever is in its tiles is part of the root, so the root vouches for all of it."""
        edge = tiles.edge(self._size)
        found = {tile.level: self._hashes(tile) for tile in edge}
        subtrees = [peak for tile in reversed(edge) for peak in tiles.peaks(found[tile.level])]
        if (root := merkle.root(subtrees)) != self._root:
            raise Untrusted(
                f"{', '.join(tile.path for tile in edge)} lead to root {root.hex()}, "
                f"expected {self._root.hex()} for size {self._size}"
            )
        return _Head(self._size, self._root, {level: tiles.expand(data) for level, data in found.items()})

    def _hashes(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes, not verified but of the right length."""
        data = self._read(tile)
        if len(data) != tile.limit:
            raise Untrusted(f"{tile.path} has {len(data)} bytes, expected {tile.limit}")
        return data

    def _verified(self, head: _Head, bundle: Tile, data: bytes) -> list[bytes]:
        """The entries of a bundle that hash to what the tree has for them."""
        try:
            entries = tiles.decode_bundle(data, bundle.width, what=bundle.path)
        except Malformed as error:
            raise Untrusted(str(error)) from error
        hashes = tiles.leaf_hashes(entries)
        if bundle.full and self._cache.get((0, bundle.index)) is None:
            # The tile of level 0 need not be read: the tile above vouches for what would be in it.
            self._check_root(head, bundle, tiles.tile_root(hashes))
            return entries
        expected = self._rows(head, 0, bundle.index)
        if not expected.startswith(hashes):
            wrong = _first_difference(hashes, expected)
            raise Untrusted(
                f"{bundle.path}: entry {(bundle.index << HEIGHT) + wrong} is not the one in the tree"
            )
        return entries

    def _read(self, tile: Tile) -> bytes:
        """A file as wide as *tile*; where only a wider one is left, the first part of that."""
        data = self._file(tile)
        if data is not None:
            return data
        for wider in self._wider(tile):
            data = self._file(wider)
            if data is not None:
                return _cut(data, tile, what=wider.path)
        raise Unavailable(f"{tile.path} is missing; the tree of size {self._size} needs it")

    def _file(self, tile: Tile) -> bytes | None:
        try:
            return self._files.read(tile.path, limit=tile.limit)
        except Malformed as error:
            raise Untrusted(f"{tile.path} is not a file of at most {tile.limit} bytes: {error}") from error

    def _wider(self, tile: Tile) -> Iterator[Tile]:
        """A full tile replaces partial ones; before that, the published size says how wide the tile has grown."""
        if tile.full:
            return
        yield tile.whole
        grown = tiles.tile_in(self._hint(), tile.level, tile.index)
        if grown is not None and tile.width < grown.width < WIDTH:
            yield grown

    def _hint(self) -> int:
        """The published size, unverified: it only says where to look, and the root decides about what is found."""
        try:
            data = self._files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
            return 0 if data is None else Checkpoint.parse(Note.parse(data, what=CHECKPOINT).text).size
        except Malformed as error:
            raise Untrusted(f"{CHECKPOINT}: {error}") from error


def _cut(data: bytes, tile: Tile, *, what: str) -> bytes:
    try:
        return tiles.cut(data, tile, what=what)
    except Malformed as error:
        raise Untrusted(str(error)) from error


def _first_difference(one: bytes, other: bytes) -> int:
    """Number of the first hash that differs."""
    return next(
        at // HASH_BYTES
        for at in range(0, len(one), HASH_BYTES)
        if one[at : at + HASH_BYTES] != other[at : at + HASH_BYTES]
    )


_STARTS = tuple(2 * WIDTH - (2 * WIDTH >> row) for row in range(HEIGHT + 1))
_FULL_ROWS = (2 * WIDTH - 1) * HASH_BYTES


class _Cache:
    """Least recently used first out, bounded in bytes."""

    OVERHEAD = 200

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._held: dict[tuple[int, int], bytes] = {}

    def get(self, key: tuple[int, int]) -> bytes | None:
        data = self._held.pop(key, None)
        if data is not None:
            self._held[key] = data  # at the end: the most recent
        return data

    def put(self, key: tuple[int, int], data: bytes) -> None:
        if self.OVERHEAD + len(data) > self._limit:
            return
        before = self._held.pop(key, None)
        self._bytes += len(data) + self.OVERHEAD - (0 if before is None else len(before) + self.OVERHEAD)
        self._held[key] = data
        while self._bytes > self._limit:
            oldest = next(iter(self._held))
            self._bytes -= len(self._held.pop(oldest)) + self.OVERHEAD
