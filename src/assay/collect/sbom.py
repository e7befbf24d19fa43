"""A bill of materials for a project that has none: from its locks, its release files and what is installed beside them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

import assay
from assay.collect.files import read_plain
from assay.errors import Malformed, TooLarge, Unavailable
from assay.evidence.lockfile import Lockfile
from assay.evidence.make_sbom import build_sbom
from assay.evidence.needed import Installed, select
from assay.evidence.release import ReleaseFile
from assay.formats import core_metadata
from assay.formats.attestation import Release

MAX_DISTRIBUTIONS = 20_000
_ENVIRONMENTS = (".venv", "venv", "env")


def generate(
    locks: Sequence[tuple[str, Lockfile]],
    files: Sequence[ReleaseFile],
    *,
    release: Release,
    author: str,
    serial: UUID,
    made: datetime,
    environment: Sequence[Installed] = (),
) -> bytes:
    """A CycloneDX 1.6 bill of *release*; *locks* are (path in the project, lock), *environment* from :func:`installed`."""
    needed = select(locks, files, name=release.name, installed=environment)
    return build_sbom(
        needed,
        release=release,
        files=files,
        author=author,
        tool_version=assay.__version__,
        serial=serial,
        made=made,
    )


def site_packages(folder: Path) -> Path | None:
    """Where the project's own virtual environment keeps its distributions; None where there is none."""
    for name in _ENVIRONMENTS:
        found = sorted((folder / name).glob("lib/python3*/site-packages")) or [
            folder / name / "Lib" / "site-packages"
        ]
        if found[-1].is_dir() and (folder / name / "pyvenv.cfg").is_file():
            return found[-1]
    return None


def installed(path: Path) -> tuple[Installed, ...]:
    """What the metadata in *path* (a ``site-packages``) say; nothing is imported or run. Unreadable metadata are left out.

    Leaving out is safe: a component without metadata says that its licence and producer are unknown.
    """
    try:
        found = [
            Path(entry.path) / "METADATA"
            for entry in (os.scandir(path) if path.is_dir() else ())
            if entry.name.endswith(".dist-info")
        ]
    except OSError as error:
        raise Unavailable(f"cannot read the distributions in {path}: {error.strerror or error}") from error
    if len(found) > MAX_DISTRIBUTIONS:
        raise TooLarge(f"{path} has over {MAX_DISTRIBUTIONS} distributions")
    return tuple(sorted(_described(found), key=lambda one: (one.name, one.version)))


def _described(found: Iterable[Path]) -> Iterator[Installed]:
    for path in found:
        with suppress(Malformed, Unavailable):  # left out, as installed() says
            about = core_metadata.read(read_plain(path, limit=core_metadata.MAX_BYTES), what="METADATA")
            names = tuple(dict.fromkeys(need.name for need in about.needs if not need.extra))
            yield Installed(about.name, about.version, about.licence, about.producer, names)
