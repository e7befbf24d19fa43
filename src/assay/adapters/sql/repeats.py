"""Requests under keys, in the office's database."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from assay.adapters.sql.moments import micros, moment_of
from assay.adapters.sql.repeat_tables import metadata, repeats
from assay.adapters.sql.transaction import transaction
from assay.errors import Unavailable
from assay.office.repeats import Begun, Given, too_many


class SqlRepeats:
    """On SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            metadata.create_all(connection)

    def begin(self, begun: Begun, now: datetime, most: int) -> Begun | None:
        with transaction(self._engine) as connection:
            connection.execute(delete(repeats).where(repeats.c.until <= micros(now)))
            found = _one(connection, begun)
            if found is not None:
                return found
            count = select(func.count()).where(repeats.c.caller == begun.caller)
            if connection.execute(count).scalar_one() >= most:
                raise too_many(most)
            try:
                with connection.begin_nested():
                    connection.execute(insert(repeats).values(_values(begun)))
            except IntegrityError:  # somebody was quicker
                return _one(connection, begun)
            return None

    def finish(self, begun: Begun) -> None:
        with transaction(self._engine) as connection:
            connection.execute(update(repeats).where(*_key(begun)).values(_values(begun)))

    def forget(self, caller: str, key: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(delete(repeats).where(repeats.c.caller == caller, repeats.c.key == key))


def _key(begun: Begun) -> tuple[Any, Any]:
    return repeats.c.caller == begun.caller, repeats.c.key == begun.key


def _one(connection: Connection, begun: Begun) -> Begun | None:
    row = connection.execute(select(repeats).where(*_key(begun))).first()
    return None if row is None else _parse(row)


def _parse(row: Row[Any]) -> Begun:
    try:
        given = None if row.given is None else msgspec.json.decode(bytes(row.given), type=Given)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
    return Begun(
        caller=row.caller, key=row.key, request=bytes(row.request), until=moment_of(row.until), given=given
    )


def _values(begun: Begun) -> dict[str, Any]:
    return {
        "caller": begun.caller,
        "key": begun.key,
        "request": begun.request,
        "until": micros(begun.until),
        "given": None if begun.given is None else msgspec.json.encode(begun.given),
    }
