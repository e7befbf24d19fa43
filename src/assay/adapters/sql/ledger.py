"""The register's leaves and the submissions' state, moved together in one transaction.

Order of durability (DESIGN, Register): leaf, tree, head and state commit first; only then may anybody sign. A crash
before the commit leaves nothing; a crash after it leaves an entry without a signature, which the next checkpoint covers.
"""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, create_engine, event, insert, select, tuple_, update
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from assay.adapters.sql import tables
from assay.errors import Duplicate, Malformed, Refused, Unavailable
from assay.formats import times
from assay.formats.digest import Digest
from assay.office.ports import Head, Logged, Submission
from assay.register import merkle

STATES = ("submitted", "incomplete", "complete", "determined", "published")
_CHUNK = 400


class SqlLedger:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        weakref.finalize(self, engine.dispose)
        with self._transaction() as connection:
            tables.metadata.create_all(connection)
            if connection.execute(select(tables.head.c.one)).first() is None:
                empty = {"one": 1, "size": 0, "root": merkle.EMPTY_ROOT, "stamp": 0, "epoch": 0}
                connection.execute(insert(tables.head).values(empty))
        self._epoch: int | None = None

    @classmethod
    def sqlite(cls, path: Path) -> "SqlLedger":
        """A database file with full synchronisation: what is committed survives power loss."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"cannot make {path.parent}: {error.strerror or error}") from error
        engine = create_engine(f"sqlite:///{path}")

        @event.listens_for(engine, "connect")
        def _(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
                connection.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return cls(engine)

    @classmethod
    def memory(cls) -> "SqlLedger":
        """A ledger that lives as long as this value; for tests."""
        return cls(create_engine("sqlite://", poolclass=StaticPool))

    def close(self) -> None:
        self._engine.dispose()

    def record(self, leaf: bytes, openings: bytes, submission: Submission | None = None) -> int:
        with self._transaction() as connection:
            size = self._fence(connection)
            connection.execute(insert(tables.entries).values(position=size, leaf=leaf, openings=openings))
            root = _grow(connection, size, leaf)
            connection.execute(update(tables.head).values(size=size + 1, root=root))
            if submission is not None:
                _store(connection, _placed(submission, size))
        return size

    def head(self) -> Head:
        with self._transaction() as connection:
            size, root, stamp = connection.execute(
                select(tables.head.c.size, tables.head.c.root, tables.head.c.stamp)
            ).one()
        return Head(size, root, stamp)

    def stamp(self, seconds: int) -> int:
        with self._transaction() as connection:
            later = max(seconds, connection.execute(select(tables.head.c.stamp)).scalar_one())
            connection.execute(update(tables.head).values(stamp=later))
        return int(later)

    def nodes(self, positions: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
        with self._transaction() as connection:
            return _nodes(connection, positions)

    def entry(self, index: int) -> Logged:
        with self._transaction() as connection:
            row = connection.execute(select(tables.entries).where(tables.entries.c.position == index)).first()
        if row is None:
            raise Unavailable(f"the register has no entry {index}")
        return Logged(row.position, row.leaf, row.openings)

    def submission(self, payload: Digest) -> Submission | None:
        with self._transaction() as connection:
            row = connection.execute(
                select(tables.submissions).where(tables.submissions.c.payload == str(payload))
            ).first()
            return None if row is None else _submission(connection, row)

    def submissions(self, state: str | None = None) -> tuple[Submission, ...]:
        query = select(tables.submissions).order_by(tables.submissions.c.entry)
        if state is not None:
            query = query.where(tables.submissions.c.state == state)
        with self._transaction() as connection:
            return tuple(_submission(connection, row) for row in connection.execute(query).all())

    def uses(self, artifacts: Sequence[Digest], before: int) -> tuple[tuple[Digest, Submission], ...]:
        found: list[tuple[Digest, Submission]] = []
        with self._transaction() as connection:
            for start in range(0, len(artifacts), _CHUNK):
                names = [str(digest) for digest in artifacts[start : start + _CHUNK]]
                query = (
                    select(tables.artifacts.c.digest, tables.submissions)
                    .join(tables.submissions, tables.submissions.c.payload == tables.artifacts.c.payload)
                    .where(tables.artifacts.c.digest.in_(names), tables.submissions.c.entry < before)
                    .order_by(tables.submissions.c.entry, tables.artifacts.c.digest)
                )
                found += [
                    (Digest.parse(row.digest), _submission(connection, row))
                    for row in connection.execute(query).all()
                ]
        return tuple(found)

    def _fence(self, connection: Connection) -> int:
        """The tree's size, if no other writer has begun since this one did."""
        size, epoch = connection.execute(select(tables.head.c.size, tables.head.c.epoch)).one()
        if self._epoch is None:
            self._epoch = epoch + 1
            connection.execute(update(tables.head).values(epoch=self._epoch))
        elif epoch != self._epoch:
            raise Unavailable("another process writes to this office's register; start again")
        return int(size)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise Unavailable(f"the office's database contradicts itself: {error.orig}") from error
        except Malformed as error:
            raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
        except (DatabaseError, SQLAlchemyError) as error:
            raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error


