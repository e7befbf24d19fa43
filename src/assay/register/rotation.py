"""Which keys of a register were good when: from genesis through every change of keys, each shown by its own entry.

A key change at index N states the new identity in full and is signed by an old entry key. The checkpoint of size N + 1,
the first that holds it, is signed by the old and by the new checkpoint keys; smaller ones by the old, larger ones by the
new alone. All lie in one tree, so a reader who trusts the keys of any one period learns those of all others.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, TooLarge, Untrusted
from assay.formats.note import Note
from assay.register import checkpoint as checkpoints
from assay.register import genesis, leaf, proof
from assay.register.checkpoint import BOTH, Checkpoint, Scheme, SignedCheckpoint
from assay.register.identity import MAX_CHANGES, LogIdentity, LogKeys
from assay.register.leaf import Kind
from assay.register.merkle import leaf_hash
from assay.register.opening import openings
from assay.register.receipt import Receipt, VerifiedReceipt


class KeyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of keys with what proves it. Nothing is verified by making one."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    """Audit path of *leaf* in the tree of size *index* + 1."""
    checkpoint: bytes
    """The signed note of that size, by old and new keys."""
    consistency: tuple[bytes, ...]
    """From the tree of the change before, or of genesis alone (size 1), to this one."""

    @classmethod
    def of(cls, receipt: Receipt, consistency: Sequence[bytes]) -> "KeyChange":
        """From the entry's receipt at its own size."""
        return cls(
            index=receipt.index,
            leaf=receipt.leaf,
            proof=receipt.proof,
            checkpoint=receipt.checkpoint,
            consistency=tuple(consistency),
        )


class Period(msgspec.Struct, frozen=True, kw_only=True):
    first: int
    """The first entry that these keys sign: 0, or the one after the key change. Also the size of the tree below."""
    identity: LogIdentity
    root: bytes
    """Of the tree that shows it: of genesis alone, or of the cross-signed checkpoint of size *first*."""
    timestamp: int = 0
    """Of the cross-signed checkpoint."""

    @property
    def size(self) -> int:
        return self.first or 1


class KeyHistory(msgspec.Struct, frozen=True):
    """Made by :meth:`follow` only."""

    periods: tuple[Period, ...]

    @classmethod
    def follow(cls, genesis_leaf: bytes, changes: Sequence[KeyChange], trusted: LogKeys) -> "KeyHistory":
        """Verify genesis and *changes*, oldest first. *trusted* are the reader's keys for the register, of any one period.

        Malformed or Untrusted names the change that fails. Changes that are not told are not known: see the newest period.
        """
        if len(changes) > MAX_CHANGES:
            raise TooLarge(
                f"register {trusted.origin!r} has {len(changes)} changes of keys, over {MAX_CHANGES}"
            )
        identity = genesis.open_(genesis_leaf)
        if identity.keys.origin != trusted.origin:
            raise Untrusted(f"genesis is of register {identity.keys.origin!r}, expected {trusted.origin!r}")
        history = cls((Period(first=0, identity=identity, root=leaf_hash(genesis_leaf)),))
        for change in changes:
            history = cls((*history.periods, history._next(change)))
        if not any(_keys(period.identity.keys) <= _keys(trusted) for period in history.periods):
            raise Untrusted(
                f"register {trusted.origin!r}: no period's keys are all among those trusted, of {len(history.periods)}"
            )
        return history

    @property
    def origin(self) -> str:
        return self.periods[0].identity.keys.origin

    @property
    def newest(self) -> LogIdentity:
        return self.periods[-1].identity

    def entry_keys(self, index: int) -> LogKeys:
        """The keys in force when entry *index* was written; a change of keys is written under the old ones."""
        return self.periods[self._at(index + 1)].identity.keys

    def checkpoint_keys(self, size: int) -> LogKeys:
        """The keys that may sign a checkpoint of *size*: at a change old and new, both of which must (:meth:`open_`)."""
        at = self._at(size)
        found = self.periods[at].identity.keys
        return _joined(found, self.periods[at + 1].identity.keys if self._crosses(at, size) else found)

    def open_(self, data: bytes, *, required: Sequence[Scheme] = BOTH) -> SignedCheckpoint:
        """The checkpoint in note *data*, signed by the keys that were good for its size; by old and new ones at a change."""
        size = Checkpoint.parse(Note.parse(data, what="checkpoint").text).size
        at = self._at(size)
        if not self._crosses(at, size):
            return checkpoints.open_(data, self.periods[at].identity.keys, required=required)
        return _cross_signed(
            data, self.periods[at].identity.keys, self.periods[at + 1].identity.keys, required
        )

    def keys_for(self, note: bytes, index: int) -> LogKeys:
        """The keys to verify entry *index* under the checkpoint in *note* with, which :meth:`open_` accepts."""
        size = self.open_(note).checkpoint.size
        return msgspec.structs.replace(self.checkpoint_keys(size), entry=self.entry_keys(index).entry)

    def verify(self, receipt: Receipt) -> VerifiedReceipt:
        """What *receipt* proves, its entry and its checkpoint each under the keys of their time."""
        return receipt.verify(self.keys_for(receipt.checkpoint, receipt.index))

    def _at(self, size: int) -> int:
        """The period whose keys sign a tree of *size*, the older one where two do."""
        if size < 0:
            raise ValueError(f"there is no tree of size {size}")
        return max(bisect_left([period.first for period in self.periods], size) - 1, 0)

    def _crosses(self, at: int, size: int) -> bool:
        return at + 1 < len(self.periods) and self.periods[at + 1].first == size

    def _next(self, change: KeyChange) -> Period:
        old, what = self.periods[-1], f"change of keys at entry {change.index}"
        if change.index < old.size:
            raise Untrusted(
                f"{what} is not after the keys that it replaces, which are good from entry {old.first} on"
            )
        identity = self._stated(change, what)
        signed = _cross_signed(change.checkpoint, old.identity.keys, identity.keys, BOTH)
        head = signed.checkpoint
        if head.size != change.index + 1:
            raise Untrusted(
                f"{what}: the cross-signed checkpoint has size {head.size}, expected {change.index + 1}"
            )
        if signed.timestamp < old.timestamp:
            raise Untrusted(f"{what}: its checkpoint is older than that of the change before")
        proof.verify_inclusion(leaf_hash(change.leaf), change.index, head.size, change.proof, head.root)
        proof.verify_consistency(old.size, head.size, change.consistency, old.root, head.root)
        return Period(first=head.size, identity=identity, root=head.root, timestamp=signed.timestamp)

    def _stated(self, change: KeyChange, what: str) -> LogIdentity:
        """The new identity, stated by an old entry key."""
        entry = leaf.open_(change.leaf, self.newest.keys)
        if entry.kind is not Kind.KEY_CHANGE or entry.identity is None:
            raise Malformed(f"{what} is of kind {entry.kind}, expected {Kind.KEY_CHANGE}")
        if entry.digests != (entry.identity.policy,):
            raise Untrusted(f"{what} records another document than its registration policy")
        check_successor(entry.identity, [period.identity for period in self.periods])
        return entry.identity


