"""Configuration in, wired use cases out; the only package that names adapters."""

import getpass
import sys
from datetime import datetime
from pathlib import Path

from assay import config
from assay.adapters.filesystem import read_whole
from assay.adapters.home import Home
from assay.adapters.memory import FixedClock
from assay.adapters.system import SystemClock
from assay.errors import Refused, Unavailable
from assay.formats import times
from assay.office.ports import Clock

MAX_PASSPHRASE = 4096
OWN_PASSPHRASE = "office.passphrase"  # noqa: S105 - a file's name
"""Of a service that was started without one, beside its keys."""
SERVICE_KEY = "register"
"""The keyfile of the register of an office that is a service."""
OFFICE_KEYS = ("office", SERVICE_KEY, "office-storage")


def home(folder: Path | None = None) -> Home:
    """``ASSAY_HOME``, else ``.assay`` in *folder* or here."""
    named = config.environment().home
    return Home(named) if named else Home.beside(folder or Path())


def clock() -> Clock:
    fixed = config.environment().now
    return FixedClock(times.parse(fixed, what="ASSAY_NOW")) if fixed else SystemClock()


def now() -> datetime:
    return clock().now()


def passphrase(at: Home, name: str) -> bytes:
    """From ASSAY_PASSPHRASE_FILE, the systemd credential, a trial's or the office's own file, or the terminal."""
    found = passphrase_file(at, name)
    if found is not None:
        return _read_passphrase(found)
    return _ask(f"Passphrase of {name}: ")


def new_passphrase(name: str) -> bytes:
    """As :func:`passphrase`; on a terminal it is asked twice."""
    found = passphrase_file(None, name)
    if found is not None:
        return _read_passphrase(found)
    first = _ask(f"New passphrase of {name}: ")
    if first != _ask("Once more: "):
        raise Refused("the two passphrases differ")
    return first


def passphrase_file(at: Home | None, name: str) -> Path | None:
    """Where the passphrase of the keyfile *name* is read from; None: it is asked for."""
    variables = config.environment()
    if variables.passphrase_file is not None:
        return variables.passphrase_file
    if variables.credentials is not None and (variables.credentials / "assay-passphrase").is_file():
        return variables.credentials / "assay-passphrase"
    if at is not None and name.startswith("trial-") and at.trial_passphrase_file.is_file():
        return at.trial_passphrase_file
    if at is not None and name in OFFICE_KEYS and (at.keys.folder / OWN_PASSPHRASE).is_file():
        return at.keys.folder / OWN_PASSPHRASE
    return None


def _read_passphrase(path: Path) -> bytes:
    secret = read_whole(path, limit=MAX_PASSPHRASE).rstrip(b"\r\n")
    if not secret:
        raise Unavailable(f"the passphrase file {path} is empty")
    return secret


def _ask(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise Unavailable(
            "no passphrase: set ASSAY_PASSPHRASE_FILE, give systemd the credential assay-passphrase, or use a terminal"
        )
    secret = getpass.getpass(prompt).encode()
    if not secret:
        raise Refused("an empty passphrase protects nothing")
    return secret
