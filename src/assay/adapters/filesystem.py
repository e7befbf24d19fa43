"""Local folders: files that are whole or absent, whatever happens in between."""

import os
import stat
from pathlib import Path

from assay.collect.files import read_plain
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.digest import Digest


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write *data* under *path* so that a crash leaves the old file, or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        make_folder(path.parent)
        temporary.unlink(missing_ok=True)  # of a process that was killed and had our number
        # Exclusive: in a folder that others can write to, the name may be a planted link.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(
                    file.fileno()
                )  # a crash here leaves a stray .part, swept by nobody and read by nobody
            temporary.replace(path)  # a crash here leaves old or new: rename is atomic
            sync_folder(
                path.parent
            )  # until this returns the name itself may be lost; the caller has no answer yet
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error


def read_whole(path: Path, *, limit: int) -> bytes:
    """The bytes of a file that a person named, pipes included, of at most *limit* bytes.

    Files that merely lie there are read with :func:`assay.collect.files.read_plain`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > limit:
        raise TooLarge(f"{path} has over {limit} bytes")
    return data


def make_folder(folder: Path) -> None:
    """Make *folder* and what is missing above it; each name is durable before anything is written below it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error


class FolderBlobs:
    """Blobs as files ``sha256/ab/<hex>`` under one folder."""

    MAX_BYTES = 1 << 30

    def __init__(self, folder: Path) -> None:
        self.folder, self._root = folder, str(folder)

    def path(self, digest: Digest) -> Path:
        return self.folder / digest.algorithm / digest.value[:2] / digest.value

    def put(self, data: bytes) -> Digest:
        digest = Digest.sha256(data)
        path = self.path(digest)
        if self._same(path, data):
            _sync(path)  # whoever wrote it may have died before its name was durable
        else:
            write_whole(path, data, mode=0o600)
        return digest

    def get(self, digest: Digest) -> bytes:
        path = self.path(digest)
        try:
            data = read_plain(path, limit=self.MAX_BYTES)
        except Malformed as error:
            raise Unavailable(f"blob {digest} is lost: {error}") from error
        if Digest.sha256(data) != digest:
            raise Unavailable(f"{path} is damaged: its SHA-256 is {Digest.sha256(data).value}")
        return data

    def has(self, digest: Digest) -> bool:
        # As text: this is asked for every artifact that anybody names, and building a Path takes longer than the answer.
        return os.path.isfile(f"{self._root}/{digest.algorithm}/{digest.value[:2]}/{digest.value}")  # noqa: PTH113

    def erase(self, digest: Digest) -> None:
        path = self.path(digest)
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)
        except OSError as error:
            raise Unavailable(f"cannot remove {path}: {error.strerror or error}") from error

    def _same(self, path: Path, data: bytes) -> bool:
        """Whether the file is there and whole; a damaged one is written again."""
        try:
            about = path.lstat()
            return stat.S_ISREG(about.st_mode) and about.st_size == len(data) and path.read_bytes() == data
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
