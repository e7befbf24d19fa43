"""A lock that does not lock.

A range, a branch or a version without a hash lets somebody else choose the code that gets built: who controls the
registry, the tag or the network at that moment. Every package taken from elsewhere needs an exact version and a hash, or
a full commit.
"""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.model import Exhibit
from assay.formats.locks.model import is_commit
from assay.formats.text import shown

_LOCAL = frozenset({"self", "path", "bundled"})
_WEAK = frozenset({"md5", "sha1"})
_NAMED = 10
_REMEDIES = {
    "requirements.txt": "lock again with hashes: pip-compile or uv pip compile, --generate-hashes",
    "Gemfile.lock": "run bundle lock --add-checksums",
    "go.mod": "submit go.sum beside go.mod",
}


class Fault(msgspec.Struct, frozen=True):
    """What one package lacks; *doubt* where the lock does not prove it."""

    package: LockedPackage
    kind: Literal["version", "commit", "hash", "weak"]
    message: str
    doubt: bool = False


def examine(case: Case) -> Iterator[Finding]:
    locks = case.of(Lockfile)
    hashed = frozenset(
        package.key
        for exhibit in locks
        if exhibit.value.format == "go.sum"
        for package in exhibit.value.packages
    )
    present = frozenset(exhibit.source.name for exhibit in locks)
    for exhibit in locks:
        yield from _includes(exhibit, present)
        if exhibit.value.format == "go.mod":
            yield _go(exhibit, hashed)
        else:
            yield from _lock(exhibit, development_too=case.parameters["development_too"] is True)


def _includes(exhibit: Exhibit[Lockfile], present: frozenset[str]) -> Iterator[Finding]:
    folder = posixpath.dirname(exhibit.source.name)
    for included in exhibit.value.incomplete:
        target = included.partition(" ")[2]
        if posixpath.normpath(posixpath.join(folder, target)) not in present:
            yield Finding.unknown(
                f"{_name(exhibit)} takes in {shown(target, 80)!r}, which was not read", exhibit, at=included
            )


def _lock(exhibit: Exhibit[Lockfile], *, development_too: bool) -> Iterator[Finding]:
    lock, name = exhibit.value, _name(exhibit)
    foreign = [package for package in lock.packages if package.source not in _LOCAL]
    judged = [package for package in foreign if development_too or not package.development]
    aside = [package for package in foreign if package.development and not development_too]
    if not foreign:
        yield Finding.not_applicable(f"{name} takes no package from elsewhere", exhibit)
    elif lock.format == "requirements.txt" and not any(p.version or p.digests or p.commit for p in foreign):
        yield Finding.unknown(f"{name} lists what is wanted and pins nothing: it is not a lock", exhibit)
    elif not judged:
        yield Finding.not_applicable(f"{name} is for development alone: {_counted(aside, lock)}", exhibit)
    else:
        faults = [fault for package in judged for fault in _faults(package, lock)]
        yield from _told(faults, exhibit)
        if not faults:
            also = f"; besides, for development alone: {_counted(aside, lock)}" if aside else ""
            yield Finding.supports(f"{name} pins {_packages(judged)} with hash or commit{also}", exhibit)


def _faults(package: LockedPackage, lock: Lockfile) -> Iterator[Fault]:
    doubt = bool(lock.incomplete)
    name = shown(package.name, 80)
    if package.source == "git":
        if not is_commit(package.commit):
            said = f"at {shown(package.commit, 60)!r}" if package.commit else "without saying where"
            yield Fault(package, "commit", f"takes {name} from git {said}, expected a full commit", doubt)
        return
    if package.source == "registry" and not package.version:
        yield Fault(package, "version", f"gives {name} no exact version", doubt)
    if not package.digests and not package.other_hashes:
        which = f"{name} {shown(package.version, 40)}".strip()
        yield Fault(package, "hash", f"gives {which} no hash", doubt or not lock.expects_hashes)
    elif not package.other_hashes and all(digest.algorithm in _WEAK for digest in package.digests):
        which = f"{name} {shown(package.version, 40)} by {package.digests[0].algorithm} alone"
        yield Fault(package, "weak", f"pins {which}, which can be made to collide", doubt=True)


def _told(faults: Sequence[Fault], exhibit: Exhibit[Lockfile]) -> Iterator[Finding]:
    """The first faults of each kind one by one, the others as a number; missing hashes that nobody expects as one."""
    lock, name = exhibit.value, _name(exhibit)
    remedy = _REMEDIES.get(lock.format, "lock again with the current version of the tool")
    unexpected = [fault for fault in faults if fault.kind == "hash" and not lock.expects_hashes]
    rest = [fault for fault in faults if fault.kind != "hash" or lock.expects_hashes]
    if unexpected:
        packages = [fault.package for fault in unexpected]
        yield Finding.unknown(
            f"{name} gives {_packages(packages)} no hash, {_excuse(lock)}",
            exhibit,
            at=packages[0].key,
            remedy=remedy,
        )
    for kind in ("version", "commit", "hash", "weak"):
        same = [fault for fault in rest if fault.kind == kind]
        for fault in same[:_NAMED]:
            make = Finding.unknown if fault.doubt else Finding.against
            yield make(f"{name} {fault.message}", exhibit, at=fault.package.key, remedy=remedy)
        if len(same) > _NAMED:
            make = Finding.unknown if all(fault.doubt for fault in same) else Finding.against
            yield make(f"{name}: {len(same) - _NAMED} more packages like these", exhibit, remedy=remedy)


def _excuse(lock: Lockfile) -> str:
    match lock.format:
        case "Gemfile.lock":
            return "since it has no CHECKSUMS"
        case "composer.lock":
            return "since their repository offers none"
        case _:
            return "since the format has none"


def _go(exhibit: Exhibit[Lockfile], hashed: frozenset[str]) -> Finding:
    """go.sum has a hash for every module whose code is built; go.mod also names modules that only bear on versions."""
    name = _name(exhibit)
    foreign = [package for package in exhibit.value.packages if package.source not in _LOCAL]
    found = [package for package in foreign if package.key in hashed]
    direct = set(exhibit.value.links)
    missing = [package for package in foreign if package.key in direct and package.key not in hashed]
    if not foreign:
        return Finding.not_applicable(f"{name} takes no module from elsewhere", exhibit)
    if not hashed or missing:
        reason = f"go.sum has no hash of {missing[0].key}" if hashed else "there is no go.sum with hashes"
        return Finding.unknown(
            f"{name} names exact versions, but {reason}",
            exhibit,
            at=(missing or foreign)[0].key,
            remedy=_REMEDIES["go.mod"],
        )
    return Finding.supports(
        f"{name}: {len(found)} of {len(foreign)} modules have their hash in go.sum, all direct ones among them",
        exhibit,
    )


def _counted(packages: Sequence[LockedPackage], lock: Lockfile) -> str:
    wanting = sum(1 for package in packages if next(_faults(package, lock), None))
    return (
        f"{_packages(packages)}, {wanting} of them without exact version or hash"
        if wanting
        else _packages(packages)
    )


def _packages(packages: Sequence[LockedPackage]) -> str:
    return "1 package" if len(packages) == 1 else f"{len(packages)} packages"


def _name(exhibit: Exhibit[Lockfile]) -> str:
    return shown(exhibit.source.name, 120)


CHECK = Check(
    id="lock-pins-with-hashes",
    title="the lock pins every package with an exact version and a hash",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Lockfile,),
    proves="Whoever installs from this lock gets the same files, or an error.",
    does_not_prove="That the release was built from this lock, or that the locked packages are good.",
    parameters={"development_too": False},
    examine=examine,
)
