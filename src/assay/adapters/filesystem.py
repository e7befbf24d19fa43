"""Local folders: files that are whole or absent, whatever happens in between."""

import os
import stat
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from assay.adapters.opened import Pieces, checked
from assay.adapters.taken import sound
from assay.collect.files import read_plain
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.digest import Digest

_TOGETHER = 8
"""Files that are synced at once."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write *data* under *path* so that a crash leaves the old file, or the new one, never a part."""
    write_all({path: data}, mode=mode)


def write_all(files: Mapping[Path, bytes], *, mode: int = 0o644) -> None:
    """As :func:`write_whole` for each; a crash leaves some old, some new. Durable when it returns.

    The syncs of several files are under way together: the file system joins them, so a batch takes a tenth of the time.
    """
    _write({path: (data,) for path, data in files.items()}, mode)


def write_pieces(path: Path, pieces: Iterable[bytes], *, mode: int = 0o644) -> None:
    """As :func:`write_whole`, a piece at a time. Whatever *pieces* raises leaves what was there."""
    _write({path: pieces}, mode)


def _write(files: Mapping[Path, Iterable[bytes]], mode: int) -> None:
    # Of this thread alone: another may be writing the same bytes under the same name.
    mine = f"{os.getpid()}-{threading.get_native_id()}.part"
    parts = {path.with_name(f".{path.name}.{mine}"): path for path in files}
    folders = tuple(dict.fromkeys(path.parent for path in files))
    try:
        for folder in folders:
            _do(folder, partial(make_folder, folder))  # a crash here leaves an empty folder
        # A crash here leaves stray .part files, swept by nobody and read by nobody.
        _together(
            lambda part: _do(parts[part], lambda: _write_part(part, files[parts[part]], mode)), tuple(parts)
        )
        for part, path in parts.items():
            _do(
                path, partial(part.replace, path)
            )  # a crash here leaves old or new: rename is atomic, the content is synced
        # Until this returns a name may be lost again; the caller has no answer yet.
        _together(_sync, folders)
    except BaseException:
        for part in parts:
            with suppress(OSError):
                part.unlink()
        raise


def _together(step: Callable[[Path], None], paths: Sequence[Path]) -> None:
    """All of them, or up to the first that fails."""
    if len(paths) < 2:
        for path in paths:
            step(path)
        return
    with ThreadPoolExecutor(min(_TOGETHER, len(paths))) as pool:
        for _ in pool.map(step, paths):
            pass


def _do(path: Path, step: Callable[[], object]) -> None:
    try:
        step()
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error


def _write_part(part: Path, pieces: Iterable[bytes], mode: int) -> None:
    part.unlink(missing_ok=True)  # of a process that was killed and had our number
    # Exclusive: in a folder that others can write to, the name may be a planted link.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


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


def _sync(folder: Path) -> None:
    _do(folder, partial(sync_folder, folder))


def size_of(path: Path) -> int | None:
    """None where there is no plain file."""
    try:
        about = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"cannot look at {path}: {error.strerror or error}") from error
    return about.st_size if stat.S_ISREG(about.st_mode) else None


def read_part(path: Path, start: int, end: int) -> bytes:
    """The bytes of a plain file from *start* up to *end*. Unavailable when it has not so many."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            parts: list[bytes] = []
            while start < end and (data := os.pread(descriptor, end - start, start)):
                parts.append(data)
                start += len(data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    if start < end:
        raise Unavailable(f"{path} ends at {start}, expected {end} bytes or more")
    return parts[0] if len(parts) == 1 else b"".join(parts)


class FolderBlobs:
    """Blobs as files ``sha256/ab/<hex>`` under one folder."""

    MAX_BYTES = 1 << 30

    def __init__(self, folder: Path) -> None:
        self.folder, self._root = folder, str(folder)

    def path(self, digest: Digest) -> Path:
        return self.folder / digest.algorithm / digest.value[:2] / digest.value

    def put(self, data: bytes) -> Digest:
        return self.put_many((data,))[0]

    def put_many(self, blobs: Sequence[bytes]) -> tuple[Digest, ...]:
        """As :meth:`put` for each; all durable when it returns. A crash inside leaves any of them."""
        digests = tuple(map(Digest.sha256, blobs))
        files = {self.path(digest): data for digest, data in zip(digests, blobs, strict=True)}
        there = {path for path, data in files.items() if self._same(path, data)}
        write_all({path: data for path, data in files.items() if path not in there}, mode=0o600)
        for folder in {path.parent for path in there}:
            _sync(folder)  # whoever wrote them may have died before their names were durable
        return digests

    def put_pieces(self, digest: Digest, length: int, pieces: Iterable[bytes]) -> None:
        """What is there is written again, as it is the same."""
        write_pieces(self.path(digest), sound(digest, length, pieces), mode=0o600)

    def get(self, digest: Digest) -> bytes:
        path = self.path(digest)
        try:
            data = read_plain(path, limit=self.MAX_BYTES)
        except Malformed as error:
            raise Unavailable(f"blob {digest} is lost: {error}") from error
        if Digest.sha256(data) != digest:
            raise Unavailable(f"{path} is damaged: its SHA-256 is {Digest.sha256(data).value}")
        return data

    def open(self, digest: Digest) -> Pieces:
        path = self.path(digest)
        length = size_of(path)
        if length is None:
            raise Unavailable(f"blob {digest} is lost: there is no {path}")
        return checked(digest, length, partial(read_part, path))

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
