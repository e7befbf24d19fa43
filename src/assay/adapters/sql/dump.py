"""A PostgreSQL database in a file, by the programs that come with the server: as of one moment, and put back whole or not at all."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from assay.adapters.sql import postgresql
from assay.adapters.sql.postgresql import Session
from assay.errors import Refused, Unavailable
from assay.formats.text import shown
from assay.office.ports import Head
from assay.register.edge import Edge

NAME = "assay backup"
_SECONDS = 24 * 3600
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()"


@contextmanager
def dumped(url: str, to: Path) -> Iterator[Session]:
    """Write the database to *to*; the session, of the same moment as the dump, says what is in it."""
    with postgresql.session(url, NAME) as session, session.transaction(), postgresql.failures():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # A dump of a large database is long, and this session idle meanwhile.
        session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = session.execute("SELECT pg_export_snapshot(), current_schema()").fetchone()
        if row is None:
            raise Unavailable("the database gives no snapshot")
        snapshot, schema = row
        only = () if schema == "public" else (f"--schema={schema}",)
        _run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", *only, f"--file={to}")
        yield session


def head(session: Session) -> Head:
    """How far the register had come at the moment of the dump."""
    row = session.execute("SELECT size, edge, stamp, settled, note FROM head").fetchone()
    if row is None:
        raise Unavailable("the database holds no register")
    size, edge, stamp, settled, note = row
    return Head(Edge.parse(size, bytes(edge)), stamp, settled, bytes(note))


def load(url: str, dump: Path) -> None:
    """Put the database in *dump* into the empty one at *url*. Refused when that has tables already."""
    with postgresql.session(url, NAME) as session, postgresql.failures():
        row = session.execute(_TABLES).fetchone()
        if row is None or row[0]:
            raise Refused("the database has tables already; a backup goes into an empty one")
    _run(
        "pg_restore",
        url,
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
        str(dump),
    )


def _run(program: str, url: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Unavailable(f"{program} is not on the path; it comes with PostgreSQL's client programs")
    parts = make_url(url)
    # Arguments can be seen by everybody on the machine.
    secret = {"PGPASSWORD": parts.password} if isinstance(parts.password, str) else {}
    plain = parts.set(password=None).render_as_string(hide_password=False)
    try:
        done = subprocess.run(  # noqa: S603 - a program of the server's own, no shell
            [found, *arguments[:-1], f"--dbname={plain}", arguments[-1]],
            env={**os.environ, **secret}, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{program}: {error}") from error
    if done.returncode:
        raise Unavailable(f"{program}: {shown(done.stderr.decode(errors='replace').strip(), 400)}")
