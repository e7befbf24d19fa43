"""Which keys are good for which entries and checkpoints of a register: those trusted, and those they handed over to.

Every change of keys is an entry signed by an old entry key, and one checkpoint, of the size that first holds it, signed by the
old and the new checkpoint keys. That note is published beside the tiles (:func:`handover_path`); see
:mod:`assay.register.rotation`.
"""

from collections.abc import Iterator, Sequence

from assay.errors import Malformed, Unavailable, Untrusted
from assay.register import checkpoint as checkpoints
from assay.register import genesis, leaf
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.leaf import Kind
from assay.register.rotation import KeyChange, KeyHistory
from assay.tlog.ports import TileFiles
from assay.tlog.read import TileReader
from assay.tlog.serve import MAX_CHECKPOINT

MAX_SCAN = 1 << 20
"""Entries looked through for changes of keys under a checkpoint that no known key signed."""


class Keyring:
    """Grows with the register. Whatever is learned hangs on the tree; :meth:`objection` says when that hangs on nothing."""

    def __init__(self, trusted: LogKeys, required: Sequence[Scheme] = BOTH) -> None:
        self._trusted = trusted
        self._required = required
        self._genesis: bytes | None = None
        self._changes: tuple[KeyChange, ...] = ()
        self._history: KeyHistory | None = None

    @property
    def origin(self) -> str:
        return self._trusted.origin

    @property
    def genesis(self) -> bytes:
        """Entry 0; empty before it was read."""
        return self._genesis or b""

    @property
    def changes(self) -> tuple[KeyChange, ...]:
        return self._changes

    @property
    def since(self) -> int:
        """The size that showed the newest keys."""
        return self._changes[-1].index + 1 if self._changes else 1

    def for_entry(self, index: int) -> LogKeys:
        return self._trusted if self._history is None else self._history.entry_keys(index)

    def open_(self, note: bytes) -> SignedCheckpoint:
        """The checkpoint in *note*, by keys that were good for its size; Untrusted when they did not sign it."""
        if (
            self._history is None or self.objection()
        ):  # the keys trusted may be those of a change not read yet
            return checkpoints.open_(note, self._trusted, required=self._required)
        return self._history.open_(note, required=self._required)

    def learn_genesis(self, entry: bytes) -> None:
        """Take the identity in entry 0, signed by a key that it names."""
        if self._genesis is not None:
            if entry != self._genesis:
                raise Untrusted("genesis is not the one seen before")
            return
        identity = genesis.open_(entry)
        if identity.keys.origin != self.origin:
            raise Untrusted(f"genesis is of register {identity.keys.origin[:80]!r}, expected {self.origin!r}")
        self._history = KeyHistory.follow(entry, (), identity.keys)
        self._genesis = entry

    def learn(self, change: KeyChange) -> None:
        """Take a change of keys. Malformed or Untrusted says why not; nothing changes then."""
        if self._genesis is None:
            raise Untrusted("keys change before genesis stated any")
        if self.knows(change.index, change.leaf):
            return
        changes = (*self._changes, change)
        self._history = KeyHistory.follow(self._genesis, changes, genesis.open_(self._genesis).keys)
        self._changes = changes

    def knows(self, index: int, entry: bytes) -> bool:
        """Whether entry *index* is a change of keys that was taken."""
        return any((one.index, one.leaf) == (index, entry) for one in self._changes)

    def objection(self) -> str:
        """Why what was learned is not, or not yet, the register of the keys that are trusted; empty when it is."""
        if self._history is None:
            return "genesis was not read"
        trusted = _all(self._trusted)
        if any(_all(period.identity.keys) <= trusted for period in self._history.periods):
            return ""
        return f"the keys that register {self.origin!r} states of itself are not those trusted"


def scan(keyring: Keyring, files: TileFiles, head: Checkpoint, note: bytes, start: int) -> None:
    """Let *keyring* take changes of keys from entry *start* on, in the tree of a *note* that no known key signed.

    Nobody vouches for that tree yet: a change counts by its own signatures, and genesis only where it leads to keys that are
    trusted. Whoever relies on the note then reads the entries again.
    """
    if head.size - start > MAX_SCAN:
        raise Unavailable(
            f"checkpoint of size {head.size} is signed by no known key; a change of keys is looked for in {MAX_SCAN:,} "
            f"entries at most, there are {head.size - start:,}: give it keys that signed this one"
        )
    reader = TileReader(files, head.size, head.root)
    for index, entry in enumerate(_entries(reader, min(start, head.size)), start):
        learn(keyring, files, reader, index, entry, note)


def learn(
    keyring: Keyring, files: TileFiles, reader: TileReader, index: int, entry: bytes, note: bytes
) -> None:
    """Let *keyring* take what entry *index* states of keys, if it does. Malformed or Untrusted when it may not."""
    if index == 0:
        keyring.learn_genesis(entry)
    elif states_keys(entry) and not keyring.knows(index, entry):
        keyring.learn(change(files, reader, index, entry, keyring.since, note))


def states_keys(entry: bytes) -> bool:
    try:
        return leaf.parse(entry).kind is Kind.KEY_CHANGE
    except Malformed:
        return False  # whoever reads all entries says what is wrong with it


def change(
    files: TileFiles, reader: TileReader, index: int, entry: bytes, since: int, note: bytes
) -> KeyChange:
    """What shows the change of keys in entry *index* of *reader*'s tree; *since* is the size that showed the keys before.

    *note* is the checkpoint being followed, which may be the one at the change itself.
    """
    size = index + 1
    path = handover_path(size)
    handover = note if reader.size == size else _read(files, path)
    if handover is None:
        raise Unavailable(
            f"keys change at entry {index}, and the checkpoint that old and new ones signed is missing: {path}"
        )
    try:
        proof, consistency = reader.inclusion(index, size), reader.consistency(since, size)
    except Untrusted as error:
        raise Unavailable(f"damaged: {error}") from error
    return KeyChange(index=index, leaf=entry, proof=proof, checkpoint=handover, consistency=consistency)


def _entries(reader: TileReader, start: int) -> Iterator[bytes]:
    """A file that does not fit is damage, which says nothing about keys."""
    try:
        yield from reader.entries(start)
    except Untrusted as error:
        raise Unavailable(f"damaged: {error}") from error


def _read(files: TileFiles, path: str) -> bytes | None:
    try:
        return files.read(path, limit=MAX_CHECKPOINT)
    except Malformed as error:
        raise Unavailable(f"{path} cannot be read: {error}") from error


def handover_path(size: int) -> str:
    """Where the checkpoint at a change of keys is published for ever: ``key-change/<size>``."""
    return f"key-change/{size}"


def _all(keys: LogKeys) -> set[object]:
    return {*keys.ed25519, *keys.ml_dsa_44, *keys.entry}
