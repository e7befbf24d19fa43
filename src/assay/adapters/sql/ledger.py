"""The register's leaves and the submissions' state, moved together in one transaction.

Order of durability (DESIGN, Register): leaf, tree, head and state commit first; only then may anybody sign. A crash
before the commit leaves nothing; a crash after it leaves an entry without a signature, which the next checkpoint covers.
"""

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from assay.adapters.sql import cases, due, holdings, sift, tables
from assay.adapters.sql.among import among
from assay.adapters.sql.bulk import insert_all
from assay.adapters.sql.hints import hinted
from assay.adapters.sql.sift import NotTaken
from assay.adapters.sql.transaction import reading
from assay.errors import AssayError, Duplicate, Malformed, Refused, Unavailable
from assay.formats import times
from assay.formats.digest import Digest
from assay.office.ports import Backing, Handed, Head, Recorded, Submission, Use, Wanted
from assay.register import merkle
from assay.register.edge import Edge

# Statements are made once: making one costs more than running it.
_READ_HEAD = select(tables.head)
_HEAD = _READ_HEAD.with_for_update()
_MOVE = update(tables.head).values({name: bindparam(name) for name in ("size", "root", "edge", "stamp")})
_STATES = select(tables.submissions.c.payload, tables.submissions.c.state).where(
    among(tables.submissions.c.payload, "payloads")
)
_LEAVES = (
    select(tables.leaves.c.leaf)
    .where(tables.leaves.c.position >= bindparam("start"), tables.leaves.c.position < bindparam("end"))
    .order_by(tables.leaves.c.position)
)

_SUBMISSION = select(tables.submissions).where(tables.submissions.c.payload == bindparam("payload"))
_ARTIFACTS = (
    select(tables.artifacts.c.digest)
    .where(tables.artifacts.c.payload == bindparam("payload"))
    .order_by(tables.artifacts.c.position)
)
_RELEASES = (
    select(
        tables.artifacts.c.entry,
        tables.submissions.c.provider,
        tables.submissions.c.product,
        tables.submissions.c.version,
        tables.submissions.c.state,
    )
    .join(tables.submissions, tables.submissions.c.payload == tables.artifacts.c.payload)
    .where(
        tables.artifacts.c.digest == bindparam("digest"),
        tables.artifacts.c.entry > bindparam("after"),
        tables.artifacts.c.entry < bindparam("before"),
    )
    .order_by(tables.artifacts.c.entry)
    .limit(bindparam("most"))
)
_USED = text(
    "SELECT one FROM unnest(CAST(:digests AS text[])) AS one"
    " WHERE EXISTS (SELECT FROM artifacts WHERE digest = one AND entry < :before)"
)
"""On PostgreSQL, where each look is a journey and most files are new."""
_CHANGED = (
    update(tables.submissions)
    .where(tables.submissions.c.payload == bindparam("same"))
    .values(
        {column.name: bindparam(column.name) for column in tables.submissions.c if column.name != "payload"}
    )
)

STATES = ("submitted", "incomplete", "complete", "determined", "published")
_CHUNK = 400


_PREPARING = 0x6173736179
"""Key of PostgreSQL's advisory lock under which tables are made: several processes may start together."""
_PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000", "secure_delete=ON",
)  # fmt: skip
"""What is deleted or replaced is overwritten, each time: an erasure finds no earlier form of a case. PostgreSQL's vacuum does it later."""
Also = Callable[[Connection, Recorded], None]


