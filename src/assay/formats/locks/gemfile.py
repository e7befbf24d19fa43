"""Gemfile.lock of Bundler: sections at the margin, two spaces a level."""

import re
from typing import Any

from assay.errors import Malformed, TooLarge
from assay.formats import text
from assay.formats.locks.model import MAX_PACKAGES, Index, LockedPackage, Lockfile, hashes_of, lockfile, names
from assay.formats.text import shown

_SPEC = re.compile(r"([^\s(]+) \(([^)]+)\)\Z")
_CHECKSUM = re.compile(r"([^\s(]+) \(([^)]+)\)(?: ([^\s]+))?\Z")
_SOURCES = {"GEM": "registry", "GIT": "git", "PATH": "path", "PLUGIN SOURCE": "url"}


class _Spec:
    def __init__(self, name: str, version: str, origin: dict[str, Any]) -> None:
        self.name = name
        self.version = version
        self.origin = origin
        self.needs: list[str] = []


class _Reader:
    def __init__(self) -> None:
        self.section = ""
        self.sections: set[str] = set()
        self.origin: dict[str, Any] = {}
        self.specs: list[_Spec] = []
        self.direct: list[str] = []
        self.checksums: dict[tuple[str, str], list[str]] | None = None

    def take(self, line: str, at: str) -> None:
        indent = len(line) - len(line.lstrip(" "))
        content = line.strip()
        if indent == 0:
            self.section = content
            self.sections.add(content)
            self.origin = {"source": _SOURCES[content]} if content in _SOURCES else {}
            if content == "CHECKSUMS":
                self.checksums = {}
        elif self.section in _SOURCES:
            self.source_line(indent, content, at)
        elif self.section == "DEPENDENCIES" and indent == 2:
            self.direct.append(content.split(" ", 1)[0].rstrip("!"))
        elif self.section == "CHECKSUMS" and indent == 2:
            self.checksum(content, at)

    def source_line(self, indent: int, content: str, at: str) -> None:
        if indent == 2:
            field, _, value = content.partition(":")
            self.origin = {**self.origin, **_origin(field, value.strip())}
        elif indent == 4:
            if not (spec := _SPEC.match(content)):
                raise Malformed(f"{at} is {shown(content, 80)!r}, expected name (version)")
            self.specs.append(_Spec(spec[1], _version(spec[2]), self.origin))
        elif indent == 6 and self.specs:
            self.specs[-1].needs.append(content.split(" ", 1)[0])
        else:
            raise Malformed(f"{at} is {shown(content, 80)!r}, expected a spec or its dependency")

    def checksum(self, content: str, at: str) -> None:
        if not (row := _CHECKSUM.match(content)) or self.checksums is None:
            raise Malformed(f"{at} is {shown(content, 80)!r}, expected name (version) algorithm=hex")
        hashes = [item.replace("=", ":", 1) for item in (row[3] or "").split(",") if item]
        self.checksums.setdefault((row[1], _version(row[2])), []).extend(hashes)


def parse(data: bytes, *, what: str) -> Lockfile:
    """A gem for several platforms is one package; groups (development, test) are not in this lock.

    The project's own gemspec is a PATH source whose remote is the folder itself.
    """
    reader = _Reader()
    for number, line in enumerate(text.decode(data, what=what).splitlines(), 1):
        if line.strip():
            reader.take(line, f"{what} line {number}")
        if len(reader.specs) > MAX_PACKAGES:
            raise TooLarge(f"{what} has over {MAX_PACKAGES} specs")
    if "DEPENDENCIES" not in reader.sections:
        raise Malformed(f"{what} has no section DEPENDENCIES, so it is no Gemfile.lock")
    index = Index(what, ((spec.name, spec.version) for spec in reader.specs))
    packages = [_package(spec, index, reader.checksums or {}, what) for spec in reader.specs]
    own = [package for package in packages if package.source == "self"]
    direct = index.links((name, "") for name in reader.direct)
    roots = tuple(link for link in direct if link not in {package.key for package in own})
    return lockfile(
        "Gemfile.lock",
        "gem",
        packages,
        what=what,
        root=own[0].name if len(own) == 1 else "",
        roots=names(roots),
        links=roots,
        expects_hashes=reader.checksums is not None,
        tells_development=False,
    )


def _origin(field: str, value: str) -> dict[str, Any]:
    match field:
        case "remote":
            return {"location": value}
        case "revision":
            return {"commit": value}
        case _:
            return {}


def _version(text_: str) -> str:
    """Without the platform (``1.15.0-x86_64-linux``); a gem version has no hyphen."""
    return text_.partition("-")[0]


def _package(
    spec: _Spec, index: Index, checksums: dict[tuple[str, str], list[str]], what: str
) -> LockedPackage:
    at = f"{what} gem {shown(spec.name, 80)!r}"
    links = index.links((name, "") for name in dict.fromkeys(spec.needs))
    origin = dict(spec.origin)
    if origin["source"] == "registry":
        origin = {}
    elif origin["source"] == "path" and origin.get("location") in {".", "./"}:
        origin["source"] = "self"
    return LockedPackage(
        spec.name,
        spec.version,
        requires=names(links),
        links=links,
        **hashes_of(checksums.get((spec.name, spec.version), ()), what=at),
        **origin,
    )
