"""The bill says one version, the lock another.

A bill and a lock of one project are written by different tools from the same resolution; where they differ, one of them is
not about this build. Versions and hashes of the packages in both are compared. A component that no lock holds may be honest
(locks can be partial) or invented: that is unknown.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.listed import Listed, is_no_version, same_name, versions_agree
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.model import Exhibit
from assay.evidence.sbom import Component, Sbom
from assay.formats.digest import Digest
from assay.formats.purl import Purl, normalise_name
from assay.formats.text import shown

_INSTALLERS = frozenset(["pip", "setuptools", "wheel", "uv", "distribute", "npm", "bundler", "cargo"])
"""Tools that stand in every environment and in few locks."""
_NAMED = 20


class _Locked(msgspec.Struct, frozen=True):
    """All that the locks of one ecosystem hold of one name."""

    package: LockedPackage
    exhibit: Exhibit[Lockfile]


_Locks = Mapping[str, Mapping[str, Sequence[_Locked]]]


def examine(case: Case) -> Iterator[Finding]:
    locks = _locks(case.of(Lockfile))
    for exhibit in case.of(Sbom):
        yield from _compare(case, exhibit, locks)


def _locks(exhibits: Sequence[Exhibit[Lockfile]]) -> _Locks:
    """By purl type and name; go.mod and its like count as one with the other locks of their ecosystem."""
    found: dict[str, dict[str, list[_Locked]]] = {}
    for exhibit in exhibits:
        lock = exhibit.value
        names = found.setdefault(lock.ecosystem, {})
        for package in lock.packages:
            names.setdefault(normalise_name(lock.ecosystem, package.name), []).append(
                _Locked(package, exhibit)
            )
    return found


def _compare(case: Case, exhibit: Exhibit[Sbom], locks: _Locks) -> Iterator[Finding]:
    against: list[Finding] = []
    unknown: list[Finding] = []
    agreed, absent = 0, []
    for ecosystem, name, found in Listed(exhibit.value.components).packages():
        for component, purl in found if ecosystem in locks else ():
            entries = locks[ecosystem].get(name, ())
            if not entries:
                absent += [name] * (
                    name not in _INSTALLERS and not _own(case, exhibit.value, ecosystem, name)
                )
                continue
            finding = _version(component, purl, entries, exhibit) or _hashes(
                component, purl, entries, exhibit
            )
            agreed += finding is None
            if finding is not None:
                (against if finding.outcome == "not_satisfied" else unknown).append(finding)
    yield from _limited(against, exhibit)
    yield from _limited(unknown, exhibit)
    bill = shown(exhibit.source.name, 120)
    if absent:
        yield Finding.unknown(
            f"{bill} lists {_some(absent)}, which no lock of the same ecosystem holds",
            exhibit,
            at=shown(absent[0]),
            remedy="submit the lock that holds them",
        )
    if agreed:
        yield Finding.supports(
            f"{agreed} components of {bill} have a locked version and no other hash", exhibit
        )
    elif not (against or unknown or absent):
        yield Finding.unknown(f"{bill} and the locks have no package in common", exhibit)


def _own(case: Case, bill: Sbom, ecosystem: str, name: str) -> bool:
    """The release itself, which many tools list among its parts."""
    return same_name(ecosystem, name, case.release.name) or (
        bill.root is not None and same_name(ecosystem, name, bill.root.name)
    )


def _version(
    component: Component, purl: Purl, entries: Sequence[_Locked], exhibit: Exhibit[Sbom]
) -> Finding | None:
    """None when the component's version is one that is locked."""
    version = component.version or purl.version
    pinned = [one for one in entries if one.package.version]
    label = f"{shown(component.name)!r}"
    agreement = [versions_agree(purl.type, version, one.package.version) for one in pinned]
    if True in agreement:
        return None
    if any(one.package.source in {"self", "path"} for one in entries):
        return None  # the project's own parts, whose versions locks often leave out
    if not version or is_no_version(version):
        return Finding.unknown(
            f"{_name(exhibit)} gives {label} no version that could be compared",
            exhibit,
            at=shown(component.ref),
        )
    if len(pinned) < len(entries) or all(one.package.development for one in pinned):
        return Finding.unknown(
            f"{_name(exhibit)} has {label} {shown(version)}; the lock pins it for development only, or not at all",
            exhibit,
            entries[0].exhibit,
            at=shown(component.ref),
        )
    if None in agreement:
        return Finding.unknown(
            f"{_name(exhibit)} has {label} {shown(version)}, locked but for its local part",
            exhibit,
            entries[0].exhibit,
            at=shown(component.ref),
        )
    locked = ", ".join(sorted({shown(one.package.version) for one in pinned})[:5])
    return Finding.against(
        f"{_name(exhibit)} has {label} {shown(version)}, {shown(pinned[0].exhibit.source.name, 120)} has {locked}",
        exhibit,
        pinned[0].exhibit,
        at=shown(component.ref),
        remedy="make the bill from the lock that the release was built from",
    )


def _hashes(
    component: Component, purl: Purl, entries: Sequence[_Locked], exhibit: Exhibit[Sbom]
) -> Finding | None:
    """None when no hash contradicts; of several distributions one in the lock is enough."""
    version = component.version or purl.version
    same = [
        one
        for one in entries
        if one.package.source == "registry" and versions_agree(purl.type, version, one.package.version)
    ]
    locked = {digest for one in same for digest in one.package.digests}
    distributed = {digest for one in component.distributions for digest in one.digests}
    for stated in (set(component.digests), distributed):
        for algorithm in sorted({digest.algorithm for digest in stated}):
            if not any(digest.algorithm == algorithm for digest in stated & locked):
                ours = sorted(digest for digest in stated if digest.algorithm == algorithm)
                theirs = sorted(digest for digest in locked if digest.algorithm == algorithm)
                if theirs:
                    return _differing(component, ours[0], theirs, same[0], exhibit)
    return None


def _differing(
    component: Component, ours: Digest, theirs: Sequence[Digest], locked: _Locked, exhibit: Exhibit[Sbom]
) -> Finding:
    found = theirs[0].short if len(theirs) == 1 else f"{len(theirs)} others, such as {theirs[0].short}"
    return Finding.against(
        f"{_name(exhibit)} gives {shown(component.name)!r} {shown(component.version)} the {ours.algorithm} {ours.short}…, "
        f"{shown(locked.exhibit.source.name, 120)} has {found}…",
        exhibit,
        locked.exhibit,
        at=shown(component.ref),
        remedy="make the bill from the files that the lock names",
    )


def _limited(findings: Sequence[Finding], exhibit: Exhibit[Sbom]) -> Iterator[Finding]:
    yield from findings[:_NAMED]
    if len(findings) > _NAMED:
        more = f"{len(findings) - _NAMED} more components of {_name(exhibit)} are like these"
        yield msgspec.structs.replace(findings[_NAMED], message=more, at="")


def _some(names: Sequence[str]) -> str:
    text = ", ".join(shown(name, 60) for name in names[:3])
    return text + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _name(exhibit: Exhibit[Sbom]) -> str:
    return shown(exhibit.source.name, 120)


CHECK = Check(
    id="sbom-agrees-with-lock",
    title="the bill of materials agrees with the lock on versions and hashes",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(Sbom, Lockfile),
    proves="Every component that a lock holds too has a locked version, and no hash but a locked one.",
    does_not_prove="That the release was built from this lock, or that the bill leaves nothing out.",
    examine=examine,
)
