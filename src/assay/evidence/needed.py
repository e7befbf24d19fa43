"""What a release needs to run, from its lock, its own metadata and what is installed: the parts of its bill."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.release import ReleaseFile, Requires
from assay.formats.locks.model import reached
from assay.formats.purl import normalise_name

_OWN = frozenset({"self", "path"})
_SILENT = frozenset({"pylock.toml"})
"""Formats in which an entry without dependencies may have some."""


class Installed(msgspec.Struct, frozen=True):
    """A distribution of an environment, as its metadata describe it; nothing of it was run."""

    name: str
    """Normalised."""
    version: str
    licence: str = ""
    producer: str = ""
    requires: tuple[str, ...] = ()
    """Names, whatever their markers; those of extras are left out."""


class Part(msgspec.Struct, frozen=True):
    """One component of the release."""

    ecosystem: str
    """purl type; empty when nothing says which."""
    package: LockedPackage
    """As locked; without version and hashes when only the release asks for it."""
    links: tuple[str, ...] | None
    """Keys of the parts it needs; None when nothing says."""
    installed: Installed | None = None
    """The same name and version, installed."""


class Needed(msgspec.Struct, frozen=True):
    parts: tuple[Part, ...] = ()
    """Sorted by name and version."""
    direct: tuple[str, ...] = ()
    """Keys of the parts that the release itself needs."""
    complete: bool = True
    """False when something that may be needed could not be found or followed."""
    locks: tuple[str, ...] = ()
    """Names of the locks that were used."""
    development: bool = False
    """Parts for development may be among them: the lock does not tell them apart."""


Named = tuple[str, Lockfile]


def select(
    locks: Sequence[Named], files: Sequence[ReleaseFile], *, name: str, installed: Sequence[Installed] = ()
) -> Needed:
    """The parts of the release *name* with the files *files*: what is reachable from it, without development packages.

    Of several locks of one ecosystem the one that names the project, else the one that holds most of what the files
    declare, is used.
    """
    wanted = _declared(files)
    ecosystems = {file.ecosystem for file in files} - {""}
    environment = {one.name: one for one in installed}
    found = Needed()
    locked = {lock.ecosystem for _, lock in locks}
    for ecosystem in sorted(locked & (ecosystems or locked)):
        chosen = _choose([one for one in locks if one[1].ecosystem == ecosystem], name, wanted)
        if chosen is not None:
            found = _join(found, _from_lock(chosen, _sums(locks), name, wanted, environment))
    return _join(found, _unlocked(wanted, found, environment, ecosystems))


def _declared(files: Iterable[ReleaseFile]) -> dict[str, list[Requires]]:
    """Everything the files declare, by name."""
    wanted: dict[str, list[Requires]] = {}
    for file in files:
        for one in file.requires:
            wanted.setdefault(one.name, []).append(one)
    return wanted


def _choose(locks: Sequence[Named], name: str, wanted: Mapping[str, list[Requires]]) -> Named | None:
    """The best lock; None when all are for development alone."""
    useful = [
        (_rank(lock, name, wanted), -position, where, lock)
        for position, (where, lock) in enumerate(sorted(locks, key=lambda one: (one[0].count("/"), one[0])))
        if any(not package.development for package in lock.packages) or not lock.packages
    ]
    if not useful:
        return None
    _, _, where, lock = max(useful, key=lambda one: one[:2])
    return where, lock


def _rank(lock: Lockfile, name: str, wanted: Mapping[str, list[Requires]]) -> tuple[bool, int, bool, bool]:
    held = {package.name for package in lock.packages}
    mine = _is(lock.root, name, lock) or _project(lock, name) is not None
    hashed = any(package.digests for package in lock.packages)
    return mine, len(held & wanted.keys()), lock.relations, hashed


def _is(found: str, name: str, lock: Lockfile) -> bool:
    return bool(found) and normalise_name(lock.ecosystem, found) == normalise_name(lock.ecosystem, name)


def _project(lock: Lockfile, name: str) -> LockedPackage | None:
    return next((p for p in lock.packages if p.source in _OWN and _is(p.name, name, lock)), None)


def _sums(locks: Sequence[Named]) -> dict[str, tuple[str, ...]]:
    """Hashes of Go modules, which stand in a file of their own."""
    return {p.key: p.other_hashes for _, lock in locks if lock.format == "go.sum" for p in lock.packages}


def _from_lock(
    chosen: Named,
    sums: Mapping[str, tuple[str, ...]],
    name: str,
    wanted: Mapping[str, list[Requires]],
    environment: Mapping[str, Installed],
) -> Needed:
    where, lock = chosen
    always, sometimes = _roots(lock, name, wanted)
    start = (*always, *sometimes)
    silent = lock.format in _SILENT or _project(lock, name) is None
    known = lock.relations and (bool(start) or not silent)
    if known:
        kept, surely = reached(lock.packages, start), reached(lock.packages, always)
    else:
        kept = {package.key for package in lock.packages if not package.development}
        surely = kept - {package.key for package in lock.packages if package.optional}
    by_name = {key.rpartition("@")[0]: key for key in sorted(kept)}
    parts = tuple(
        _part(
            msgspec.structs.replace(package, optional=package.key not in surely),
            lock,
            by_name,
            sums,
            environment,
        )
        for package in lock.packages
        if package.key in kept and not _is(package.name, name, lock)
    )
    keys = {part.package.key for part in parts}
    direct = tuple(key for key in dict.fromkeys(start) if key in keys)
    return Needed(
        parts,
        direct if direct or known else tuple(sorted(keys)),
        complete=not lock.incomplete and (known or bool(start)),
        locks=(where,),
        development=not lock.tells_development and not (known and wanted),
    )


def _roots(
    lock: Lockfile, name: str, wanted: Mapping[str, list[Requires]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of what the project always needs, and of what only its extras or its optional dependencies need."""
    project = _project(lock, name)
    asked = project.links if project and lock.relations else lock.links
    if wanted and not lock.tells_development:
        asked = ()  # among the lock's roots may be tools; what the files declare are not
    declared = [package for package in lock.packages if package.name in wanted]
    plain = {package.key for package in declared if any(not one.extra for one in wanted[package.name])}
    optional = {package.key for package in lock.packages if package.optional} | {
        p.key for p in declared
    } - plain
    roots = tuple(dict.fromkeys((*asked, *(package.key for package in declared))))
    always = tuple(key for key in roots if key in plain or key not in optional)
    return always, tuple(key for key in roots if key not in plain and key in optional)