def key_change(
    current: LogIdentity, new: LogIdentity, *, time: datetime, salts: bytes, key: PrivateKey
) -> bytes:
    """The leaf that replaces *current* by *new*; *key* is an entry key of *current*, *salts* as for any entry.

    It must be the last of its batch: the checkpoint that first holds it is the one that :func:`cross_sign` signs.
    """
    if key.public not in current.keys.entry:
        raise ValueError("a change of keys is signed by an entry key that it replaces")
    check_successor(new, [current])
    return leaf.make(
        Kind.KEY_CHANGE,
        origin=current.keys.origin,
        time=time,
        digests=(new.policy,),
        openings=openings({}, salts),
        key=key,
        identity=new,
    )


def cross_sign(
    checkpoint: Checkpoint, old: Sequence[PrivateKey], new: Sequence[PrivateKey], timestamp: int
) -> bytes:
    """The note of the first checkpoint that holds a change of keys, by the checkpoint keys of before and after."""
    known = {key.public for key in old}
    return checkpoints.sign(checkpoint, (*old, *(key for key in new if key.public not in known)), timestamp)


def check_successor(new: LogIdentity, earlier: Sequence[LogIdentity]) -> None:
    """Return when *new* may follow *earlier*, oldest first: same origin, other keys, none that was retired or changes purpose."""
    current = earlier[-1]
    if new.keys.origin != current.keys.origin:
        raise Untrusted(f"new identity is of register {new.keys.origin!r}, expected {current.keys.origin!r}")
    if new == current:
        raise Malformed("new identity is the same as the one that it replaces")
    returned = (_keys(new.keys) - _keys(current.keys)) & _union(_keys(one.keys) for one in earlier)
    if returned:
        raise Untrusted(f"new identity names key {_shown(returned)} again, which was retired before")
    signing = _union({*one.keys.ed25519} for one in (*earlier, new))
    writing = _union({*one.keys.entry} for one in (*earlier, new))
    if both := signing & writing:
        raise Untrusted(f"key {_shown(both)} signs checkpoints and entries, expected one purpose for ever")
    _joined(current.keys, new.keys).check_few()


def _cross_signed(data: bytes, old: LogKeys, new: LogKeys, required: Sequence[Scheme]) -> SignedCheckpoint:
    found = []
    for keys, which in ((old, "old"), (new, "new")):
        try:
            found.append(checkpoints.open_(data, keys, required=required))
        except Untrusted as error:
            raise Untrusted(f"checkpoint at a change of keys, under the {which} keys: {error}") from error
    return max(found, key=lambda one: one.timestamp)


def _joined(old: LogKeys, new: LogKeys) -> LogKeys:
    """Checkpoint keys of both. TooLarge when that are too many to tell apart in one note."""
    return LogKeys(
        origin=old.origin,
        ed25519=tuple(dict.fromkeys((*old.ed25519, *new.ed25519))),
        ml_dsa_44=tuple(dict.fromkeys((*old.ml_dsa_44, *new.ml_dsa_44))),
    )


def _keys(keys: LogKeys) -> set[PublicKey]:
    return {*keys.ed25519, *keys.ml_dsa_44, *keys.entry}


def _union(sets: Iterable[set[PublicKey]]) -> set[PublicKey]:
    return set[PublicKey]().union(*sets)


def _shown(keys: set[PublicKey]) -> str:
    return min(keys).keyid[:12]
