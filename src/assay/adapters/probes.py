"""Looks at the machine: room on a disk, how long it takes to make a file durable, who may read a file."""

import shutil
import stat
import time
from pathlib import Path

from assay.adapters.filesystem import write_whole
from assay.errors import Unavailable

PROBE = ".assay-doctor"


def free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise Unavailable(f"cannot look at {folder}: {error.strerror or error}") from error


def sync_seconds(folder: Path) -> float:
    """How long it took to write a small file durably in *folder*; nothing stays of it."""
    path = folder / PROBE
    begun = time.perf_counter()
    write_whole(path, b"probe\n", mode=0o600)
    took = time.perf_counter() - begun
    path.unlink(missing_ok=True)
    return took


def open_to_others(paths: list[Path]) -> list[str]:
    """Those of *paths* that somebody else may read or change, with their mode; missing ones are passed over."""
    found = []
    for path in paths:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Unavailable(f"cannot look at {path}: {error.strerror or error}") from error
        if mode & 0o077:
            found.append(f"{path} has mode {mode:04o}")
    return found
