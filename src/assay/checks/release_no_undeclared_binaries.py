"""Code travels in the release that the bill of materials does not know.

A compiled library in a package that calls itself pure Python, somebody else's package copied into a ``_vendor`` folder, a
wheel inside the wheel: all of it runs at the customer's, none of it can be looked up when an advisory comes.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
from packaging.utils import canonicalize_name

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.evidence.model import Exhibit
from assay.evidence.release import Member, ReleaseFile
from assay.evidence.sbom import Component, Sbom
from assay.formats import purpose
from assay.formats.text import shown

_SHOWN = 20
_REMEDY = "list it in the SBOM, or leave it out of the release"
_NATIVE = {
    "elf": "an ELF binary",
    "pe": "a Windows binary",
    "macho": "a Mach-O binary",
    "wasm": "WebAssembly",
    "java": "Java bytecode",
}
_BUNDLED_LIBRARIES = re.compile(r"(?:^|/)(?:[^/]+\.libs|\.dylibs)/")
_PACKAGES = re.compile(
    r"\.(?:whl|egg|jar|war|ear|apk|gem|crate|nupkg|deb|rpm|zip|7z|rar|tar|tgz|tbz2|txz|tar\.(?:gz|bz2|xz|zst)|a|lib)\Z"
)
_VENDOR = frozenset({
    "_vendor", "vendor", "_vendored", "vendored", "_vendored_packages", "third_party", "thirdparty", "3rdparty", "node_modules",
    "extern", "_extern", "externals",
})  # fmt: skip
_DIST_INFO = re.compile(r"([A-Za-z0-9._]+(?:-[A-Za-z0-9._]+)*?)-([^-/]+)\.(?:dist|egg)-info\Z")
_MAX_EMBEDDED = 32 * 1024 * 1024


class _Copy(msgspec.Struct, frozen=True):
    """A package inside a vendor folder."""

    name: str
    version: str
    """Empty where only a folder or module tells of it."""
    path: str
    metadata: bool


class _Declared(msgspec.Struct, frozen=True):
    """What the bills of materials name."""

    bills: int
    digests: frozenset[str]
    names: frozenset[str]
    """Lower case, normalised as Python does."""
    embedded: bytes
    """The bills inside the wheel (PEP 770), as they are."""

    def file(self, member: Member) -> bool:
        base = member.path.rpartition("/")[2]
        return (
            member.digest.value in self.digests
            or bool({canonicalize_name(base), canonicalize_name(member.path)} & self.names)
            or base.encode() in self.embedded
        )

    def package(self, name: str) -> bool:
        return canonicalize_name(name) in self.names or f'"{name}"'.encode() in self.embedded

    def library(self, member: Member) -> bool:
        """A library under a name that its package gives it: ``libgfortran-040039e1.so.5`` of *libgfortran*."""
        base = member.path.rpartition("/")[2].lower()
        stem = re.match(r"[a-z0-9_+]*", base.removeprefix("lib"))
        names = {stem[0], f"lib{stem[0]}"} if stem and len(stem[0]) > 2 else set()
        return self.file(member) or bool({canonicalize_name(name) for name in names} & self.names)


def examine(case: Case) -> Iterator[Finding]:
    bills = case.of(Sbom)
    for exhibit in case.of(ReleaseFile):
        declared = _declared(bills, exhibit.value)
        found = [*_binaries(exhibit, declared), *_copies(exhibit, declared)]
        found.sort(key=lambda finding: finding.outcome is not Outcome.NOT_SATISFIED)
        yield from found[:_SHOWN]
        if len(found) > _SHOWN:
            yield Finding.unknown(f"{len(found) - _SHOWN} more findings about undeclared code", exhibit)
        if not found:
            yield Finding.supports(_summary(exhibit.value), exhibit)


def _declared(bills: Iterable[Exhibit[Sbom]], file: ReleaseFile) -> _Declared:
    components: list[Component] = []
    for bill in bills:
        components += bill.value.components
        components += [bill.value.root] if bill.value.root else []
    embedded = [
        file.read(member.path)
        for member in file.members
        if file.read
        and ".dist-info/sboms/" in member.path
        and member.size <= _MAX_EMBEDDED
        and not member.link
    ]
    return _Declared(
        bills=len({id(bill) for bill in bills}) + len(embedded),
        digests=frozenset(digest.value for component in components for digest in component.digests),
        names=frozenset(name for component in components for name in _names(component)),
        embedded=b"\n".join(embedded),
    )


def _names(component: Component) -> Iterator[str]:
    yield canonicalize_name(component.name)
    yield canonicalize_name(component.name.rpartition("/")[2])


def _pure(file: ReleaseFile) -> bool:
    """A wheel for every platform, or sources. Installers go by a wheel's name, which some builds change and WHEEL does not tell."""
    any_platform = file.filename.endswith("-any.whl") and all(tag.endswith("-any") for tag in file.tags)
    return file.kind == "sdist" or (file.kind == "wheel" and any_platform)


