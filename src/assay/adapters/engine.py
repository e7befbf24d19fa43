"""Which engine this is: the digest of its code and of the dependencies it runs with.

The code's digest is taken over the package's own files (path and SHA-256 of each), so a wheel, an installed copy and a
source tree of the same code are the same engine; zip timestamps play no part. The dependencies' digest is that of the
lock that ships inside the package, followed by every departure of the environment from it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

import msgspec
from packaging.markers import Marker

import assay
from assay.errors import Malformed
from assay.formats import zip_archive
from assay.formats.archive import MIB, Limits
from assay.formats.digest import Digest
from assay.formats.verdict import Engine

LOCK = "requirements.lock"
_IGNORED = (".pyc", ".pyo", ".part")
_VERSION = re.compile(rb'^__version__ = "([0-9A-Za-z.+-]{1,80})"$', re.MULTILINE)
_LIMITS = Limits(members=10_000, single=16 * MIB, total=128 * MIB)


def this_engine() -> Engine:
    root = Path(assay.__file__).parent
    files = (
        (path.relative_to(root).as_posix(), path.read_bytes())
        for path in sorted(root.rglob("*"))
        if _counts(path)
    )
    lock = (root / LOCK).read_bytes()
    lock += "\n".join(departures(lock.decode())).encode()
    return Engine(name="assay", version=assay.__version__, code=_digest(files), lock=str(Digest.sha256(lock)))


class Wheel(msgspec.Struct, frozen=True):
    """An engine that is not installed."""

    engine: Engine
    files: Mapping[str, bytes]
    """All that the engine's digest covers, by path in the package. Nothing else of a wheel may ever run: a wheel can
    also hold ``.pth`` files, compiled modules and other packages, of which the digest knows nothing."""

    @property
    def lock(self) -> bytes:
        return self.files[LOCK]


def open_wheel(data: bytes, *, what: str) -> Wheel:
    """The engine inside a wheel of Assay, from its bytes; nothing of it runs."""
    archive = zip_archive.read(data, what=what, limits=_LIMITS)
    files = {
        entry.path.removeprefix("assay/"): archive.read(entry.path)
        for entry in sorted(archive.entries, key=lambda entry: Path(entry.path).parts)
        if entry.kind == "file" and entry.path.startswith("assay/") and not entry.path.endswith(_IGNORED)
    }
    version = _VERSION.search(files.get("__init__.py", b""))
    if LOCK not in files or version is None:
        raise Malformed(f"{what} is no wheel of Assay: it has no assay/{LOCK}, or no version")
    engine = Engine(
        name="assay",
        version=version[1].decode(),
        code=_digest(files.items()),
        lock=str(Digest.sha256(files[LOCK])),
    )
    return Wheel(engine, files)


def _counts(path: Path) -> bool:
    return path.is_file() and not path.name.endswith(_IGNORED) and "__pycache__" not in path.parts


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    lines = hashlib.sha256()
    for name, data in files:
        lines.update(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
    return f"sha256:{lines.hexdigest()}"


def departures(lock: str) -> tuple[str, ...]:
    """``name==locked is installed`` for every locked package whose installed version differs."""
    found = []
    for line in lock.splitlines():
        if "==" not in line or line.startswith((" ", "#")):
            continue
        requirement, _, marker = line.rstrip(" \\").partition(" ; ")
        name, _, locked = requirement.strip().partition("==")
        if marker and not Marker(marker).evaluate():
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "absent"
        if installed != locked:
            found.append(f"{name}=={locked} is {installed}")
    return tuple(found)
