"""A private PostgreSQL for tests: its own cluster in a temporary folder, reached through a Unix socket, fsync on.

Stopped and removed when the tests end, also when they are killed: a shell waits on a pipe that closes with them.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

USER = DATABASE = "assay"
SCHEMA = "test"
SECONDS = 60
"""What starting, stopping and initdb may take each."""
ACCOUNTS = ("postgres", "nobody")
"""Whom a root runs the server as: it refuses to be root."""
PLACES = "/usr/lib/postgresql/*/bin"
_WATCH = """\
read -r word
[ -z "$word" ] || exit 0
kill -INT "$1" && while kill -0 "$1"; do sleep 0.1; done
rm -rf "$2"
"""
"""Waits for a word. When the tests are gone without one, it ends the server and removes the cluster."""
AS_IT_COMES = """\
fsync = on
full_page_writes = on
synchronous_commit = on
log_min_messages = warning
"""
SMALL = (
    AS_IT_COMES
    + """\
shared_buffers = 32MB
max_connections = 60
autovacuum_naptime = 5s
"""
)


class Cluster:
    """A server of this test run. :meth:`schema` makes an empty place in it and says where."""

    def __init__(self, binaries: Path, configuration: str = SMALL) -> None:
        self._binaries = binaries
        self._account = _account()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
        self._server: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._made, self._has_database = 0, False
        if self._account is not None:
            shutil.chown(self.folder, self._account)
        made = self._run(
            "initdb", "--no-sync", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C",
            f"--pgdata={self.folder}/data",
        )  # fmt: skip
        if made.returncode:
            self.remove()
            pytest.fail(f"initdb: {made.stderr.decode(errors='replace')}")
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(configuration)

    def start(self) -> None:
        end = time.monotonic() + SECONDS
        while not self._answers():
            if self._server is None or self._server.poll() is not None:
                # Also again: what a killed server left behind may keep a new one away for a moment.
                self._forget()
                self._launch()
            if time.monotonic() > end:
                log = (self.folder / "log").read_text(errors="replace")[-2000:]
                pytest.fail(f"PostgreSQL does not answer after {SECONDS} s:\n{log}")
            time.sleep(0.05)

    def stop(self, *, by: signal.Signals = signal.SIGINT) -> None:
        """End the server and keep its data; SIGKILL leaves it no time to write anything any more."""
        if self._server is not None:
            self._server.send_signal(by)
            self._server.wait(timeout=SECONDS)
        self._forget()

    def remove(self) -> None:
        self.stop(by=signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def programs(self) -> str:
        """Folder of the programs that came with the server."""
        return str(self._binaries)

    def dsn(self, database: str) -> str:
        return f"host={self.folder} user={USER} dbname={database}"

    def url(self, database: str, schema: str = "public") -> str:
        """For SqlLedger.postgres."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&options=-csearch_path%3D{schema}"

    def database(self) -> str:
        """Name of a new, empty database. It takes long: the server has some hundred files to sync for each."""
        self._made += 1
        name = f"{DATABASE}_{self._made}"
        self._execute("postgres", f"CREATE DATABASE {name}")
        return name

    def schema(self) -> str:
        """URL of a new, empty schema: as good as a database for most tests."""
        self._made += 1
        name = f"{SCHEMA}_{self._made}"
        if not self._has_database:
            self._execute("postgres", f"CREATE DATABASE {DATABASE}")
            self._has_database = True
        self._execute(DATABASE, f"CREATE SCHEMA {name}")
        return self.url(DATABASE, name)

    def schema_of(self, url: str) -> str:
        """Name of the schema that :meth:`schema` made."""
        return url.rpartition("%3D")[2]

    def _execute(self, database: str, statement: str) -> None:
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def run(self, program: str, *arguments: str) -> bytes:
        """A client program that came with the server: ``pg_dump``, ``pg_restore``; what it wrote."""
        found = self._run(program, *arguments)
        if found.returncode:
            pytest.fail(f"{program}: {found.stderr.decode(errors='replace')}")
        return found.stdout

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _launch(self) -> None:
        command = [
            str(self._binaries / "postgres"),
            "-D",
            f"{self.folder}/data",
            "-k",
            str(self.folder),
            "-h",
            "",
        ]
        with (self.folder / "log").open("ab") as log:
            self._server = self._start(command, stdin=subprocess.DEVNULL, stderr=log)
        watch = ["sh", "-c", _WATCH, "postgres-watch", str(self._server.pid), str(self.folder)]
        self._watch = self._start(watch, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.communicate(b"ended\n", timeout=SECONDS)
        self._server = self._watch = None

    def _start(self, command: list[str], *, stdin: int, stderr: int | IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr, user=self._account, cwd="/",
            extra_groups=[] if self._account else None, start_new_session=True,
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self._binaries / program), *arguments],
            capture_output=True, timeout=SECONDS, check=False, user=self._account, cwd="/",
            extra_groups=[] if self._account else None,
        )  # fmt: skip


def _account() -> str | None:
    """Whom to run as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    found = next((name for name in ACCOUNTS if name in known), None)
    if found is None:
        pytest.fail(f"PostgreSQL cannot run as root, and there is no account {' or '.join(ACCOUNTS)}")
    return found


def binaries() -> Path:
    """Folder of ``initdb`` and ``postgres``. Where CI runs, their absence is a failure; elsewhere the tests say that they skip."""
    newest = sorted(Path("/").glob(PLACES[1:]), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent, *newest] if on_path else newest
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    message = f"no PostgreSQL: neither initdb on the path nor {PLACES}, so nothing was tried against a server"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for each process of a test run, started when the first test asks for it."""
    cluster = Cluster(binaries())
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def database(postgres: Cluster) -> str:
    """URL of an empty schema of this test's own."""
    return postgres.schema()
