"""A tiled log for tests, published step by step; entries from numbers, keys from labels."""

from collections.abc import Sequence
from functools import cache

from tests.support import register

from assay.adapters.tiles.memory import MemoryTiles
from assay.register import merkle
from assay.register.merkle import Position, leaf_hash
from assay.tlog.ports import TileStore
from assay.tlog.publish import flush
from assay.tlog.read import TileReader

KEYS = register.KEYS


@cache
def leaves(size: int) -> tuple[bytes, ...]:
    """Of unlike lengths, some of them empty."""
    return tuple(f"entry {n} ".encode() * (n % 4) for n in range(size))


@cache
def known(size: int) -> dict[Position, bytes]:
    return merkle.extend(0, [leaf_hash(leaf) for leaf in leaves(size)], {})


@cache
def root(size: int) -> bytes:
    return merkle.root([known(_rounded(size))[position] for position in merkle.frontier(size)])


def _rounded(size: int) -> int:
    """So that few trees are built for many sizes."""
    return -(-size // 1000) * 1000


@cache
def signed(size: int) -> bytes:
    return register.signed(size, root(size), register.STAMP + size)


def grow(store: TileStore, *sizes: int, old: int = 0) -> None:
    """Publish each of *sizes* in turn."""
    for size in sizes:
        flush(store, old, leaves(size)[old:], signed(size), KEYS)
        old = size


def log(*sizes: int) -> MemoryTiles:
    store = MemoryTiles()
    grow(store, *sizes)
    return store


def reader(store: TileStore, size: int) -> TileReader:
    return TileReader(store, size, root(size))


def check(store: TileStore, size: int) -> None:
    """The oracle: everything in the tree of *size* is there and right."""
    everything: Sequence[bytes] = list(reader(store, size).entries(0))
    assert everything == list(leaves(size))
    again = reader(store, size)
    again.check_edge()
    for index in range(0, size, 256):
        again.nodes([(0, index)])
