"""The bundles of a tiled log from left to right, each proven before it is given out: by its own root, and by the signed one.

Nothing is taken from a hash tile that the leaves below it do not hash to.
"""

from collections.abc import Iterator, Sequence

import msgspec

from assay.errors import Malformed, Unavailable, Untrusted
from assay.register import tiles
from assay.register.edge import Edge
from assay.register.tiles import ENTRIES, HEIGHT, WIDTH, Tile
from assay.tlog.ports import TileFiles
from assay.tlog.read import TileReader
from assay.tlog.recompute import Bundle, Grown, Map, Recomputation
from assay.tlog.serve import find, published

GROUP = 8
"""Bundles fetched at once."""
CHUNK = 64
"""Bundles proven and given out at once."""
CHUNK_BYTES = 32 << 20
"""A chunk ends early over this; entries may have 64 kB."""


class Step(msgspec.Struct, frozen=True):
    """A bundle that is in the tree."""

    bundle: Tile
    data: bytes
    first: int
    """Index of the first entry that is new."""
    new: Bundle
    upper: tuple[tuple[Tile, bytes], ...]
    """The full tiles of hashes that it completed, and their bytes."""


class Walk:
    """The bundles of *reader*'s tree after *edge*, which is known to be right. *fetch* may read several at once.

    Untrusted and Unavailable end it, and name the file.
    """

    def __init__(
        self, files: TileFiles, reader: TileReader, edge: Edge, fetch: Map[Tile, bytes] = map
    ) -> None:
        self._files, self._reader, self._fetch = files, reader, fetch
        self._tree = Recomputation(edge)

    @property
    def edge(self) -> Edge:
        """Of what was given out."""
        return self._tree.edge

    def chunks(self) -> Iterator[list[Step]]:
        while self._tree.edge.size < self._reader.size:
            steps: list[Step] = []
            while self._tree.edge.size < self._reader.size and len(steps) < CHUNK:
                steps += self._group()
                if sum(len(step.data) for step in steps) > CHUNK_BYTES:
                    break
            self._anchored()
            yield steps

    def _group(self) -> Iterator[Step]:
        last = (self._reader.size + WIDTH - 1) >> HEIGHT
        wanted = [
            Tile(ENTRIES, at, min(WIDTH, self._reader.size - (at << HEIGHT)))
            for at in range(self._tree.next, min(last, self._tree.next + GROUP))
        ]
        for bundle, data in zip(wanted, self._fetch(self._read, wanted), strict=True):
            entries = _decoded(data, bundle)
            first, begun = self._tree.edge.size, self._tree.begun
            grown = self._tree.add(entries)
            yield Step(bundle, data, first, entries[begun:], tuple(self._completed(bundle, grown)))

    def _completed(self, bundle: Tile, grown: Grown) -> Iterator[tuple[Tile, bytes]]:
        if not bundle.full:
            return  # its hashes are in the edge, which the signed root vouches for
        position = (HEIGHT, bundle.index)
        if self._reader.nodes([position])[position] != grown.root:
            self._name(bundle.index)
            raise Untrusted(f"{bundle.path} does not hash to what the tree has for it")
        for tile in grown.tiles:
            data = self._read(tile)
            grown.check(tile, data)
            yield tile, data

    def _anchored(self) -> None:
        """What the leaves hash to is what was signed, or what that began with."""
        edge = self._tree.edge
        expected = self._reader.root_at(edge.size)
        if edge.root != expected:
            self._name((edge.size - 1) >> HEIGHT)
            raise Untrusted(
                f"the first {edge.size} entries hash to {edge.root.hex()}, the signed tree has {expected.hex()} for them"
            )

    def _name(self, at: int) -> None:
        """Untrusted names the entry of a bundle, or the hash tile over it, that is not what the tree has."""
        start = at << HEIGHT
        self._reader.nodes([(0, start)])  # with the hash tile at hand, entries are compared one by one
        for _ in self._reader.entries(start, min(start + WIDTH, self._reader.size)):
            pass

    def _read(self, tile: Tile) -> bytes:
        """What is there, verified by nobody: where a partial one was is meanwhile perhaps a wider one only."""
        data = find(self._files, tile, self._reader.size)
        if data is None:
            data = find(self._files, tile, published(self._files))
        if data is None:
            raise Unavailable(f"{tile.path} is missing; the tree of size {self._reader.size} needs it")
        return data


def _decoded(data: bytes, bundle: Tile) -> Sequence[bytes]:
    try:
        return tiles.decode_bundle(data, bundle.width, what=bundle.path)
    except Malformed as error:
        raise Untrusted(str(error)) from error