class SqlLedger:
    """*epoch*: the one to write under, when it was raised already; else the first write raises it. *also*: what else moves
    in the transaction that records entries."""

    def __init__(self, engine: Engine, *, epoch: int | None = None, also: Also | None = None) -> None:
        self._engine = engine
        self._reads = reading(engine)
        weakref.finalize(self, engine.dispose)
        self._epoch, self._also = epoch, also
        with self._transaction() as connection:
            _prepare(connection)

    @classmethod
    def sqlite(cls, path: Path) -> "SqlLedger":
        """A database file with full synchronisation: what is committed survives power loss."""
        return cls(cls.sqlite_engine(path))

    @staticmethod
    def sqlite_engine(path: Path) -> Engine:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"cannot make {path.parent}: {error.strerror or error}") from error
        engine = hinted(create_engine(f"sqlite:///{path}"))

        @event.listens_for(engine, "connect")
        def _(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}").close()

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            # Who will write says so first: a reader that begins to write is refused when somebody else has written.
            reads = connection.get_execution_options().get("reads")
            connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

        return engine

    @classmethod
    def postgres(cls, url: str) -> "SqlLedger":
        """A database of a server, at ``postgresql://user@host/database``. To write there, see ``FrontEnd``."""
        from assay.adapters.sql import postgresql  # noqa: PLC0415 - its driver belongs to the extra "server"

        return cls(postgresql.engine(url, "assay"))

    @classmethod
    def memory(cls) -> "SqlLedger":
        """A ledger that lives as long as this value; for tests."""
        return cls(cls.memory_engine())

    @staticmethod
    def memory_engine() -> Engine:
        return hinted(
            create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        )

    def close(self) -> None:
        self._engine.dispose()

    def record(self, wanted: Sequence[Wanted], seconds: int) -> Recorded:
        spoilt: dict[int, AssayError] = {}
        try:
            return self._record(wanted, seconds, spoilt)
        except NotTaken as error:
            # Nothing was committed. The database stands, so it is something among the entries.
            with self._transaction() as connection:
                spoilt = sift.spoilt(connection, wanted, self._fence(connection).edge.size, _take)
            if not spoilt:
                raise error.fault from error
        return self._record(wanted, seconds, spoilt)

    def _record(self, wanted: Sequence[Wanted], seconds: int, spoilt: Mapping[int, AssayError]) -> Recorded:
        """All but the *spoilt* ones, by their place. Raises :class:`NotTaken` for what may be one entry's fault."""
        left = [one for at, one in enumerate(wanted) if at not in spoilt]
        with self._transaction() as connection:
            head = self._fence(connection)
            found = iter(_taken(connection, left, head.edge.size))
            indexes = tuple(spoilt[at] if at in spoilt else next(found) for at in range(len(wanted)))
            taken = [one for at, one in zip(indexes, wanted, strict=True) if isinstance(at, int)]
            growth = head.edge.extend([merkle.leaf_hash(one.leaf) for one in taken])
            stamp = max(seconds, head.stamp)
            if taken:
                _move(connection, growth.after, stamp)
            recorded = Recorded(growth, stamp, indexes)
            if self._also is not None:
                self._also(connection, recorded)
        # A crash before the commit leaves nothing; after it, entries that the next signature covers.
        return recorded

    def head(self) -> Head:
        with self._transaction(reads=True) as connection:
            return _head(connection, _READ_HEAD)[0]

    def stamp(self, seconds: int) -> int:
        with self._transaction() as connection:
            later = max(seconds, self._fence(connection).stamp)
            connection.execute(update(tables.head).values(stamp=later))
        return later

    def leaves(self, start: int, end: int) -> tuple[bytes, ...]:
        with self._transaction(reads=True) as connection:
            rows = connection.execute(_LEAVES, {"start": start, "end": end}).scalars()
            found = tuple(bytes(leaf) for leaf in rows)
        if len(found) != end - start:
            raise Unavailable(f"the office's database has {len(found)} of the leaves from {start} to {end}")
        return found

    def publishing(self, note: bytes) -> None:
        with self._transaction() as connection:
            self._fence(connection)
            connection.execute(update(tables.head).values(note=note))

    def settle(self, size: int) -> None:
        with self._transaction() as connection:
            head = self._fence(connection)
            if not head.settled <= size <= head.edge.size:
                raise ValueError(f"settled {head.settled} of {head.edge.size} leaves, not {size}")
            connection.execute(delete(tables.leaves).where(tables.leaves.c.position < size))
            connection.execute(update(tables.head).values(settled=size))
        # A crash before the commit leaves leaves that tiles hold as well.

    def openings(self, index: int) -> bytes:
        query = select(tables.openings.c.openings).where(tables.openings.c.position == index)
        with self._transaction(reads=True) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise Unavailable(f"the register has no entry {index}")
        if row.openings is None:
            raise Unavailable(f"the openings of entry {index} were erased")
        return bytes(row.openings)

    def found(self, key: str) -> int | None:
        with self._transaction(reads=True) as connection:
            return cases.first(connection, key)

    def opened(self, indexes: Sequence[int]) -> dict[int, bytes]:
        at, held = tables.openings.c.position, tables.openings.c.openings
        found: dict[int, bytes] = {}
        with self._transaction() as connection:
            for start in range(0, len(indexes), _CHUNK):
                some = at.in_(indexes[start : start + _CHUNK])
                query = select(at, held).where(some, held.is_not(None))
                found |= {index: bytes(data) for index, data in connection.execute(query)}
        return found

    def backing(self, start: int, end: int) -> tuple[Backing, ...]:
        with self._transaction() as connection:
            found = _backing(connection, start, end)
        if len(found) != end - start:
            raise Unavailable(f"the office's database has {len(found)} of the entries from {start} to {end}")
        return found

    def erase(self, index: int) -> None:
        there = tables.openings.c.position == index
        with self._transaction() as connection:
            # No fence: openings are written with their entry and never again, so that any process may erase them.
            if not connection.execute(update(tables.openings).where(there).values(openings=None)).rowcount:
                raise Unavailable(f"the register has no entry {index}")

    def submission(self, payload: Digest) -> Submission | None:
        with self._transaction(reads=True) as connection:
            row = connection.execute(_SUBMISSION, {"payload": str(payload)}).first()
            return None if row is None else _submission(connection, row)

    def submissions(self, state: str | None = None) -> tuple[Submission, ...]:
        query = select(tables.submissions).order_by(tables.submissions.c.entry)
        if state is not None:
            query = query.where(tables.submissions.c.state == state)
        with self._transaction(reads=True) as connection:
            return tuple(_submission(connection, row) for row in connection.execute(query).all())

    def releases(self, artifacts: Sequence[Digest], before: int, most: int) -> dict[Digest, tuple[Use, ...]]:
        with self._transaction(reads=True) as connection:
            if connection.dialect.name == "postgresql":
                asked = {"digests": [str(digest) for digest in artifacts], "before": before}
                used = set(connection.execute(_USED, asked).scalars())
                artifacts = [digest for digest in artifacts if str(digest) in used]
            found = {digest: _releases(connection, digest, before, most) for digest in artifacts}
        return {digest: some for digest, some in found.items() if some}

    def uses(self, artifacts: Sequence[Digest], before: int) -> tuple[tuple[Digest, Submission], ...]:
        found: list[tuple[Digest, Submission]] = []
        with self._transaction(reads=True) as connection:
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

    def _fence(self, connection: Connection) -> Head:
        """How far the register has come, if no other writer has begun since this one did."""
        head, epoch = _head(connection)
        if self._epoch is None:
            self._epoch = epoch + 1
            connection.execute(update(tables.head).values(epoch=self._epoch))
        elif epoch != self._epoch:
            raise Unavailable("another process writes to this office's register; start again")
        return head

    @contextmanager
    def _transaction(self, *, reads: bool = False) -> Iterator[Connection]:
        try:
            with (self._reads if reads else self._engine).begin() as connection:
                epoch = self._epoch
                try:
                    yield connection
                except BaseException:
                    self._epoch = epoch  # the one that was raised in here is not there
                    raise
        except IntegrityError as error:
            raise Unavailable(f"the office's database contradicts itself: {error.orig}") from error
        except Malformed as error:
            raise Unavailable(f"the office's database holds what was never stored there: {error}") from error
        except (DatabaseError, SQLAlchemyError) as error:
            raise Unavailable(f"the office's database: {getattr(error, 'orig', None) or error}") from error


