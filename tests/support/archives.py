"""Release files made by code. Fictional."""

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping

INFO = "lantern-2.1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: Lantern\nVersion: 2.1.0\nRequires-Dist: wick>=3\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of *files*, every member dated 2026-10-20."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path, (2026, 10, 20, 8, 30, 0))
            info.compress_type = method
            archive.writestr(info, data)
    return out.getvalue()


def tar(files: Mapping[str, bytes | tarfile.TarInfo], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A plain tar of *files*; a TarInfo instead of bytes is added as it is (links, devices)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for path, data in files.items():
            if isinstance(data, tarfile.TarInfo):
                archive.addfile(data)
                continue
            info = tarfile.TarInfo(path)
            info.size, info.mtime = len(data), 1792485000
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(path: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A tar member that is no file: a link, a folder, a device."""
    info = tarfile.TarInfo(path)
    info.type, info.linkname = kind, target
    return info


def tar_gz(files: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    return gzip.compress(tar(files), mtime=0)


def record(files: Mapping[str, bytes], info: str = INFO) -> bytes:
    """RECORD over *files* and itself."""
    rows = [f"{path},{_hash(data)},{len(data)}\n" for path, data in files.items()]
    return "".join([*rows, f"{info}/RECORD,,\n"]).encode()


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def wheel_files(files: Mapping[str, bytes] = {}, *, tag: str = "py3-none-any") -> dict[str, bytes]:
    """The members of a wheel of lantern 2.1.0 with *files*, and a RECORD that is right."""
    described = {
        "lantern/__init__.py": b'"""A light."""\n',
        **files,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": WHEEL.replace(b"py3-none-any", tag.encode()),
    }
    return {**described, f"{INFO}/RECORD": record(described)}


def wheel(files: Mapping[str, bytes] = {}, *, tag: str = "py3-none-any") -> bytes:
    return zipped(wheel_files(files, tag=tag))


def sdist(files: Mapping[str, bytes] = {}) -> bytes:
    """An sdist of lantern 2.1.0 with *files* below its top folder."""
    inside = {"PKG-INFO": METADATA, "lantern/__init__.py": b'"""A light."""\n', **files}
    return tar_gz({f"lantern-2.1.0/{path}": data for path, data in inside.items()})


def npm(files: Mapping[str, bytes] = {}, **manifest: object) -> bytes:
    """An npm tarball of @lighthouse/lantern 2.1.0."""
    about = {"name": "@lighthouse/lantern", "version": "2.1.0", "license": "MIT", **manifest}
    inside = {"package.json": json.dumps(about).encode(), "index.js": b"module.exports = 1\n", **files}
    return tar_gz({f"package/{path}": data for path, data in inside.items()})
