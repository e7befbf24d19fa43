"""The bill describes another release than the one attested.

A bill copied from an earlier version, or from another product, is the commonest false evidence and the easiest to miss: it
is well-formed, signed, and nearly right. Its root component tells: name, version and digest are compared with the
attestation and with what the opened release files say of themselves.
"""

from collections.abc import Iterator

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.listed import Listed, is_no_version, same_name, versions_agree
from assay.evidence.model import Exhibit
from assay.evidence.release import ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.formats.digest import Digest
from assay.formats.purl import identity
from assay.formats.text import shown

_NO_PACKAGE = frozenset(["file", "container", "operating-system", "device", "source", "archive"])
"""Types whose name is that of a file, an image or a machine."""
_REMEDY = "make the bill anew for this release"


class _Known(msgspec.Struct, frozen=True):
    """What the attestation and the opened files say the release is."""

    packages: tuple[tuple[str, str], ...]
    """(purl type, name)."""
    product: str
    version: str
    digests: frozenset[Digest]
    files: tuple[tuple[str, Digest], ...]

    @property
    def ecosystem(self) -> str:
        return self.packages[0][0] if self.packages else ""


def examine(case: Case) -> Iterator[Finding]:
    known = _known(case)
    for exhibit in case.of(Sbom):
        root = exhibit.value.root
        if root is None:
            count = len(exhibit.value.described)
            what = f"is about {count} things" if count else "does not say what software it is about"
            yield Finding.unknown(
                f"{_name(exhibit)} {what}, expected one root component",
                exhibit,
                at=_at(exhibit.value, ""),
                remedy="name the release as the bill's root component",
            )
        else:
            yield from _root(root, exhibit, known)


def _known(case: Case) -> _Known:
    attested = frozenset(file.digest for file in case.release.files)
    opened = [exhibit.value for exhibit in case.of(ReleaseFile)]
    files = [file for file in opened if attested.intersection(file.digests)] or opened
    purl = identity(case.release.purl)
    packages = [(purl.type, purl.full_name)] if purl else []
    packages += [(file.ecosystem, file.name) for file in files if file.name]
    versions = {file.version for file in files if file.version}
    inferred = next(iter(versions)) if len(versions) == 1 else ""
    proven = (digest for file in opened if attested.intersection(file.digests) for digest in file.digests)
    return _Known(
        packages=tuple(dict.fromkeys(packages)),
        product=case.release.name,
        version=case.release.version or (purl.version if purl else "") or inferred,
        digests=attested.union(proven),
        files=tuple((file.filename.rpartition("/")[2], file.digest) for file in case.release.files),
    )


def _root(root: Component, exhibit: Exhibit[Sbom], known: _Known) -> Iterator[Finding]:
    if root.type in _NO_PACKAGE and any(root.name.rpartition("/")[2] == name for name, _ in known.files):
        yield Finding.supports(
            f"{_name(exhibit)} is about {shown(root.name)!r}, an attested file",
            exhibit,
            at=_at(exhibit.value, "name"),
        )
        yield from _digests(root, exhibit, known)
        return
    relation = _same(root, known)
    if relation:
        yield from _version(root, exhibit, known)
        yield from _digests(root, exhibit, known)
    else:
        yield _other(root, exhibit, known, certain=relation is False)


def _same(root: Component, known: _Known) -> bool | None:
    """None where names differ that need not be the same: a product's and its package's, say."""
    purl = identity(root.purl) if root.purl else None
    rivals = [name for ecosystem, name in known.packages if purl and ecosystem == purl.type]
    if purl and rivals:
        return any(same_name(purl.type, purl.full_name, name) for name in rivals)
    names = [root.name, root.name.rpartition("/")[2], *([purl.full_name, purl.name] if purl else [])]
    wanted = [("", known.product), *known.packages]
    return (
        True if any(same_name(eco, one, other) for one in names for eco, other in wanted if other) else None
    )


