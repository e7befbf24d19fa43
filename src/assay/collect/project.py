"""Gather artifacts from a project folder: files that are evidence by their name, files the provider names, release files.

Files are read once and kept byte for byte. Symbolic links are not followed; what is left out is told with the reason.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from assay.collect.files import read_plain
from assay.collect.patterns import NEVER_ENTERED, RELEASE_SUFFIXES, TITLES, kind_of
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.attestation import ArtifactKind
from assay.formats.digest import Digest
from assay.formats.text import shown

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_TOTAL_BYTES = 2 * 1024 * 1024 * 1024
MAX_ENTRIES = 200_000
MAX_DEPTH = 24
PRIVATE = ((".assay",), (".git",))


class Found(msgspec.Struct, frozen=True):
    """An artifact as found."""

    name: str
    kind: ArtifactKind
    data: bytes
    title: str = ""
    description: str = ""
    requirements: tuple[str, ...] = ()
    confidential: bool = False
    releases: tuple[str, ...] = ()
    """``name@version`` of those it is about; empty for all."""

    @property
    def digest(self) -> Digest:
        return Digest.sha256(self.data)


class Skipped(msgspec.Struct, frozen=True):
    name: str
    reason: str


class Named(msgspec.Struct, frozen=True):
    """A file the provider names in ``[[artifacts]]``."""

    path: str
    kind: ArtifactKind = "document"
    title: str = ""
    description: str = ""
    requirements: tuple[str, ...] = ()
    confidential: bool = False
    releases: tuple[str, ...] = ()


class Collected(msgspec.Struct, frozen=True):
    artifacts: tuple[Found, ...]
    skipped: tuple[Skipped, ...] = ()


def collect(
    folder: Path, releases: Sequence[Path] = (), named: Sequence[Named] = (), exclude: Sequence[str] = ()
) -> Collected:
    """Everything in *folder* that is evidence, the *releases*, and the *named* files.

    Raises Unavailable when *folder*, a release or a named file cannot be read, TooLarge over the limits.
    """
    if not folder.is_dir():
        raise Unavailable(f"{folder} is not a folder")
    skipped: list[Skipped] = []
    found: list[Found] = []
    total = 0
    for item in _found(folder, releases, named, exclude, skipped):
        total += len(item.data)
        if total > MAX_TOTAL_BYTES:
            raise TooLarge(f"the artifacts of {folder} are over {MAX_TOTAL_BYTES} bytes together")
        found.append(item)
    return Collected(_once(found), tuple(skipped))


def _found(
    folder: Path,
    releases: Sequence[Path],
    named: Sequence[Named],
    exclude: Sequence[str],
    skipped: list[Skipped],
) -> Iterator[Found]:
    taken = {item.path for item in named}
    yield from (_release(path) for path in releases)
    yield from (_named(folder, item) for item in named)
    for relative, path, kind in _walk(folder, skipped):
        if relative not in taken and not any(fnmatchcase(relative, pattern) for pattern in exclude):
            yield Found(
                relative, kind, _read(path), TITLES[kind], f"{TITLES[kind]} found at {shown(relative)}"
            )


def releases_in(folder: Path, name: str = "", version: str = "") -> tuple[Path, ...]:
    """Release files in ``dist/`` whose name starts with *name*-*version* where those are known."""
    dist = folder / "dist"
    if dist.is_symlink():
        raise Malformed(
            f"{dist} is a symbolic link, which is not followed; name release files with --release"
        )
    try:
        files = sorted(
            Path(entry.path)
            for entry in (os.scandir(dist) if dist.is_dir() else ())
            if entry.name.endswith(RELEASE_SUFFIXES) and entry.is_file(follow_symlinks=False)
        )
    except OSError as error:
        raise Unavailable(f"cannot read {dist}: {error.strerror or error}") from error
    wanted = _flat(f"{name}-{version}" if version else name)
    return tuple(path for path in files if _flat(path.name).startswith(wanted))


def _flat(name: str) -> str:
    """*name* as file names write it: ``-``, ``_`` and ``.`` are one (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.lower())


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[tuple[str, Path, ArtifactKind]]:
    """Plain files that are evidence by their name; what looks like one and is not read is told in *skipped*."""

    def unreadable(error: OSError) -> None:
        skipped.append(
            Skipped(_below(folder, Path(error.filename)), f"the folder cannot be read: {error.strerror}")
        )

    seen = 0
    for top, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(top)
        folders[:] = sorted(_entered(folder, here, folders, skipped))
        for file in sorted(files):
            seen += 1
            if seen > MAX_ENTRIES:
                raise TooLarge(f"{folder} has over {MAX_ENTRIES} files; exclude folders in assay.toml")
            relative = (here / file).relative_to(folder).as_posix()
            kind = kind_of(relative)
            if kind is None:
                continue
            if reason := _unfit(here / file, relative):
                skipped.append(Skipped(_below(folder, here / file), reason))
            else:
                yield relative, here / file, kind


def _entered(folder: Path, here: Path, folders: Sequence[str], skipped: list[Skipped]) -> Iterator[str]:
    for name in folders:
        if name in NEVER_ENTERED or name.endswith(".egg-info"):
            continue
        if (here / name).is_symlink():
            skipped.append(Skipped(_below(folder, here / name), "a symbolic link is not followed"))
        elif len(here.relative_to(folder).parts) >= MAX_DEPTH:
            skipped.append(Skipped(_below(folder, here / name), f"it is over {MAX_DEPTH} folders deep"))
        else:
            yield name


def _unfit(path: Path, name: str) -> str:
    """Why the file is not collected; empty when it is."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if stat.S_ISLNK(mode):
        return "a symbolic link is not followed"
    if not stat.S_ISREG(mode):
        return "it is no plain file"
    return "" if is_text(name) else "its name is not UTF-8"


def _below(folder: Path, path: Path) -> str:
    return shown(path.relative_to(folder).as_posix())


def is_text(name: str) -> bool:
    """Whether a name from the file system is text: POSIX names are bytes, and Python marks those that are not UTF-8."""
    return name.isascii() or not any(0xD800 <= ord(c) <= 0xDFFF for c in name)


def _release(path: Path) -> Found:
    if not is_text(path.name):
        raise Malformed(f"release {path} has a name that is not UTF-8")
    return Found(path.name, "release", _read(path), TITLES["release"], f"Release file {path.name}")


def _named(folder: Path, item: Named) -> Found:
    if "\0" in item.path:
        raise Malformed(f"artifact path {item.path!r} holds a NUL character")
    path, top = (folder / item.path).resolve(), folder.resolve()
    if not path.is_relative_to(top):
        raise Malformed(f"artifact path {item.path!r} leaves the project folder")
    if path.relative_to(top).parts[:1] in PRIVATE:
        raise Malformed(
            f"artifact path {item.path!r} is in a folder that holds keys, which is never collected"
        )
    title = item.title or TITLES[item.kind]
    return Found(
        item.path,
        item.kind,
        _read(path),
        title,
        item.description,
        item.requirements,
        item.confidential,
        item.releases,
    )


def _read(path: Path) -> bytes:
    return read_plain(path, limit=MAX_FILE_BYTES)


def _once(found: list[Found]) -> tuple[Found, ...]:
    """The same bytes under several names are one artifact; the first name wins."""
    by_digest: dict[Digest, Found] = {}
    for item in found:
        by_digest.setdefault(item.digest, item)
    return tuple(by_digest.values())
