"""Due work in the office's database. The functions that take a connection work inside the transaction of somebody else's state."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from assay.adapters.grouped import Grouped
from assay.adapters.sql import due_tables as tables
from assay.adapters.sql.moments import micros, moment_of
from assay.adapters.sql.transaction import alone, transaction
from assay.office.work import MAX_LEASE_S, Backlog, Claimed, Dead, Due, Lapsed

PUT = "assay_due"
"""Channel of PostgreSQL that tells when work was put."""
MAX_CLAIM = 1000
MAX_WHY = 2000
_FAR = MAX_LEASE_S * 1_000_000
_row = tables.due.c

# Statements are made once: making one costs more than running it.
_WAITS = _row.state == literal_column("'waiting'")
_DEAD = _row.state == literal_column("'dead'")
"""Written out, else the partial indexes would not be used."""
_CANDIDATES = (
    select(_row.key, _row.ready)
    .where(_row.kind == bindparam("of"), _WAITS, _row.ready <= bindparam("now"))
    .order_by(_row.ready)
    .limit(bindparam("most"))
)
_CLAIM = (
    update(tables.due)
    .where(_row.key.in_(bindparam("keys", expanding=True)))
    .values(
        worker=bindparam("by"),
        since=bindparam("now"),
        ready=bindparam("end"),
        claim=_row.claim + 1,
        attempts=_row.attempts + 1,
    )
    .returning(tables.due)
)
_CLAIM_AT_ONCE = text(
    "WITH found AS (SELECT one.key, one.ready FROM unnest(CAST(:kinds AS text[])) AS of (kind) CROSS JOIN LATERAL ("
    "SELECT key, ready FROM due WHERE due.kind = of.kind AND state = 'waiting' AND ready <= :now"
    " ORDER BY ready LIMIT :most FOR UPDATE SKIP LOCKED) AS one ORDER BY one.ready LIMIT :most)"
    " UPDATE due SET worker = :by, since = :now, ready = :end, claim = claim + 1, attempts = attempts + 1"
    " FROM found WHERE due.key = found.key RETURNING due.*, found.ready AS before"
)
"""On PostgreSQL, where each statement is a journey."""
_STALE = (_WAITS, _row.worker.is_not(None), _row.ready > bindparam("far"))
_ANY = select(
    exists().where(_WAITS, _row.kind.in_(bindparam("kinds", expanding=True)), _row.ready <= bindparam("now"))
    | exists().where(*_STALE)
)
_EARLIEST = case((_row.at > bindparam("now"), _row.at), else_=bindparam("now"))
"""A clock that has gone back makes nothing due before its time."""
_LAPSE = update(tables.due).where(*_STALE).values(worker=None, ready=_EARLIEST)
_HELD = update(tables.due).where(
    _row.key == bindparam("held"),
    _row.claim == bindparam("number"),
    _row.worker == bindparam("by"),
    _WAITS,
)
_END_ALL = {
    "sqlite": text(
        "UPDATE due SET state = 'done', worker = NULL FROM json_each(:held) AS held"
        " WHERE due.key = json_extract(held.value, '$[0]') AND due.claim = json_extract(held.value, '$[1]')"
        " AND due.worker = json_extract(held.value, '$[2]') AND due.state = 'waiting' RETURNING key, claim"
    ),
    "postgresql": text(
        "UPDATE due SET state = 'done', worker = NULL FROM json_array_elements(CAST(:held AS JSON)) AS held (value)"
        " WHERE due.key = held.value ->> 0 AND due.claim = CAST(held.value ->> 1 AS BIGINT)"
        " AND due.worker = held.value ->> 2 AND due.state = 'waiting' RETURNING due.key, due.claim"
    ),
}
_NEW = {
    "sqlite": insert_sqlite(tables.due).on_conflict_do_nothing(),
    "postgresql": insert_postgresql(tables.due).on_conflict_do_nothing(),
}


def prepare(connection: Connection) -> None:
    """The table, where there is none yet."""
    alone(connection)
    tables.metadata.create_all(connection)


def insert_due(connection: Connection, dues: Sequence[Due]) -> None:
    """:meth:`Work.put` in the transaction of *connection*: due when that commits, never there when it does not."""
    if not dues:
        return
    connection.execute(_NEW[connection.dialect.name], [_values(one) for one in dues])
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_notify(PUT, "")))


def end_due(connection: Connection, claimed: Claimed) -> None:
    """:meth:`Work.done` in the transaction of *connection*. What else it writes takes effect once: Lapsed, when the lease
    is lost, has to leave the transaction with nothing written."""
    _change(connection, claimed, state="done", worker=None)


def cancel_due(connection: Connection, keys: Sequence[str]) -> int:
    """:meth:`Work.cancel` in the transaction of *connection*; how many waited."""
    if not keys:
        return 0
    there = _row.key.in_(keys) & _WAITS
    return connection.execute(update(tables.due).where(there).values(state="cancelled", worker=None)).rowcount


class SqlWork:
    """On SQLite and PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ending = Grouped(self._end_all)
        with transaction(engine) as connection:
            prepare(connection)

    def put(self, dues: Sequence[Due]) -> None:
        with transaction(self._engine) as connection:
            insert_due(connection, dues)

    def claim(
        self, kinds: Collection[str], now: datetime, limit: int, lease_s: float, worker: str
    ) -> tuple[Claimed, ...]:
        if not 0 < limit <= MAX_CLAIM or not 0 < lease_s <= MAX_LEASE_S:
            raise ValueError(f"a claim of {limit} for {lease_s} s")
        moment, end = micros(now), now + timedelta(seconds=lease_s)
        names = sorted(set(kinds))
        if not names or not self._any(names, moment):
            return ()
        with transaction(self._engine) as connection:
            connection.execute(_LAPSE, {"far": moment + _FAR, "now": moment})
            if connection.dialect.name == "postgresql":
                values = {"kinds": names, "most": limit, "by": worker, "now": moment, "end": micros(end)}
                taken = connection.execute(_CLAIM_AT_ONCE, values).all()
                return tuple(_claimed(row) for row in sorted(taken, key=attrgetter("before")))
            found = [
                row
                for kind in names
                for row in connection.execute(_CANDIDATES, {"of": kind, "now": moment, "most": limit})
            ]
            keys = [row.key for row in sorted(found, key=attrgetter("ready"))[:limit]]
            if not keys:
                return ()
            values = {"keys": keys, "by": worker, "now": moment, "end": micros(end)}
            rows = {row.key: row for row in connection.execute(_CLAIM, values)}
        # A crash before the commit leaves them to others; after it, until their lease lapses.
        return tuple(_claimed(rows[key]) for key in keys)

    def renew(self, claimed: Claimed, now: datetime, lease_s: float) -> None:
        if not 0 < lease_s <= MAX_LEASE_S:
            raise ValueError(f"a lease of {lease_s} s")
        self._end(claimed, ready=micros(now + timedelta(seconds=lease_s)))

    def done(self, claimed: Claimed) -> None:
        self._ending.ask(claimed)

    def failed(self, claimed: Claimed, why: str, again_at: datetime) -> None:
        self._end(claimed, worker=None, ready=micros(again_at), why=_told(why))

    def release(self, claimed: Claimed, at: datetime) -> None:
        self._end(claimed, worker=None, ready=micros(at), attempts=_row.attempts - 1)

    def dead(self, claimed: Claimed, why: str) -> None:
        self._end(claimed, state="dead", worker=None, why=_told(why))

    def cancel(self, key: str) -> bool:
        with transaction(self._engine) as connection:
            return cancel_due(connection, [key]) == 1

    def waiting(self, kinds: Collection[str]) -> tuple[Backlog, ...]:
        names = sorted(set(kinds))
        of = _row.kind.in_(names)
        waits = select(_row.kind, func.count(), func.min(_row.ready)).where(of, _WAITS).group_by(_row.kind)
        buried = select(_row.kind, func.count()).where(of, _DEAD).group_by(_row.kind)
        with transaction(self._engine, reads=True) as connection:
            waiting = {kind: (count, moment_of(at)) for kind, count, at in connection.execute(waits)}
            dead = {row.kind: row[1] for row in connection.execute(buried)}
        counted = ((name, *waiting.get(name, (0, None))) for name in names)
        return tuple(
            Backlog(kind=name, waiting=count, dead=dead.get(name, 0), soonest=soonest)
            for name, count, soonest in counted
        )

    def dead_letters(
        self, kinds: Collection[str], limit: int, *, subject: str | None = None
    ) -> tuple[Dead, ...]:
        query = (
            select(tables.due)
            .where(_DEAD, _row.kind.in_(sorted(set(kinds))))
            .order_by(_row.since.desc(), _row.key)
            .limit(limit)
        )
        if subject is not None:
            query = query.where(_row.subject == subject)
        with transaction(self._engine, reads=True) as connection:
            return tuple(
                Dead(due=_due(row), attempts=row.attempts, since=moment_of(row.since), why=row.why or "")
                for row in connection.execute(query)
            )

    def again(self, key: str, at: datetime) -> bool:
        dead = (_row.key == key) & _DEAD
        values = {"state": "waiting", "ready": micros(at), "attempts": 0}
        with transaction(self._engine) as connection:
            changed = connection.execute(update(tables.due).where(dead).values(values)).rowcount
            if changed and connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_notify(PUT, "")))
        return changed == 1

    def forget(self, before: datetime) -> int:
        ended = _row.state.in_(("done", "cancelled"))
        old = func.coalesce(_row.since, _row.at) < micros(before)
        with transaction(self._engine) as connection:
            return connection.execute(delete(tables.due).where(ended, old)).rowcount

    def _any(self, kinds: Sequence[str], moment: int) -> bool:
        """Whether a claim may find something. On SQLite a look costs nothing, and a claim makes those who write wait."""
        if self._engine.dialect.name != "sqlite":
            return True
        values = {"kinds": kinds, "now": moment, "far": moment + _FAR}
        with transaction(self._engine, reads=True) as connection:
            return bool(connection.execute(_ANY, values).scalar_one())

    def _end_all(self, claims: Sequence[Claimed]) -> list[Exception | None]:
        """What many threads have done, in one transaction."""
        held = json.dumps([(one.due.key, one.claim, one.worker) for one in claims])
        with transaction(self._engine) as connection:
            found = connection.execute(_END_ALL[connection.dialect.name], {"held": held})
            ended = {(row.key, row.claim) for row in found}
        return [None if (one.due.key, one.claim) in ended else _lapsed(one) for one in claims]

    def _end(self, claimed: Claimed, **values: Any) -> None:
        with transaction(self._engine) as connection:
            _change(connection, claimed, **values)


def _change(connection: Connection, claimed: Claimed, **values: Any) -> None:
    key = claimed.due.key
    held = {"held": key, "number": claimed.claim, "by": claimed.worker}
    if connection.execute(_HELD.values(values), held).rowcount != 1:
        raise _lapsed(claimed)


def _lapsed(claimed: Claimed) -> Lapsed:
    return Lapsed(
        f"work {claimed.due.key} is no longer {claimed.worker}'s: it was claimed again, ended or cancelled meanwhile"
    )


def _told(why: str) -> str:
    return why.replace("\0", "")[:MAX_WHY]


def _values(one: Due) -> dict[str, Any]:
    at = micros(one.at)
    return {
        "key": one.key,
        "kind": one.kind,
        "subject": one.subject,
        "at": at,
        "payload": one.payload,
        "state": "waiting",
        "ready": at,
        "claim": 0,
        "attempts": 0,
    }


def _due(row: Row[Any]) -> Due:
    return Due(
        key=row.key, kind=row.kind, subject=row.subject, at=moment_of(row.at), payload=bytes(row.payload)
    )


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        due=_due(row),
        worker=row.worker,
        claim=row.claim,
        attempts=row.attempts,
        since=moment_of(row.since),
        until=moment_of(row.ready),
    )
