"""Everything again: each entry hashed, each tile computed from what is below it, the root from all; in one pass, left to right.

Where a file and what is below it disagree, the hash above says which of them is wrong; at the right edge the root says it.
Memory does not grow with the log.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from assay.errors import AssayError, Malformed, TooLarge, Unavailable
from assay.register import merkle, tiles
from assay.register.checkpoint import BOTH, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES
from assay.register.tiles import ENTRIES, HEIGHT, TILE_BYTES, WIDTH, Tile
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.publish import published
from assay.tlog.read import TileReader

MAX_NAMED = 1000
MAX_UNREADABLE = 16
"""Files that cannot be read before the store as a whole is given up."""
_UNPROVEN = "cannot be proven: what is below it is damaged, and nothing above it is right"
_EVERY = 256
"""Bundles between two calls of *tell*."""


class Damage(msgspec.Struct, frozen=True):
    path: str
    problem: str
    """What is there and what was expected."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    checkpoint: SignedCheckpoint
    files: int
    """Read and compared, the checkpoint included."""
    damage: tuple[Damage, ...] = ()
    unnamed: int = 0
    """Damage beyond what is listed."""
    leftovers: tuple[str, ...] = ()
    """Files that the tree of this size does not need: of an interrupted publication, or of nobody."""

    @property
    def intact(self) -> bool:
        return not self.damage


def scrub(
    files: TileFiles,
    keys: LogKeys,
    *,
    required: Sequence[Scheme] = BOTH,
    listed: Iterable[str] = (),
    tell: Callable[[int, int], None] | None = None,
) -> Report:
    """Recompute the whole log under its ``checkpoint``. *tell* hears how many entries of how many are done.

    *listed* are the paths of all files, where the store can list them. Raises when there is no checkpoint to go by, or when
    the store cannot be read.
    """
    signed = published(files, keys, required=required)
    if signed is None:
        raise Unavailable(f"{CHECKPOINT} is missing: nothing was published here, or it is lost")
    run = _Scrub(files, signed.checkpoint.size, signed.checkpoint.root)
    run.everything(tell or _silent)
    leftovers = run.beside(listed)
    return Report(
        checkpoint=signed,
        files=run.files_read + 1,
        damage=tuple(run.damage),
        unnamed=run.unnamed,
        leftovers=tuple(leftovers),
    )


def _silent(done: int, size: int) -> None:
    pass


class _Column:
    """The tile at one level that is being computed, and what its file says."""

    def __init__(self) -> None:
        self.index = -1
        self.tile: Tile | None = None
        self.stored: bytes | None = None
        self.computed = bytearray()
        self.whole = True
        """Whether all of *computed* could be computed."""