def _grow(connection: Connection, size: int, leaf: bytes) -> bytes:
    """Store the subtrees that *leaf* completes; the root of the grown tree."""
    needed = merkle.frontier(size)
    known = dict(zip(needed, _nodes(connection, needed), strict=True))
    made = merkle.append(size, merkle.leaf_hash(leaf), known)
    connection.execute(
        insert(tables.nodes),
        [{"level": level, "position": index, "hash": value} for (level, index), value in made.items()],
    )
    known |= made
    return merkle.root([known[position] for position in merkle.frontier(size + 1)])


def _nodes(connection: Connection, positions: Sequence[tuple[int, int]]) -> tuple[bytes, ...]:
    if not positions:
        return ()
    query = select(tables.nodes).where(
        tuple_(tables.nodes.c.level, tables.nodes.c.position).in_(list(positions))
    )
    found = {(row.level, row.position): bytes(row.hash) for row in connection.execute(query).all()}
    for position in positions:
        if position not in found:
            raise Unavailable(f"the register's tree lacks node {position}")
    return tuple(found[position] for position in positions)


def _placed(submission: Submission, index: int) -> Submission:
    if submission.state == STATES[0]:
        return msgspec.structs.replace(submission, entry=index)
    if submission.state == STATES[-1]:
        return msgspec.structs.replace(submission, publication=index)
    return submission


def _store(connection: Connection, submission: Submission) -> None:
    key = str(submission.payload)
    table = tables.submissions
    before = connection.execute(select(table.c.state).where(table.c.payload == key)).scalar_one_or_none()
    values = {
        "payload": key,
        "envelope": str(submission.envelope),
        "customers": str(submission.customers) if submission.customers else None,
        "received": times.encode(submission.received),
        "provider": submission.provider,
        "product": submission.product,
        "version": submission.version,
        "state": submission.state,
        "entry": submission.entry,
        "verdict": str(submission.verdict) if submission.verdict else None,
        "result": str(submission.result) if submission.result else None,
        "publication": submission.publication,
    }
    if before is None:
        if submission.state != STATES[0]:
            raise Refused(f"a new submission starts as {STATES[0]!r}, not {submission.state!r}")
        connection.execute(insert(table).values(values))
        rows = [{"payload": key, "position": n, "digest": str(d)} for n, d in enumerate(submission.artifacts)]
        if rows:
            connection.execute(insert(tables.artifacts), rows)
    elif submission.state == STATES[0]:
        raise Duplicate(f"the attestation {key} was submitted before")
    elif STATES.index(submission.state) <= STATES.index(before):
        raise Refused(f"submission {key} is {before!r} already and cannot become {submission.state!r}")
    else:
        connection.execute(update(table).where(table.c.payload == key).values(values))


def _submission(connection: Connection, row: Row[Any]) -> Submission:
    query = (
        select(tables.artifacts.c.digest)
        .where(tables.artifacts.c.payload == row.payload)
        .order_by(tables.artifacts.c.position)
    )
    if row.state not in STATES:
        raise Malformed(f"submission {row.payload} is {row.state!r}, expected one of {', '.join(STATES)}")
    return Submission(
        payload=Digest.parse(row.payload),
        envelope=Digest.parse(row.envelope),
        customers=_digest(row.customers),
        artifacts=tuple(Digest.parse(name) for name in connection.execute(query).scalars()),
        received=times.parse(row.received),
        provider=row.provider,
        product=row.product,
        version=row.version,
        state=row.state,
        entry=row.entry,
        verdict=_digest(row.verdict),
        result=_digest(row.result),
        publication=row.publication,
    )


def _digest(text: str | None) -> Digest | None:
    return None if text is None else Digest.parse(text)
