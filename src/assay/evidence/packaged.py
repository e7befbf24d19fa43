"""Packages that travel inside a release or a source tree, and the locks at its root, by what they say of themselves.

Nothing is unpacked to a disk, imported or run: descriptions of packages (core metadata, package.json) are read by the readers that
read a release, from members that were opened within its limits.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from assay.errors import Malformed
from assay.evidence import lockfile
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.release import Member, ReleaseFile
from assay.formats import core_metadata, npm_tarball, purpose
from assay.formats.digest import Digest
from assay.formats.text import shown

MAX_PACKAGES = 20_000
"""Descriptions that are read in one archive."""
MAX_LOCK = 64 * 1024 * 1024

_PYTHON = re.compile(r"(?:^|.*/)[^/]+\.(?:dist-info/METADATA|egg-info/PKG-INFO)\Z")
_NPM = re.compile(r"(?:^|.*/)node_modules/(?:@[^/]+/)?[^/@.][^/]*/package\.json\Z")
_LOCKS = re.compile(
    r"(?:pylock(?:\.[^.]+)?\.toml|uv\.lock|poetry\.lock|Pipfile\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|"
    r"yarn\.lock|Cargo\.lock|go\.mod|go\.sum|Gemfile\.lock|gems\.locked|composer\.lock)\Z"
)


class Carried(NamedTuple):
    """A package inside an archive."""

    ecosystem: str
    package: LockedPackage
    """Its *source* is ``bundled``, its *location* the path of its description."""
    purpose: str
    """``tests`` or ``documentation`` by its path; empty for what runs with the release."""


class Found(NamedTuple):
    """A lock inside an archive."""

    path: str
    digest: Digest
    lock: Lockfile
    installed: bool
    """Whether whoever installs the release gets what it locks (npm-shrinkwrap.json at the root of a package)."""


class Packaged(msgspec.Struct, frozen=True):
    packages: tuple[Carried, ...] = ()
    locks: tuple[Found, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    """(path, why): what it holds is not known."""
    archives: int = 0
    """Archives inside it, which were not opened."""


def inside(file: ReleaseFile) -> Packaged:
    """What is packed inside *file*, without the package that it is itself."""
    if file.read is None or not file.members:
        return Packaged()
    packages: list[Carried] = []
    locks: list[Found] = []
    unread: list[tuple[str, str]] = []
    top = _top(file)
    for member in file.members:
        inner = member.path.removeprefix(top)
        try:
            if member.link:
                continue
            if _is_lock(inner):
                locks.append(_lock(file, member, inner))
            elif kind := _kind(inner):
                if len(packages) >= MAX_PACKAGES:
                    unread.append((member.path, f"over {MAX_PACKAGES} packages are inside"))
                    break
                packages.append(_described(file, member, kind))
        except Malformed as error:
            unread.append((member.path, str(error)))
    archives = sum(member.binary == "archive" for member in file.members)
    others = tuple(
        one for one in packages if (one.ecosystem, one.package.name) != (file.ecosystem, file.name)
    )
    return Packaged(others, tuple(locks), tuple(unread), archives)


def _top(file: ReleaseFile) -> str:
    """The one folder that everything is in, with its slash; empty when there is none."""
    tops = {member.path.partition("/")[0] for member in file.members}
    (first, *others) = tops
    return "" if others or any(member.path == first for member in file.members) else f"{first}/"


def _is_lock(inner: str) -> bool:
    """At the root only: what lies deeper may be of something else, such as a test."""
    return bool(_LOCKS.match(inner))


def _kind(inner: str) -> str:
    return "pypi" if _PYTHON.match(inner) else "npm" if _NPM.match(inner) else ""


def _described(file: ReleaseFile, member: Member, kind: str) -> Carried:
    data, what = _bytes(file, member), shown(member.path, 120)
    package = _python(data, what, member.path) if kind == "pypi" else _node(data, what, member.path)
    return Carried(kind, package, purpose.of(member.path.rpartition("/")[0].rpartition("/")[0]))


def _python(data: bytes, what: str, path: str) -> LockedPackage:
    about = core_metadata.read(data, what=what)
    return LockedPackage(about.name, about.version, source="bundled", location=path, licence=about.licence)


def _node(data: bytes, what: str, path: str) -> LockedPackage:
    about = npm_tarball.manifest(data, what=what)
    return LockedPackage(about.name, about.version, source="bundled", location=path, licence=about.licence)


def _lock(file: ReleaseFile, member: Member, inner: str) -> Found:
    if member.size > MAX_LOCK:
        raise Malformed(f"{shown(member.path, 120)} has {member.size} bytes, over {MAX_LOCK}")
    found = lockfile.read(_bytes(file, member), name=inner)
    return Found(member.path, member.digest, found, file.kind == "npm" and inner == "npm-shrinkwrap.json")


def _bytes(file: ReleaseFile, member: Member) -> bytes:
    read: Callable[[str], bytes] | None = file.read
    if read is None:
        raise Malformed(f"the bytes of {shown(file.filename, 100)} are not at hand")
    return read(member.path)