class _Scrub:
    def __init__(self, files: TileFiles, size: int, root: bytes) -> None:
        self.damage: list[Damage] = []
        self.unnamed = 0
        self.files_read = 0
        self._unreadable = 0
        self._files, self._size, self._root = files, size, root
        self._columns = [_Column() for _ in tiles.levels(size)[1:]]
        self._reader = TileReader(files, size, root, cache_mb=4)
        self._edge_holds = self._check_edge()
        self._doubts: list[Damage] = []
        """What is right if the root comes out right in the end."""

    def everything(self, tell: Callable[[int, int], None]) -> None:
        bundles = (self._size + WIDTH - 1) >> HEIGHT
        for at in range(bundles):
            self._open(at)
            bundle = tiles.tile_in(self._size, ENTRIES, at)
            assert bundle is not None
            hashes = self._hashed(bundle)
            column = self._columns[0]
            column.computed[:] = hashes or b""
            column.whole = hashes is not None
            self._settle(0)
            if at % _EVERY == _EVERY - 1:
                tell((at + 1) << HEIGHT, self._size)
        for level in range(1, len(self._columns)):
            if self._columns[level].tile is not None and len(self._columns[level].computed) < TILE_BYTES:
                self._settle(level)
        self._check_root()
        tell(self._size, self._size)

    def beside(self, listed: Iterable[str]) -> list[str]:
        """Compare partial tiles of earlier sizes; what is left over."""
        left = []
        for path in sorted(listed):
            try:
                tile = Tile.parse(path)
            except Malformed:
                left.append(path)
                continue
            here = tiles.tile_in(self._size, tile.level, tile.index)
            if here is None or here.width < tile.width:
                left.append(path)
            elif here != tile and self._edge_holds:
                self._compare(tile)
        return left

    def _compare(self, tile: Tile) -> None:
        data = self._read(tile)
        if data is None:
            return
        try:
            expected = self._reader.file(tile)
        except AssayError as error:
            self._name(tile.path, f"cannot be compared: {error}")
            return
        if data != expected:
            self._name(tile.path, "is not the beginning of the wider one in its place")

    def _open(self, bundle: int) -> None:
        """The tiles above a bundle, where they are not those above the one before."""
        for level, column in enumerate(self._columns):
            index = bundle >> (HEIGHT * level)
            if column.index == index:
                return
            column.index = index
            column.tile = tiles.tile_in(self._size, level, index)
            column.stored = self._stored(column.tile) if column.tile else None
            column.computed.clear()
            column.whole = True

    def _settle(self, level: int) -> None:
        """Compare a tile that is complete with its file, decide which is right, and hand its hash on to the tile above."""
        column = self._columns[level]
        tile, stored = column.tile, column.stored
        computed = bytes(column.computed) if column.whole else None
        assert tile is not None
        expected = self._expected(level) if tile.full else None
        right = stored
        if computed != stored or computed is None:
            right = self._decide(tile, computed, stored, expected)
        column.computed[:] = right or b""
        if tile.full:
            found = tiles.tile_root(right) if right is not None else expected
            above = self._columns[level + 1]
            if right is None and above.tile is not None:
                self._doubt(above.tile.path, _UNPROVEN)  # it stands in for what is lost below it
            above.computed += found or bytes(HASH_BYTES)
            above.whole &= found is not None
            if len(above.computed) == TILE_BYTES:
                self._settle(level + 1)

    def _decide(
        self, tile: Tile, computed: bytes | None, stored: bytes | None, expected: bytes | None
    ) -> bytes | None:
        """Name what is wrong: the file, or what is below it. What can be gone on with."""
        vouched = self._edge_holds
        if tile.full:
            vouched = stored is not None and tiles.tile_root(stored) == expected
        if stored is not None and vouched:
            if computed is not None:
                self._blame_below(tile, computed, stored)
            return stored
        if stored is not None and computed is not None:
            at = _difference(computed, stored)
            self._name(
                tile.path,
                f"hash {at} is {_hex(stored, at)}, expected {_hex(computed, at)} as computed from {_below(tile, at)}",
            )
            if expected is None:
                self._doubt(
                    _below(tile, at), f"and {tile.path} do not agree, and the root speaks for neither"
                )
        elif stored is not None and expected is None:
            self._doubt(tile.path, _UNPROVEN)
        elif stored is not None and expected is not None:
            self._name(
                tile.path, f"hashes to {tiles.tile_root(stored).hex()}, expected {expected.hex()} as above it"
            )
        elif tile.level == 0 and expected is None:
            self._doubt(
                _below(tile, 0), f"cannot be proven: {tile.path} is damaged, and nothing above it is right"
            )
        if computed is not None and expected is not None and tiles.tile_root(computed) != expected:
            self._name(
                _below(tile, 0),
                f"and what is beside it do not lead to {expected.hex()}, which is above {tile.path}",
            )
        return stored if computed is None else computed

    def _blame_below(self, tile: Tile, computed: bytes, stored: bytes) -> None:
        """*tile* is right as stored."""
        for at in range(tile.width):
            if _hash(computed, at) == _hash(stored, at):
                continue
            below = _below(tile, at)
            led = f"to {_hex(computed, at)}, expected {_hex(stored, at)} as in {tile.path}"
            if tile.level == 0:
                self._name(below, f"entry {(tile.index << HEIGHT) + at} hashes {led}")
                continue
            self._name(below, f"and what is below it lead {led}")
            if tile.level == 1:
                bundle = Tile(ENTRIES, (tile.index << HEIGHT) + at).path
                self._name(bundle, f"agrees with {below}, which does not belong to the tree")

    def _expected(self, level: int) -> bytes | None:
        """The hash of a full tile as the file above has it."""
        above = self._columns[level + 1]
        return None if above.stored is None else _hash(above.stored, self._columns[level].index % WIDTH)

    def _check_edge(self) -> bool:
        """Whether the files at the right edge lead to the root; if so, they are right and vouch for the rest."""
        try:
            self._reader.nodes(())
        except AssayError:
            return False  # each of its files is named when its turn comes
        return True

    def _check_root(self) -> None:
        edge = [column for column in self._columns if column.tile is not None and not column.tile.full]
        if all(column.whole or column.computed for column in edge):
            root = merkle.root(
                [peak for column in reversed(edge) for peak in tiles.peaks(bytes(column.computed))]
            )
            if root == self._root:
                return
            self._name(CHECKPOINT, f"has root {self._root.hex()}, all files together lead to {root.hex()}")
        for doubt in self._doubts:
            self._name(doubt.path, doubt.problem)

    def _hashed(self, bundle: Tile) -> bytes | None:
        data = self._read(bundle)
        if data is None:
            return None
        try:
            return tiles.leaf_hashes(tiles.decode_bundle(data, bundle.width, what=bundle.path))
        except Malformed as error:
            self._name(bundle.path, str(error).removeprefix(bundle.path).strip())
            return None

    def _stored(self, tile: Tile) -> bytes | None:
        data = self._read(tile)
        if data is not None and len(data) != tile.limit:
            self._name(tile.path, f"has {len(data)} bytes, expected {tile.limit}")
            return None
        return data

    def _read(self, tile: Tile) -> bytes | None:
        try:
            data = self._files.read(tile.path, limit=tile.limit)
        except TooLarge:
            self._name(tile.path, f"has over {tile.limit} bytes, the most for {tile.width} of them")
            return None
        except Malformed as error:
            self._name(tile.path, f"is no plain file: {error}")
            return None
        except Unavailable as error:
            self._unreadable += 1
            if self._unreadable > MAX_UNREADABLE:
                raise
            self._name(tile.path, f"cannot be read: {error}")
            return None
        self.files_read += 1
        if data is None:
            self._name(
                tile.path, f"is missing, expected {tile.width} {'entries' if tile.level < 0 else 'hashes'}"
            )
        return data

    def _doubt(self, path: str, problem: str) -> None:
        if len(self._doubts) < MAX_NAMED:
            self._doubts.append(Damage(path, problem))

    def _name(self, path: str, problem: str) -> None:
        if len(self.damage) < MAX_NAMED:
            self.damage.append(Damage(path, problem))
        else:
            self.unnamed += 1


def _hash(data: bytes, at: int) -> bytes:
    return data[at * HASH_BYTES : (at + 1) * HASH_BYTES]


def _hex(data: bytes, at: int) -> str:
    return _hash(data, at).hex()


def _difference(one: bytes, other: bytes) -> int:
    return next(at for at in range(len(one) // HASH_BYTES) if _hash(one, at) != _hash(other, at))


def _below(tile: Tile, at: int) -> str:
    """The file that hash *at* of *tile* comes from."""
    if tile.level == 0:
        return Tile(ENTRIES, tile.index, tile.width).path
    return Tile(tile.level - 1, (tile.index << HEIGHT) + at).path
