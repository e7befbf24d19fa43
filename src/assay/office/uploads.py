"""Uploads that are under way: what is known of each, in rows that survive a restart."""

from datetime import datetime
from typing import Protocol

import msgspec

from assay.errors import Refused, TooLarge, Unavailable
from assay.formats.digest import Digest


class OffsetMismatch(Refused):
    """The upload goes on elsewhere than at the offset that was named."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
        """Where it goes on."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of an upload that came in one piece."""

    offset: int
    length: int
    digest: Digest
    """Of the bytes."""
    blob: Digest
    """Of the bytes behind a salt, as they are kept: so a part is never anybody's document, and can be erased."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """Unguessable; empty when there was nothing to upload."""
    organisation: str
    digest: Digest
    """SHA-256 of the whole, as declared."""
    length: int
    """Bytes of the whole, as declared."""
    offset: int = 0
    """Bytes that are kept, from the start; never decreases."""
    began: datetime
    expires: datetime
    """When it is thrown away, if nothing comes until then."""
    complete: bool = False
    """The whole is a document of the organisation."""
    closed: bool = False
    """It is being thrown away: nothing is added any more."""
    parts: tuple[Part, ...] = ()
    """Those that are counted in *offset*, in order."""
    planned: tuple[Part, ...] = ()
    """Those that were to be kept and, maybe, are: of an append that did not come to its end."""


class UploadLimits(msgspec.Struct, frozen=True, kw_only=True):
    upload_bytes: int = 1 << 30
    part_bytes: int = 8 << 20
    """Of one append: what is lost, at most, when a connection breaks."""
    open_uploads: int = 64
    """Of one organisation at a time."""
    open_bytes: int = 8 << 30
    """Declared by all unfinished uploads of one organisation."""
    total_bytes: int = 64 << 30
    """The same of all organisations."""
    hours: int = 24
    """For which an upload waits for its next bytes, and after its end for a last question."""


class Uploads(Protocol):
    """Durable when a method returns; a crash inside leaves all or nothing of it. May be shared by threads and processes."""

    def add(self, upload: Upload, limits: UploadLimits) -> None:
        """A new one, without parts. Raises what :func:`check_room` does, by what is counted in the same transaction."""

    def get(self, upload_id: str) -> Upload | None:
        """None when there is none."""

    def of(self, organisation: str, digest: Digest) -> Upload | None:
        """The newest unfinished upload of that document by *organisation*."""

    def plan(self, upload_id: str, part: Part) -> None:
        """Remember *part* before it is kept, so that it can be erased whatever happens. Unavailable when the upload is gone or closed."""

    def extend(self, upload_id: str, part: Part, expires: datetime) -> Upload | None:
        """Count a planned *part*, which is kept by now. None, and nothing changes, when the upload is elsewhere by now, closed or gone."""

    def forget(self, upload_id: str, part: Part) -> None:
        """A part that was erased."""

    def complete(self, upload_id: str, expires: datetime) -> None:
        """The whole is kept. Nothing, when it is gone."""

    def close(self, upload_id: str, lapsed: datetime | None = None) -> Upload | None:
        """From here on nothing is added, and these are all its parts. None when it is gone, or its time was not over at *lapsed*."""

    def remove(self, upload_id: str) -> None:
        """It and what is remembered of its parts; absent already is fine."""

    def lapsed(self, now: datetime, limit: int) -> tuple[Upload, ...]:
        """Those whose time is over, closed ones included, at most *limit* of them."""


def check_room(upload: Upload, limits: UploadLimits, count: int, declared: int, total: int) -> None:
    """Return when there is room for *upload* beside what is under way: *count* and *declared* bytes of its organisation, *total* of all.

    TooLarge when its organisation has too much under way, Unavailable when all together have.
    """
    if count >= limits.open_uploads:
        raise TooLarge(
            f"your organisation has {count} unfinished uploads, expected at most {limits.open_uploads}"
        )
    if declared + upload.length > limits.open_bytes:
        raise TooLarge(
            f"your organisation's unfinished uploads have {declared} bytes, and {upload.length} more are over {limits.open_bytes}"
        )
    if total + upload.length > limits.total_bytes:
        raise Unavailable(f"there is no room for {upload.length} bytes until other uploads have ended")
