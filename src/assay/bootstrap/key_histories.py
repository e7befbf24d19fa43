"""Key histories of registers: collected from a register's files, and read beside the receipts that need them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.adapters.filesystem import read_whole, write_whole
from assay.bootstrap import watching
from assay.bootstrap.register import files_at
from assay.errors import Refused, Unavailable, Untrusted
from assay.formats.note import Note
from assay.formats.text import shown
from assay.register.checkpoint import Checkpoint
from assay.register.key_history import FORMAT, MAX_BYTES, KeyHistoryDocument
from assay.register.rotation import KeyHistory
from assay.tlog.keyring import Keyring, scan
from assay.tlog.ports import CHECKPOINT
from assay.tlog.read import MAX_CHECKPOINT
from assay.trust.root import TrustRoot

__all__ = ["FORMAT", "Collected", "collect", "like", "marked", "renewed", "said", "verified"]


class Collected(msgspec.Struct, frozen=True):
    written: Path
    origin: str
    changes: int
    size: int
    trust: str


def collect(where: str, trust: Path | None, vkeys: Sequence[str], output: Path) -> Collected:
    """Look through a register for changes of its keys and write its key history; nothing is written unless all holds."""
    files, trusted = files_at(where), watching.trusted(trust, vkeys, where)
    note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    if note is None:
        raise Unavailable(
            f"{shown(where, 200)}: {CHECKPOINT} is missing: nothing was published here, or it is lost"
        )
    head = Checkpoint.parse(Note.parse(note, what=CHECKPOINT).text)
    keys = next((one for one in trusted.keys if one.origin == head.origin), None)
    if keys is None:
        raise Refused(f"register {head.origin[:200]!r} is not among those trusted ({trusted.where})")
    ring = Keyring(keys)
    scan(ring, files, head, note, 0)
    if objection := ring.objection():
        raise Untrusted(objection)
    size = ring.open_(note).checkpoint.size
    document = KeyHistoryDocument(origin=ring.origin, genesis=ring.genesis, changes=ring.changes)
    document.follow(keys)
    write_whole(output, document.encode())
    return Collected(output, ring.origin, len(ring.changes), size, trusted.where)


def marked(data: bytes) -> bool:
    """Whether *data* may be a key history, whatever is wrong with it."""
    return f'"{FORMAT}"'.encode() in data


def like(path: Path) -> bool:
    """Whether *path* is a plain file that may be one."""
    return path.is_file() and path.stat().st_size <= MAX_BYTES and marked(read_whole(path, limit=MAX_BYTES))


def verified(data: bytes, root: TrustRoot, *, what: str) -> KeyHistory:
    """The history in *data*, under the keys that *root* trusts for its register."""
    document = KeyHistoryDocument.parse(data, what=what)
    log = root.log(document.origin)
    if log is None:
        raise Untrusted(f"register {document.origin!r} is not among those trusted")
    return document.follow(log.keys)


def renewed(root: TrustRoot, data: bytes, *, what: str) -> tuple[TrustRoot, tuple[str, ...]]:
    """*root* with the newest keys that a history tells in the place of those it had for the register; a line for people."""
    history = verified(data, root, what=what)
    newest = history.newest.keys.vkeys
    logs = tuple(
        msgspec.structs.replace(log, vkeys=newest) if log.origin == history.origin else log
        for log in root.logs
    )
    if logs == root.logs:
        return root, ()
    line = (
        f"register {history.origin!r}: its keys from entry {history.periods[-1].first:,} on, instead of those before; "
        "to verify older receipts, give the key history beside them"
    )
    return msgspec.structs.replace(root, logs=logs), (line,)


def said(history: KeyHistory) -> str:
    """In one line, for people."""
    firsts = [f"{period.first:,}" for period in history.periods[1:]]
    changes = f"changes of keys before entries {', '.join(firsts[-5:])}" if firsts else "no change of keys"
    return f"{history.origin}: {changes}"
