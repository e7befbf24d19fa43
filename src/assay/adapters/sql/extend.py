"""Entries that a database has lost and the register's public files still hold: their places are taken, their openings unknown."""

from sqlalchemy import Engine, delete, select, update

from assay.adapters.sql import tables
from assay.adapters.sql.bulk import insert_all
from assay.adapters.sql.transaction import transaction
from assay.errors import Refused
from assay.register.edge import Edge

_CHUNK = 10_000


def extend(engine: Engine, known: Edge, edge: Edge, note: bytes, stamp: int) -> None:
    """Move the head from *known* to *edge*, whose tiles are durable under the checkpoint *note*, signed at *stamp*.

    In one transaction. Refused when the head is not at *known* any more.
    """
    with transaction(engine) as connection:
        head = connection.execute(select(tables.head).with_for_update()).one()
        if (head.size, bytes(head.edge)) != (known.size, known.joined):
            raise Refused(
                f"the database has {head.size} entries now, it had {known.size}: another process writes to it"
            )
        for start in range(known.size, edge.size, _CHUNK):
            places = range(start, min(edge.size, start + _CHUNK))
            insert_all(
                connection,
                tables.openings,
                [{"position": at, "openings": None, "about": None} for at in places],
            )
        connection.execute(delete(tables.leaves))  # they are in the tiles
        values = {
            "size": edge.size,
            "root": edge.root,
            "edge": edge.joined,
            "settled": edge.size,
            "note": note,
        }
        connection.execute(
            # Another epoch: whoever still has this database open must not write to it.
            update(tables.head).values(values | {"stamp": max(stamp, head.stamp), "epoch": head.epoch + 1})
        )