def _binaries(exhibit: Exhibit[ReleaseFile], declared: _Declared) -> Iterator[Finding]:
    file = exhibit.value
    for member in file.members:
        if not member.binary or member.link:
            continue
        if member.binary == "archive":
            yield from _archive(exhibit, member, declared)
        elif _BUNDLED_LIBRARIES.search(member.path):
            if not declared.library(member):
                yield Finding.unknown(
                    f"{shown(member.path)} is a library from elsewhere that no SBOM names",
                    exhibit,
                    at=member.path,
                    remedy=_REMEDY,
                )
        elif (_pure(file) or file.kind == "npm") and not declared.file(member):
            yield _compiled(exhibit, member, declared)


def _compiled(exhibit: Exhibit[ReleaseFile], member: Member, declared: _Declared) -> Finding:
    """Machine code in a pure package contradicts; launchers, portable code and test data only raise the question."""
    file = exhibit.value
    what = f"{shown(member.path)} is {_NATIVE[member.binary]}"
    launcher = member.binary == "pe" and member.path.lower().endswith(".exe")
    portable = member.binary in ("wasm", "java")
    use = purpose.of(file.inner(member.path))
    if use:
        return Finding.unknown(f"{what} in {use} that no SBOM names", exhibit, at=member.path, remedy=_REMEDY)
    if not declared.bills:
        return Finding.unknown(
            f"{what}, and there is no SBOM to name it", exhibit, at=member.path, remedy=_REMEDY
        )
    if launcher or portable or file.kind == "npm":
        return Finding.unknown(f"{what} that no SBOM names", exhibit, at=member.path, remedy=_REMEDY)
    claim = "a wheel for any platform" if file.kind == "wheel" else "a source distribution"
    return Finding.against(
        f"{what} in {claim}, and no SBOM names it", exhibit, at=member.path, remedy=_REMEDY
    )


def _archive(exhibit: Exhibit[ReleaseFile], member: Member, declared: _Declared) -> Iterator[Finding]:
    """Archives that may hold code; documents, images of data and compressed single files are left alone."""
    natural = not _pure(exhibit.value) and member.path.endswith((".a", ".lib"))
    if (
        not _PACKAGES.search(member.path.lower())
        or natural
        or purpose.of(member.path)
        or declared.file(member)
    ):
        return
    yield Finding.unknown(
        f"{shown(member.path)} is an archive in the release, not opened here, that no SBOM names",
        exhibit,
        at=member.path,
        remedy=_REMEDY,
    )


def _copies(exhibit: Exhibit[ReleaseFile], declared: _Declared) -> Iterator[Finding]:
    file = exhibit.value
    for copy in _vendored(file):
        if declared.package(copy.name) or copy.name in file.bundled or "*" in file.bundled:
            continue
        label = shown(f"{copy.name} {copy.version}".strip())
        if copy.metadata and declared.bills:
            yield Finding.against(
                f"carries a copy of {label}, which no SBOM names", exhibit, at=copy.path, remedy=_REMEDY
            )
        else:
            reason = "and there is no SBOM to name it" if not declared.bills else "which no SBOM names"
            yield Finding.unknown(
                f"seems to carry a copy of {label}, {reason}", exhibit, at=copy.path, remedy=_REMEDY
            )


