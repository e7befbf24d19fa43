"""go.mod and go.sum (Go modules reference): the first has versions, the second hashes."""

import re
from typing import Any

from assay.errors import Malformed
from assay.formats import b64, text
from assay.formats.locks.model import LockedPackage, Lockfile, lockfile
from assay.formats.text import shown

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s()]+|[()]')
_DIRECTIVES = frozenset(
    {"module", "go", "toolchain", "require", "replace", "exclude", "retract", "tool", "ignore", "godebug"}
)


def parse_mod(data: bytes, *, what: str) -> Lockfile:
    """Versions of the build list, with replacements applied. Hashes stand in go.sum, relations nowhere."""
    root = ""
    required: dict[str, tuple[str, bool]] = {}
    replaced: dict[tuple[str, str], tuple[str, str]] = {}
    for at, directive, words, comment in _statements(text.decode(data, what=what), what):
        if directive == "module":
            root = words[0] if words else ""
        elif directive == "require":
            if len(words) != 2:
                raise Malformed(
                    f"{at} requires {shown(' '.join(words), 80)!r}, expected a module and a version"
                )
            required[words[0]] = (words[1], "indirect" in comment)
        elif directive == "replace":
            old, new = _replacement(words, at)
            replaced[old] = new
    if not root:
        raise Malformed(f"{what} has no module directive")
    packages = [_required(name, version, replaced) for name, (version, _) in required.items()]
    direct = [p for p, (_, indirect) in zip(packages, required.values(), strict=True) if not indirect]
    return lockfile(
        "go.mod",
        "golang",
        packages,
        what=what,
        root=root,
        roots=tuple(package.name for package in direct),
        links=tuple(package.key for package in direct),
        expects_hashes=False,
        relations=False,
        tells_development=False,
    )


def parse_sum(data: bytes, *, what: str) -> Lockfile:
    """Modules whose content is hashed; a line for a ``go.mod`` alone says nothing about the code."""
    packages = []
    for number, line in enumerate(text.decode(data, what=what).split("\n"), 1):
        if not line.strip():
            continue
        at = f"{what} line {number}"
        words = line.split()
        if len(words) != 3:
            raise Malformed(f"{at} is {shown(line, 80)!r}, expected a module, a version and a hash")
        name, version, value = words
        _check_hash(value, at)
        if not version.endswith("/go.mod"):
            packages.append(LockedPackage(name, version, other_hashes=(value,)))
    return lockfile("go.sum", "golang", packages, what=what, relations=False, tells_development=False)


def _check_hash(value: str, at: str) -> None:
    algorithm, colon, digest = value.partition(":")
    if not colon:
        raise Malformed(f"{at} has the hash {shown(value, 80)!r}, expected h1:base64")
    if algorithm == "h1" and len(b64.decode(digest, what=f"{at} hash")) != 32:
        raise Malformed(f"{at} has an h1 hash that is not 32 bytes long")


def _statements(source: str, what: str) -> list[tuple[str, str, list[str], str]]:
    """(where, directive, words, comment) of every line, blocks in parentheses opened."""
    found = []
    block = ""
    for number, line in enumerate(source.split("\n"), 1):
        code, _, comment = line.partition("//")
        words = [_unquoted(word) for word in _WORD.findall(code)]
        at = f"{what} line {number}"
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif block:
            found.append((at, block, words, comment))
        elif words[0] not in _DIRECTIVES:
            raise Malformed(f"{at} starts with {shown(words[0], 40)!r}, which is no directive of a go.mod")
        elif words[1:] == ["("]:
            block = words[0]
        else:
            found.append((at, words[0], words[1:], comment))
    if block:
        raise Malformed(f"{what} ends inside a {block} block")
    return found


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in {'"', "`"} else word


def _replacement(words: list[str], at: str) -> tuple[tuple[str, str], tuple[str, str]]:
    if words.count("=>") != 1 or not 3 <= len(words) <= 5 or words.index("=>") not in {1, 2}:
        raise Malformed(
            f"{at} replaces {shown(' '.join(words), 80)!r}, expected old [version] => new [version]"
        )
    arrow = words.index("=>")
    old, new = words[:arrow], words[arrow + 1 :]
    if not 1 <= len(new) <= 2:
        raise Malformed(
            f"{at} replaces {shown(' '.join(words), 80)!r}, expected old [version] => new [version]"
        )
    return (old[0], old[1] if len(old) == 2 else ""), (new[0], new[1] if len(new) == 2 else "")


def _required(name: str, version: str, replaced: dict[tuple[str, str], tuple[str, str]]) -> LockedPackage:
    new = replaced.get((name, version)) or replaced.get((name, ""))
    if new is None:
        return LockedPackage(name, version)
    local: dict[str, Any] = {"source": "path", "location": new[0]}
    return LockedPackage(new[0], new[1]) if new[1] else LockedPackage(name, version, **local)
