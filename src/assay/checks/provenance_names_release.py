"""The provenance is of other files than those released.

Provenance of last month's build, or of a wheel that was swapped afterwards, verifies as well as the right one: only
its subjects tell.
"""

from collections.abc import Iterator, Sequence

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.provenance import (
    TAINTED,
    Attested,
    attested,
    basename,
    provenances,
    same_version,
    version_named,
)
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import Resource, Statement
from assay.formats.attestation import Release
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    found = provenances(case.of(Statement))
    usable = [exhibit for exhibit in found if exhibit.signature.standing not in TAINTED]
    for exhibit in found:
        if exhibit.signature.standing in TAINTED:
            standing = exhibit.signature.standing.value
            yield Finding.unknown(
                f"{_name(exhibit)} is left aside: its signature is {standing}, so anybody may have written it",
                exhibit,
            )
    if not case.release.files:
        yield Finding.unknown(
            "the attestation names no file of this release", remedy="attest the release files by digest"
        )
    elif not usable:
        yield Finding.unknown(
            "no statement among the artifacts is a SLSA provenance",
            remedy="have the build write provenance for the release files, and submit it",
        )
    else:
        for one in attested(case.release, usable, case.of(ReleaseFile)):
            yield _file(one, usable, case.release)


def _file(one: Attested, found: Sequence[Exhibit[Statement]], release: Release) -> Finding:
    if one.statements:
        exhibit = one.statements[0]
        return Finding.supports(
            f"{shown(one.file.filename)} ({one.file.digest.algorithm} {one.file.digest.short}…) is a subject of {_name(exhibit)}",
            exhibit,
        )
    for exhibit in found:
        for at, subject in enumerate(exhibit.value.subjects):
            if _is_namesake(subject.name, one.file.filename, release):
                return _namesake(one, exhibit, at, subject)
    return _other_release(one, found, release) or Finding.unknown(
        f"no provenance names {shown(one.file.filename)} ({one.file.digest.algorithm} {one.file.digest.short}…)",
        *found,
        remedy="submit the provenance of this file too",
    )


def _is_namesake(name: str, filename: str, release: Release) -> bool:
    """Names alike in full, or but for folders where the name tells the version: ``linux/app`` is not ``macos/app``."""
    if name == filename:
        return True
    base = basename(filename)
    telling = version_named(base, release) is not None or bool(release.version and release.version in base)
    return telling and basename(name) == base


def _namesake(one: Attested, exhibit: Exhibit[Statement], at: int, subject: Resource) -> Finding:
    """A subject has the file's name and none of its digests."""
    where, filename = f"/subject/{at}", shown(one.file.filename)
    for theirs in subject.digests:
        ours = next((digest for digest in one.digests if digest.algorithm == theirs.algorithm), None)
        if ours is not None:
            return Finding.against(
                f"{_name(exhibit)} is of {filename} with {theirs.algorithm} {theirs.short}…, "
                f"the attested file has {ours.short}…",
                exhibit,
                at=where,
                remedy="release the file that was built, or submit the provenance of the one released",
            )
    named = ", ".join(digest.algorithm for digest in subject.digests) or "no digest we know"
    return Finding.unknown(
        f"{_name(exhibit)} names {filename} by {named}, the attestation by {one.file.digest.algorithm}",
        exhibit,
        at=where,
        remedy="submit the release file, so that its other digests are known",
    )


def _other_release(one: Attested, found: Sequence[Exhibit[Statement]], release: Release) -> Finding | None:
    """Every subject that names this product names another version of it."""
    named = [
        (exhibit, at, version)
        for exhibit in found
        for at, subject in enumerate(exhibit.value.subjects)
        if (version := version_named(subject.name, release)) is not None
    ]
    if not named or not release.version or any(same_version(item[2], release.version) for item in named):
        return None
    exhibit, at, version = named[0]
    return Finding.against(
        f"{_name(exhibit)} is of version {shown(version)!r}, the attested release is {shown(release.version)!r}; "
        f"none names {shown(one.file.filename)}",
        exhibit,
        at=f"/subject/{at}",
        remedy="submit the provenance of this release",
    )


def _name(exhibit: Exhibit[Statement]) -> str:
    return shown(exhibit.source.name, 80)


CHECK = Check(
    id="provenance-names-release",
    title="a build provenance names every attested file by its digest",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(Statement,),
    also=(ReleaseFile,),
    proves="Every attested file is, by digest, a subject of a SLSA provenance.",
    does_not_prove="Who wrote the provenance (provenance-signature-verifies), or that what it says is true.",
    examine=examine,
)
