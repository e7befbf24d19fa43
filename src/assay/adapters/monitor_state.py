"""What a monitor must not forget: ``state.json`` and ``evidence/`` in one folder, or in memory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.filesystem import make_folder, write_whole
from assay.collect.files import read_plain
from assay.errors import Malformed, Unavailable
from assay.tlog.watched import MAX_BYTES

STATE = "state.json"
EVIDENCE = "evidence"
LOCK = ".lock"


class MonitorFolder:
    """One monitor's; to be used under :func:`held`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self) -> bytes | None:
        path = self.folder / STATE
        try:
            return read_plain(path, limit=MAX_BYTES)
        except Malformed as error:
            raise Unavailable(str(error)) from error
        except Unavailable as error:
            if isinstance(error.__cause__, FileNotFoundError) and self.folder.is_dir():
                return None
            raise

    def save(self, data: bytes) -> None:
        # A crash inside leaves the old state or the new one: see write_whole.
        write_whole(self.folder / STATE, data)

    def keep(self, name: str, data: bytes) -> None:
        # A crash inside leaves the file or none; the state that names it is saved later.
        write_whole(self.folder / EVIDENCE / name, data)

    def path(self, name: str) -> Path:
        """Where evidence called *name* is."""
        return self.folder / EVIDENCE / name


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """*folder*, made where it is missing, for this process alone."""
    try:
        make_folder(folder)  # a crash here leaves an empty folder
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Unavailable(f"cannot open {folder}: {error.strerror or error}") from error
    try:
        _take(descriptor, folder)
        yield
    finally:
        os.close(descriptor)  # the kernel lets go of the lock here, and when the process dies


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Unavailable(f"another process uses {folder}") from error


class MemoryMonitorState:
    """For tests, and for one look that is not remembered."""

    def __init__(self, data: bytes | None = None) -> None:
        self.data = data
        self.evidence: dict[str, bytes] = {}

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data

    def keep(self, name: str, data: bytes) -> None:
        self.evidence[name] = data
