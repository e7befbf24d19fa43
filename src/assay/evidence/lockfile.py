"""The dependencies that a project locked, whichever tool locked them."""

import re
from collections.abc import Callable

from assay.errors import Unsupported
from assay.formats.locks import (
    cargo,
    composer,
    gemfile,
    go,
    npm,
    pipfile,
    pnpm,
    poetry,
    pylock,
    requirements,
    uv,
    yarn_berry,
    yarn_classic,
)
from assay.formats.locks.model import LockedPackage, Lockfile
from assay.formats.text import shown

__all__ = ["LockedPackage", "Lockfile", "read"]

Parse = Callable[..., Lockfile]

_EXACT: dict[str, Parse] = {
    "pylock.toml": pylock.parse,
    "uv.lock": uv.parse,
    "poetry.lock": poetry.parse,
    "pipfile.lock": pipfile.parse,
    "package-lock.json": npm.parse,
    "npm-shrinkwrap.json": npm.parse,
    "pnpm-lock.yaml": pnpm.parse,
    "cargo.lock": cargo.parse,
    "go.mod": go.parse_mod,
    "go.sum": go.parse_sum,
    "gemfile.lock": gemfile.parse,
    "gems.locked": gemfile.parse,
    "composer.lock": composer.parse,
}
_NAMED_PYLOCK = re.compile(r"pylock\.[^.]+\.toml\Z")
_TOOLS = frozenset(
    {
        "dev",
        "develop",
        "development",
        "test",
        "tests",
        "testing",
        "lint",
        "docs",
        "doc",
        "typing",
        "ci",
        "build",
        "bench",
    }
)


def read(data: bytes, *, name: str) -> Lockfile:
    """Read the lock file found at *name* (a POSIX path; its last part chooses the reader)."""
    return _parser(data, name)(data, what=shown(name, 120))


def _parser(data: bytes, name: str) -> Parse:
    filename = name.rpartition("/")[2].lower()
    if filename in _EXACT:
        return _EXACT[filename]
    if _NAMED_PYLOCK.match(filename):
        return pylock.parse
    if filename == "yarn.lock":
        berry = re.search(rb"^__metadata:", data, re.MULTILINE)
        return yarn_berry.parse if berry else yarn_classic.parse
    if filename.endswith((".txt", ".lock")):
        return _requirements(filename)
    raise Unsupported(f"{shown(name, 120)!r} is not the name of a lock file that is read here")


def _requirements(filename: str) -> Parse:
    """pip's format has no name of its own; a file named for tools (``requirements-dev.txt``) locks only those."""
    words = set(re.split(r"[^a-z]+", filename.rpartition(".")[0]))

    def parse(data: bytes, *, what: str) -> Lockfile:
        return requirements.parse(data, what=what, development=bool(words & _TOOLS))

    return parse
