"""The search index in a database. Every question walks one list of positions in order, the shortest, and probes the others."""

import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    create_engine,
    delete,
    event,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from assay.adapters.sql import index_tables as tables
from assay.adapters.sql.bulk import insert_all
from assay.errors import Unavailable
from assay.office import search
from assay.office.search import TOKEN_BYTES, Filter, Mark

BLOCK = 1024
SEGMENT = 15
"""Bits of a position within its segment."""
_PROBE = 1000
"""Positions up to which lists are counted, to find the shortest."""
_MANY = 400
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "cache_size=-65536")
"""A crash may cost the newest additions, which are made again; never the order of the file."""


class SqlIndex:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        weakref.finalize(self, engine.dispose)
        with self._transaction() as connection:
            tables.metadata.create_all(connection)
            if connection.execute(select(tables.mark.c.one)).first() is None:
                connection.execute(insert(tables.mark).values(one=1, size=0, last=b""))

    @classmethod
    def sqlite(cls, path: Path) -> "SqlIndex":
        """A file that its owner alone can read."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise Unavailable(f"cannot make {path}: {error.strerror or error}") from error
        return cls(_tuned(create_engine(f"sqlite:///{path}")))

    @classmethod
    def memory(cls) -> "SqlIndex":
        return cls(
            create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        )

    def close(self) -> None:
        self._engine.dispose()

    def mark(self) -> Mark:
        with self._transaction() as connection:
            row = connection.execute(select(tables.mark)).one()
        return Mark(row.size, bytes(row.last))

    def add(
        self,
        start: int,
        rows: Sequence[search.Row],
        words: Iterable[tuple[bytes, search.Row]],
        shared: Sequence[int],
        mark: Mark,
    ) -> None:
        with self._transaction() as connection:
            if connection.execute(select(tables.mark.c.size).with_for_update()).scalar_one() != start:
                return
            insert_all(connection, tables.entries, [_values(row) for row in rows])
            _list(connection, words)
            for some in _parts(shared):
                here = tables.entries.c.position.in_(some)
                connection.execute(update(tables.entries).where(here).values(shared=True))
            _widen(connection, rows)
            connection.execute(update(tables.mark).values(size=mark.size, last=mark.last))

    def rows(self, positions: Sequence[int]) -> tuple[search.Row, ...]:
        found: dict[int, search.Row] = {}
        with self._transaction() as connection:
            for some in _parts(positions):
                query = select(tables.entries).where(tables.entries.c.position.in_(some))
                found |= {row.position: _row(row) for row in connection.execute(query)}
        if missing := set(positions) - set(found):
            raise Unavailable(f"the search index has no entry {min(missing)}")
        return tuple(found[at] for at in positions)

    def about(self, entries: Sequence[int]) -> tuple[search.Row, ...]:
        found: list[search.Row] = []
        with self._transaction() as connection:
            for some in _parts(entries):
                query = select(tables.entries).where(tables.entries.c.about.in_(some))
                found += [_row(row) for row in connection.execute(query)]
        return tuple(sorted(found, key=lambda row: row.position))

    def forget(self, rows: Sequence[search.Row], words: Iterable[tuple[bytes, search.Row]]) -> None:
        with self._transaction() as connection:
            for word, row in words:
                at = tables.words.c
                here = and_(
                    at.segment == row.position >> SEGMENT, at.word == word, at.position == row.position
                )
                connection.execute(delete(tables.words).where(here))
            for some in _parts([row.position for row in rows]):
                here = tables.entries.c.position.in_(some)
                connection.execute(update(tables.entries).where(here).values(owner=b"", tokens=b""))

    def find(self, words: Sequence[bytes], filter_: Filter, after: int, limit: int) -> tuple[int, ...]:
        with self._transaction() as connection:
            bounds = _bounds(connection, filter_, after)
            if bounds is None:
                return ()
            query = _best(connection, tuple(dict.fromkeys(words)), filter_, bounds)
            return tuple(row.position for row in connection.execute(query.limit(limit)))

    def clear(self) -> None:
        with self._transaction() as connection:
            for table in (tables.entries, tables.words, tables.segments, tables.spans):
                connection.execute(delete(table))
            connection.execute(update(tables.mark).values(size=0, last=b""))

    def plan(self, words: Sequence[bytes], filter_: Filter, after: int, limit: int) -> tuple[str, ...]:
        """How SQLite answers :meth:`find`."""
        with self._transaction() as connection:
            bounds = _bounds(connection, filter_, after) or (after, after)
            query = _best(connection, tuple(words), filter_, bounds).limit(limit)
            text = query.compile(self._engine)
            values = tuple(text.params[name] for name in text.positiontup or ())
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            return tuple(row[3] for row in rows)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise Unavailable(f"the search index: {getattr(error, 'orig', None) or error}") from error


_Bounds = tuple[int, int]
"""Positions: above the first, up to and with the second."""


def _best(
    connection: Connection, words: tuple[bytes, ...], filter_: Filter, bounds: _Bounds
) -> Select[tuple[int]]:
    """The query that begins with the shortest list: of a word, or of the kind."""
    if not words or (len(words) == 1 and filter_.kind is None):
        return _query(words, filter_, bounds)
    at = tables.entries.c
    counts = {word: _count(connection, _walk(word, bounds)) for word in words}
    words = tuple(sorted(words, key=counts.__getitem__))
    kind = _within(select(at.position).where(at.kind == filter_.kind), tables.entries, bounds)
    by_kind = filter_.kind is not None and _count(connection, kind) < counts[words[0]]
    return _query(words, filter_, bounds, by_kind=by_kind)


def _count(connection: Connection, query: Select[tuple[int]]) -> int:
    """Up to :data:`_PROBE`."""
    return connection.execute(select(func.count()).select_from(query.limit(_PROBE).subquery())).scalar_one()


def _query(
    words: Sequence[bytes], filter_: Filter, bounds: _Bounds, *, by_kind: bool = False
) -> Select[tuple[int]]:
    """Positions in order: those of the first word that have the others too; of entries, where there is no word or *by_kind*."""
    listed = bool(words) and not by_kind
    walked = tables.words if listed else tables.entries
    query = _walk(words[0], bounds) if listed else _within(select(walked.c.position), walked, bounds)
    segment = walked.c.segment if listed else walked.c.position.bitwise_rshift(SEGMENT)
    for word in words[1:] if listed else words:
        probed = tables.words.alias()
        query = query.where(
            exists(literal_column("1"))
            .where(
                probed.c.segment == segment,
                probed.c.word == word,
                probed.c.position == walked.c.position,
            )
            .correlate(walked)
        )
    if filter_.kind is not None:
        query = query.where(walked.c.kind == filter_.kind)
    if filter_.since is not None:
        query = query.where(walked.c.time >= filter_.since)
    if filter_.until is not None:
        query = query.where(walked.c.time < filter_.until)
    return query if listed else query.order_by(walked.c.position)


def _walk(word: bytes, bounds: _Bounds) -> Select[tuple[int]]:
    """The list of a word, segment by segment, which is its order."""
    segment, listed = tables.segments.c.segment, tables.words
    return (
        _within(select(listed.c.position), listed, bounds)
        .select_from(tables.segments)
        .join(listed, listed.c.segment == segment)
        .where(segment >= max(bounds[0] + 1, 0) >> SEGMENT, segment <= max(bounds[1], 0) >> SEGMENT)
        .where(listed.c.word == word)
        .order_by(segment, listed.c.position)
    )


def _within(query: Select[tuple[int]], table: Table, bounds: _Bounds) -> Select[tuple[int]]:
    return query.where(table.c.position > bounds[0], table.c.position <= bounds[1])


def _list(connection: Connection, words: Iterable[tuple[bytes, search.Row]]) -> None:
    # In the order of the table, which halves the time.
    listed = sorted(
        {(row.position >> SEGMENT, word, row.position, row.kind, row.time) for word, row in words}
    )
    known = set(connection.execute(select(tables.segments.c.segment)).scalars())
    new = sorted({one[0] for one in listed} - known)
    insert_all(connection, tables.segments, [{"segment": one} for one in new])
    if connection.dialect.name == "sqlite":
        if listed:
            connection.exec_driver_sql("INSERT INTO search_words VALUES (?, ?, ?, ?, ?)", listed)
        return
    names = ("segment", "word", "position", "kind", "time")
    insert_all(connection, tables.words, [dict(zip(names, one, strict=True)) for one in listed])


def _bounds(connection: Connection, filter_: Filter, after: int) -> _Bounds | None:
    """Where entries of the times in question are; None when there are none."""
    last = connection.execute(select(tables.mark.c.size)).scalar_one() - 1
    if filter_.since is None and filter_.until is None:
        return after, last
    block = tables.spans.c.block
    query = select(func.min(block), func.max(block))
    if filter_.since is not None:
        query = query.where(tables.spans.c.high >= filter_.since)
    if filter_.until is not None:
        query = query.where(tables.spans.c.low < filter_.until)
    first, newest = connection.execute(query).one()
    if first is None:
        return None
    return max(after, first * BLOCK - 1), min(last, (newest + 1) * BLOCK - 1)


def _widen(connection: Connection, rows: Sequence[search.Row]) -> None:
    times: dict[int, tuple[int, int]] = {}
    for row in rows:
        block = row.position // BLOCK
        low, high = times.get(block, (row.time, row.time))
        times[block] = min(low, row.time), max(high, row.time)
    spans = tables.spans
    for block, (low, high) in times.items():
        known = connection.execute(select(spans).where(spans.c.block == block)).first()
        if known is None:
            connection.execute(insert(spans).values(block=block, low=low, high=high))
        else:
            values = {"low": min(low, known.low), "high": max(high, known.high)}
            connection.execute(update(spans).where(spans.c.block == block).values(values))


def _values(row: search.Row) -> dict[str, Any]:
    return {
        "position": row.position,
        "kind": row.kind,
        "time": row.time,
        "keyid": row.keyid,
        "document": row.document,
        "about": row.about,
        "owner": row.owner,
        "shared": row.shared,
        "tokens": b"".join(row.tokens),
    }


def _row(row: Row[Any]) -> search.Row:
    tokens = bytes(row.tokens)
    return search.Row(
        position=row.position,
        kind=row.kind,
        time=row.time,
        keyid=bytes(row.keyid),
        document=bytes(row.document),
        about=row.about,
        owner=bytes(row.owner),
        shared=bool(row.shared),
        tokens=tuple(tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES)),
    )


def _parts(positions: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(positions), _MANY):
        yield positions[at : at + _MANY]


def _tuned(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
