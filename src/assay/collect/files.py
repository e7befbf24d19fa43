"""Read one file of somebody else's folder: a plain file, within a limit, or not at all."""

import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from assay.errors import Malformed, TooLarge, Unavailable


def read_plain(path: Path, *, limit: int) -> bytes:
    """The bytes of the plain file at *path* (a link to one is followed), at most *limit*.

    A pipe, device, socket or folder is :class:`Malformed`: opening a planted pipe would wait for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise Malformed(f"{path} is {_kind(about.st_mode)}, expected a plain file")
            data = b"" if about.st_size > limit else file.read(limit + 1)
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    if about.st_size > limit or len(data) > limit:
        raise TooLarge(f"{path} has over {limit} bytes")
    return data


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"


@contextmanager
def open_plain(path: Path) -> Iterator[BinaryIO]:
    """The plain file at *path*, open for reading; as :func:`read_plain`, without a limit."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise Malformed(f"{path} is {_kind(mode)}, expected a plain file")
            yield file
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error


def read_pieces(path: Path, *, size: int = 256 * 1024) -> Generator[bytes, None, None]:
    """The bytes of the plain file at *path*, piece by piece."""
    with open_plain(path) as file:
        while piece := file.read(size):
            yield piece