def _part(
    package: LockedPackage,
    lock: Lockfile,
    kept: Mapping[str, str],
    sums: Mapping[str, tuple[str, ...]],
    environment: Mapping[str, Installed],
) -> Part:
    found = environment.get(package.name) if lock.ecosystem == "pypi" else None
    if lock.relations:
        links: tuple[str, ...] | None = package.links
    elif found is not None:
        links = tuple(kept[name] for name in found.requires if name in kept)
    else:
        links = None
    if package.key in sums:
        package = msgspec.structs.replace(package, other_hashes=sums[package.key])
    same = found if found is not None and found.version == package.version else None
    return Part(lock.ecosystem, package, links, same)


def _unlocked(
    wanted: Mapping[str, list[Requires]],
    found: Needed,
    environment: Mapping[str, Installed],
    ecosystems: set[str],
) -> Needed:
    """What the release declares and no lock holds: always needed things, and what they need where it is installed."""
    held = {part.package.name for part in found.parts}
    missing = [
        name for name, all_ in wanted.items() if name not in held and any(_always(one) for one in all_)
    ]
    ecosystem = next(iter(ecosystems)) if len(ecosystems) == 1 else ""
    parts: dict[str, Part] = {}
    queue = sorted(missing)
    while queue:
        name = queue.pop()
        if name in parts or name in held:
            continue
        one = environment.get(name) if ecosystem == "pypi" else None
        package = LockedPackage(name, one.version if one else _pinned(wanted.get(name, [])))
        needs = [need for need in one.requires if need in environment] if one else []
        links = tuple(f"{need}@{environment[need].version}" for need in needs) if one else None
        parts[name] = Part(ecosystem, package, links, one)
        queue += needs
    direct = tuple(sorted(parts[name].package.key for name in missing))
    return Needed(
        tuple(parts.values()), direct, complete=all(part.links is not None for part in parts.values())
    )


def _always(one: Requires) -> bool:
    return not one.extra and not one.marker


def _pinned(requirements: Sequence[Requires]) -> str:
    """The version of ``==1.2``; empty for anything else."""
    found = {one.specifier[2:].strip() for one in requirements if one.specifier.startswith("==")}
    single = next(iter(found)) if len(found) == 1 else ""
    return single if single and not set(single) & set("*,=<>!~ ") else ""


def _join(one: Needed, other: Needed) -> Needed:
    parts = sorted(
        (*one.parts, *other.parts), key=lambda part: (part.package.name, part.package.version, part.ecosystem)
    )
    return Needed(
        tuple(parts),
        (*one.direct, *other.direct),
        one.complete and other.complete,
        (*one.locks, *other.locks),
        one.development or other.development,
    )
