"""Reading a register's new entries: the root from the leaves, each hash tile, each signature, each time, each draw."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats import cose
from assay.register import leaf, scitt, tiles
from assay.register.leaf import Entry, Kind
from assay.register.merkle import leaf_hash
from assay.register.tiles import ENTRIES, HEIGHT, WIDTH, Tile
from assay.tlog.draw_watch import OF_DRAWS
from assay.tlog.keyring import Keyring, change
from assay.tlog.ports import TileFiles
from assay.tlog.read import TileReader
from assay.tlog.recompute import Bundle, Grown, Map, Recomputation, Run, verify_entries
from assay.tlog.serve import find, published
from assay.tlog.watched import Alarm, Watched

CHUNK = 64
"""Bundles read, verified and then remembered at once: what a crash makes a monitor read again."""
BACKWARDS_S = 5
"""How much earlier than an entry before it an entry may be dated."""
AHEAD_S = 300
"""How much later than our clock."""


class Spread(msgspec.Struct, frozen=True):
    """How to do many things of one kind: one after the other, or at once."""

    verify: Map[Run, str] = map
    fetch: Map[Tile, bytes] = map


class Audit:
    """The entries of *reader*'s tree that *watched* has not seen; Untrusted and Unavailable end it and name the file."""

    def __init__(
        self,
        files: TileFiles,
        reader: TileReader,
        watched: Watched,
        keyring: Keyring,
        *,
        now: int,
        spread: Spread,
    ) -> None:
        self._files, self._reader, self._now, self._spread = files, reader, now, spread
        self._tree = Recomputation(watched.edge)
        self._watched = watched
        self.keyring = keyring

    def run(self) -> Iterator[Watched]:
        """What is known after each chunk: its entries are in the signed tree, and what is wrong with them is an alarm."""
        last = (self._reader.size + WIDTH - 1) >> HEIGHT
        while self._tree.edge.size < self._reader.size:
            wanted = range(self._tree.next, min(last, self._tree.next + CHUNK))
            runs = list(self._grow([Tile(ENTRIES, at, self._width(at)) for at in wanted]))
            self._anchored()
            self._look(runs)
            yield self._watched

    def _width(self, at: int) -> int:
        return min(WIDTH, self._reader.size - (at << HEIGHT))

    def _grow(self, wanted: Sequence[Tile]) -> Iterator[tuple[int, Bundle]]:
        """Index of the first new entry, and the new entries, of each bundle, which is in the tree then."""
        for bundle, data in zip(wanted, self._spread.fetch(self._read, wanted), strict=True):
            entries = _decoded(data, bundle)
            first, begun = self._tree.edge.size, self._tree.begun
            grown = self._tree.add(entries)
            self._compare(bundle, grown)
            yield first, entries[begun:]

    def _read(self, tile: Tile) -> bytes:
        """What is there, verified by nobody: a partial one may meanwhile be a wider one only."""
        data = find(self._files, tile, self._reader.size)
        if data is None:
            data = find(self._files, tile, published(self._files))
        if data is not None:
            return data
        raise Unavailable(f"{tile.path} is missing; the tree of size {self._reader.size} needs it")

    def _compare(self, bundle: Tile, grown: Grown) -> None:
        if not bundle.full:
            return  # its hashes are in the edge, which the root vouches for
        position = (HEIGHT, bundle.index)
        if self._reader.size > WIDTH and self._reader.nodes([position])[position] != grown.root:
            self._name(bundle.index)
            raise Untrusted(f"{bundle.path} does not hash to what the tree has for it")
        for tile in grown.tiles:
            grown.check(tile, self._read(tile))

    def _name(self, at: int) -> None:
        """Untrusted names the entry of a bundle, or the hash tile over it, that is not what the tree has."""
        start = at << HEIGHT
        self._reader.nodes([(0, start)])  # with the hash tile at hand, entries are compared one by one
        for _ in self._reader.entries(start, min(start + WIDTH, self._reader.size)):
            pass

    def _anchored(self) -> None:
        """What the leaves hash to is what was signed, or what that began with."""
        edge = self._tree.edge
        expected = self._reader.root_at(edge.size)
        if edge.root != expected:
            self._name((edge.size - 1) >> HEIGHT)
            raise Untrusted(
                f"the first {edge.size} entries hash to {edge.root.hex()}, the signed tree has {expected.hex()} for them"
            )

    def _look(self, runs: Sequence[tuple[int, Bundle]]) -> None:
        signed = list(self._runs(runs))
        wrong = [Alarm(line) for line in islice(verify_entries(signed, spread=self._spread.verify), CHUNK)]
        self._watched = msgspec.structs.replace(self._watched.alarm(*wrong), edge=self._tree.edge)

    def _runs(self, runs: Sequence[tuple[int, Bundle]]) -> Iterator[Run]:
        """Entries that are to be verified, with the keys good for them; takes note of all else on the way."""
        for first, bundle in runs:
            start = first
            for index, data in enumerate(bundle, first):
                parsed = self._parsed(index, data)
                if parsed is None or parsed.identity is not None:
                    yield from self._run(start, bundle[start - first : index - first])
                    start = index + 1
                if parsed is not None:
                    self._note(index, data, parsed)
            yield from self._run(start, bundle[start - first :])

    def _run(self, first: int, entries: Bundle) -> Iterator[Run]:
        if entries:
            yield first, entries, self.keyring.for_entry(first)

    def _parsed(self, index: int, data: bytes) -> Entry | None:
        try:
            return leaf.parse(data)
        except Malformed as error:
            if not _is_statement(data):
                self._wrong(f"entry {index}: {error}")
                return None
        self._watched = msgspec.structs.replace(self._watched, statements=self._watched.statements + 1)
        return None

    def _note(self, index: int, data: bytes, entry: Entry) -> None:
        time, newest = int(entry.time.timestamp()), self._watched.newest
        if time < newest - BACKWARDS_S:
            self._wrong(f"entry {index} is dated {newest - time} s earlier than an entry before it")
        if time > self._now + AHEAD_S:
            self._wrong(f"entry {index} is dated {time - self._now} s in the future")
        elif time > newest:
            self._watched = msgspec.structs.replace(self._watched, newest=time)
        if (index == 0) != (entry.kind is Kind.GENESIS):
            self._wrong(f"entry {index} is of kind {entry.kind}; genesis is entry 0 and nothing else")
        elif entry.kind is Kind.GENESIS:
            self._learn(index, lambda: self.keyring.learn_genesis(data))
            self._watched = msgspec.structs.replace(self._watched, genesis=data)
        elif entry.kind is Kind.KEY_CHANGE:
            if not self.keyring.knows(index, data):
                note = self._watched.checkpoint
                shown = change(self._files, self._reader, index, data, self.keyring.since, note)
                self._learn(index, lambda: self.keyring.learn(shown))
            self._watched = msgspec.structs.replace(self._watched, changes=self.keyring.changes)
        elif entry.kind in OF_DRAWS:
            self._learn(index, lambda: self._draw(index, data, entry))

    def _draw(self, index: int, data: bytes, entry: Entry) -> None:
        draws = self._watched.draws.add(index, leaf_hash(data), entry)
        self._watched = msgspec.structs.replace(self._watched, draws=draws)

    def _learn(self, index: int, take: Callable[[], None]) -> None:
        """Take what an entry changes, or an alarm about why it cannot be taken."""
        try:
            take()
        except (Malformed, Refused) as error:
            self._wrong(f"entry {index}: {error}")

    def _wrong(self, what: str) -> None:
        self._watched = self._watched.alarm(Alarm(what))


def _decoded(data: bytes, bundle: Tile) -> list[bytes]:
    try:
        return tiles.decode_bundle(data, bundle.width, what=bundle.path)
    except Malformed as error:
        raise Untrusted(str(error)) from error


def _is_statement(data: bytes) -> bool:
    """Whether it is a signed statement of somebody else (RFC 9943), which has its own issuer's signature and form."""
    try:
        statement = scitt.Statement.parse(data)
        header = statement.signed.headers(what="header", foreign=True)
    except Malformed:
        return False  # then it is neither, which the caller says
    return header.get(cose.TYP) != leaf.TYP
