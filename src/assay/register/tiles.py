"""The tree as files (c2sp.org/tlog-tiles): tiles of up to 256 hashes, bundles of up to 256 entries, and their paths.

A tile at tile level L holds hashes of tree level 8 * L; the seven levels above them are computed from it. A partial tile
stands at the right edge only and holds the hashes of perfect subtrees alone, so that nothing in it ever changes.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from assay.errors import Malformed, TooLarge
from assay.register.merkle import HASH_BYTES, MAX_SIZE, Position

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRIES = -1
"""In the place of a level: the bundle of entries below the tile of level 0 with the same index."""
MAX_LEVEL = 7
"""The specification has paths up to level 63; the 2**63 - 1 leaves that a tree may have reach level 7."""
TILE_BYTES = WIDTH * HASH_BYTES
MAX_ENTRY = 0xFFFF
MAX_BUNDLE = WIDTH * (2 + MAX_ENTRY)
MAX_PATH = 80

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


class Tile(msgspec.Struct, frozen=True, order=True):
    """A file of a tiled log: at *level* of tiles (or :data:`ENTRIES`), the *index*-th from the left."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not ENTRIES <= self.level <= MAX_LEVEL or not 1 <= self.width <= WIDTH or self.index < 0:
            raise ValueError(f"no such tile: level {self.level}, index {self.index}, width {self.width}")

    @property
    def full(self) -> bool:
        return self.width == WIDTH

    @property
    def limit(self) -> int:
        """The most bytes that the file can have; of a tile of hashes, exactly so many."""
        return self.width * (2 + MAX_ENTRY if self.level == ENTRIES else HASH_BYTES)

    @property
    def whole(self) -> "Tile":
        """The full tile in its place."""
        return Tile(self.level, self.index)

    @property
    def path(self) -> str:
        name = f"tile/{'entries' if self.level == ENTRIES else self.level}/{_number(self.index)}"
        return name if self.full else f"{name}.p/{self.width}"

    @property
    def partials(self) -> str:
        """The folder that the partial tiles in this place are in; ends with a slash."""
        return f"{self.whole.path}.p/"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path in its one spelling."""
        found = _PATH.fullmatch(path) if len(path) <= MAX_PATH else None
        if found is None:
            raise Malformed(
                f"{path[:MAX_PATH]!r} is no path of a tile, expected tile/<level>/<index>[.p/<width>]"
            )
        level = ENTRIES if found[1] == "entries" else int(found[1])
        index = int(found[2].replace("/", "").replace("x", ""))
        width = WIDTH if found[3] is None else int(found[3])
        if level > MAX_LEVEL or index << (HEIGHT * (max(level, 0) + 1)) >= MAX_SIZE:
            raise Malformed(f"{path!r} is a tile that no tree of up to 2**63 - 1 leaves has")
        if not 1 <= width <= WIDTH or (found[3] is not None and width == WIDTH):
            raise Malformed(f"{path!r} has width {width}, expected 1 to 255")
        tile = cls(level, index, width)
        if tile.path != path:
            raise Malformed(f"{path!r} is not in its one spelling, expected {tile.path!r}")
        return tile


def _number(index: int) -> str:
    """Three digits at a time, all but the last with an x before them."""
    name = f"{index % 1000:03}"
    while index := index // 1000:
        name = f"x{index % 1000:03}/{name}"
    return name


def count(size: int, level: int) -> int:
    """How many hashes (or entries) there are at *level* of tiles in a tree of *size*, in all tiles together."""
    return size >> (HEIGHT * max(level, 0))


def levels(size: int) -> range:
    """The levels of tiles that a tree of *size* has, :data:`ENTRIES` first; none when it is empty."""
    return range(ENTRIES, (size.bit_length() + HEIGHT - 1) // HEIGHT) if size else range(0)


def tile_in(size: int, level: int, index: int) -> Tile | None:
    """The tile in that place, as wide as in a tree of *size*; None when the tree has none there."""
    width = min(WIDTH, count(size, level) - (index << HEIGHT))
    return Tile(level, index, width) if width > 0 else None


def tiles(size: int) -> Iterator[Tile]:
    """All files that hold a tree of *size*, bundles first, then level by level."""
    return grown(0, size)


def grown(old: int, new: int) -> Iterator[Tile]:
    """The files of a tree of size *new* that are new or wider than in the tree of size *old*, in the order of :func:`tiles`."""
    if not 0 <= old <= new <= MAX_SIZE:
        raise ValueError(f"a tree does not grow from {old} to {new}")
    for level in levels(new):
        before, after = count(old, level), count(new, level)
        for index in range(before >> HEIGHT, (after + WIDTH - 1) >> HEIGHT):
            if after > before:
                yield Tile(level, index, min(WIDTH, after - (index << HEIGHT)))


def edge(size: int) -> tuple[Tile, ...]:
    """The partial tiles of hashes in a tree of *size*, lowest first. What :func:`merkle.frontier` names is in them."""
    found = (tile_in(size, level, count(size, level) >> HEIGHT) for level in levels(size) if level != ENTRIES)
    return tuple(tile for tile in found if tile is not None)


def outgrown(old: int, new: int) -> Iterator[str]:
    """Folders of partial tiles that the tree of *old* needed and full tiles of the tree of *new* replace."""
    for level in levels(old):
        before = count(old, level)
        if before % WIDTH and before >> HEIGHT < count(new, level) >> HEIGHT:
            yield Tile(level, before >> HEIGHT).partials


def place(position: Position) -> tuple[int, int, int, int]:
    """Where the hash of a perfect subtree is: level and index of its tile, rows above the tile's hashes, offset in that row."""
    level, index = position
    tile_level, row = divmod(level, HEIGHT)
    width = HEIGHT - row
    return tile_level, index >> width, row, index & ((1 << width) - 1)


