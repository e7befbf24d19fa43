"""The release that was submitted is another than the one attested.

A clean wheel attested, another one shipped under its name: digests tell them apart. And a wheel of one product under
the file name of another: its own metadata tell.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.release import ReleaseFile, python_version
from assay.formats.attestation import Release, ReleaseDigest
from assay.formats.text import shown

_PURL = re.compile(r"pkg:([a-z]+)/(@?[^@?#]+)(?:@([^?#]+))?")
_KNOWN = ("sha256", "sha512")


def examine(case: Case) -> Iterator[Finding]:
    files, exhibits = case.release.files, case.of(ReleaseFile)
    if not files:
        yield Finding.unknown(
            "the attestation names no file of this release", remedy="attest the release files by digest"
        )
    attested = {_base(file.filename): file for file in files}
    matched: set[int] = set()
    for file in files:
        same = [exhibit for exhibit in exhibits if file.digest in exhibit.value.digests]
        matched.update(id(exhibit) for exhibit in same)
        if not same and not any(e.value.filename == _base(file.filename) for e in exhibits):
            yield _not_submitted(file)
        for exhibit in same:
            yield Finding.supports(
                f"{shown(exhibit.value.filename)} has the attested {file.digest.algorithm} {file.digest.short}…",
                exhibit,
            )
            yield from _described(case.release, exhibit)
    for exhibit in exhibits:
        if id(exhibit) not in matched:
            yield _unmatched(exhibit, attested.get(exhibit.value.filename))


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _not_submitted(file: ReleaseDigest) -> Finding:
    return Finding.unknown(
        f"{shown(file.filename)} ({file.digest.algorithm} {file.digest.short}…) is attested and was not submitted",
        at=shown(file.filename),
        remedy="submit the file as a release artifact",
    )


def _unmatched(exhibit: Exhibit[ReleaseFile], named: ReleaseDigest | None) -> Finding:
    file = exhibit.value
    if named is None:
        return Finding.unknown(
            f"{shown(file.filename)} is submitted as a release and is not among the attested files",
            exhibit,
            remedy="attest it, or leave it out",
        )
    found = next((digest for digest in file.digests if digest.algorithm == named.digest.algorithm), None)
    if found is None:
        return Finding.unknown(
            f"{shown(file.filename)} is attested by {named.digest.algorithm}, expected one of {', '.join(_KNOWN)}",
            exhibit,
        )
    return Finding.against(
        f"{shown(file.filename)} has {found.algorithm} {found.short}…, the attestation names {named.digest.short}…",
        exhibit,
        at=shown(file.filename),
        remedy="submit the attested file, or attest this one",
    )


def _described(release: Release, exhibit: Exhibit[ReleaseFile]) -> Iterator[Finding]:
    """Compare what the file's metadata say with its own name and with the attested product."""
    file = exhibit.value
    if not file.name:
        return
    where = {"wheel": "METADATA", "sdist": "PKG-INFO", "npm": "package.json"}.get(file.kind, file.filename)
    if file.stated[0] and file.stated != (file.name, file.version):
        yield Finding.against(
            f"{shown(file.filename)} is named {shown(' '.join(file.stated))}, "
            f"its metadata say {shown(f'{file.name} {file.version}')}",
            exhibit,
            at=where,
        )
    identified = _identified(release, file)
    name, version = identified or (release.name, release.version)
    same_name = _same_name(file, name)
    if same_name is False and not identified:
        yield Finding.unknown(
            f"metadata name the package {file.name!r}, the attested product is {shown(name)!r}",
            exhibit,
            at=where,
            remedy="give the release its package URL (purl)",
        )
    elif same_name is False:
        yield Finding.against(
            f"metadata name the package {file.name!r}, the attested package is {shown(name)!r}",
            exhibit,
            at=where,
        )
    elif not version:
        yield Finding.unknown("the attestation gives no version for this release", exhibit, at=where)
    else:
        yield _version(file, version, exhibit, where)


def _version(file: ReleaseFile, version: str, exhibit: Exhibit[ReleaseFile], where: str) -> Finding:
    same = _same_version(file, version)
    if same is None:
        return Finding.unknown(
            f"metadata say version {shown(file.version)!r}, attested is {shown(version)!r}: these cannot be compared",
            exhibit,
            at=where,
        )
    if not same:
        return Finding.against(
            f"metadata say version {shown(file.version)!r}, the attested release is {shown(version)!r}",
            exhibit,
            at=where,
        )
    return Finding.supports(
        f"metadata say {shown(file.name)} {shown(file.version)}, as attested", exhibit, at=where
    )


def _identified(release: Release, file: ReleaseFile) -> tuple[str, str] | None:
    """Name and version in the release's purl, where that is of the file's ecosystem."""
    match = _PURL.match(release.purl)
    if not match or match[1] != file.ecosystem:
        return None
    return unquote(match[2]), unquote(match[3] or "") or release.version


def _same_name(file: ReleaseFile, name: str) -> bool:
    if file.ecosystem == "pypi":
        return canonicalize_name("-".join(name.split())) == file.name
    plain = "-".join(name.split()).lower()
    return plain in (file.name.lower(), file.name.lower().rpartition("/")[2])


def _same_version(file: ReleaseFile, version: str) -> bool | None:
    """None where the texts differ and at least one is no version of the ecosystem."""
    if file.version == version or file.version == version.removeprefix("v"):
        return True
    if file.ecosystem != "pypi":
        return False
    ours, theirs = python_version(file.version), python_version(version)
    return None if ours is None or theirs is None else ours == theirs


CHECK = Check(
    id="release-matches-attested",
    title="the submitted release files are the attested ones, of the attested product and version",
    severity=Severity.CRITICAL,
    basis=Basis.DERIVED,
    reads=(ReleaseFile,),
    proves="the attested digests are those of the submitted files, and their metadata name the attested product and version",
    does_not_prove="that the same files are what customers download",
    examine=examine,
)
