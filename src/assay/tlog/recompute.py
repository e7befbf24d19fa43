"""The root from the entries themselves, and every entry's signature: what a monitor believes, instead of hash tiles.

Bundles come left to right, 256 entries each but the last. The state between two looks is the tree's right edge, a few dozen
hashes whatever its size.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from assay.errors import AssayError, Untrusted
from assay.register import leaf, tiles
from assay.register.edge import Edge
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES, Position, node_hash
from assay.register.tiles import HEIGHT, WIDTH, Tile

Bundle = Sequence[bytes]
A = TypeVar("A")
B = TypeVar("B")
Map = Callable[[Callable[[A], B], Iterable[A]], Iterable[B]]
"""``map``, or one that spreads the work."""

_LOW = WIDTH - 1


class Recomputation:
    """A tree that grows by bundles from *edge*, which is known to be right."""

    def __init__(self, edge: Edge = Edge()) -> None:  # noqa: B008 - frozen
        split = (edge.size >> HEIGHT).bit_count()
        self._full = edge.size >> HEIGHT
        self._peaks = list(edge.hashes[:split])
        self._begun = (edge.size & _LOW, edge.hashes[split:])

    @property
    def next(self) -> int:
        """Index of the bundle that comes next; the first one after a start holds what was begun."""
        return self._full

    @property
    def begun(self) -> int:
        """How many entries of that bundle are in the tree already."""
        return self._begun[0]

    @property
    def edge(self) -> Edge:
        return Edge((self._full << HEIGHT) + self._begun[0], (*self._peaks, *self._begun[1]))

    def add(self, bundle: Bundle) -> "Grown":
        """Put *bundle* in place :attr:`next`. :class:`Untrusted` when it does not begin with what was there before."""
        hashes = tiles.leaf_hashes(bundle)
        begun, peaks = self._begun
        if len(bundle) < begun or (begun and tiles.peaks(hashes[: begun * HASH_BYTES]) != peaks):
            start = self._full << HEIGHT
            raise Untrusted(
                f"{Tile(tiles.ENTRIES, self._full).path}: entries {start} to {start + begun - 1} are not those seen before"
            )
        if len(bundle) < WIDTH:
            self._begun = (len(bundle), tiles.peaks(hashes))
            return Grown(hashes, b"", {})
        self._begun = (0, ())
        root = tiles.tile_root(hashes)
        return Grown(hashes, root, self._push(root))

    def _push(self, hash_: bytes) -> dict[Position, bytes]:
        """Add the hash of a full bundle; the roots of the full tiles that it completed, by position."""
        level, index = HEIGHT, self._full
        made = {(level, index): hash_}
        while index & 1:
            hash_ = node_hash(self._peaks.pop(), hash_)
            level, index = level + 1, index >> 1
            if level % HEIGHT == 0:
                made[level, index] = hash_
        self._peaks.append(hash_)
        self._full += 1
        return made


class Grown:
    """What one bundle gave: its leaf hashes, their root when there are 256, and what the tiles it completed must hash to."""

    __slots__ = ("hashes", "root", "tiles")

    def __init__(self, hashes: bytes, root: bytes, made: dict[Position, bytes]) -> None:
        self.hashes, self.root = hashes, root
        self.tiles = {Tile(level // HEIGHT - 1, index): hash_ for (level, index), hash_ in made.items()}

    def check(self, tile: Tile, data: bytes) -> None:
        """Return when the file of a completed *tile* holds what was recomputed, else :class:`Untrusted` names it."""
        if tile.level == 0:
            same = data == self.hashes
        else:
            same = len(data) == tiles.TILE_BYTES and tiles.tile_root(data) == self.tiles[tile]
        if not same:
            raise Untrusted(f"{tile.path} is not what the entries below it hash to")


def recompute(bundles: Iterable[Bundle], edge: Edge = Edge()) -> Edge:  # noqa: B008 - frozen
    """The tree over *bundles*, appended to *edge*; when that ends within a bundle, the first one repeats it."""
    tree = Recomputation(edge)
    for bundle in bundles:
        tree.add(bundle)
    return tree.edge


Run = tuple[int, Bundle, LogKeys]
"""Entries that stand one after the other, the index of the first, and the keys that are good for all of them."""


def verify_entries(runs: Iterable[Run], *, spread: Map[Run, str] = map) -> Iterator[str]:
    """The first entry of each run that is malformed or not signed by its keys, one line each; nothing when all is well.

    *spread* may work in other threads or processes.
    """
    return (line for line in spread(verify_run, runs) if line)


def verify_run(run: Run) -> str:
    first, bundle, keys = run
    for index, entry in enumerate(bundle, first):
        try:
            leaf.open_(entry, keys)
        except AssayError as error:
            return f"entry {index}: {error}"
    return ""
