"""Uploads that are under way, in the office's database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from assay.adapters.sql import upload_tables as tables
from assay.adapters.sql.moments import micros, moment_of
from assay.adapters.sql.transaction import alone, transaction
from assay.errors import Unavailable
from assay.formats.digest import Digest
from assay.office.uploads import Part, Upload, UploadLimits, check_room

_COUNTING = 0x61737375706C
"""Key of PostgreSQL's advisory lock under which uploads are counted: two may begin at once."""
_upload, _part = tables.uploads.c, tables.parts.c
_OPEN = ~_upload.complete & ~_upload.closed


class SqlUploads:
    """On SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            alone(connection)
            tables.metadata.create_all(connection)

    def add(self, upload: Upload, limits: UploadLimits) -> None:
        own = _upload.organisation == upload.organisation
        size = func.coalesce(func.sum(_upload.length), 0)
        with transaction(self._engine) as connection:
            alone(connection, _COUNTING)
            there = select(func.count(), size).where(own, _OPEN)
            count, declared = connection.execute(there).one()
            total = connection.execute(select(size).where(_OPEN)).scalar_one()
            check_room(upload, limits, count, int(declared), int(total))
            connection.execute(insert(tables.uploads).values(_values(upload)))

    def get(self, upload_id: str) -> Upload | None:
        with transaction(self._engine, reads=True) as connection:
            return _one(connection, upload_id)

    def of(self, organisation: str, digest: Digest) -> Upload | None:
        query = (
            select(_upload.id)
            .where(_upload.organisation == organisation, _upload.digest == str(digest), _OPEN)
            .order_by(_upload.began.desc(), _upload.id)
            .limit(1)
        )
        with transaction(self._engine, reads=True) as connection:
            found = connection.execute(query).scalar()
            return None if found is None else _one(connection, found)

    def plan(self, upload_id: str, part: Part) -> None:
        values = {
            "upload": upload_id,
            "blob": str(part.blob),
            "offset": part.offset,
            "length": part.length,
            "digest": str(part.digest),
            "counted": False,
        }
        with transaction(self._engine) as connection:
            there = select(_upload.id).where(_upload.id == upload_id, ~_upload.closed).with_for_update()
            if connection.execute(there).first() is None:
                raise Unavailable(f"upload {upload_id} was thrown away meanwhile")
            connection.execute(insert(tables.parts).values(values))

    def extend(self, upload_id: str, part: Part, expires: datetime) -> Upload | None:
        there = (_upload.id == upload_id) & (_upload.offset == part.offset) & _OPEN
        to = {"offset": part.offset + part.length, "expires": micros(expires)}
        own = (_part.upload == upload_id) & (_part.blob == str(part.blob))
        with transaction(self._engine) as connection:
            if not connection.execute(update(tables.uploads).where(there).values(to)).rowcount:
                return None
            connection.execute(update(tables.parts).where(own).values(counted=True))
            return _one(connection, upload_id)

    def forget(self, upload_id: str, part: Part) -> None:
        own = (_part.upload == upload_id) & (_part.blob == str(part.blob))
        with transaction(self._engine) as connection:
            connection.execute(delete(tables.parts).where(own))

    def complete(self, upload_id: str, expires: datetime) -> None:
        values = {"complete": True, "expires": micros(expires)}
        with transaction(self._engine) as connection:
            connection.execute(update(tables.uploads).where(_upload.id == upload_id).values(values))

    def close(self, upload_id: str, lapsed: datetime | None = None) -> Upload | None:
        there = _upload.id == upload_id
        if lapsed is not None:
            there &= _upload.expires <= micros(lapsed)
        with transaction(self._engine) as connection:
            if not connection.execute(update(tables.uploads).where(there).values(closed=True)).rowcount:
                return None
            return _one(connection, upload_id)

    def remove(self, upload_id: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(delete(tables.parts).where(_part.upload == upload_id))
            connection.execute(delete(tables.uploads).where(_upload.id == upload_id))

    def lapsed(self, now: datetime, limit: int) -> tuple[Upload, ...]:
        query = (
            select(_upload.id)
            .where(_upload.expires <= micros(now))
            .order_by(_upload.expires, _upload.id)
            .limit(limit)
        )
        with transaction(self._engine, reads=True) as connection:
            found = [_one(connection, one) for one in connection.execute(query).scalars().all()]
        return tuple(one for one in found if one is not None)


def _one(connection: Connection, upload_id: str) -> Upload | None:
    row = connection.execute(select(tables.uploads).where(_upload.id == upload_id)).first()
    if row is None:
        return None
    query = select(tables.parts).where(_part.upload == upload_id).order_by(_part.offset, _part.blob)
    return _read(row, connection.execute(query).all())


def _read(row: Row[Any], parts: Sequence[Row[Any]]) -> Upload:
    return Upload(
        id=row.id,
        organisation=row.organisation,
        digest=Digest.parse(row.digest),
        length=row.length,
        offset=row.offset,
        began=moment_of(row.began),
        expires=moment_of(row.expires),
        complete=row.complete,
        closed=row.closed,
        parts=tuple(_read_part(one) for one in parts if one.counted),
        planned=tuple(_read_part(one) for one in parts if not one.counted),
    )


def _read_part(row: Row[Any]) -> Part:
    return Part(
        offset=row.offset, length=row.length, digest=Digest.parse(row.digest), blob=Digest.parse(row.blob)
    )


def _values(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "organisation": upload.organisation,
        "digest": str(upload.digest),
        "length": upload.length,
        "offset": upload.offset,
        "began": micros(upload.began),
        "expires": micros(upload.expires),
        "complete": upload.complete,
        "closed": upload.closed,
    }
