"""Statements about the files of a release: which names which, and what release a subject's name stands for."""

import contextlib
from collections.abc import Iterable, Sequence

import msgspec
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from assay.evidence.model import Exhibit, Standing
from assay.evidence.release import ReleaseFile, python_version
from assay.evidence.statement import Provenance, Statement
from assay.formats import purl
from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.digest import Digest

TAINTED = frozenset({Standing.INVALID, Standing.REVOKED})
"""Standings under which the content of a statement may be anybody's, so that it says neither yes nor no."""


class Attested(msgspec.Struct, frozen=True):
    """A release file with every digest of it that is known, and the statements that have it as a subject."""

    file: ReleaseDigest
    digests: frozenset[Digest]
    statements: tuple[Exhibit[Statement], ...]

    def of(self, *standings: Standing) -> tuple[Exhibit[Statement], ...]:
        """Those of its statements whose signature stands so."""
        return tuple(exhibit for exhibit in self.statements if exhibit.signature.standing in standings)


def provenances(statements: Iterable[Exhibit[Statement]]) -> tuple[Exhibit[Statement], ...]:
    return tuple(exhibit for exhibit in statements if isinstance(exhibit.value.predicate, Provenance))


def attested(
    release: Release, statements: Sequence[Exhibit[Statement]], files: Iterable[Exhibit[ReleaseFile]] = ()
) -> tuple[Attested, ...]:
    """The files of *release*. *files* add digests: npm names its tarballs by SHA-512 alone."""
    known = [frozenset(exhibit.value.digests) for exhibit in files]
    return tuple(_attested(file, statements, known) for file in release.files)


def names_subject(statement: Statement, digests: frozenset[Digest]) -> bool:
    """Whether one of *digests* is a subject. SHA-1 and MD5 name nothing: two files may share them."""
    return any(
        digest in digests and digest.algorithm not in ("sha1", "md5", "gitCommit")
        for subject in statement.subjects
        for digest in subject.digests
    )


def version_named(name: str, release: Release) -> str | None:
    """The version of *release*'s product that a subject's name stands for; None when it is no such name.

    Names are file names of wheels and sdists (with or without folders) and purls.
    """
    found = purl.identity(name) if name.startswith("pkg:") else None
    if found is not None:
        return found.version if found.version and _is_product(found.type, found.full_name, release) else None
    python = _python(basename(name))
    if python is None or not _is_product("pypi", python[0], release):
        return None
    return python[1]


def same_version(one: str, other: str) -> bool:
    """As text, or as Python versions where both are."""
    first, second = python_version(one), python_version(other)
    return one == other or (first is not None and first == second)


def basename(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _attested(
    file: ReleaseDigest, statements: Sequence[Exhibit[Statement]], known: Sequence[frozenset[Digest]]
) -> Attested:
    digests = frozenset({file.digest}).union(*(one for one in known if file.digest in one))
    return Attested(
        file, digests, tuple(exhibit for exhibit in statements if names_subject(exhibit.value, digests))
    )


def _python(filename: str) -> tuple[str, str] | None:
    """(name, version) of a wheel's or sdist's file name; None for any other."""
    found: tuple[str, str] | None = None
    with contextlib.suppress(
        InvalidWheelFilename, InvalidSdistFilename
    ):  # "another kind of file" is an answer
        parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
        name, version = parse(filename)[:2]
        found = (str(name), str(version))
    return found


def _is_product(kind: str, name: str, release: Release) -> bool:
    own = purl.identity(release.purl) if release.purl else None
    if own is not None:
        return (own.type, own.full_name) == (kind, name)
    return kind == "pypi" and canonicalize_name(release.name) == canonicalize_name(name)
