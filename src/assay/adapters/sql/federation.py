"""Other offices and what they say, in the office's database, on SQLite and PostgreSQL."""

from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Engine, insert, select, update

from assay.adapters.memory_federation import already, replaceable
from assay.adapters.sql.federation_tables import metadata, offices, theirs
from assay.adapters.sql.transaction import alone, transaction
from assay.errors import Duplicate, Unavailable
from assay.formats.text import folded
from assay.office.federation import Peer, Query, Theirs

_KEEPING = 0x61737366656400
"""Key of PostgreSQL's advisory lock: the newer of two that come at once stays."""
T = TypeVar("T", Peer, Theirs)


class SqlFederation:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            alone(connection)
            metadata.create_all(connection)

    def offices(self) -> tuple[Peer, ...]:
        with transaction(self._engine, reads=True) as connection:
            return _offices(connection)

    def put_office(self, peer: Peer, before: Peer | None = None) -> None:
        body, here = msgspec.json.encode(peer), offices.c.id == peer.id
        with transaction(self._engine) as connection:
            alone(connection, _KEEPING)
            replaceable(peer, before, _offices(connection))
            if before is None:
                connection.execute(insert(offices).values(id=peer.id, body=body))
            else:
                connection.execute(update(offices).where(here).values(body=body))

    def put(self, one: Theirs) -> Theirs:
        with transaction(self._engine) as connection:
            alone(connection, _KEEPING)
            before = self._before(connection, one)
            if before is not None and before.index >= one.index:
                raise Duplicate(already(before))
            values = {
                "office": one.office, "what": one.what, "attestation": str(one.attestation), "entry": one.index,
                "provider": folded(one.provider), "product": folded(one.product),
            }  # fmt: skip
            if before is None:
                new = insert(theirs).values(**values, body=b"").returning(theirs.c.position)
                position = int(connection.execute(new).scalar_one())
            else:
                position = before.position
            made = msgspec.structs.replace(one, position=position)
            here = theirs.c.position == position
            connection.execute(update(theirs).where(here).values(**values, body=msgspec.json.encode(made)))
            return made

    def get(self, position: int) -> Theirs | None:
        with transaction(self._engine, reads=True) as connection:
            query = select(theirs.c.body).where(theirs.c.position == position)
            body = connection.execute(query).scalar_one_or_none()
            return None if body is None else _read(bytes(body), Theirs)

    def find(self, query: Query) -> tuple[Theirs, ...]:
        at = theirs.c.position
        wanted = select(theirs.c.body).order_by(at.desc() if query.newest else at)
        if query.after:
            wanted = wanted.where(at < query.after if query.newest else at > query.after)
        if query.office:
            wanted = wanted.where(theirs.c.office == query.office)
        if provider := folded(query.provider):
            wanted = wanted.where(theirs.c.provider == provider)
        if product := folded(query.product):
            wanted = wanted.where(theirs.c.product == product)
        if query.what:
            wanted = wanted.where(theirs.c.what == query.what)
        with transaction(self._engine, reads=True) as connection:
            found = connection.execute(wanted.limit(query.limit)).scalars()
            return tuple(_read(bytes(body), Theirs) for body in found)

    def _before(self, connection: Connection, one: Theirs) -> Theirs | None:
        query = select(theirs.c.body).where(
            theirs.c.office == one.office,
            theirs.c.what == one.what,
            theirs.c.attestation == str(one.attestation),
        )
        body = connection.execute(query).scalar_one_or_none()
        return None if body is None else _read(bytes(body), Theirs)


def _offices(connection: Connection) -> tuple[Peer, ...]:
    found = connection.execute(select(offices.c.body).order_by(offices.c.position)).scalars()
    return tuple(_read(bytes(body), Peer) for body in found)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"a row of other offices is damaged: {error}") from error
