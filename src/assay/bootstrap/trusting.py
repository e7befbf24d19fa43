"""Which trust root a command goes by; never one from the message."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from assay.adapters.filesystem import read_whole
from assay.bootstrap import home
from assay.collect.files import read_plain
from assay.errors import Malformed
from assay.trust.root import MAX_BYTES, TrustRoot

BESIDE = "trust.json"


class Found(msgspec.Struct, frozen=True):
    root: TrustRoot
    where: str
    """For people: the file, and whether it was pinned."""
    pinned: bool


def find(given: Path | None, beside: Path) -> Found:
    """*given*, else ``.assay/trust.json`` here, else ``trust.json`` in the folder of *beside*, which is not pinned."""
    if given is not None:
        return Found(_read(given, read_whole), f"{given} (given)", True)
    here = home()
    if here.trust_file.is_file():
        return Found(_read(here.trust_file), f"{here.trust_file} (this folder's)", True)
    folder = beside if beside.is_dir() else beside.parent
    for path in (folder / BESIDE, folder.parent / BESIDE):
        if path.is_file():
            return Found(
                _read(path),
                f"{path} (found beside the file, NOT PINNED: it proves only that the files fit together)",
                False,
            )
    return Found(TrustRoot(), "none: nobody is trusted here (--trust FILE, or `assay trust add`)", False)


def _read(path: Path, read: Callable[..., bytes] = read_plain) -> TrustRoot:
    try:
        return TrustRoot.parse(read(path, limit=MAX_BYTES), what=str(path))
    except Malformed as error:
        raise error if str(path) in str(error) else type(error)(f"{path}: {error}") from error
