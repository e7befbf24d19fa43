"""Where the files of a tiled log are: folder, memory, bucket, server."""

import re

from assay.errors import Malformed

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)


def safe(path: str) -> str:
    """*path* itself, when it cannot lead anywhere but below the log: plain names joined by single slashes."""
    names = path.removesuffix("/").split("/")
    if len(path) > 200 or not all(_SEGMENT.fullmatch(name) for name in names):
        raise Malformed(f"{path[:200]!r} is no path of a file in a tiled log")
    return path
