"""A Python source distribution: one top folder with PKG-INFO in it (PyPA source distribution format)."""

from assay.errors import Malformed, TooLarge
from assay.formats import core_metadata
from assay.formats.archive import Archive
from assay.formats.core_metadata import CoreMetadata
from assay.formats.text import shown


def top_folder(archive: Archive) -> str:
    """The one folder that everything is in; empty when there is no such folder."""
    tops = {entry.path.partition("/")[0] for entry in archive.entries}
    return tops.pop() if len(tops) == 1 else ""


def holds(archive: Archive, name: str) -> bool:
    """Whether the top folder has the file *name*."""
    top = top_folder(archive)
    return bool(top) and any(e.path == f"{top}/{name}" and e.kind == "file" for e in archive.entries)


def read(archive: Archive, *, what: str) -> CoreMetadata:
    top = top_folder(archive)
    if not top:
        raise Malformed(f"{what} has several top folders, expected one")
    size = next((e.size for e in archive.entries if e.path == f"{top}/PKG-INFO" and e.kind == "file"), None)
    if size is None:
        raise Malformed(f"{what} has no {shown(top, 80)}/PKG-INFO")
    if size > core_metadata.MAX_BYTES:
        raise TooLarge(f"{what}: PKG-INFO has {size} bytes, over {core_metadata.MAX_BYTES}")
    return core_metadata.read(archive.read(f"{top}/PKG-INFO"), what=f"{what}: PKG-INFO")
