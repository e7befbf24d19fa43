"""Take in a document by digest, in as many pieces as its sender needs. See docs/formats/upload.md.

A piece is kept like any document, sealed where those are; the document itself appears whole, once its digest was found right,
or not at all. What a crash leaves behind is said at each step, and :func:`sweep` takes it away.
"""

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from assay.errors import Malformed, Refused, TooLarge, Unavailable
from assay.formats.digest import Digest
from assay.office.identity.words import identifier
from assay.office.permissions import Action, Caller, Target, hidden, require
from assay.office.ports import Blobs, Clock, Entropy, Holdings
from assay.office.uploads import OffsetMismatch, Part, Upload, UploadLimits, Uploads

SALT_BYTES = 32
BATCH = 100


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """Where uploads come in."""

    uploads: Uploads
    blobs: Blobs
    """For what is confidential."""
    holdings: Holdings
    clock: Clock
    entropy: Entropy
    limits: UploadLimits = UploadLimits()


def begin(at: Reception, caller: Caller, digest: Digest, length: int) -> Upload:
    """An upload of *length* bytes with SHA-256 *digest*; the one that is under way already, or a complete one without an id.

    TooLarge when the document is, or all that the organisation has under way, or would keep here with it.
    """
    own = Target(owner=caller.organisation, parties=frozenset((caller.organisation,)))
    require(caller, Action.ARTIFACT_PUT, own)
    if digest.algorithm != "sha256":
        raise Malformed(f"an upload is named by {digest.algorithm}, expected sha256")
    if length < 0 or length > at.limits.upload_bytes:
        raise TooLarge(f"the document has {length} bytes, over the limit of {at.limits.upload_bytes}")
    now = at.clock.now()
    made = Upload(
        id=identifier(at.entropy), organisation=caller.organisation, digest=digest, length=length, began=now,
        expires=now + timedelta(hours=at.limits.hours),
    )  # fmt: skip
    if digest in at.holdings.held(caller.organisation, (digest,)) and at.blobs.has(digest):
        return msgspec.structs.replace(made, id="", offset=length, complete=True)
    under_way = at.uploads.of(caller.organisation, digest)
    if under_way is not None and under_way.length == length and under_way.expires > now:
        return under_way
    at.holdings.room(caller.organisation, {digest: length})
    at.uploads.add(made, at.limits)
    return made


def look(at: Reception, caller: Caller, upload_id: str) -> Upload:
    """How far it is. Hidden when there is none, its time is over, or it is another organisation's."""
    found = at.uploads.get(upload_id)
    if found is None or found.closed or found.expires <= at.clock.now():
        raise hidden()
    own = Target(owner=found.organisation, parties=frozenset((found.organisation,)))
    require(caller, Action.ARTIFACT_PUT, own)
    return found


def append(at: Reception, caller: Caller, upload_id: str, offset: int, data: bytes) -> Upload:
    """Keep *data*, which begins at *offset*, and say how far the upload is then.

    The same bytes at the same offset again change nothing: the answer got lost. OffsetMismatch for a gap, for other bytes
    where some are kept already, and when another request was quicker. TooLarge past the declared length. After Unavailable,
    such as a full disk, the upload is where it was.
    """
    found = look(at, caller, upload_id)
    if len(data) > at.limits.part_bytes:
        raise TooLarge(f"a part has {len(data)} bytes, over the limit of {at.limits.part_bytes}")
    digest = Digest.sha256(data)
    if offset != found.offset or found.complete:
        same = (offset, len(data), digest)
        if any((one.offset, one.length, one.digest) == same for one in found.parts):
            return found
        raise _elsewhere(found, offset)
    if not data:
        return found
    if offset + len(data) > found.length:
        raise TooLarge(f"the upload was begun for {found.length} bytes, these are {offset + len(data)}")
    salted = at.entropy.bytes(SALT_BYTES) + data
    part = Part(offset=offset, length=len(data), digest=digest, blob=Digest.sha256(salted))
    at.uploads.plan(upload_id, part)
    # A crash from here on leaves a planned part, kept or not: it is erased with the upload.
    at.blobs.put(salted)
    after = at.uploads.extend(upload_id, part, at.clock.now() + timedelta(hours=at.limits.hours))
    if after is None:
        _erase(at, upload_id, part)
        raise _elsewhere(look(at, caller, upload_id), offset)
    return after


def finish(at: Reception, caller: Caller, upload_id: str) -> Upload:
    """Make it a document of the organisation. The same again is fine.

    OffsetMismatch while bytes are missing. Malformed, and the upload is gone, when they do not have the declared digest.
    TooLarge when the organisation keeps too much here: room can be made, and this done again.
    """
    found = look(at, caller, upload_id)
    if found.complete:
        return found
    if found.offset != found.length:
        raise OffsetMismatch(
            f"{found.offset} of {found.length} bytes are here, the rest is missing", found.offset
        )
    try:
        _keep(at, found)
    except Unavailable:
        # Of two that finish it at once, the slower one finds that its parts are gone.
        after = look(at, caller, upload_id)
        if not after.complete:
            raise
        return after
    at.uploads.complete(upload_id, at.clock.now() + timedelta(hours=at.limits.hours))
    # A crash from here on leaves parts beside the whole: they are erased when the upload's time is over.
    for part in found.parts:
        _erase(at, upload_id, part)
    return msgspec.structs.replace(found, complete=True)


def abandon(at: Reception, caller: Caller, upload_id: str) -> None:
    """Throw it away; the document of a complete one stays."""
    _discard(at, at.uploads.close(look(at, caller, upload_id).id))


def sweep(at: Reception) -> int:
    """Throw away all whose time is over; how many."""
    count, now = 0, at.clock.now()
    while found := at.uploads.lapsed(now, BATCH):
        for one in found:
            _discard(at, at.uploads.close(one.id, now))
        count += len(found)
    return count


def _keep(at: Reception, found: Upload) -> None:
    sizes = {found.digest: found.length}
    at.holdings.room(found.organisation, sizes)
    try:
        at.blobs.put_pieces(found.digest, found.length, _pieces(at, found))
    except Malformed as error:
        _discard(at, at.uploads.close(found.id))
        raise Malformed(f"{error}; begin the upload again") from error
    # A crash here leaves a document kept that is not counted: finish again.
    at.holdings.hold(found.organisation, sizes)


def _pieces(at: Reception, found: Upload) -> Iterator[bytes]:
    for part in found.parts:
        yield at.blobs.get(part.blob)[SALT_BYTES:]


def _discard(at: Reception, closed: Upload | None) -> None:
    if closed is None:
        return
    # A crash from here on leaves a closed upload: its time comes, and its parts are erased again.
    for part in (*closed.parts, *closed.planned):
        at.blobs.erase(part.blob)
    at.uploads.remove(closed.id)


def _erase(at: Reception, upload_id: str, part: Part) -> None:
    at.blobs.erase(part.blob)
    at.uploads.forget(upload_id, part)


def _elsewhere(found: Upload, offset: int) -> Refused:
    if found.complete:
        return OffsetMismatch("the upload is complete", found.offset)
    return OffsetMismatch(f"the upload goes on at {found.offset}, not at {offset}", found.offset)
