"""Submission bundles on disk: a folder or a tar."""

import os
import shutil
from pathlib import Path

from assay.adapters.filesystem import read_whole, write_whole
from assay.collect.files import read_plain
from assay.errors import Duplicate, Malformed, TooLarge, Unavailable
from assay.formats import bundle as wire
from assay.formats.bundle import Bundle

MAX_TAR = 2 * 1024 * 1024 * 1024


def read(path: Path) -> Bundle:
    """The bundle in the folder or tar at *path*; symbolic links and foreign files are refused."""
    if path.is_dir():
        return wire.from_files(_files(path), what=str(path))
    return wire.read_tar(read_whole(path, limit=MAX_TAR), what=str(path))


def write(path: Path, bundle: Bundle) -> None:
    """Write *bundle* as a tar when the name says so, else as a new folder that appears whole."""
    if path.name.endswith(".tar"):
        write_whole(path, wire.write_tar(bundle))
    elif path.name.endswith((".tar.gz", ".tgz")):
        write_whole(path, wire.write_tar_gz(bundle))
    else:
        _write_folder(path, bundle)


def replace(path: Path, bundle: Bundle) -> None:
    """Write *bundle* as the folder *path*, in place of a bundle that may be there; anything else there is refused."""
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.is_dir() and not path.is_symlink() and (path / wire.ENVELOPE).is_file():
        if (path / wire.ENVELOPE).read_bytes() == bundle.envelope:
            return
        path.replace(
            old
        )  # a crash here leaves no bundle and the old one beside it; the next trial writes its own
    _write_folder(path, bundle)
    shutil.rmtree(old, ignore_errors=True)


def _write_folder(path: Path, bundle: Bundle) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise Duplicate(f"{path} is there already and not an empty folder")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        for name, data in wire.to_files(bundle).items():
            write_whole(part / name, data)
        part.replace(path)  # a crash before this leaves only the .part folder, which nothing reads
    except OSError as error:
        raise Unavailable(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _files(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for top, folders, names in os.walk(folder, onerror=_unreadable):
        here = Path(top)
        for name in (*folders, *names):
            if (here / name).is_symlink():
                raise Malformed(f"{here / name} is a symbolic link, expected a plain file or folder")
        for name in names:
            path = here / name
            relative = path.relative_to(folder).as_posix()
            files[relative] = read_plain(path, limit=wire.limit_of(relative, what=str(folder)))
            total += len(files[relative])
            if len(files) > wire.LIMITS.members or total > wire.LIMITS.total:
                raise TooLarge(f"{folder} is over {wire.LIMITS.members} files or {wire.LIMITS.total} bytes")
    return files


def _unreadable(error: OSError) -> None:
    raise Unavailable(f"cannot read {error.filename}: {error.strerror}")


def replace_envelope(path: Path, bundle: Bundle) -> None:
    """Write the envelope of *bundle* over that of the bundle at *path*; all else stays as it is."""
    if path.is_dir():
        write_whole(path / wire.ENVELOPE, bundle.envelope)
    else:
        write(path, bundle)