def expand(hashes: bytes) -> bytes:
    """All rows of a tile in one piece: its hashes, the perfect pairs of them, and so on up to at most 9 rows.

    A row has half as many hashes as the one below it, rounded down: :func:`row_hash` finds them again.
    """
    rows = [hashes]
    while len(hashes) >= 2 * HASH_BYTES:
        hashes = parents(hashes)
        rows.append(hashes)
    return b"".join(rows)


def parents(hashes: bytes) -> bytes:
    """The row above: a node (RFC 6962 section 2.1) for each pair; a hash without a sibling has none."""
    return b"".join(
        [sha256(b"\1" + hashes[at : at + 64]).digest() for at in range(0, len(hashes) - HASH_BYTES, 64)]
    )


def row_hash(rows: bytes, width: int, row: int, offset: int) -> bytes:
    """From the rows of a tile of *width* hashes, the hash at *offset* in *row* (0 is the tile's own)."""
    if not 0 <= offset < width >> row:
        raise ValueError(f"no hash {offset} in row {row} of a tile of width {width}")
    for below in range(row):
        offset += width >> below
    return rows[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]


def tile_root(hashes: bytes) -> bytes:
    """The hash of a full tile, which stands in the tile above it."""
    if len(hashes) != TILE_BYTES:
        raise ValueError(f"tile of {len(hashes)} bytes has no hash of its own")
    while len(hashes) > HASH_BYTES:
        hashes = parents(hashes)
    return hashes


def peaks(hashes: bytes) -> tuple[bytes, ...]:
    """The perfect subtrees that make up the hashes of one tile, left to right; of a partial tile, its share of the frontier."""
    width = len(hashes) // HASH_BYTES
    rows = expand(hashes)
    return tuple(
        row_hash(rows, width, row, (width >> row) - 1) for row in range(HEIGHT, -1, -1) if width >> row & 1
    )


def cut(data: bytes, tile: Tile, *, what: str) -> bytes:
    """The first part of a wider file in the place of *tile*, which is what a partial one of that width holds."""
    if tile.level == ENTRIES:
        return data[: _bundle_end(data, tile.width, what=what)]
    wanted = tile.width * HASH_BYTES
    if len(data) < wanted or len(data) % HASH_BYTES:
        raise Malformed(
            f"{what} has {len(data)} bytes, expected at least {tile.width} hashes of {HASH_BYTES}"
        )
    return data[:wanted]


def leaf_hashes(entries: Sequence[bytes]) -> bytes:
    """The hashes of *entries* in one piece, as a tile of level 0 has them."""
    return b"".join([sha256(b"\0" + entry).digest() for entry in entries])


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry after its length in two bytes, big-endian."""
    if not 1 <= len(entries) <= WIDTH or max(map(len, entries)) > MAX_ENTRY:
        raise ValueError(f"a bundle holds 1 to {WIDTH} entries of at most {MAX_ENTRY} bytes")
    parts: list[bytes] = []
    for entry in entries:
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(data: bytes, width: int, *, what: str = "bundle") -> list[bytes]:
    """The *width* entries in *data*; an entry may be empty, nothing may follow the last."""
    if len(data) > MAX_BUNDLE:
        raise TooLarge(f"{what} has {len(data)} bytes, over {MAX_BUNDLE}")
    entries = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    # A slice past the end is shorter or empty, never an error, so one comparison at the end sees every truncation.
    if at != len(data):
        raise Malformed(_misfit(data, width, what))
    return entries


def _bundle_end(data: bytes, width: int, *, what: str) -> int:
    at = 0
    for _ in range(width):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    if at > len(data):
        raise Malformed(_misfit(data, width, what))
    return at


def _misfit(data: bytes, width: int, what: str) -> str:
    at = 0
    for number in range(width):
        if at + 2 > len(data):
            return f"{what} ends before entry {number} of {width}"
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            return f"{what} ends within entry {number} of {width}: {len(data)} bytes, expected at least {end}"
        at = end
    return f"{what} has {len(data) - at} bytes after entry {width - 1}, the last"
