"""What zip and tar have in common once opened in memory: members, limits, and which names are acceptable.

Nothing is ever written to a disk, and no link is followed: a path is a name here, not a place.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Literal

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.text import shown

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive may cost. Sizes in bytes, uncompressed unless said otherwise."""

    members: int = 100_000
    single: int = 256 * MIB
    """One member."""
    total: int = 1024 * MIB
    """All members of a zip, which are read one at a time."""
    held: int = 512 * MIB
    """A compressed tar: it has no index, so it is held in memory while it is open."""
    ratio: int = 250
    """Uncompressed over compressed, of a member and of the whole, once past *ratio_floor*."""
    ratio_floor: int = 32 * MIB
    name: int = 1024
    """Bytes of a path."""
    depth: int = 64
    """Folders in a path."""


LIMITS = Limits()


class Entry(msgspec.Struct, frozen=True):
    """A member as the archive describes it."""

    path: str
    """Relative, POSIX, without a final slash."""
    kind: Literal["file", "directory", "symlink", "hardlink"]
    size: int = 0
    target: str = ""
    """Of a link, as written; known to stay inside the archive."""
    executable: bool = False
    modified: datetime | None = None
    """As UTC; zip has no zone, so there it may be off by as much as a day."""


class Archive(msgspec.Struct, frozen=True):
    """An opened archive; *chunks* yields a file's bytes piece by piece and raises when they are not as declared."""

    format: Literal["zip", "tar"]
    entries: tuple[Entry, ...]
    chunks: Callable[[str], Iterator[bytes]]
    collisions: tuple[tuple[str, str], ...] = ()
    """Pairs of paths that are one path to a file system without case or with Unicode normalisation."""
    packed: Callable[[str], Hashable] | None = None
    """What a file's bytes follow from, in short: files for which it is equal unpack to the same, or raise the same. None for a tar."""
    held: int = 0
    """Bytes of memory that *chunks* holds on to, about."""

    def read(self, path: str) -> bytes:
        """The bytes of the file at *path* (of a link: nothing is followed, :class:`Malformed`)."""
        return b"".join(self.chunks(path))


class Place(msgspec.Struct, frozen=True):
    """A member as errors name it; the text is made only when there is an error."""

    what: str
    path: str

    def __str__(self) -> str:
        return f"{self.what}: member {shown(self.path[:160], 80)!r}"


_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def member_path(name: str, *, what: str, limits: Limits = LIMITS) -> str:
    """Check a name from an archive and return it without a leading ``./`` and a final slash.

    Refused: empty, absolute, with a drive letter, backslash, control character, or an empty, ``.`` or ``..`` part.
    """
    where = Place(what, name)
    if not name.isprintable() and _CONTROL.search(name):
        raise Malformed(f"{where} has a control character or broken Unicode in its name")
    if len(name.encode()) > limits.name:
        raise TooLarge(f"{where} has a name over {limits.name} bytes")
    if name.startswith("/") or _DRIVE.match(name):
        raise Malformed(f"{where} has an absolute path, expected a relative one")
    if "\\" in name:
        raise Malformed(f"{where} has a backslash in its name, expected forward slashes")
    parts = name.removeprefix("./").removesuffix("/").split("/")
    if len(parts) > limits.depth:
        raise TooLarge(f"{where} is over {limits.depth} folders deep")
    for part in parts:
        if part in ("", ".", ".."):
            raise Malformed(f"{where} has the part {part!r} in its path, expected plain names")
    return "/".join(parts)


def link_inside(path: str, target: str, *, what: str) -> None:
    """Refuse a symbolic link at *path* whose *target* is not plainly inside the archive."""
    where = Place(what, path)
    if not target or _CONTROL.search(target) or "\\" in target or len(target) > 4096:
        raise Malformed(f"{where} is a symbolic link with no usable target")
    if target.startswith("/") or _DRIVE.match(target):
        raise Malformed(
            f"{where} is a symbolic link to {shown(target, 80)!r} that points outside the archive"
        )
    level = path.count("/")
    for part in target.split("/"):
        level += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if level < 0:
            raise Malformed(
                f"{where} is a symbolic link to {shown(target, 80)!r} that points outside the archive"
            )


def arrange(entries: Iterable[Entry], *, what: str) -> tuple[tuple[str, str], ...]:
    """Refuse two members of one name and members below a file; return the pairs that only some file systems tell apart."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        other = seen.setdefault(entry.path, entry)
        if other is not entry and not (entry.kind == other.kind == "directory"):
            raise Malformed(f"{what}: member {shown(entry.path, 80)!r} is there twice")
    # NUL sorts before all that may stand in a name, so whatever is below a path follows it at once.
    for above, below in pairwise(sorted(seen, key=lambda path: path.replace("/", "\0"))):
        if seen[above].kind != "directory" and below.startswith(above + "/"):
            raise Malformed(
                f"{what}: member {shown(below, 80)!r} is below {shown(above, 80)!r}, which is no folder"
            )
    folded: dict[str, str] = {}
    pairs = []
    for path in seen:
        key = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        other_path = folded.setdefault(key, path)
        if other_path != path:
            pairs.append((other_path, path))
    return tuple(pairs)


def within_ratio(size: int, packed: int, *, what: Place | str, limits: Limits) -> None:
    """Refuse *size* bytes that come from too few."""
    if size > limits.ratio_floor and size > limits.ratio * max(packed, 1):
        raise TooLarge(f"{what} unpacks to {size} bytes from {packed}, over {limits.ratio} to 1")
