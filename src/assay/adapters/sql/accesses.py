"""Grants and the log of accesses in the office's database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, false, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from assay.adapters.sql.access_tables import grants as table
from assay.adapters.sql.access_tables import log as lines
from assay.adapters.sql.access_tables import metadata
from assay.adapters.sql.due import insert_due, prepare
from assay.adapters.sql.moments import micros, moment_of
from assay.adapters.sql.transaction import transaction
from assay.errors import Refused
from assay.formats.digest import Digest
from assay.office.accesses import Access, Grant, Line
from assay.office.permissions import Visible
from assay.office.work import Due


class SqlAccesses:
    """On SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            prepare(connection)
            metadata.create_all(connection)

    def put(self, grant: Grant, noted: Access, due: Sequence[Due] = ()) -> None:
        before = (table.c.id == grant.id) & (table.c.revision == grant.revision - 1)
        refusal = Refused("the request was decided meanwhile: look at it again")
        with transaction(self._engine) as connection:
            if grant.revision:
                if not connection.execute(update(table).where(before).values(_values(grant))).rowcount:
                    raise refusal
            else:
                try:
                    connection.execute(insert(table).values(_values(grant)))
                except IntegrityError as error:
                    raise refusal from error
            _note(connection, noted)
            insert_due(connection, due)

    def grant(self, key: str) -> Grant | None:
        with transaction(self._engine, reads=True) as connection:
            row = connection.execute(select(table).where(table.c.id == key)).first()
        return None if row is None else _read(row)

    def grants(self, visible: Visible, *, before: str = "", limit: int) -> tuple[Grant, ...]:
        query = select(table).where(_shown(visible)).order_by(table.c.id.desc()).limit(limit)
        if before:
            query = query.where(table.c.id < before)
        with transaction(self._engine, reads=True) as connection:
            return tuple(map(_read, connection.execute(query)))

    def between(self, case: Digest, to: str) -> tuple[Grant, ...]:
        query = select(table).where(table.c.to == to, table.c.case == str(case)).order_by(table.c.id)
        with transaction(self._engine, reads=True) as connection:
            return tuple(map(_read, connection.execute(query)))

    def waiting(self, to: str) -> int:
        query = select(func.count()).where(table.c.to == to, table.c.state == "requested")
        with transaction(self._engine, reads=True) as connection:
            return int(connection.execute(query).scalar_one())

    def note(self, access: Access) -> None:
        with transaction(self._engine) as connection:
            _note(connection, access)

    def log(
        self, owner: str | None, *, case: Digest | None = None, before: int | None = None, limit: int
    ) -> tuple[Line, ...]:
        query = select(lines).order_by(lines.c.number.desc()).limit(limit)
        if owner is not None:
            query = query.where(lines.c.owner == owner)
        if case is not None:
            query = query.where(lines.c.case == str(case))
        if before is not None:
            query = query.where(lines.c.number < before)
        with transaction(self._engine, reads=True) as connection:
            return tuple(map(_line, connection.execute(query)))


def _shown(visible: Visible) -> ColumnElement[bool]:
    if visible.everything:
        return true()
    own = [table.c.owner == visible.owner] if visible.owner else []
    theirs = [table.c.to == visible.party] if visible.party else []
    return or_(false(), *own, *theirs)


def _note(connection: Connection, access: Access) -> None:
    values = {
        **{name: getattr(access, name) for name in access.__struct_fields__},
        "at": micros(access.at),
        "case": str(access.case),
        "artifact": None if access.artifact is None else str(access.artifact),
    }
    connection.execute(insert(lines).values(values))


def _line(row: Row[Any]) -> Line:
    return Line(
        row.number,
        Access(
            **{
                **{name: getattr(row, name) for name in Access.__struct_fields__},
                "at": moment_of(row.at),
                "case": Digest.parse(row.case),
                "artifact": None if row.artifact is None else Digest.parse(row.artifact),
            }
        ),
    )


def _read(row: Row[Any]) -> Grant:
    return Grant(
        **{
            **{name: getattr(row, name) for name in Grant.__struct_fields__},
            "case": Digest.parse(row.case),
            "artifacts": tuple(map(Digest.parse, row.artifacts.split())),
            "asked": moment_of(row.asked),
            "decided": None if row.decided is None else moment_of(row.decided),
            "until": None if row.until is None else moment_of(row.until),
        }
    )


def _values(one: Grant) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in one.__struct_fields__},
        "case": str(one.case),
        "artifacts": " ".join(map(str, one.artifacts)),
        "asked": micros(one.asked),
        "decided": None if one.decided is None else micros(one.decided),
        "until": None if one.until is None else micros(one.until),
    }