def _vendored(file: ReleaseFile) -> list[_Copy]:
    """Packages in vendor folders, each once; with metadata before those that only a folder tells of."""
    proven: dict[str, _Copy] = {}
    guessed: dict[str, _Copy] = {}
    for member in file.members:
        for folder, inside in _below_vendor(file, member.path):
            copy = _packaged(folder, inside)
            if copy:
                proven.setdefault(canonicalize_name(copy.name), copy)
            else:
                name = _module(folder, inside)
                if name:
                    guessed.setdefault(
                        canonicalize_name(name), _Copy(name, "", f"{folder}/{inside[0]}", metadata=False)
                    )
    return [
        *proven.values(),
        *(copy for name, copy in guessed.items() if name not in proven and not _part_of(name, proven)),
    ]


def _part_of(name: str, proven: dict[str, _Copy]) -> bool:
    """A folder whose package goes by a longer name: ``jaraco`` of ``jaraco.text``, ``backports`` of ``backports.tarfile``."""
    return any(other.startswith(f"{name}-") for other in proven)


def _below_vendor(file: ReleaseFile, path: str) -> Iterator[tuple[str, list[str]]]:
    """The innermost vendor folder of *path* and the parts below it; nothing for files of tests and documentation."""
    parts = path.split("/")
    at = max((i for i, part in enumerate(parts[:-1]) if part.lower() in _VENDOR), default=-1)
    if at >= 0 and not purpose.of(file.inner("/".join(parts[: at + 1]))):
        yield "/".join(parts[: at + 1]), parts[at + 1 :]


def _packaged(folder: str, inside: list[str]) -> _Copy | None:
    """A package by its own metadata: a dist-info folder, or package.json in node_modules."""
    path = f"{folder}/{'/'.join(inside)}"
    match = _DIST_INFO.match(inside[0])
    if match and inside[1:] in (["METADATA"], ["PKG-INFO"]):
        return _Copy(match[1], match[2], path, metadata=True)
    scoped = 2 if inside[0].startswith("@") else 1
    if folder.endswith("node_modules") and inside[scoped:] == ["package.json"]:
        return _Copy("/".join(inside[:scoped]), "", path, metadata=True)
    return None


def _module(folder: str, inside: list[str]) -> str:
    """A Python package or module by its place; empty for anything else."""
    if folder.endswith("node_modules") or _DIST_INFO.match(inside[0]):
        return ""
    if len(inside) > 1:
        return inside[0] if inside[1:] == ["__init__.py"] else ""
    name = inside[0].removesuffix(".py")
    return name if name != inside[0] and not name.startswith("_") else ""


def _summary(file: ReleaseFile) -> str:
    native = sum(member.binary in _NATIVE for member in file.members)
    if not file.members:
        return f"{shown(file.filename)} is one file with nothing inside to declare"
    if not native:
        return f"{len(file.members)} files, none of them compiled, a nested package or a vendored copy that the SBOM omits"
    if _pure(file):
        return f"{len(file.members)} files; the SBOM names the {native} compiled ones"
    return f"{len(file.members)} files; {native} compiled ones, as its platform says"


CHECK = Check(
    id="release-no-undeclared-binaries",
    title="the release carries no compiled code or vendored package that its SBOM does not name",
    severity=Severity.MEDIUM,
    basis=Basis.DERIVED,
    reads=(ReleaseFile,),
    also=(Sbom,),
    proves="compiled files of a pure package, nested packages and vendored copies are named in an SBOM, or not there",
    does_not_prove="what is linked into a compiled file, or copied into a source file",
    examine=examine,
)
