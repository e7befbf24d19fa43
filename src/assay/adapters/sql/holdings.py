"""Who brought which artifact here, and how much each organisation keeps."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from assay.adapters.sql.among import among
from assay.adapters.sql.holding_tables import holdings, metadata
from assay.adapters.sql.transaction import alone, transaction
from assay.formats.digest import Digest
from assay.office.holding import check_room
from assay.office.ports import Held, Share

_HOLDING = 0x617373686F6C
"""Key of PostgreSQL's advisory lock: several documents that there is room for one by one may come at once."""
_own = holdings.c.organisation
# Statements are made once: making one costs more than running it.
_KEPT = select(_own, func.sum(holdings.c.size)).where(among(_own, "organisations")).group_by(_own)
_HELD = select(_own, holdings.c.digest, holdings.c.size).where(
    among(_own, "organisations"), among(holdings.c.digest, "digests")
)
_NEW = {
    "sqlite": insert_sqlite(holdings).on_conflict_do_nothing(),
    "postgresql": insert_postgresql(holdings).on_conflict_do_nothing(),
}


def prepare(connection: Connection) -> None:
    """The table, where there is none yet."""
    metadata.create_all(connection)


def store(connection: Connection, held: Sequence[Held]) -> None:
    """What came with the entries that the transaction of *connection* records; what is held already stays."""
    if held:
        rows = [
            {"organisation": one.organisation, "digest": str(one.digest), "size": one.size} for one in held
        ]
        connection.execute(_NEW[connection.dialect.name], rows)


class SqlHoldings:
    """*most*: bytes that one organisation may keep here; *submission*: that all documents of one submission may have."""

    def __init__(self, engine: Engine, most: int, submission: int = 4 << 30) -> None:
        self._engine, self._most, self._submission = engine, most, submission
        with transaction(engine) as connection:
            prepare(connection)

    def shares(self, asked: Mapping[str, Collection[Digest]]) -> dict[str, Share]:
        with transaction(self._engine, reads=True) as connection:
            return self._shares(connection, asked)

    def room(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        with transaction(self._engine, reads=True) as connection:
            self._new(connection, organisation, sizes)

    def hold(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        with transaction(self._engine) as connection:
            alone(connection, _HOLDING)
            rows = [
                {"organisation": organisation, "digest": str(digest), "size": sizes[digest]}
                for digest in self._new(connection, organisation, sizes)
            ]
            if rows:
                connection.execute(insert(holdings), rows)

    def held(self, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
        return frozenset(self.shares({organisation: digests})[organisation].held)

    def _new(self, connection: Connection, organisation: str, sizes: Mapping[Digest, int]) -> list[Digest]:
        """Those that are not held yet. TooLarge when there is no room for them."""
        share = self._shares(connection, {organisation: sizes})[organisation]
        check_room(share, sizes)
        return sorted(sizes.keys() - share.held.keys())

    def _shares(self, connection: Connection, asked: Mapping[str, Collection[Digest]]) -> dict[str, Share]:
        digests = sorted({str(digest) for some in asked.values() for digest in some})
        own = {"organisations": list(asked)}
        kept = {row[0]: int(row[1]) for row in connection.execute(_KEPT, own)}
        held: dict[str, dict[Digest, int]] = {name: {} for name in asked}
        for name, digest, size in connection.execute(_HELD, own | {"digests": digests}):
            held[name][Digest.parse(digest)] = size
        return {
            name: Share(
                kept.get(name, 0),
                self._most,
                {digest: size for digest, size in held[name].items() if digest in asked[name]},
                self._submission,
            )
            for name in asked
        }
