"""An npm package: a gzipped tar with one top folder (by custom ``package``) and package.json in it."""

from typing import Any

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import strict_json
from assay.formats.archive import Archive
from assay.formats.sdist import top_folder
from assay.formats.text import shown

_MAX_BYTES = 4 * 1024 * 1024


class Need(msgspec.Struct, frozen=True):
    name: str
    specifier: str
    marker: str
    """Empty, ``optional`` or ``peer``."""


class Package(msgspec.Struct, frozen=True):
    name: str
    version: str
    licence: str = ""
    needs: tuple[Need, ...] = ()
    bundled: tuple[str, ...] = ()
    """Names under ``bundleDependencies``; ``*`` for all."""


class _Manifest(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    version: str
    license: Any = None
    dependencies: dict[str, str] = {}
    optional_dependencies: dict[str, str] = {}
    peer_dependencies: dict[str, str] = {}
    bundle_dependencies: list[str] | bool = False
    bundled_dependencies: list[str] | bool = False


def read(archive: Archive, *, what: str) -> Package:
    top = top_folder(archive)
    path = f"{top}/package.json"
    size = next((e.size for e in archive.entries if e.path == path and e.kind == "file"), None)
    if not top or size is None:
        raise Malformed(f"{what} has no package.json in one top folder")
    if size > _MAX_BYTES:
        raise TooLarge(f"{what}: package.json has {size} bytes, over {_MAX_BYTES}")
    return manifest(archive.read(path), what=what)


def manifest(data: bytes, *, what: str) -> Package:
    """What a package.json says of a package that is installed or packed."""
    if len(data) > _MAX_BYTES:
        raise TooLarge(f"{what}: package.json has {len(data)} bytes, over {_MAX_BYTES}")
    found = strict_json.decode(data.removeprefix(b"\xef\xbb\xbf"), _Manifest, what=f"{what}: package.json")
    for field, value in (("name", found.name), ("version", found.version)):
        if not value or shown(value, 220) != value:
            raise Malformed(f"{what}: package.json has no well-formed {field}")
    return Package(found.name, found.version, _licence(found.license), _needs(found), _bundled(found))


def _needs(manifest: _Manifest) -> tuple[Need, ...]:
    """An optional dependency overrides a plain one of the same name (npm's package.json documentation)."""
    plain = {**{name: (spec, "") for name, spec in manifest.dependencies.items()}}
    plain |= {name: (spec, "optional") for name, spec in manifest.optional_dependencies.items()}
    peers = tuple(Need(name, spec, "peer") for name, spec in manifest.peer_dependencies.items())
    return tuple(Need(name, spec, marker) for name, (spec, marker) in plain.items()) + peers


def _bundled(manifest: _Manifest) -> tuple[str, ...]:
    both = (manifest.bundle_dependencies, manifest.bundled_dependencies)
    if any(value is True for value in both):
        return ("*",)
    return tuple(dict.fromkeys(name for value in both if isinstance(value, list) for name in value))


def _licence(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("type")
    return shown(value) if isinstance(value, str) else ""
