"""Who brought which artifact here, and how much each organisation keeps."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, Engine, func, insert, select

from assay.adapters.sql.holding_tables import holdings, metadata
from assay.adapters.sql.transaction import transaction
from assay.errors import TooLarge
from assay.formats.digest import Digest

_CHUNK = 400


class SqlHoldings:
    """*most*: bytes that one organisation may keep here."""

    def __init__(self, engine: Engine, most: int) -> None:
        self._engine, self._most = engine, most
        with transaction(engine) as connection:
            metadata.create_all(connection)

    def room(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        with transaction(self._engine, reads=True) as connection:
            self._new(connection, organisation, sizes)

    def hold(self, organisation: str, sizes: Mapping[Digest, int]) -> None:
        with transaction(self._engine) as connection:
            rows = [
                {"organisation": organisation, "digest": str(digest), "size": sizes[digest]}
                for digest in self._new(connection, organisation, sizes)
            ]
            if rows:
                connection.execute(insert(holdings), rows)

    def held(self, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
        with transaction(self._engine, reads=True) as connection:
            return _held(connection, organisation, digests)

    def _new(self, connection: Connection, organisation: str, sizes: Mapping[Digest, int]) -> list[Digest]:
        """Those that are not held yet. TooLarge when there is no room for them."""
        new = sorted(sizes.keys() - _held(connection, organisation, sizes))
        more = sum(sizes[digest] for digest in new)
        own = holdings.c.organisation == organisation
        kept = connection.execute(select(func.coalesce(func.sum(holdings.c.size), 0)).where(own)).scalar_one()
        if new and kept + more > self._most:
            raise TooLarge(
                f"your organisation keeps {kept} bytes here, and {more} more are over {self._most}"
            )
        return new


def _held(connection: Connection, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
    names = sorted({str(one) for one in digests})
    found: set[str] = set()
    for start in range(0, len(names), _CHUNK):
        query = select(holdings.c.digest).where(
            holdings.c.organisation == organisation,
            holdings.c.digest.in_(names[start : start + _CHUNK]),
        )
        found |= set(connection.execute(query).scalars())
    return frozenset(Digest.parse(one) for one in found)
