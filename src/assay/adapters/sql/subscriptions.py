"""Subscriptions in the office's database."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assay.adapters.sql.moments import micros, moment_of
from assay.adapters.sql.subscription_tables import metadata
from assay.adapters.sql.subscription_tables import subscriptions as table
from assay.adapters.sql.transaction import alone, transaction
from assay.errors import Refused
from assay.office.subscription import Subscription

_CHUNK = 400


class SqlSubscriptions:
    """On SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with transaction(engine) as connection:
            alone(connection)
            metadata.create_all(connection)

    def put(self, subscription: Subscription) -> None:
        before = (table.c.id == subscription.id) & (table.c.revision == subscription.revision - 1)
        values = _values(subscription)
        refusal = Refused("the subscription was changed meanwhile: look at it again")
        with transaction(self._engine) as connection:
            if subscription.revision:
                if not connection.execute(update(table).where(before).values(values)).rowcount:
                    raise refusal
                return
            try:
                connection.execute(insert(table).values(values))
            except IntegrityError as error:
                raise refusal from error

    def get(self, key: str) -> Subscription | None:
        with transaction(self._engine, reads=True) as connection:
            row = connection.execute(select(table).where(table.c.id == key)).first()
        return None if row is None else _read(row)

    def of(self, organisations: Collection[str] | None) -> tuple[Subscription, ...]:
        found: list[Subscription] = []
        with transaction(self._engine, reads=True) as connection:
            if organisations is None:
                found = [_read(row) for row in connection.execute(select(table))]
            else:
                names = sorted(set(organisations))
                for start in range(0, len(names), _CHUNK):
                    some = table.c.organisation.in_(names[start : start + _CHUNK])
                    found += [_read(row) for row in connection.execute(select(table).where(some))]
        return tuple(sorted(found, key=lambda one: one.id))

    def remove(self, key: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(delete(table).where(table.c.id == key))


def _read(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        organisation=row.organisation,
        channel=row.channel,
        target=row.target,
        types=tuple(row.types.split()),
        secret=row.secret,
        replaced=None if row.replaced is None else moment_of(row.replaced),
        enabled=row.enabled,
        because=row.because,
        made=moment_of(row.made),
        made_by=row.made_by,
        revision=row.revision,
    )


def _values(one: Subscription) -> dict[str, Any]:
    return {
        "id": one.id,
        "organisation": one.organisation,
        "channel": one.channel,
        "target": one.target,
        "types": " ".join(one.types),
        "secret": one.secret,
        "replaced": None if one.replaced is None else micros(one.replaced),
        "enabled": one.enabled,
        "because": one.because,
        "made": micros(one.made),
        "made_by": one.made_by,
        "revision": one.revision,
    }
