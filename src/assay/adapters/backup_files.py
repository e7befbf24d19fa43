"""The files of a backup: copied with their digests, listed in a manifest that is written last, verified against it."""

import hashlib
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from assay.adapters.filesystem import make_folder, sync_folder, write_whole
from assay.collect.files import read_plain
from assay.errors import Malformed, Refused, Unavailable
from assay.formats import strict_json, times
from assay.formats.text import shown

MANIFEST = "backup.json"
FORMAT: Literal["urn:assay:backup:1"] = "urn:assay:backup:1"
MAX_MANIFEST = 512 << 20
MAX_NAMED = 20
_CHUNK = 1 << 20
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,11}", re.ASCII)


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["urn:assay:backup:1"] = FORMAT
    made: str
    """When the database was copied; RFC 3339."""
    origin: str
    """The register's name."""
    entries: int
    """That the database holds."""
    published: int
    """That the tiles hold."""
    database: Literal["sqlite", "postgresql", "none"]
    keys: bool
    """Whether the keyfiles are in it."""
    files: tuple[File, ...]

    @property
    def moment(self) -> datetime:
        return times.parse(self.made, what=f"{MANIFEST}: made")


def database(source: Path, to: Path) -> None:
    """A copy of a SQLite database as of one moment, whoever writes to it meanwhile."""
    try:
        make_folder(to.parent)
        _create(to)
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as one,
            closing(sqlite3.connect(to)) as copy,
        ):
            one.execute("PRAGMA busy_timeout=5000").close()
            one.backup(copy)  # in one step: everything of one transaction, or nothing
            copy.execute("PRAGMA journal_mode=DELETE").close()
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"cannot copy the database {source}: {error}") from error


def settle(path: Path) -> None:
    """Leave a copied database that was looked into as one file, without a log beside it."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE").close()
    except sqlite3.Error as error:
        raise Unavailable(f"cannot write {path}: {error}") from error


def sound(path: Path) -> None:
    """Unavailable when the database at *path* is damaged."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"{path} is damaged: {error}") from error
    if found != "ok" or broken is not None:
        raise Unavailable(
            f"{path} is damaged: {shown(found, 200) if found != 'ok' else 'a row refers to none'}"
        )


def tree(source: Path, to: Path, wanted: Callable[[str], bool]) -> None:
    """Copy the plain files below *source* whose path from there is *wanted*. One that goes away meanwhile is left out."""
    for path in _plain(source):
        name = path.relative_to(source).as_posix()
        if wanted(name):
            _copy(path, to / name)


def finish(folder: Path, manifest: Callable[[tuple[File, ...]], Manifest]) -> Manifest:
    """Hash what is in *folder*, make it durable, and write the manifest. A crash before the end leaves a folder that is no backup."""
    try:
        files = tuple(_file(folder, path) for path in _plain(folder))
        made = manifest(tuple(sorted(files, key=lambda one: one.path)))
        os.sync()  # all of them at once; a sync for each would take hours
        write_whole(folder / MANIFEST, strict_json.pretty(made), mode=0o600)
        sync_folder(folder)
    except OSError as error:
        raise Unavailable(f"cannot write {error.filename or folder}: {error.strerror or error}") from error
    return made


def read(folder: Path) -> Manifest:
    """The manifest of the backup in *folder*; Malformed when it is none."""
    path = folder / MANIFEST
    if not path.is_file():
        raise Malformed(f"{folder} is no backup, or one that did not come to its end: {MANIFEST} is missing")
    manifest = strict_json.decode(
        read_plain(path, limit=MAX_MANIFEST), Manifest, what=str(path), limit=MAX_MANIFEST
    )
    for file in manifest.files:
        if not _PATH.fullmatch(file.path) or file.path == MANIFEST:
            raise Malformed(f"{path} names {shown(file.path, 80)!r}, which leads nowhere in a backup")
    return manifest


def restore(folder: Path, manifest: Manifest, to: Path) -> None:
    """Copy every file that *manifest* lists; Malformed, with names, when one is missing or is not what was backed up."""
    bad = list(_differing(folder, manifest, to))
    if bad:
        more = f" and {len(bad) - MAX_NAMED} more" if len(bad) > MAX_NAMED else ""
        raise Malformed(f"{folder} is damaged: {', '.join(bad[:MAX_NAMED])}{more}")
    os.sync()


def must_be_new(folder: Path, *, what: str) -> None:
    """Refused when there is something in *folder*."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise Refused(f"{folder} is not empty; {what} goes into a folder of its own")
        if os.path.lexists(folder) and not folder.is_dir():
            raise Refused(f"{folder} is there and no folder")
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Unavailable(f"cannot make {folder}: {error.strerror or error}") from error


def _differing(folder: Path, manifest: Manifest, to: Path) -> Iterator[str]:
    for file in manifest.files:
        source, place = folder / file.path, to / file.path
        try:
            if source.is_symlink() or not source.is_file():
                yield f"{file.path} is missing"
                continue
            if source.stat().st_size != file.bytes:
                yield f"{file.path} has {source.stat().st_size} bytes, expected {file.bytes}"
                continue
            make_folder(place.parent)
            if _copied(source, place) != file.sha256:
                yield f"{file.path} is not what was backed up"
        except OSError as error:
            raise Unavailable(f"cannot copy {source} to {place}: {error.strerror or error}") from error


def _plain(folder: Path) -> Iterator[Path]:
    """Plain files, in order; what begins with a dot is a part of a file whose writer died."""
    for at, folders, names in os.walk(folder, onerror=_refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(at, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise Unavailable(f"cannot list {error.filename}: {error.strerror or error}") from error


def _copy(source: Path, to: Path) -> None:
    try:
        make_folder(to.parent)
        _copied(source, to)
    except FileNotFoundError:
        to.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"cannot copy {source} to {to}: {error.strerror or error}") from error


def _copied(source: Path, to: Path) -> str:
    """The SHA-256 of what was copied."""
    sha = hashlib.sha256()
    with source.open("rb") as one:
        _create(to)
        with to.open("wb") as copy:
            while data := one.read(_CHUNK):
                sha.update(data)
                copy.write(data)
    return sha.hexdigest()


def _create(path: Path) -> None:
    """Empty, and its owner's alone: what is backed up is not public."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _file(folder: Path, path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(PurePosixPath(path.relative_to(folder)).as_posix(), path.stat().st_size, digest)
