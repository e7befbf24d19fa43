"""Gather artifacts from a project folder: files that are evidence by their name, files the provider names, release files.

Files are read once and kept byte for byte. Symbolic links are not followed; what is left out is told with the reason.
"""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from assay.collect.patterns import NEVER_ENTERED, RELEASE_SUFFIXES, TITLES, kind_of
from assay.errors import Malformed, TooLarge, Unavailable
from assay.formats.attestation import ArtifactKind
from assay.formats.digest import Digest

MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_TOTAL_BYTES = 2 * 1024 * 1024 * 1024
MAX_ENTRIES = 200_000
MAX_DEPTH = 24


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
    found = [_release(path) for path in releases]
    taken = {item.path for item in named}
    found += [_named(folder, item) for item in named]
    for relative, path in _walk(folder, skipped):
        kind = kind_of(relative)
        if kind is None or relative in taken or any(fnmatchcase(relative, pattern) for pattern in exclude):
            continue
        data = _read(path)
        found.append(Found(relative, kind, data, TITLES[kind], f"{TITLES[kind]} found at {relative}"))
    if sum(len(item.data) for item in found) > MAX_TOTAL_BYTES:
        raise TooLarge(f"the artifacts of {folder} are over {MAX_TOTAL_BYTES} bytes together")
    return Collected(_once(found), tuple(skipped))


def releases_in(folder: Path, name: str = "", version: str = "") -> tuple[Path, ...]:
    """Release files in ``dist/`` whose name starts with *name*-*version* where those are known."""
    dist = folder / "dist"
    if not dist.is_dir():
        return ()
    files = sorted(
        p for p in dist.iterdir() if p.is_file() and not p.is_symlink() and p.name.endswith(RELEASE_SUFFIXES)
    )
    wanted = _flat(f"{name}-{version}" if version else name)
    return tuple(path for path in files if _flat(path.name).startswith(wanted))


def _flat(name: str) -> str:
    """*name* as file names write it: ``-``, ``_`` and ``.`` are one (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.lower())


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[tuple[str, Path]]:
    seen = 0
    for top, folders, files in os.walk(folder, followlinks=False):
        here = Path(top)
        depth = len(here.relative_to(folder).parts)
        entered = [
            f
            for f in folders
            if f not in NEVER_ENTERED and not f.endswith(".egg-info") and not (here / f).is_symlink()
        ]
        folders[:] = sorted(entered) if depth < MAX_DEPTH else []
        for file in sorted(files):
            seen += 1
            if seen > MAX_ENTRIES:
                raise TooLarge(f"{folder} has over {MAX_ENTRIES} files; exclude folders in assay.toml")
            path = here / file
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink():
                if kind_of(relative):
                    skipped.append(Skipped(relative, "a symbolic link is not followed"))
            elif path.is_file():
                yield relative, path


def _release(path: Path) -> Found:
    if path.is_symlink() and not path.resolve().is_file():
        raise Unavailable(f"release {path} is a broken link")
    return Found(path.name, "release", _read(path), TITLES["release"], f"Release file {path.name}")


def _named(folder: Path, item: Named) -> Found:
    path = (folder / item.path).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Malformed(f"artifact path {item.path!r} leaves the project folder")
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
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"{path} is over {MAX_FILE_BYTES} bytes")
    return data


def _once(found: list[Found]) -> tuple[Found, ...]:
    """The same bytes under several names are one artifact; the first name wins."""
    by_digest: dict[Digest, Found] = {}
    for item in found:
        by_digest.setdefault(item.digest, item)
    return tuple(by_digest.values())
