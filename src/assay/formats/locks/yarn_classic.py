"""yarn.lock of Yarn 1: blocks of ``key value`` lines, indented by two spaces a level."""

import re
from typing import Any

from assay.errors import Malformed, TooLarge
from assay.formats import text
from assay.formats.digest import Digest
from assay.formats.locks.model import MAX_PACKAGES, LockedPackage, Lockfile, lockfile, names
from assay.formats.locks.npm import sri
from assay.formats.text import shown

_QUOTED = r'"(?:[^"\\]|\\.)*\\?(?:"|\Z)'
"""Also matches what is never closed, so that no line is scanned twice; such a token is refused."""
_KEYS = re.compile(_QUOTED + r'|[^\s,"]+')
_WORDS = re.compile(_QUOTED + r'|[^\s"]+')
_SHA1 = re.compile(r"[0-9a-f]{40}\Z")
_TABLES = frozenset({"dependencies", "optionalDependencies"})


class _Block:
    def __init__(self, keys: list[str], at: str) -> None:
        self.keys = keys
        self.at = at
        self.fields: dict[str, str] = {}
        self.needs: list[str] = []
        """``name@range``, as the keys are written."""


def parse(data: bytes, *, what: str) -> Lockfile:
    """The project itself is not in this lock, nor which packages are for development."""
    blocks = _blocks(text.decode(data, what=what), what)
    by_key = {key: block for block in blocks for key in block.keys}
    return lockfile(
        "yarn.lock",
        "npm",
        (_package(block, by_key) for block in blocks),
        what=what,
        tells_development=False,
    )


def _blocks(source: str, what: str) -> list[_Block]:
    blocks: list[_Block] = []
    table = ""
    for number, line in enumerate(source.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        at = f"{what} line {number}"
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0 and content.endswith(":"):
            blocks.append(_Block(_tokens(_KEYS, content[:-1], at), at))
            table = ""
        elif indent == 2 and blocks and content.endswith(":"):
            table = content[:-1]
        elif indent == 2 and blocks:
            field, *value = _tokens(_WORDS, content, at)
            blocks[-1].fields[field] = " ".join(value)
            table = ""
        elif indent == 4 and blocks and table:
            words = _tokens(_WORDS, content, at)
            if table in _TABLES:
                blocks[-1].needs.append("@".join(words))
        else:
            raise Malformed(f"{at} is {shown(content, 80)!r}, expected a block or field of a Yarn 1 lock")
        if len(blocks) > MAX_PACKAGES:
            raise TooLarge(f"{what} has over {MAX_PACKAGES} blocks")
    return blocks


def _tokens(pattern: re.Pattern[str], content: str, at: str) -> list[str]:
    found = [_unquoted(token) for token in pattern.findall(content)]
    if not found or not all(found):
        raise Malformed(f"{at} is {shown(content, 80)!r}, expected words or quoted text")
    return [token for token in found if token]


def _unquoted(token: str) -> str | None:
    if not token.startswith('"'):
        return token
    closed = len(token) > 1 and token.endswith('"')
    return token[1:-1].replace('\\"', '"') if closed else None


def _package(block: _Block, by_key: dict[str, _Block]) -> LockedPackage:
    found = [by_key[need] for need in block.needs if need in by_key]
    links = tuple(dict.fromkeys(f"{_name(other)}@{other.fields.get('version', '')}" for other in found))
    resolved, _, fragment = block.fields.get("resolved", "").partition("#")
    digests, others = sri(block.fields.get("integrity", ""), what=block.at)
    if not digests and _SHA1.match(fragment) and not resolved.startswith(("git", "ssh")):
        digests = (Digest("sha1", fragment),)
    return LockedPackage(
        _name(block),
        block.fields.get("version", ""),
        digests,
        others,
        requires=names(links),
        links=links,
        **_source(resolved, fragment, block),
    )


def _name(block: _Block) -> str:
    """Of the package, not of the alias (``short@npm:long@^1``)."""
    return package_name(block.keys[0])


def package_name(descriptor: str) -> str:
    """The package that ``name@range`` or ``alias@npm:name@range`` asks for."""
    name, _, wanted = descriptor[1:].partition("@")
    target = wanted.removeprefix("npm:")
    if target != wanted and "@" in target[1:]:
        return target[0] + target[1:].partition("@")[0]
    return descriptor[:1] + name


def _source(resolved: str, fragment: str, block: _Block) -> dict[str, Any]:
    if resolved.startswith(("git+", "git:", "git@", "ssh:")) or resolved.endswith(".git"):
        return {"source": "git", "location": resolved, "commit": fragment}
    if not resolved or resolved.startswith("file:"):
        local = any("@file:" in key or "@link:" in key for key in block.keys)
        return {"source": "path", "location": resolved} if local or resolved else {}
    if "/tar.gz/" in resolved and "codeload" in resolved:
        return {"source": "git", "location": resolved, "commit": resolved.rpartition("/")[2]}
    return {}
