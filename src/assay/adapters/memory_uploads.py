"""Uploads that are under way, kept in memory, for tests."""

import threading
from datetime import datetime

import msgspec

from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.uploads import Part, Upload, UploadLimits, check_room


class MemoryUploads:
    def __init__(self) -> None:
        self._door = threading.Lock()
        self._held: dict[str, Upload] = {}

    def add(self, upload: Upload, limits: UploadLimits) -> None:
        with self._door:
            open_ = [one for one in self._held.values() if not one.complete and not one.closed]
            own = [one.length for one in open_ if one.organisation == upload.organisation]
            check_room(upload, limits, len(own), sum(own), sum(one.length for one in open_))
            self._held[upload.id] = upload

    def get(self, upload_id: str) -> Upload | None:
        return self._held.get(upload_id)

    def of(self, organisation: str, digest: Digest) -> Upload | None:
        with self._door:
            found = [
                one
                for one in self._held.values()
                if (one.organisation, one.digest, one.complete, one.closed)
                == (organisation, digest, False, False)
            ]
        found.sort(key=lambda one: one.id)
        return max(found, key=lambda one: one.began, default=None)

    def plan(self, upload_id: str, part: Part) -> None:
        with self._door:
            found = self._held.get(upload_id)
            if found is None or found.closed:
                raise Unavailable(f"upload {upload_id} was thrown away meanwhile")
            self._change(found, planned=(*found.planned, part))

    def extend(self, upload_id: str, part: Part, expires: datetime) -> Upload | None:
        with self._door:
            found = self._held.get(upload_id)
            if found is None or found.offset != part.offset or found.complete or found.closed:
                return None
            return self._change(
                found,
                offset=part.offset + part.length,
                expires=expires,
                parts=(*found.parts, part),
                planned=tuple(one for one in found.planned if one != part),
            )

    def forget(self, upload_id: str, part: Part) -> None:
        with self._door:
            found = self._held.get(upload_id)
            if found is not None:
                parts, planned = (
                    tuple(one for one in some if one != part) for some in (found.parts, found.planned)
                )
                self._change(found, parts=parts, planned=planned)

    def complete(self, upload_id: str, expires: datetime) -> None:
        with self._door:
            found = self._held.get(upload_id)
            if found is not None:
                self._change(found, complete=True, expires=expires)

    def close(self, upload_id: str, lapsed: datetime | None = None) -> Upload | None:
        with self._door:
            found = self._held.get(upload_id)
            if found is None or (lapsed is not None and found.expires > lapsed):
                return None
            return self._change(found, closed=True)

    def remove(self, upload_id: str) -> None:
        with self._door:
            self._held.pop(upload_id, None)

    def lapsed(self, now: datetime, limit: int) -> tuple[Upload, ...]:
        with self._door:
            over = [one for one in self._held.values() if one.expires <= now]
        return tuple(sorted(over, key=lambda one: (one.expires, one.id))[:limit])

    def _change(self, found: Upload, **changes: object) -> Upload:
        self._held[found.id] = msgspec.structs.replace(found, **changes)
        return self._held[found.id]
