"""requirements.txt as pip reads it, with the ``# via`` notes that pip-compile and uv write."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from assay.errors import Malformed, TooLarge
from assay.formats import text
from assay.formats.locks.model import (
    MAX_PACKAGES,
    Index,
    LockedPackage,
    Lockfile,
    hashes_of,
    lockfile,
    names,
)
from assay.formats.text import shown

MAX_LINE = 64 * 1024
"""Characters of one requirement, hashes left out."""

_COMMENT = re.compile(r"(?:^|\s)#(.*)\Z", re.DOTALL)
_HASH = re.compile(r"\s--hash[=\s]\s*([^\s]+)")
_OPTION = re.compile(r"(--?[a-zA-Z][\w-]*)[=\s]*(.*)\Z", re.DOTALL)
_TAIL = re.compile(r"\s--[a-z].*\Z", re.DOTALL)
_PIN = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([0-9]+(?:\.[0-9]+)*)\Z")
"""The plainest requirement; anything else is read by ``packaging``, to the same effect in a hundred times the time."""
_PROJECT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*) \([^)]*\)\Z")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz")


class _Entry:
    def __init__(self, package: LockedPackage) -> None:
        self.package = package
        self.via: list[str] = []


def parse(data: bytes, *, what: str, development: bool = False) -> Lockfile:
    """Included files (``-r``, ``-c``) are not followed but named in *incomplete*; *development* marks every package."""
    entries: list[_Entry] = []
    incomplete: list[str] = []
    for number, line, comments in _logical(text.decode(data, what=what)):
        at = f"{what} line {number}"
        if line.startswith("-") and not line.startswith(("-e", "--editable")):
            option, value = _option(line, at)
            if option in {"-r", "--requirement", "-c", "--constraint"}:
                incomplete.append(f"{option} {shown(value, 80)}")
        elif line:
            entries.append(_Entry(_package(line, at, development=development)))
        if entries:
            entries[-1].via += [name for comment in comments for name in _via(comment, entries[-1].via)]
        if len(entries) > MAX_PACKAGES:
            raise TooLarge(f"{what} has over {MAX_PACKAGES} requirements")
    return _related(entries, tuple(dict.fromkeys(incomplete)), what)


def _logical(source: str) -> Iterator[tuple[int, str, list[str]]]:
    """(line number, requirement or option, comments): continued lines joined, comments cut off as pip does."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(source.splitlines(), 1):
        start = start if parts else number
        found = _COMMENT.search(raw) if "#" in raw else None
        comment = [found[1].strip()] if found else []
        line = raw[: found.start()] if found else raw
        if line.endswith("\\") and not found:
            parts.append(line[:-1])
            continue
        yield start, "".join([*parts, line]).strip(), comment
        parts = []
    if parts:
        yield start, "".join(parts).strip(), []


def _option(line: str, at: str) -> tuple[str, str]:
    if not (found := _OPTION.match(line)):
        raise Malformed(f"{at} is {shown(line, 80)!r}, expected a requirement or an option")
    return found[1], found[2].strip()


def _package(line: str, at: str, *, development: bool) -> LockedPackage:
    hashes = _HASH.findall(line)
    wanted = _TAIL.sub("", _HASH.sub("", line)).strip()
    if len(wanted) > MAX_LINE:
        raise TooLarge(f"{at} has over {MAX_LINE} characters")
    rest = {"development": development, **hashes_of(hashes, what=at)}
    if pin := _PIN.match(wanted):
        return LockedPackage(canonicalize_name(pin[1]), pin[2], **rest)
    if wanted.startswith(("-e", "--editable")):
        return _unnamed(_option(wanted, at)[1], at, rest)
    if wanted.startswith((".", "/", "file:")) or (
        " @ " not in wanted and ("://" in wanted or _is_file(wanted))
    ):
        return _unnamed(wanted, at, rest)
    try:
        requirement = Requirement(wanted)
    except (InvalidRequirement, RecursionError) as error:
        raise Malformed(f"{at} is {shown(wanted, 80)!r}, expected a requirement (PEP 508)") from error
    return LockedPackage(
        canonicalize_name(requirement.name),
        _exact(requirement),
        marker=str(requirement.marker or ""),
        **_place(requirement.url or ""),
        **rest,
    )


