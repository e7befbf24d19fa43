"""Turn a receipt under an old checkpoint into one under the register's newest: from *logged* to *witnessed*."""

from collections.abc import Sequence

import msgspec

from assay.errors import Unavailable, Untrusted
from assay.register import checkpoint as checkpoints
from assay.register import proof
from assay.register.checkpoint import BOTH, Checkpoint, Scheme
from assay.register.identity import LogKeys
from assay.register.receipt import Receipt
from assay.tlog.ports import CHECKPOINT, TileFiles
from assay.tlog.read import MAX_CHECKPOINT, TileReader


class TwoHistories(Untrusted):
    """The register signed two trees that do not fit together: the two notes prove it to anybody."""

    def __init__(self, message: str, older: bytes, newer: bytes) -> None:
        super().__init__(message)
        self.older = older
        self.newer = newer


def upgrade(
    receipt: Receipt,
    keys: LogKeys,
    files: TileFiles,
    *,
    newest: bytes | None = None,
    required: Sequence[Scheme] = BOTH,
) -> Receipt:
    """*receipt* with an inclusion proof in, and the note of, the register's *newest* checkpoint (else the published one).

    :class:`TwoHistories` when the old tree is not how the new one begins; Untrusted when receipt, checkpoint or files do
    not hold; Unavailable when the register has not published that far yet, or cannot be read.
    """
    before = receipt.verify(keys, required=required).checkpoint.checkpoint
    note = newest if newest is not None else _published(files)
    after = checkpoints.open_(note, keys, required=required).checkpoint
    if after.size < before.size:
        raise Unavailable(
            f"{keys.origin} has published {after.size} entries, the receipt's checkpoint has {before.size}; try again later"
        )
    reader = TileReader(files, after.size, after.root)
    _check_same_history(before, after, reader, receipt.checkpoint, note)
    upgraded = msgspec.structs.replace(receipt, proof=reader.inclusion(receipt.index), checkpoint=note)
    upgraded.verify(keys, required=required)
    return upgraded


def _published(files: TileFiles) -> bytes:
    note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    if note is None:
        raise Unavailable("the register has published no checkpoint yet")
    return note


def _check_same_history(
    before: Checkpoint, after: Checkpoint, reader: TileReader, older: bytes, newer: bytes
) -> None:
    """The proof comes from files that the new root vouches for, so if it fails the old root is another history's."""
    path = reader.consistency(before.size) if before.size < after.size else ()
    try:
        proof.verify_consistency(before.size, after.size, path, before.root, after.root)
    except Untrusted as error:
        raise TwoHistories(
            f"{before.origin} shows two histories: the tree of size {before.size} in the receipt is not how its tree of size "
            f"{after.size} begins; keep the receipt and this checkpoint, together they prove it",
            older,
            newer,
        ) from error
