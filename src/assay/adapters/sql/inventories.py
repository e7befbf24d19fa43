"""Inventories in the office's database, on SQLite and PostgreSQL."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Engine, delete, insert, select

from assay.adapters.sql import inventory_tables as tables
from assay.adapters.sql.bulk import insert_all
from assay.adapters.sql.transaction import alone, transaction
from assay.errors import Unavailable
from assay.formats.inventory import InventoryItem
from assay.office.found_by import keys_of_item
from assay.office.inventories import Imported

_REPLACING = 0x617373696E76
"""Key of PostgreSQL's advisory lock: two imports of one organisation may come at once."""
_CHUNK = 5000
_ASKED = 400
T = TypeVar("T", Imported, InventoryItem)


class SqlInventories:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            alone(connection)
            tables.metadata.create_all(connection)

    def replace(self, imported: Imported, items: Sequence[InventoryItem]) -> None:
        own = imported.organisation
        # Made before the transaction: on SQLite whoever writes waits for it.
        rows = [
            {"organisation": own, "position": at, "body": msgspec.json.encode(item)}
            for at, item in enumerate(items)
        ]
        names = sorted(set().union(*map(keys_of_item, items)))
        with transaction(self._engine) as connection:
            alone(connection, _REPLACING)
            for table in (tables.imports, tables.items, tables.keys):
                connection.execute(delete(table).where(table.c.organisation == own))
            for start in range(0, len(rows), _CHUNK):
                insert_all(connection, tables.items, rows[start : start + _CHUNK])
            for start in range(0, len(names), _CHUNK):
                some = names[start : start + _CHUNK]
                insert_all(connection, tables.keys, [{"organisation": own, "key": one} for one in some])
            body = msgspec.json.encode(imported)
            connection.execute(insert(tables.imports).values(organisation=own, body=body))

    def imported(self, organisation: str) -> Imported | None:
        query = select(tables.imports.c.body).where(tables.imports.c.organisation == organisation)
        with transaction(self._engine, reads=True) as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else _read(found, Imported)

    def items(self, organisation: str, after: int, limit: int) -> tuple[InventoryItem, ...]:
        row = tables.items.c
        query = (
            select(row.body)
            .where(row.organisation == organisation, row.position >= after)
            .order_by(row.position)
            .limit(limit)
        )
        with transaction(self._engine, reads=True) as connection:
            return tuple(_read(body, InventoryItem) for body in connection.execute(query).scalars())

    def holders(self, keys: Iterable[str]) -> frozenset[str]:
        row, names = tables.keys.c, sorted(keys)
        found: set[str] = set()
        with transaction(self._engine, reads=True) as connection:
            for start in range(0, len(names), _ASKED):
                query = select(row.organisation).where(row.key.in_(names[start : start + _ASKED]))
                found |= set(connection.execute(query.distinct()).scalars())
        return frozenset(found)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
