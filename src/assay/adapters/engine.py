"""Which engine this is: the digest of its code and of the dependencies it runs with.

The code's digest is taken over the package's own files (path and SHA-256 of each), so a wheel, an installed copy and a
source tree of the same code are the same engine; zip timestamps play no part. The dependencies' digest is that of the
lock that ships inside the package, followed by every departure of the environment from it.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

import assay
from assay.errors import Malformed
from assay.formats.digest import Digest
from assay.formats.verdict import Engine

LOCK = "requirements.lock"
_IGNORED = (".pyc", ".pyo", ".part")


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


def wheel_engine(data: bytes) -> Engine:
    """The engine inside a wheel, from its bytes; nothing of it runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = sorted(
                name
                for name in archive.namelist()
                if name.startswith("assay/") and not name.endswith((*_IGNORED, "/"))
            )
            files = [(name.removeprefix("assay/"), archive.read(name)) for name in names]
            versions = [
                line
                for line in dict(files)["__init__.py"].decode().splitlines()
                if line.startswith("__version__")
            ]
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, RuntimeError, NotImplementedError) as error:
        raise Malformed(f"not a wheel of Assay: {error}") from error
    files.sort(key=lambda pair: Path(pair[0]).parts)
    lock = dict(files).get(LOCK)
    if lock is None or not versions:
        raise Malformed(f"not a wheel of Assay: it has no assay/{LOCK}")
    return Engine(
        name="assay", version=versions[0].split('"')[1], code=_digest(files), lock=str(Digest.sha256(lock))
    )


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