def _is_file(wanted: str) -> bool:
    return wanted.partition(";")[0].strip().lower().endswith(_ARCHIVES)


def _exact(requirement: Requirement) -> str:
    """The one version that ``==`` (without a wildcard) or ``===`` allows, else that of a wheel's URL, else empty."""
    if requirement.url:
        return _wheel(requirement.url)[1]
    pins = [s.version for s in requirement.specifier if s.operator in {"==", "==="} and "*" not in s.version]
    return pins[0] if len(pins) == 1 else ""


def _unnamed(wanted: str, at: str, rest: dict[str, Any]) -> LockedPackage:
    """A path or URL: named by ``#egg=``, by a wheel's file name, or by itself."""
    place, _, marker = wanted.partition(" ;") if " ;" in wanted else wanted.partition("; ")
    place = place.strip()
    egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", place)
    name, version = _wheel(place)
    if not place:
        raise Malformed(f"{at} names no path or URL")
    found = canonicalize_name(egg[1]) if egg else name or place
    fields = _place(place) or {"source": "path", "location": place}
    return LockedPackage(found, version, marker=marker.strip(), **fields, **rest)


def _place(url: str) -> dict[str, Any]:
    url = url.partition("#")[0]
    if not url:
        return {}
    if url.startswith(("git+", "hg+", "svn+", "bzr+")):
        base, at, commit = url.rpartition("@")
        pinned = bool(at) and "/" not in commit
        return {"source": "git", "location": base if pinned else url, "commit": commit if pinned else ""}
    if url.startswith("file:") or "://" not in url:
        return {"source": "self" if url in {".", "./"} else "path", "location": url}
    return {"source": "url", "location": url}


def _wheel(place: str) -> tuple[str, str]:
    filename = place.partition("#")[0].partition("?")[0].rpartition("/")[2]
    if not filename.endswith(".whl") or len(filename) > 512:
        return "", ""
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise Malformed(f"{shown(filename, 120)!r} is not the name of a wheel") from error
    return name, str(version)


def _via(comment: str, known: list[str]) -> list[str]:
    """Names in ``via a, b`` or in the lines under a bare ``via``."""
    if comment == "via" or comment.startswith("via "):
        listed = comment.removeprefix("via").strip()
        return ["", *(part.strip() for part in listed.split(",") if part.strip())]
    return [comment] if known else []


def _related(entries: list[_Entry], incomplete: tuple[str, ...], what: str) -> Lockfile:
    """Turn *who wants me* round into *whom I want*; what no locked package wants, the project wants."""
    index = Index(what, ((entry.package.name, entry.package.version) for entry in entries))
    needs: dict[str, list[tuple[str, str]]] = {}
    direct: list[tuple[str, str]] = []
    projects: set[str] = set()
    annotated = any(entry.via for entry in entries)
    for entry in entries:
        pin = (entry.package.name, entry.package.version)
        parents = [_parent(name, index) for name in entry.via if name and not name.startswith("-c ")]
        for parent in parents:
            needs.setdefault(parent, []).append(pin)
        projects |= {canonicalize_name(found[1]) for name in entry.via if (found := _PROJECT.match(name))}
        if annotated and ("" in parents or not parents):
            direct.append(pin)
    links = {name: index.links(wanted) for name, wanted in needs.items() if name}
    roots = index.links(direct)
    return lockfile(
        "requirements.txt",
        "pypi",
        (_linked(entry.package, links.get(entry.package.name, ())) for entry in entries),
        what=what,
        root=next(iter(projects)) if len(projects) == 1 else "",
        roots=names(roots),
        links=roots,
        relations=annotated,
        tells_development=False,
        incomplete=incomplete,
    )


def _parent(name: str, index: Index) -> str:
    """A locked package by its name, or empty for the project and its input files."""
    plain = canonicalize_name(name.partition("[")[0].partition(" ")[0]) if not name.startswith("-") else ""
    return plain if plain in index.versions else ""


def _linked(package: LockedPackage, links: tuple[str, ...]) -> LockedPackage:
    return msgspec.structs.replace(package, links=links, requires=names(links))