def _other(root: Component, exhibit: Exhibit[Sbom], known: _Known, *, certain: bool) -> Finding:
    bill = exhibit.value
    says = f"{_name(exhibit)} is about {_described(root.name, root.version)}"
    wanted = f"the attested release is {_described(known.product, known.version)}"
    listed = Listed(bill.components)
    inside = [one for ecosystem, name in known.packages for one in listed.find(ecosystem, name)]
    if any(versions_agree(known.ecosystem, one.version, known.version) for one in inside):
        return Finding.unknown(
            f"{says} and lists the release as a part of it; {wanted}",
            exhibit,
            at=_at(bill, "name"),
            remedy=_REMEDY,
        )
    telling = (
        bool(root.version and known.version)
        and not is_no_version(root.version)
        and root.type not in _NO_PACKAGE
    )
    differs = telling and versions_agree(known.ecosystem, root.version, known.version) is False
    if certain or (differs and not set(root.name) <= set("./\\")):
        return Finding.against(f"{says}, {wanted}", exhibit, at=_at(bill, "name"), remedy=_REMEDY)
    return Finding.unknown(
        f"{says}, {wanted}: nothing ties the two names",
        exhibit,
        at=_at(bill, "name"),
        remedy="give the bill's root component the release's name or package URL",
    )


def _version(root: Component, exhibit: Exhibit[Sbom], known: _Known) -> Iterator[Finding]:
    purl = identity(root.purl) if root.purl else None
    version = root.version or (purl.version if purl else "")
    at = _at(exhibit.value, "version")
    agree = versions_agree(known.ecosystem, version, known.version)
    message = f"{_name(exhibit)} describes version {shown(version)!r}, the attested release is {shown(known.version)!r}"
    if not known.version:
        yield Finding.unknown("the attestation gives no version for this release", exhibit, at=at)
    elif agree:
        yield Finding.supports(
            f"{_name(exhibit)} describes {_described(root.name, version)}, as attested", exhibit, at=at
        )
    elif not version or is_no_version(version):
        said = f"only {shown(version)!r} as version" if version else "no version"
        yield Finding.unknown(
            f"{_name(exhibit)} gives {said} of {shown(root.name)!r}", exhibit, at=at, remedy=_REMEDY
        )
    elif agree is None:
        yield Finding.unknown(f"{message}: only the local part differs", exhibit, at=at, remedy=_REMEDY)
    else:
        yield Finding.against(message, exhibit, at=at, remedy=_REMEDY)


def _digests(root: Component, exhibit: Exhibit[Sbom], known: _Known) -> Iterator[Finding]:
    """A root's own hashes are of one file, an attested one; of its distributions only those named like attested files tell."""
    at = _at(exhibit.value, "hashes")
    for algorithm in dict.fromkeys(digest.algorithm for digest in root.digests):
        stated = {digest for digest in root.digests if digest.algorithm == algorithm}
        attested = sorted(digest for digest in known.digests if digest.algorithm == algorithm)
        if not attested:
            yield Finding.unknown(
                f"{_name(exhibit)} has a {algorithm} of the release; none is attested or could be computed",
                exhibit,
                at=at,
            )
        elif stated.isdisjoint(attested):
            yield Finding.against(
                f"{_name(exhibit)} gives the release the {algorithm} {min(stated).short}…, attested is {attested[0].short}…",
                exhibit,
                at=at,
                remedy=_REMEDY,
            )
        else:
            yield Finding.supports(
                f"the {algorithm} of the release in {_name(exhibit)} is an attested one", exhibit, at=at
            )
    for distribution in root.distributions:
        filename = distribution.url.partition("#")[0].partition("?")[0].rpartition("/")[2]
        for digest in (digest for name, digest in known.files if name == filename):
            stated = {one for one in distribution.digests if one.algorithm == digest.algorithm}
            if stated and digest not in stated:
                yield Finding.against(
                    f"{_name(exhibit)} gives {shown(filename)} the {digest.algorithm} {min(stated).short}…, attested is {digest.short}…",
                    exhibit,
                    at=_at(exhibit.value, "externalReferences"),
                    remedy=_REMEDY,
                )
            elif stated:
                yield Finding.supports(
                    f"{_name(exhibit)} gives {shown(filename)} its attested {digest.algorithm}", exhibit
                )


def _described(name: str, version: str) -> str:
    return f"{shown(name)!r}" + (f" {shown(version)}" if version else "")


def _at(bill: Sbom, field: str) -> str:
    if bill.format == "CycloneDX":
        return "/metadata/component" + (f"/{field}" if field else "")
    return shown(bill.root.ref) if bill.root else ""


def _name(exhibit: Exhibit[Sbom]) -> str:
    return shown(exhibit.source.name, 120)


CHECK = Check(
    id="sbom-describes-release",
    title="the bill of materials describes the attested release",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(Sbom,),
    also=(ReleaseFile,),
    proves="The root component of the bill has the name and version of the release, and no other digest than an attested one.",
    does_not_prove="That the bill is complete or true in anything it says of the components.",
    examine=examine,
)
