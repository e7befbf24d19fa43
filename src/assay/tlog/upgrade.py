"""Turn a receipt under an old checkpoint into one under the register's newest: from *logged* to *witnessed*."""

from collections.abc import Sequence

import msgspec

from assay.errors import Unavailable, Untrusted
from assay.register import checkpoint as checkpoints
from assay.register.checkpoint import BOTH, Scheme, SignedCheckpoint
from assay.register.identity import LogKeys
from assay.register.receipt import Receipt, VerifiedReceipt
from assay.register.rotation import KeyHistory
from assay.tlog import equivocation
from assay.tlog.equivocation import Equivocation
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.read import MAX_CHECKPOINT, TileReader


class TwoHistories(Untrusted):
    """The register signed two trees that do not fit together; *proof* shows it to anybody who has the register's keys."""

    def __init__(self, message: str, proof: Equivocation) -> None:
        super().__init__(message)
        self.proof = proof


def upgrade(
    receipt: Receipt,
    keys: LogKeys | KeyHistory,
    files: TileFiles,
    *,
    newest: bytes | None = None,
    required: Sequence[Scheme] = BOTH,
) -> Receipt:
    """*receipt* with an inclusion proof in, and the note of, the register's *newest* checkpoint (else the published one).

    With a key history, receipt and checkpoint may be of different periods of the register's keys.
    :class:`TwoHistories` when the old tree is not how the new one begins; Untrusted when receipt, checkpoint or files do
    not hold; Unavailable when the register has not published that far yet, or cannot be read.
    """
    before = _verified(receipt, keys, required).checkpoint
    note = newest if newest is not None else _published(files)
    after = _opened(note, keys, required)
    old, new = before.checkpoint, after.checkpoint
    if new.size < old.size:
        raise Unavailable(
            f"{keys.origin} has published {new.size} entries, the receipt's checkpoint has {old.size}; try again later"
        )
    proof = equivocation.find(before, after, files)
    if proof is not None:
        raise TwoHistories(
            f"{keys.origin} shows two histories: the tree of size {old.size} in the receipt is not how its tree of size "
            f"{new.size} begins",
            proof,
        )
    reader = TileReader(files, new.size, new.root)
    upgraded = msgspec.structs.replace(receipt, proof=reader.inclusion(receipt.index), checkpoint=note)
    _verified(upgraded, keys, required)
    return upgraded


def _verified(receipt: Receipt, keys: LogKeys | KeyHistory, required: Sequence[Scheme]) -> VerifiedReceipt:
    """Under a key history both schemes are needed."""
    return keys.verify(receipt) if isinstance(keys, KeyHistory) else receipt.verify(keys, required=required)


def _opened(note: bytes, keys: LogKeys | KeyHistory, required: Sequence[Scheme]) -> SignedCheckpoint:
    if isinstance(keys, KeyHistory):
        return keys.open_(note)
    return checkpoints.open_(note, keys, required=required)


def _published(files: TileFiles) -> bytes:
    note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    if note is None:
        raise Unavailable("the register has published no checkpoint yet")
    return note
