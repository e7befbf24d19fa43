"""Who brought which artifact here, and how much each organisation keeps."""

from collections.abc import Collection

from sqlalchemy import Engine, func, insert, select

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

    def hold(self, organisation: str, digest: Digest, size: int) -> None:
        row = holdings.c
        own = row.organisation == organisation
        with transaction(self._engine) as connection:
            there = select(row.size).where(own, row.digest == str(digest))
            if connection.execute(there).first() is not None:
                return
            kept = connection.execute(select(func.coalesce(func.sum(row.size), 0)).where(own)).scalar_one()
            if kept + size > self._most:
                raise TooLarge(
                    f"your organisation keeps {kept} bytes here, and {size} more are over {self._most}"
                )
            connection.execute(
                insert(holdings).values(organisation=organisation, digest=str(digest), size=size)
            )

    def held(self, organisation: str, digests: Collection[Digest]) -> frozenset[Digest]:
        names = sorted({str(one) for one in digests})
        found: set[str] = set()
        with transaction(self._engine, reads=True) as connection:
            for start in range(0, len(names), _CHUNK):
                query = select(holdings.c.digest).where(
                    holdings.c.organisation == organisation,
                    holdings.c.digest.in_(names[start : start + _CHUNK]),
                )
                found |= set(connection.execute(query).scalars())
        return frozenset(Digest.parse(one) for one in found)
