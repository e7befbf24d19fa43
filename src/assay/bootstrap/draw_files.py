"""What a draw is verified from: files that a person gives, and a register's own."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from assay.adapters.filesystem import read_whole
from assay.bootstrap import watching
from assay.bootstrap.register import files_at
from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats import strict_json
from assay.formats.digest import Digest
from assay.formats.note import Note
from assay.formats.text import shown
from assay.office.draw_audit import Recorded
from assay.office.office_policy import FORMAT as POLICY
from assay.office.office_policy import OfficePolicy
from assay.register import checkpoint as checkpoints
from assay.register import draw, leaf, receipt
from assay.register.body import Checkpoint
from assay.register.checkpoint import SignedCheckpoint
from assay.register.draw import DrawCommit, DrawResult
from assay.register.identity import LogKeys
from assay.register.key_history import FORMAT as HISTORY
from assay.register.key_history import KeyHistoryDocument
from assay.register.leaf import Kind
from assay.register.receipt import Receipt
from assay.tlog.draw_watch import document_path, file_path
from assay.tlog.ports import CHECKPOINT
from assay.tlog.read import MAX_CHECKPOINT, TileReader

MAX_LATER = 1 << 20
"""Entries after a commit that are looked through for its result."""


class Proven(msgspec.Struct, frozen=True):
    """An entry in a register, by a receipt that holds."""

    recorded: Recorded
    checkpoint: SignedCheckpoint


class Keys:
    """Of the registers that are trusted, with what key histories among the files tell of them."""

    def __init__(self, trusted: watching.Trusted, histories: Sequence[KeyHistoryDocument]) -> None:
        self.trusted = trusted
        self._histories = {one.origin: one.follow(self._keys(one.origin)) for one in histories}

    def receipt(self, one: Receipt) -> Proven:
        history = self._histories.get(one.origin)
        found = one.verify(self._keys(one.origin)) if history is None else history.verify(one)
        return Proven(Recorded(found.index, one.leaf, found.entry), found.checkpoint)

    def open_(self, note: bytes) -> SignedCheckpoint:
        origin = Checkpoint.parse(Note.parse(note, what="checkpoint").text).origin
        history = self._histories.get(origin)
        return checkpoints.open_(note, self._keys(origin)) if history is None else history.open_(note)

    def _keys(self, origin: str) -> LogKeys:
        found = next((one for one in self.trusted.keys if one.origin == origin), None)
        if found is None:
            raise Untrusted(
                f"register {shown(origin, 80)!r} is not among those trusted ({self.trusted.where})"
            )
        return found


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The files that a person gives, by what they are."""

    receipts: tuple[Receipt, ...]
    commits: tuple[DrawCommit, ...]
    results: tuple[DrawResult, ...]
    policies: tuple[OfficePolicy, ...]
    histories: tuple[KeyHistoryDocument, ...]
    notes: tuple[bytes, ...]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "Given":
        found = [_read(path, read_whole(path, limit=draw.MAX_BYTES)) for path in paths]
        return cls(
            receipts=tuple(one for one in found if isinstance(one, Receipt)),
            commits=tuple(dict.fromkeys(one for one in found if isinstance(one, DrawCommit))),
            results=tuple(dict.fromkeys(one for one in found if isinstance(one, DrawResult))),
            policies=tuple(one for one in found if isinstance(one, OfficePolicy)),
            histories=tuple(one for one in found if isinstance(one, KeyHistoryDocument)),
            notes=tuple(one for one in found if isinstance(one, bytes)),
        )


_Read = Receipt | DrawCommit | DrawResult | OfficePolicy | KeyHistoryDocument | bytes


def _read(path: Path, data: bytes) -> _Read:
    what = str(path)
    if data[:256].lstrip()[:1] != b"{":
        if path.suffix == ".toml":
            return OfficePolicy.parse_toml(data, what=what)
        Checkpoint.parse(Note.parse(data, what=what).text)
        return data
    raw = strict_json.members(data, what=what, limit=draw.MAX_BYTES).get("format", b"null")
    match strict_json.plain(raw, what=what):
        case receipt.FORMAT:
            return Receipt.parse(data, what=what)
        case draw.COMMIT_FORMAT:
            return DrawCommit.parse(data, what=what)
        case draw.RESULT_FORMAT:
            return DrawResult.parse(data, what=what)
        case name if name == POLICY:
            return OfficePolicy.parse(data, what=what)
        case name if name == HISTORY:
            return KeyHistoryDocument.parse(data, what=what)
    raise Malformed(f"{what} is no receipt, document of a draw, office policy, key history or checkpoint")


class Published:
    """A register's own files. What they hold is proven under its checkpoint; what they lack is Unavailable."""

    def __init__(self, where: str, keys: Keys) -> None:
        self._files, self._where, self._keys = files_at(where), where, keys
        note = self._files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
        if note is None:
            raise Unavailable(f"{shown(where, 200)}: {CHECKPOINT} is missing")
        self._note = note
        self.checkpoint = keys.open_(note).checkpoint
        self._reader = TileReader(self._files, self.checkpoint.size, self.checkpoint.root)

    def root_at(self, size: int) -> bytes | None:
        """None past its end."""
        return self._reader.root_at(size) if size <= self._reader.size else None

    def began_as(self, head: Checkpoint) -> bool:
        """Whether *head* is a tree that this one contains."""
        return head.origin == self.checkpoint.origin and self.root_at(head.size) == head.root

    def proven(self, index: int) -> Proven:
        if not 0 <= index < self._reader.size:
            raise Unavailable(f"{shown(self._where, 200)} has {self._reader.size} entries, none at {index}")
        return self._keys.receipt(
            Receipt(
                origin=self.checkpoint.origin,
                index=index,
                leaf=self._reader.entry(index),
                proof=self._reader.inclusion(index),
                checkpoint=self._note,
            )
        )

    def result_of(self, commit: int) -> tuple[Proven, DrawResult] | None:
        """The first result after entry *commit* whose document says that it is its."""
        end = min(self._reader.size, commit + 1 + MAX_LATER)
        for index, data in enumerate(self._reader.entries(commit + 1, end), commit + 1):
            entry = _entry(data)
            if entry is None or entry.kind is not Kind.DRAW_RESULT:
                continue
            document = self.document(next(one for one in entry.digests if one.algorithm == "sha256"))
            if document is not None and (result := DrawResult.parse(document)).commit == commit:
                return self.proven(index), result
        return None

    def kept(self, number: int) -> Proven | None:
        """The receipt of the commit of draw *number* as witnesses saw it early; None where the register keeps none."""
        data = self._files.read(file_path(number, "receipt.json"), limit=receipt.MAX_BYTES)
        return None if data is None else self._keys.receipt(Receipt.parse(data))

    def document(self, digest: Digest) -> bytes | None:
        path = document_path(digest)
        data = self._files.read(path, limit=draw.MAX_BYTES)
        if data is not None and Digest.sha256(data) != digest:
            raise Unavailable(f"{shown(self._where, 200)}: {path} is another document")
        return data


def _entry(data: bytes) -> leaf.Entry | None:
    """None for a statement of somebody else."""
    try:
        return leaf.parse(data)
    except Malformed:
        return None
