"""Connections to a PostgreSQL server that keeps what it acknowledges."""

import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import PoolResetState

from assay.errors import Malformed, Unavailable
from assay.formats.text import shown

Session = psycopg.Connection[TupleRow]

CONNECT_SECONDS = 5
KEPT, MOST = 16, 40
"""Connections of one pool, for the next who asks and at most: more than a process has threads that use one, so that none waits for another;
to begin one costs more than most of what it is asked."""
_ROUNDS, _ROUND_SECONDS = 250, 0.02
PLANS = "-c enable_seqscan=off -c jit=off"
"""Every question here has its index. A plan that was made while a table was nearly empty would read it whole until the server next analyses it.
What has no index after all counts as dear, and must not be compiled for that. A URL with other options counts more."""
IDLE_SECONDS = 30
"""After which the server ends a transaction in which nothing happens: its client hangs, and others wait for its locks."""


def engine(url: str, name: str, *, lasting: bool = True) -> Engine:
    """A pool of connections that call themselves *name*. *url* is ``postgresql://user@host/database?option=value``.

    A *lasting* one looks before each use whether the server has ended the connection meanwhile.
    """
    made = create_engine(
        _checked(url).set(drivername="postgresql+psycopg"),
        connect_args=_arguments(url, name),
        isolation_level="READ COMMITTED",
        pool_size=KEPT,
        max_overflow=MOST - KEPT,
        pool_reset_on_return=None,
    )

    @event.listens_for(made, "connect")
    def _(connection: Any, _record: Any) -> None:
        try:
            _require_durable(connection)
            connection.commit()
        except BaseException:
            connection.close()
            raise

    _roll_back_what_stands(made)
    if lasting:
        _replace_ended(made)
    _close_late_ones(made)
    return made


def _replace_ended(made: Engine) -> None:
    """A server says nothing to a connection that nobody uses, but that it ends: no need to ask it before each use."""

    @event.listens_for(made, "checkout")
    def _(connection: Any, _record: Any, _proxy: Any) -> None:
        try:
            said = select.poll()
            said.register(connection.fileno(), select.POLLIN)
            ended = bool(said.poll(0))
        except psycopg.Error:
            ended = True
        if ended:
            raise DisconnectionError


def _roll_back_what_stands(made: Engine) -> None:
    """As a pool does by itself, without a traceback in the log where the server ended the connection meanwhile: it is closed then."""

    @event.listens_for(made, "reset")
    def _(connection: Any, _record: Any, state: PoolResetState) -> None:
        if state.transaction_was_reset or connection.closed:
            return
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()


def _close_late_ones(made: Engine) -> None:
    """A connection that another thread uses while the engine is disposed of goes when it comes back."""
    disposed = threading.Event()

    @event.listens_for(made, "engine_disposed")
    def _(_engine: Engine) -> None:
        disposed.set()

    @event.listens_for(made, "checkin")
    def _(connection: Any, _record: Any) -> None:
        if disposed.is_set() and connection is not None:
            connection.close()


@contextmanager
def session(url: str, name: str) -> Iterator[Session]:
    """One connection, each statement its own transaction. Unavailable when the server does not answer."""
    with failures(), psycopg.connect(url, autocommit=True, **_arguments(url, name)) as connection:
        _require_durable(connection)
        yield connection


@contextmanager
def failures() -> Iterator[None]:
    """What PostgreSQL fails with, as Unavailable."""
    try:
        yield
    except psycopg.Error as error:
        raise Unavailable(
            f"the office's database: {' '.join(str(error).split()) or type(error).__name__}"
        ) from error


def driver(connection: Connection) -> Session:
    """What *connection* stands on: for statements in its transaction that SQLAlchemy would only slow down."""
    return cast("Session", connection.connection.driver_connection)


def copy_in(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert *rows* in *connection*'s transaction."""
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    told = [table.c[column].type.compile(connection.dialect).lower() for column in columns]
    types = [one.partition(" collate ")[0] for one in told]  # how a column compares is no part of its type
    with failures(), driver(connection).cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def end_sessions(connection: Session, name: str) -> None:
    """All others of this role that call themselves *name*. Returns when they are gone; Unavailable when they stay."""
    for _ in range(_ROUNDS):
        found = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
            " AND pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user",
            (name,),
        )
        if found.fetchone() is None:
            return
        time.sleep(_ROUND_SECONDS)
    raise Unavailable(f"sessions of {name} do not end")


class Bell:
    """Lets other threads wake one that waits for a session's notifications."""

    def __init__(self) -> None:
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)

    def ring(self) -> None:
        """Any thread; rings that nobody has heard yet are one, and after :meth:`close` nobody hears."""
        # It is full of rings already, or closed.
        with suppress(OSError):
            self._mouth.send(b"!")

    def wait(self, connection: Session, seconds: float) -> None:
        """Until somebody rings, the server says something, or *seconds* have passed."""
        # Not select(), which takes no file descriptor from 1024 on: a server has many.
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        poll.register(self._ear, select.POLLIN)
        if self._ear.fileno() in dict(poll.poll(max(0.0, seconds) * 1000)):
            self._ear.recv(4096)

    def close(self) -> None:
        self._ear.close()
        self._mouth.close()


def heard(connection: Session) -> list[psycopg.Notify]:
    """The notifications that have arrived since the last call."""
    return list(connection.notifies(timeout=0))


def _checked(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise Malformed(f"{shown(url, 80)!r} is not the URL of a database") from error
    if found.drivername != "postgresql":
        raise Malformed(
            f"the database's URL begins with {shown(found.drivername, 40)!r}, expected 'postgresql://'"
        )
    return found


def _arguments(url: str, name: str) -> dict[str, Any]:
    given = _checked(url).query.get("options", "")
    options = " ".join((given,) if isinstance(given, str) else given)
    return {
        "application_name": name,
        "connect_timeout": CONNECT_SECONDS,
        "options": f"{PLANS} {options} -c idle_in_transaction_session_timeout={IDLE_SECONDS * 1000}",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }


def _require_durable(connection: Session) -> None:
    """An acknowledged entry has to survive a power failure, whatever the role's or the server's settings say."""
    row = connection.execute(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
    ).fetchone()
    fsync, pages, commit = row or ("", "", "")
    if fsync != "on" or pages != "on":
        raise Unavailable(
            f"the database's server has fsync {fsync!r} and full_page_writes {pages!r}, expected 'on': "
            "what it acknowledges does not survive a power failure"
        )
    if commit == "off":
        connection.execute("SET synchronous_commit = on")
