"""What a release is made of, as its bills and locks say: one list to look packages up in."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.model import Exhibit, Source
from assay.evidence.sbom import Component, Sbom
from assay.evidence.subject import Subject, subject_of
from assay.formats.purl import normalise_name

_NOT_PACKAGES = frozenset({"file", "data", "device", "machine-learning-model", "cryptographic-asset"})


class Part(msgspec.Struct, frozen=True):
    """A package that a bill or a lock lists."""

    subject: Subject
    """*type* is empty where the entry has no purl."""
    source: Source
    at: str
    listed_in: Literal["sbom", "lockfile"]
    elsewhere: str = ""
    """Why it is not the package of that name in the public registry; empty when it is, as far as the entry says."""
    development: bool = False
    perhaps_development: bool = False
    """The lock does not tell packages for development from the rest."""

    @property
    def shown(self) -> str:
        return f"{self.subject.name} {self.subject.version}".strip()


def parts(bills: Iterable[Exhibit[Sbom]], locks: Iterable[Exhibit[Lockfile]]) -> Iterator[Part]:
    """Every component but the root; every locked package but the project itself."""
    for bill in bills:
        for component in bill.value.components:
            if component.type not in _NOT_PACKAGES:
                yield _of_bill(component, bill)
    for lock in locks:
        for package in lock.value.packages:
            if package.source != "self":
                yield _of_lock(package, lock)


def _of_bill(component: Component, bill: Exhibit[Sbom]) -> Part:
    digests = frozenset(str(digest) for digest in component.digests)
    refs = _refs(component.ref, bill.value.serial)
    subject = subject_of(component.purl, digests, refs) if component.purl else None
    if subject is None:
        subject = Subject(component.name, component.version, digests=digests, refs=refs)
    qualifiers = dict(subject.qualifiers)
    named = next((key for key in ("repository_url", "vcs_url", "download_url") if key in qualifiers), "")
    elsewhere = (
        f"its purl has a {named}" if named else _mixed_case(subject.type, component.purl.partition("@")[0])
    )
    return Part(subject, bill.source, component.ref or component.name, "sbom", elsewhere=elsewhere)


def _mixed_case(kind: str, written: str) -> str:
    """Old npm packages have names that differ from others by case alone, which a purl does not keep."""
    mixed = kind == "npm" and written != written.lower()
    return "its name has capitals, and npm knows others in lower case" if mixed else ""


def _refs(ref: str, serial: str) -> frozenset[str]:
    """A BOM-Link (CycloneDX: ``urn:cdx:serial/version#ref``) without its version, which the bill may not have kept."""
    unique = serial.removeprefix("urn:uuid:")
    return frozenset({f"urn:cdx:{unique}#{ref}"}) if ref and unique and unique != serial else frozenset()


def _of_lock(package: LockedPackage, lock: Exhibit[Lockfile]) -> Part:
    kind = lock.value.ecosystem
    digests = frozenset(str(digest) for digest in package.digests)
    return Part(
        Subject(normalise_name(kind, package.name), package.version, kind, digests=digests),
        lock.source,
        package.key,
        "lockfile",
        elsewhere=_mixed_case(kind, package.name)
        if package.source == "registry"
        else f"the lock takes it from a {package.source} source",
        development=package.development,
        perhaps_development=not lock.value.tells_development,
    )
