"""``assay receipt``: receipts under newer checkpoints."""

from pathlib import Path

import msgspec

from assay.adapters.filesystem import read_whole, write_whole
from assay.adapters.tiles.folder import FolderTiles
from assay.adapters.tiles.http import HttpTiles
from assay.bootstrap import key_histories, trusting
from assay.bootstrap.receipt_forms import trusted_log
from assay.bootstrap.verify import read_policy
from assay.errors import Unavailable, Untrusted
from assay.formats.note import Note
from assay.register.body import Checkpoint
from assay.register.identity import LogKeys
from assay.register.key_history import MAX_BYTES as MAX_HISTORY
from assay.register.quorum import Graded, Quorum, graded
from assay.register.receipt import MAX_BYTES, Receipt
from assay.register.rotation import KeyHistory
from assay.tlog.ports import TileFiles
from assay.tlog.upgrade import TwoHistories, upgrade

EQUIVOCATION = ".equivocation.json"
"""Added to the name of the file that would have been written."""


class Upgraded(msgspec.Struct, frozen=True):
    written: Path
    origin: str
    index: int
    before: int
    """Size of the old checkpoint."""
    size: int
    grade: Graded
    policy: bool
    """Whether there was a policy to be graded by."""


def upgrade_receipt(
    path: Path,
    register: str,
    *,
    policy: Path | None = None,
    trust: Path | None = None,
    keys: Path | None = None,
    output: Path | None = None,
) -> Upgraded:
    """Write *path* anew (or *output*) under the register's published checkpoint; nothing is written unless all holds.

    *keys* is a key history, for a receipt from before a change of the register's keys.
    """
    found = trusting.find(trust, path)
    receipt = Receipt.parse(read_whole(path, limit=MAX_BYTES), what=str(path))
    log = trusted_log(found.root, receipt.origin)
    quorum = log.quorum if policy is None else read_policy(policy)
    good: LogKeys | KeyHistory = log.keys
    if keys is not None:
        data = read_whole(keys, limit=MAX_HISTORY)
        good = key_histories.verified(data, found.root, what=str(keys))
    before = _size(receipt)
    newer = _newer(receipt, good, tiled_log(register), output or path)
    grade = _graded(newer, quorum)
    written = output or path
    write_whole(written, newer.encode())
    return Upgraded(
        written=written,
        origin=receipt.origin,
        index=receipt.index,
        before=before,
        size=_size(newer),
        grade=grade,
        policy=quorum is not None,
    )


def _newer(receipt: Receipt, keys: LogKeys | KeyHistory, files: TileFiles, written: Path) -> Receipt:
    try:
        return upgrade(receipt, keys, files)
    except TwoHistories as error:
        kept = written.with_name(f"{written.name}{EQUIVOCATION}")
        write_whole(kept, error.proof.encode())
        raise Untrusted(
            f"{error}; {kept} proves it to anybody: show it to others who rely on this register"
        ) from error


def tiled_log(where: str) -> TileFiles:
    """The register at a URL, or in a folder."""
    if where.startswith(("http://", "https://")):
        return HttpTiles(where)
    folder = Path(where)
    if not folder.is_dir():
        raise Unavailable(f"{folder} is no folder, and no http or https URL")
    return FolderTiles(folder)


def _graded(upgraded: Receipt, quorum: Quorum | None) -> Graded:
    """The witnesses may yet come: that they are not there is no fault of the receipt."""
    try:
        return graded(Note.parse(upgraded.checkpoint, what="checkpoint"), quorum)
    except Untrusted as error:
        raise Unavailable(
            f"the register's newest checkpoint, of size {_size(upgraded)}: {error}; nothing is written, try again later"
        ) from error


def _size(receipt: Receipt) -> int:
    """Of a receipt that is verified elsewhere."""
    return Checkpoint.parse(Note.parse(receipt.checkpoint, what="checkpoint").text).size
