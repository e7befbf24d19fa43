"""What anybody needs to compute a draw again. What is so only for a time is kept beside the register's tiles: the checkpoint
that it was committed over, and the commit's receipt as witnesses saw it before the round. Both prove themselves.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from assay.errors import Malformed, Refused, Unavailable, Untrusted
from assay.formats.note import Note
from assay.office.log import receipt
from assay.office.ports import Drawing
from assay.office.service import Service
from assay.register import checkpoint as checkpoints
from assay.register import draw, opening, sighting
from assay.register.draw import DrawCommit
from assay.register.quorum import Quorum
from assay.register.receipt import MAX_BYTES, Receipt
from assay.tlog.draw_watch import GRACE_S, document_path, file_path
from assay.tlog.ports import CHECKPOINT, TileStore
from assay.tlog.read import MAX_CHECKPOINT, TileReader

State = Literal["waiting", "due", "overdue", "drawn"]
"""For its round; for the office to draw; longer than it may; no more."""
MAX_OPEN = 20
"""Draws that are looked at, the newest."""


def state(one: Drawing, now: datetime) -> State:
    """*overdue* is an alarm: a draw that was committed to has to be drawn, by that round and no other."""
    if one.result is not None:
        return "drawn"
    late_s = (now - one.at).total_seconds()
    return "waiting" if late_s < 0 else "due" if late_s <= GRACE_S else "overdue"


def keep_frame(service: Service, number: int, note: bytes) -> None:
    """Before the commit is recorded: a crash in between leaves a file that the next attempt writes again."""
    if service.public is not None:
        service.public.write(file_path(number, "frame"), note)


def keep_receipts(service: Service, quorum: Quorum) -> None:
    """Once witnesses have cosigned: keep the receipt of each commit whose round is not out yet, with as many of them as there are."""
    if service.public is None:
        return
    for one in service.cases.draws(MAX_OPEN):
        if state(one, service.now()) == "waiting":
            _keep(service, service.public, one, quorum)


def _keep(service: Service, files: TileStore, one: Drawing, quorum: Quorum) -> None:
    note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    if note is None:
        return
    seen = sighting.cosigned(Note.parse(note, what=CHECKPOINT), quorum)
    before: Mapping[str, int] = {}
    try:
        kept = _kept(service, files, one)
    except Unavailable:
        kept = None  # another one of before the round shows the same: it takes the damaged one's place
    if kept is not None:
        before = sighting.cosigned(Note.parse(kept.checkpoint, what="receipt.json"), quorum)
    if set(seen) <= set(before):
        return
    made = _under(service, files, one.entry, note)
    if made is not None:
        files.write(file_path(one.number, "receipt.json"), made.encode())


def commit_receipt(service: Service, one: Drawing) -> Receipt:
    """The kept one; where none was kept, one under the newest checkpoint that was published, with whatever cosignatures that has.

    Unavailable when the kept one is damaged: one that is made now does not show what witnesses saw before the round.
    """
    files = service.public
    kept = _kept(service, files, one) if files is not None else None
    if kept is not None or files is None:
        return kept or receipt(service.office, one.entry)
    note = files.read(CHECKPOINT, limit=MAX_CHECKPOINT)
    made = _under(service, files, one.entry, note) if note is not None else None
    return made or receipt(service.office, one.entry)


def result_receipt(service: Service, one: Drawing) -> Receipt:
    """Refused before the draw has a result."""
    return receipt(service.office, _drawn(one))


def document(service: Service, one: Drawing, name: Literal["commit", "result", "policy", "frame"]) -> bytes:
    """Byte for byte. Refused for a result that is not there yet; Unavailable for what is lost."""
    blobs = service.office.blobs
    if name == "commit":
        return blobs.get(one.commit)
    if name == "result":
        _drawn(one)
        if one.result is None:
            raise ValueError(f"draw {one.number} has an entry of its result and no result")
        return blobs.get(one.result)
    if name == "frame":
        found = (
            service.public.read(file_path(one.number, "frame"), limit=MAX_CHECKPOINT)
            if service.public
            else None
        )
        if found is None:
            raise Unavailable(f"the checkpoint that draw {one.number} was committed over is not kept here")
        return found
    policy = DrawCommit.parse(blobs.get(one.commit)).policy
    if policy == service.policy.digest:
        return service.policy.encode()
    found = service.public.read(document_path(policy), limit=draw.MAX_BYTES) if service.public else None
    if found is None:
        raise Unavailable(f"the policy {policy.short} of draw {one.number} is not kept here")
    return found


def _drawn(one: Drawing) -> int:
    if one.result_entry is None:
        raise Refused(f"draw {one.number} has no result yet: its round is due {one.at:%Y-%m-%d %H:%M} UTC")
    return one.result_entry


def _kept(service: Service, files: TileStore, one: Drawing) -> Receipt | None:
    """None where none was kept; Unavailable when it is damaged, or is not one of this draw's commit."""
    path = file_path(one.number, "receipt.json")
    try:
        data = files.read(path, limit=MAX_BYTES)
        if data is None:
            return None
        found = Receipt.parse(data, what=path)
        entry = found.verify(service.office.keys).entry
    except (Malformed, Untrusted) as error:
        raise _damaged(one, path, str(error)) from error
    if found.index != one.entry or one.commit not in entry.digests:
        raise _damaged(one, path, f"it is about entry {found.index}, expected {one.entry} with {one.commit}")
    return found


def _damaged(one: Drawing, path: str, why: str) -> Unavailable:
    return Unavailable(
        f"the receipt that was kept of draw {one.number}'s commit before its round is damaged ({path}): {why}; "
        "bring the file back from a copy of the register's public files"
    )


def _under(service: Service, files: TileStore, index: int, note: bytes) -> Receipt | None:
    """None where the checkpoint does not have the entry yet."""
    office = service.office
    head = checkpoints.open_(note, office.keys).checkpoint
    if index >= head.size:
        return None
    made = Receipt(
        origin=office.origin,
        index=index,
        leaf=office.register.leaf(index),
        proof=TileReader(files, head.size, head.root).inclusion(index),
        checkpoint=note,
        openings=opening.parse(office.ledger.openings(index)),
    )
    try:
        made.verify(office.keys)
    except (Malformed, Untrusted) as error:
        raise Unavailable(f"entry {index} of {office.origin} is damaged: {error}") from error
    return made
