"""A folder of many small files that appears whole or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from assay.errors import Duplicate, Unavailable


def write_new(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write *files*, by relative path, into the new folder *folder*; how many. Whatever *files* raises leaves nothing behind.

    Not synced: after a loss of power the folder may be damaged, and what it was made from is still there.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Duplicate(f"{folder} is there already and not an empty folder")
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    count = 0
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, data in files:
            path = part / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            count += 1
        part.replace(folder)  # a crash before this leaves only the .part folder, which nothing reads
    except OSError as error:
        raise Unavailable(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count