def _prepare(connection: Connection) -> None:
    """Tables and an empty head, where there are none yet."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_PREPARING)))
    there = inspect(connection)
    if there.has_table("head") and "edge" not in {one["name"] for one in there.get_columns("head")}:
        raise Unavailable("the office's database is of an earlier form, without tiles; begin a new office")
    if there.has_table("openings") and "about" not in {one["name"] for one in there.get_columns("openings")}:
        raise Unavailable(
            "the office's database is of an earlier form, that says of no entry what it is about; begin a new office"
        )
    if there.has_table("cases") and "body" in {one["name"] for one in there.get_columns("cases")}:
        raise Unavailable(
            "the office's database is of an earlier form, with the whole cases in one table; begin a new office"
        )
    tables.metadata.create_all(connection)
    cases.prepare(connection)
    due.prepare(connection)
    holdings.prepare(connection)
    if connection.execute(select(tables.head.c.one)).first() is None:
        empty = {"one": 1, "size": 0, "root": merkle.EMPTY_ROOT, "edge": b""}
        connection.execute(
            insert(tables.head).values(empty | {"stamp": 0, "settled": 0, "note": b"", "epoch": 0})
        )


def _head(connection: Connection, query: Select[Any] = _HEAD) -> tuple[Head, int]:
    """The head row and its epoch; with ``_HEAD``, locked until the end of the transaction."""
    row = connection.execute(query).one()
    edge = Edge.parse(row.size, bytes(row.edge))
    if edge.root != bytes(row.root):
        raise Malformed(f"a tree of {row.size} whose edge does not give its root")
    return Head(edge, row.stamp, row.settled, bytes(row.note)), row.epoch


def _take(connection: Connection, wanted: Sequence[Wanted], size: int) -> tuple[int | AssayError, ...]:
    """Admit *wanted* to a register of *size*, and store those that may."""
    indexes = _admit(connection, wanted, size)
    taken = [(at, one) for at, one in zip(indexes, wanted, strict=True) if isinstance(at, int)]
    if taken:
        _append(connection, taken)
    return indexes


def _taken(connection: Connection, wanted: Sequence[Wanted], size: int) -> tuple[int | AssayError, ...]:
    try:
        return _take(connection, wanted, size)
    except Exception as error:
        fault = sift.fault(error)
        if fault is None:
            raise
        raise NotTaken(fault) from error


def _append(connection: Connection, taken: Sequence[tuple[int, Wanted]]) -> None:
    insert_all(connection, tables.leaves, [{"position": at, "leaf": one.leaf} for at, one in taken])
    insert_all(
        connection,
        tables.openings,
        [{"position": at, "openings": one.openings, "about": _about(one, at)} for at, one in taken],
    )
    _store(connection, [_placed(one.submission, at) for at, one in taken if one.submission is not None])
    cases.store(connection, [(at, case) for at, one in taken for case in one.cases])
    cases.store_keys(connection, [(at, (*one.keys, *filter(None, (one.once,)))) for at, one in taken])
    cases.store_parties(
        connection,
        [(one.cases[0].entry, one.left, one.joined) for _, one in taken if one.left or one.joined],
    )
    for at, one in taken:
        if one.drawing is not None:
            cases.store_draw(connection, at, one.drawing)
    due.insert_due(connection, [work for _, one in taken for work in one.due])
    holdings.store(connection, [held for _, one in taken for held in one.held])


def _move(connection: Connection, edge: Edge, stamp: int) -> None:
    values = {"size": edge.size, "root": edge.root, "edge": edge.joined, "stamp": stamp}
    connection.execute(_MOVE, values)


def _admit(connection: Connection, wanted: Sequence[Wanted], size: int) -> tuple[int | AssayError, ...]:
    """The index that each wanted entry gets in a register of *size*, or why it gets none."""
    states = _states(connection, [str(one.submission.payload) for one in wanted if one.submission])
    known = cases.revisions(connection, {str(case.payload) for one in wanted for case in one.cases})
    indexes: list[int | AssayError] = []
    once: set[str] = set()
    for one in wanted:
        refusal = _refusal(states, one.submission) if one.submission else None
        refusal = refusal or _again(connection, one.once, once)
        refusal = refusal or cases.refusal(known, one.cases)
        indexes.append(refusal or size)
        size += refusal is None
    return tuple(indexes)


def _states(connection: Connection, payloads: Sequence[str]) -> dict[str, str]:
    found = connection.execute(_STATES, {"payloads": list(payloads)})
    return {row.payload: row.state for row in found}


def _refusal(states: dict[str, str], submission: Submission) -> AssayError | None:
    """Why *submission* may not follow; None, and *states* holds it, when it may."""
    key, state = str(submission.payload), submission.state
    before = states.get(key)
    if before is None and state != STATES[0]:
        return Refused(f"a new submission starts as {STATES[0]!r}, not {state!r}")
    if before is not None and state == STATES[0]:
        return Duplicate(f"the attestation {key} was submitted before")
    if before is not None and STATES.index(state) <= STATES.index(before):
        return Refused(f"submission {key} is {before!r} already and cannot become {state!r}")
    states[key] = state
    return None


def _again(connection: Connection, key: str, taken: set[str]) -> AssayError | None:
    """Why nothing more is taken of *key*; None, and it is *taken*, when nothing was."""
    if not key:
        return None
    earlier = cases.first(connection, key)
    if key in taken or earlier is not None:
        where = "" if earlier is None else f", as entry {earlier}"
        return Duplicate(f"it was recorded before{where}")
    taken.add(key)
    return None


def _about(wanted: Wanted, index: int) -> int | None:
    """The entry of the submission that *wanted* moves."""
    if wanted.submission is None:
        return wanted.cases[0].entry if len(wanted.cases) == 1 else None
    return index if wanted.submission.state == STATES[0] else wanted.submission.entry


def _placed(submission: Submission, index: int) -> Submission:
    if submission.state == STATES[0]:
        return msgspec.structs.replace(submission, entry=index)
    if submission.state == STATES[-1]:
        return msgspec.structs.replace(submission, publication=index)
    return submission


def _store(connection: Connection, submissions: Sequence[Submission]) -> None:
    """Admitted ones: new ones first, then those that are further on, in order."""
    new = [one for one in submissions if one.state == STATES[0]]
    put(connection, new)
    on = [_values(one) | {"same": str(one.payload)} for one in submissions if one.state != STATES[0]]
    for row in on:
        del row["payload"]
    if on:
        connection.execute(_CHANGED, on)


def put(connection: Connection, submissions: Sequence[Submission]) -> None:
    """Rows of submissions that have none yet, whatever their state."""
    rows = [
        {"payload": str(one.payload), "position": n, "digest": str(digest), "entry": one.entry}
        for one in submissions
        for n, digest in enumerate(one.artifacts)
    ]
    insert_all(connection, tables.submissions, [_values(one) for one in submissions])
    insert_all(connection, tables.artifacts, rows)


def _values(submission: Submission) -> dict[str, Any]:
    return {
        "payload": str(submission.payload),
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


def _releases(connection: Connection, digest: Digest, before: int, most: int) -> tuple[Use, ...]:
    found: dict[Use, None] = {}
    after = -1
    while len(found) < most:
        asked = {"digest": str(digest), "after": after, "before": before, "most": most}
        rows = connection.execute(_RELEASES, asked).all()
        for row in rows:
            public = row.state == STATES[-1] and bool(row.provider)
            found[Use(row.provider, row.product, row.version, public)] = None
        if len(rows) < most:
            break
        after = rows[-1].entry
    return tuple(found)[:most]


def _submission(connection: Connection, row: Row[Any]) -> Submission:
    artifacts = connection.execute(_ARTIFACTS, {"payload": row.payload}).scalars()
    if row.state not in STATES:
        raise Malformed(f"submission {row.payload} is {row.state!r}, expected one of {', '.join(STATES)}")
    return Submission(
        payload=Digest.parse(row.payload),
        envelope=Digest.parse(row.envelope),
        customers=_digest(row.customers),
        artifacts=tuple(map(Digest.parse, artifacts)),
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


def _backing(connection: Connection, start: int, end: int) -> tuple[Backing, ...]:
    openings, submissions, artifacts = tables.openings, tables.submissions, tables.artifacts
    query = (
        select(openings, submissions)
        .join(submissions, submissions.c.entry == openings.c.about, isouter=True)
        .where(openings.c.position >= start, openings.c.position < end)
        .order_by(openings.c.position)
    )
    handed: dict[int, list[Digest]] = {}
    named = (
        select(submissions.c.entry, artifacts.c.digest)
        .join(artifacts, artifacts.c.payload == submissions.c.payload)
        .where(submissions.c.entry >= start, submissions.c.entry < end)
        .order_by(submissions.c.entry, artifacts.c.position)
    )
    for entry, digest in connection.execute(named):
        handed.setdefault(entry, []).append(Digest.parse(digest))
    return tuple(_behind(row, tuple(handed.get(row.position, ()))) for row in connection.execute(query))


def _behind(row: Row[Any], artifacts: tuple[Digest, ...]) -> Backing:
    opened = None if row.openings is None else bytes(row.openings)
    if row.entry is None:
        return Backing(openings=opened)
    if row.entry != row.position:
        return Backing(
            openings=opened, about=row.about, verdict=_digest(row.verdict), result=_digest(row.result)
        )
    handed = Handed(
        envelope=Digest.parse(row.envelope),
        customers=_digest(row.customers),
        artifacts=artifacts,
        received=times.parse(row.received),
    )
    return Backing(openings=opened, about=row.about, handed=handed)
