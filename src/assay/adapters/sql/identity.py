"""Identities in the office's database, on SQLite and PostgreSQL."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assay.adapters.sql import identity_tables as tables
from assay.adapters.sql.among import among
from assay.adapters.sql.transaction import reading
from assay.errors import Duplicate, Malformed, Unavailable
from assay.office.identity.account import Account, Challenge, Invitation, Passkey, Recovery, Session
from assay.office.identity.organisation import Organisation, Signer
from assay.office.identity.ports import Row
from assay.office.identity.token import ApiToken, OidcRule, Spent
from assay.office.identity.trail import Event, Noted

T = TypeVar("T", bound=Row)

TABLES: Mapping[Any, Table] = {
    Organisation: tables.organisations,
    Signer: tables.signers,
    Account: tables.accounts,
    Passkey: tables.passkeys,
    Session: tables.sessions,
    Invitation: tables.invitations,
    Challenge: tables.challenges,
    Recovery: tables.recoveries,
    ApiToken: tables.tokens,
    OidcRule: tables.rules,
    Spent: tables.spent,
}
PASSING = (Session, Invitation, Challenge, Recovery, Spent)
"""Kinds of which nothing is kept once it has expired."""
_CHANGES = select(func.coalesce(func.sum(tables.changes.c.number), 0)).where(
    among(tables.changes.c.kind, "kinds")
)
_PREPARING = 0x6173736179
_CHANGING = 0x69646E
"""Keys of PostgreSQL's advisory locks. SQLite has one writer anyway."""
_PLAIN = (bytes, datetime)


class SqlIdentities:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reads = reading(engine)
        with self._begin(engine) as connection:
            _lock(connection, _PREPARING)
            tables.metadata.create_all(connection)

    @contextmanager
    def read(self) -> Iterator["SqlRows"]:
        with self._begin(self._reads) as connection:
            yield SqlRows(connection)

    @contextmanager
    def change(self) -> Iterator["SqlRows"]:
        with self._begin(self._engine) as connection:
            _lock(connection, _CHANGING)
            yield SqlRows(connection)
        # A crash before the commit leaves nothing of the change.

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error


class SqlRows:
    """In one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._counted: set[str] = set()

    def get(self, kind: type[T], key: str, /) -> T | None:
        found = self.find(kind, id=key)
        return found[0] if found else None

    def several(self, kind: type[T], keys: Collection[str], /) -> dict[str, T]:
        query = _several(cast("type[Row]", kind))
        return {one.id: one for one in self._read(kind, query, {"keys": sorted(set(keys))})}

    def find(self, kind: type[T], /, **equal: str) -> tuple[T, ...]:
        return self._read(kind, _query(cast("type[Row]", kind), tuple(equal)), equal)

    def _read(self, kind: type[T], query: Select[Any], values: Mapping[str, object]) -> tuple[T, ...]:
        fields = kind.__struct_fields__
        try:
            return tuple(
                msgspec.convert(dict(zip(fields, row, strict=True)), kind, builtin_types=_PLAIN)
                for row in self._connection.execute(query, values)
            )
        except (Malformed, msgspec.ValidationError) as error:
            raise Unavailable(f"the office's database holds what was never stored there: {error}") from error

    def changes(self, *kinds: type[Row]) -> int:
        names = [TABLES[kind].name for kind in kinds]
        return int(self._connection.execute(_CHANGES, {"kinds": names}).scalar_one())

    def trail(
        self, *, organisation: str | None, before: int | None = None, limit: int = 100
    ) -> tuple[Noted, ...]:
        fields = Event.__struct_fields__
        columns = (tables.trail.c[name] for name in ("number", *fields))
        query = select(*columns).order_by(tables.trail.c.number.desc()).limit(limit)
        if organisation is not None:
            query = query.where(tables.trail.c.organisation == organisation)
        if before is not None:
            query = query.where(tables.trail.c.number < before)
        return tuple(
            Noted(number, Event(**dict(zip(fields, rest, strict=True))))
            for number, *rest in self._connection.execute(query)
        )

    def add(self, row: Row) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(TABLES[type(row)]).values(_values(row)))
        except IntegrityError as error:
            raise Duplicate(f"{type(row).__name__} {row.id} is there already") from error
        self._count(TABLES[type(row)])

    def put(self, row: Row) -> None:
        table = TABLES[type(row)]
        if not self._connection.execute(
            update(table).where(table.c.id == row.id).values(_values(row))
        ).rowcount:
            raise ValueError(f"no {type(row).__name__} {row.id} to replace")
        self._count(table)

    def take(self, kind: type[T], key: str, /) -> T | None:
        found = self.get(kind, key)
        if found is not None:
            self._connection.execute(delete(TABLES[kind]).where(TABLES[kind].c.id == key))
            self._count(TABLES[kind])
        return found

    def sweep(self, now: datetime) -> int:
        count = 0
        for kind in PASSING:
            table = TABLES[kind]
            count += self._remove(table, table.c.expires <= now)
        return count + self._remove(
            tables.tokens, (tables.tokens.c.rule != "") & (tables.tokens.c.expires <= now)
        )

    def note(self, event: Event) -> None:
        self._connection.execute(insert(tables.trail).values(_values(event)))

    def _remove(self, table: Table, which: ColumnElement[bool]) -> int:
        count = self._connection.execute(delete(table).where(which)).rowcount
        if count:
            self._count(table)
        return count

    def _count(self, table: Table) -> None:
        """Once for each transaction is enough: nobody sees what is between."""
        if table.name in self._counted:
            return
        self._counted.add(table.name)
        same = tables.changes.c.kind == table.name
        if not self._connection.execute(
            update(tables.changes).where(same).values(number=tables.changes.c.number + 1)
        ).rowcount:
            self._connection.execute(insert(tables.changes).values(kind=table.name, number=1))


@lru_cache
def _query(kind: type[Row], equal: tuple[str, ...]) -> Select[Any]:
    """Made once: making it costs more than running it."""
    columns = TABLES[kind].c
    wanted = select(*(columns[name] for name in kind.__struct_fields__))
    return wanted.where(*(columns[name] == bindparam(name) for name in equal)).order_by(columns.id)


@lru_cache
def _several(kind: type[Row]) -> Select[Any]:
    columns = TABLES[kind].c
    wanted = select(*(columns[name] for name in kind.__struct_fields__))
    return wanted.where(among(columns.id, "keys"))


def _lock(connection: Connection, key: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(key)))


def _values(row: Row | Event) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(row, builtin_types=_PLAIN, order="deterministic")
    return values
