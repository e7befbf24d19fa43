"""Real ``assay serve`` processes over a folder or a PostgreSQL schema, with a provider that may submit."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from tests.support.fork_server import Program
from tests.support.offices import PROVIDER, PROVIDER_KEYS, SINCE

from assay.adapters.sql import postgresql
from assay.adapters.sql.identity import SqlIdentities
from assay.adapters.sql.ledger import SqlLedger
from assay.formats.api_token import ApiTokenText
from assay.office.identity.organisation import Kind, Organisation, Signer
from assay.office.identity.token import ApiToken
from assay.office.identity.words import digest
from assay.office.permission_table import Action
from assay.trust.root import Signer as Trusted
from assay.trust.root import TrustedKey, TrustRoot

START_S = 90
ORGANISATION = "org-lighthouse"
SECRET = "a" * 52
SCOPES = frozenset({Action.SUBMISSION_CREATE, Action.SUBMISSION_READ, Action.ARTIFACT_PUT})


class Process:
    """One server. :attr:`url` is known once it takes requests. *anew*: in an interpreter that starts for it, as a user's does."""

    def __init__(
        self,
        folder: Path,
        *,
        database: str = "",
        data: Path | None = None,
        settings: Mapping[str, str] | None = None,
        anew: bool = False,
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.data = data or folder / "data"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")},
            "ASSAY_OFFICE_LISTEN": f"127.0.0.1:{port}",
            "ASSAY_OFFICE_URL": self.url,
            "ASSAY_OFFICE_DATA": str(self.data),
            "ASSAY_OFFICE_OBSERVING_METRICS_LISTEN": "",
            "ASSAY_OFFICE_WORK_LEASE_SECONDS": "2",
            **({"ASSAY_OFFICE_DATABASE_URL": database} if database else {}),
            **(settings or {}),
        }
        self.output = folder / f"serve-{port}.txt"
        began = time.monotonic()
        with self.output.open("wb") as out:
            self.process: Program | subprocess.Popen[bytes]
            if anew:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "assay", "serve", "--json"],
                    cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                )  # fmt: skip
            else:
                self.process = Program(
                    ("serve", "--json"), cwd=folder, env=environment, stdout=out.fileno(), stderr=out.fileno()
                )
        while not self._up():
            if self.process.poll() is not None or time.monotonic() - began > START_S:
                ended = self.process.poll()
                self.process.kill()
                self.process.wait()
                raise RuntimeError(
                    f"exit {ended} after {time.monotonic() - began:.1f} s: {self.output.read_text()}"
                )
            time.sleep(0.02)
        self.start_s = time.monotonic() - began

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and JSON of an answer. One that says to try again says when."""
        request = urllib.request.Request(self.url + path, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 503 and not error.headers["retry-after"]:
                    raise AssertionError("503 without a Retry-After") from error
                return error.code, json.loads(error.read() or b"null")

    def read(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of an answer of any kind."""
        request = urllib.request.Request(self.url + path, None, dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def submit(self, bundle: bytes) -> tuple[int, Any]:
        return self.ask("POST", "/api/v1/submissions", bundle, {**TOKEN, "content-type": "application/x-tar"})

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    def _up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Process]:
    one = Process(folder, **settings)
    try:
        yield one
    finally:
        one.stop()


TOKEN = {"authorization": f"Bearer {ApiTokenText(id='lighthousetokena', secret=SECRET).encode()}"}


def introduce(
    *, database: str = "", data: Path | None = None, lasting: timedelta = timedelta(days=1)
) -> None:
    """Into the database of an office: a provider, its token, and its keys, verified."""
    now = datetime.now(UTC)
    engine = (
        postgresql.engine(database, "test")
        if database
        else SqlLedger.sqlite_engine((data or Path()) / "office" / "office.sqlite")
    )
    keys = tuple(TrustedKey(one.public, SINCE) for one in PROVIDER_KEYS)
    record = TrustRoot(
        signers=(
            Trusted(
                name="lighthouse", purposes=("provider",), providers=(PROVIDER,), authority=True, keys=keys
            ),
        )
    )
    rows = (
        Organisation(id=ORGANISATION, name=PROVIDER, kind=Kind.PROVIDER, speaks_for=(PROVIDER,)),
        Signer(
            id="signer", organisation=ORGANISATION, name="lighthouse", record=record.encode().decode(), offered=now,
            offered_by="", verified=now, verified_by="",
        ),
        ApiToken(
            id="lighthousetokena", name="test", organisation=ORGANISATION, scopes=SCOPES, hash=digest(SECRET), made=now,
            made_by="", expires=now + lasting,
        ),
    )  # fmt: skip
    with SqlIdentities(engine).change() as changing:
        for row in rows:
            changing.add(row)
    engine.dispose()


def renamed(one: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(one, **changes)
