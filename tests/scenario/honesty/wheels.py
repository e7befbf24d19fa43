"""Lies about a wheel, for any wheel: bytes in, bytes out. A wheel made here is well-formed unless its name says otherwise."""

import base64
import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Mapping
from email import message_from_bytes

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.support import secrets

_ELF = b"\x7fELF\x02\x01\x01" + bytes(57)


def members(wheel: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def repacked(wheel: bytes, files: Mapping[str, bytes]) -> bytes:
    """*files* in an archive; those of *wheel* keep their dates, others get the date of its first."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        known = {info.filename: info for info in archive.infolist()}
    first = next(info for info in known.values() if not info.is_dir())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            old = known.get(path, first)
            info = zipfile.ZipInfo(path, old.date_time)
            info.external_attr, info.compress_type = old.external_attr, zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def rebuilt(wheel: bytes, changes: Mapping[str, bytes]) -> bytes:
    """The wheel with *changes* as if it had been built so: RECORD lists every file as it is."""
    files = {**members(wheel), **changes}
    at = record_path(files)
    rows = [f"{path},{_hash(data)},{len(data)}\n" for path, data in files.items() if path != at]
    return repacked(wheel, {**files, at: "".join([*rows, f"{at},,\n"]).encode()})


def record_path(files: Mapping[str, bytes]) -> str:
    return next(path for path in files if re.fullmatch(r"[^/]+\.dist-info/RECORD", path))


def package_file(wheel: bytes) -> str:
    """A Python file of the wheel, outside its dist-info."""
    return next(path for path in members(wheel) if path.endswith(".py") and ".dist-info/" not in path)


def top(wheel: bytes) -> str:
    """Folder of the wheel's own code, with a slash; empty where it is a single module."""
    folder, slash, _ = package_file(wheel).partition("/")
    return folder + slash if slash else ""


def needs(wheel: bytes) -> tuple[str, ...]:
    """Names of packages that the wheel always depends on, normalised."""
    files = members(wheel)
    path = next(path for path in files if re.fullmatch(r"[^/]+\.dist-info/METADATA", path))
    found = [Requirement(text) for text in message_from_bytes(files[path]).get_all("Requires-Dist", [])]
    return tuple(canonicalize_name(one.name) for one in found if one.marker is None)


# Changed after it was built: RECORD tells.


def with_changed_file(wheel: bytes) -> bytes:
    """A file that was patched in place, RECORD left as it was."""
    path = package_file(wheel)
    return repacked(wheel, {**members(wheel), path: members(wheel)[path] + b"\n# changed after the build\n"})


def with_unlisted_file(wheel: bytes) -> bytes:
    """A file that was slipped in."""
    return repacked(wheel, {**members(wheel), f"{top(wheel)}_extra.py": b"raise SystemExit\n"})


def with_edited_record(wheel: bytes) -> bytes:
    """RECORD gives one file another digest."""
    files = members(wheel)
    at, path = record_path(files), package_file(wheel)
    rows = files[at].decode().splitlines(keepends=True)
    edited = [
        f"{path},{_hash(b'something else')},{len(files[path])}\n" if row.startswith(f"{path},") else row
        for row in rows
    ]
    return repacked(wheel, {**files, at: "".join(edited).encode()})


def without_a_listed_file(wheel: bytes) -> bytes:
    path = package_file(wheel)
    return repacked(wheel, {name: data for name, data in members(wheel).items() if name != path})


def without_record(wheel: bytes) -> bytes:
    files = members(wheel)
    return repacked(wheel, {name: data for name, data in files.items() if name != record_path(files)})


def two_faced(wheel: bytes) -> bytes:
    """A second file under a name that is already there: which one a reader gets depends on the reader."""
    out = io.BytesIO(wheel)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(zipfile.ZipInfo(package_file(wheel)), b"raise SystemExit\n")
    return out.getvalue()


# Built so: RECORD is right, and what is inside is not.


def other(wheel: bytes) -> bytes:
    """Another sound build under the same name."""
    path = package_file(wheel)
    return rebuilt(wheel, {path: members(wheel)[path] + b"\n# another build\n"})


def with_secret(wheel: bytes) -> bytes:
    """Carries a private key that belongs to nobody."""
    key = secrets.pem(secrets.ed_key())
    return rebuilt(wheel, {f"{top(wheel)}_signing.py": b'KEY = b"""' + key + b'"""\n'})


def with_token(wheel: bytes) -> bytes:
    """Carries an access token whose checksum holds; it belongs to nobody."""
    return rebuilt(wheel, {f"{top(wheel)}_upload.py": b'TOKEN = "' + secrets.github() + b'"\n'})


def with_binary(wheel: bytes) -> bytes:
    """Carries machine code; of a wheel that says it is pure, nobody expects that."""
    return rebuilt(wheel, {f"{top(wheel)}_native.so": _ELF})


def with_vendored(wheel: bytes) -> bytes:
    """Carries a copy of a fictional package that stands nowhere else."""
    metadata = b"Metadata-Version: 2.1\nName: sham-lib\nVersion: 1.0\n"
    below = f"{top(wheel)}_vendor/"
    return rebuilt(
        wheel,
        {f"{below}sham_lib/__init__.py": b"", f"{below}sham_lib-1.0.dist-info/METADATA": metadata},
    )


def of_version(wheel: bytes, version: str) -> bytes:
    """Its metadata give another version than its name."""
    files = members(wheel)
    path = next(path for path in files if re.fullmatch(r"[^/]+\.dist-info/METADATA", path))
    changed = re.sub(rb"(?m)^Version: .*$", b"Version: " + version.encode(), files[path], count=1)
    return rebuilt(wheel, {path: changed})


def _hash(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
