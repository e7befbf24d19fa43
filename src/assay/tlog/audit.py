"""Reading a register's new entries: the root from the leaves, each hash tile, each signature, each time, each draw."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from assay.errors import Malformed, Refused
from assay.register import leaf, scitt
from assay.register.leaf import Entry, Kind
from assay.register.merkle import leaf_hash
from assay.register.tiles import Tile
from assay.tlog.draw_watch import OF_DRAWS
from assay.tlog.keyring import Keyring, change
from assay.tlog.ports import TileFiles
from assay.tlog.read import TileReader
from assay.tlog.recompute import Bundle, Map, Run, verify_entries
from assay.tlog.walk import Step, Walk
from assay.tlog.watched import Alarm, Watched

BACKWARDS_S = 5
"""How much earlier than an entry before it an entry may be dated."""
AHEAD_S = 300
"""How much later than the checkpoint it stands in; and a checkpoint than our clock."""


class Spread(msgspec.Struct, frozen=True):
    """How to do many things of one kind: one after the other, or at once."""

    verify: Map[Run, str] = map
    fetch: Map[Tile, bytes] = map


class Audit:
    """The entries of *reader*'s tree that *watched* has not seen; Untrusted and Unavailable end it and name the file.

    *dated* is when the tree was signed, Unix seconds.
    """

    def __init__(
        self,
        files: TileFiles,
        reader: TileReader,
        watched: Watched,
        keyring: Keyring,
        *,
        dated: int,
        spread: Spread,
    ) -> None:
        self._files, self._reader, self._dated, self._spread = files, reader, dated, spread
        self._watched = watched
        self._keyring = keyring

    def run(self) -> Iterator[Watched]:
        """What is known after each chunk: its entries are in the signed tree, and what is wrong with them is an alarm."""
        walk = Walk(self._files, self._reader, self._watched.edge, self._spread.fetch)
        for steps in walk.chunks():
            runs = list(self._runs(steps))
            wrong = [Alarm(line) for line in verify_entries(runs, spread=self._spread.verify)]
            self._watched = msgspec.structs.replace(self._watched.alarm(*wrong), edge=walk.edge)
            yield self._watched

    def _runs(self, steps: Sequence[Step]) -> Iterator[Run]:
        """Entries that are to be verified, with the keys good for them; takes note of all else on the way."""
        for step in steps:
            start = first = step.first
            bundle = step.new
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
            yield first, entries, self._keyring.for_entry(first)

    def _parsed(self, index: int, data: bytes) -> Entry | None:
        try:
            return leaf.parse(data)
        except Malformed as error:
            if not scitt.is_statement(data):
                self._wrong(f"entry {index}: {error}")
                return None
        self._watched = msgspec.structs.replace(self._watched, statements=self._watched.statements + 1)
        return None

    def _note(self, index: int, data: bytes, entry: Entry) -> None:
        time, newest = int(entry.time.timestamp()), self._watched.newest
        if time < newest - BACKWARDS_S:
            self._wrong(f"entry {index} is dated {newest - time} s earlier than an entry before it")
        if time > self._dated + AHEAD_S:
            self._wrong(f"entry {index} is dated {time - self._dated} s after the checkpoint it stands in")
        elif time > newest:
            self._watched = msgspec.structs.replace(self._watched, newest=time)
        if (index == 0) != (entry.kind is Kind.GENESIS):
            self._wrong(f"entry {index} is of kind {entry.kind}; genesis is entry 0 and nothing else")
        elif entry.kind is Kind.GENESIS:
            self._learn(index, lambda: self._keyring.learn_genesis(data))
        elif entry.kind is Kind.KEY_CHANGE:
            if not self._keyring.knows(index, data):
                note = self._watched.checkpoint
                shown = change(self._files, self._reader, index, data, self._keyring.since, note)
                self._learn(index, lambda: self._keyring.learn(shown))
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
