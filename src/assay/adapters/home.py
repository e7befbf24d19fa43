"""The folder ``.assay``: keys, trust, and the embedded office. It ignores itself in git."""

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.filesystem import write_whole
from assay.adapters.keystore import KeyFolder
from assay.collect.files import read_plain
from assay.errors import Refused, Unavailable
from assay.trust.root import MAX_BYTES as MAX_TRUST_BYTES
from assay.trust.root import TrustRoot

NAME = ".assay"
LOCK_WAIT_S = 60.0


class Home:
    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.keys = KeyFolder(self.folder / "keys")
        self.trust_file = self.folder / "trust.json"
        self.office = self.folder / "office"
        self.trial_passphrase_file = self.folder / "keys" / "trial.passphrase"

    @classmethod
    def beside(cls, folder: Path) -> "Home":
        """The home that lies in somebody's project: refused when it was put there by another."""
        path = folder / NAME
        try:
            about = path.lstat() if os.path.lexists(path) else None
        except OSError as error:
            raise Unavailable(f"cannot look at {path}: {error.strerror or error}") from error
        if about is not None and stat.S_ISLNK(about.st_mode):
            raise Refused(
                f"{path} is a symbolic link, expected a folder; name another folder with ASSAY_HOME"
            )
        if about is not None and about.st_uid not in (os.geteuid(), 0):
            raise Refused(
                f"{path} belongs to user {about.st_uid}, and so do its keys and trust; name your own with ASSAY_HOME"
            )
        return cls(path)

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone, and keep it out of git; Refused when a link was planted in it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            links = sorted(one.name for one in os.scandir(self.folder) if one.is_symlink())
        except OSError as error:
            raise Unavailable(f"cannot make {self.folder}: {error.strerror or error}") from error
        if links:
            raise Refused(
                f"{self.folder / links[0]} is a symbolic link; nothing is written through it, keep what it points to here"
            )
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, b"*\n")

    def trust(self) -> TrustRoot:
        """The trust kept here; empty when there is none yet."""
        if not self.trust_file.exists():
            return TrustRoot()
        return TrustRoot.parse(read_plain(self.trust_file, limit=MAX_TRUST_BYTES), what=str(self.trust_file))

    def save_trust(self, root: TrustRoot) -> None:
        self.prepare()
        write_whole(self.trust_file, root.pretty())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the office for this process; another one waits, then is told."""
        self.prepare()
        path = self.folder / "lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"cannot open {path}: {error.strerror or error}") from error
        try:
            _take(descriptor, path)
            yield
        finally:
            os.close(descriptor)  # the kernel lets go of the lock here, and when the process dies


def _take(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another assay process holds {path}: stop it first, or wait for it"
                ) from error
            time.sleep(0.05)
        else:
            return
