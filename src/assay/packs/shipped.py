"""The packs that come with Assay. The one place below the edges that reads files: package data, never a path from outside."""

from functools import cache
from importlib.resources import files

from assay.errors import Unsupported
from assay.formats.text import shown
from assay.packs.model import Pack
from assay.packs.read import parse

_SUFFIX = ".yaml"


@cache
def refs() -> tuple[str, ...]:
    """``id@edition`` of every shipped pack, sorted."""
    names = (item.name for item in (files("assay.packs") / "data").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def data(ref: str) -> bytes:
    """The file of the pack *ref* (``id@edition``); its SHA-256 names the pack in a verdict."""
    if ref not in refs():
        raise Unsupported(
            f"pack {shown(ref, 80)!r} does not come with Assay, expected one of {', '.join(refs())}"
        )
    return (files("assay.packs") / "data" / f"{ref}{_SUFFIX}").read_bytes()


def load(ref: str) -> tuple[Pack, bytes]:
    content = data(ref)
    return parse(content, name=f"{ref}{_SUFFIX}"), content
