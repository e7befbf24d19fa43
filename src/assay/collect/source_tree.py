"""What a source tree says of itself: name, version and ecosystem, from the manifests of common build tools."""

import os
from pathlib import Path
from typing import Any

import msgspec

from assay.collect.files import read_plain
from assay.errors import Unavailable
from assay.formats import strict_json, strict_toml
from assay.formats.attestation import Release
from assay.formats.text import shown

MAX_BYTES = 4 * 1024 * 1024


class Description(msgspec.Struct, frozen=True):
    name: str = ""
    version: str = ""
    ecosystem: str = ""

    def called(self, folder: Path) -> str:
        """What the manifest says, else the folder's name, on one line; names of folders need not be UTF-8."""
        return shown(self.name or os.fsencode(folder.resolve().name).decode("utf-8", "replace"))

    def release(self, folder: Path) -> Release:
        """A release without files; named after the folder where no manifest names it."""
        name = self.called(folder)
        purl = f"pkg:{self.ecosystem}/{name}@{self.version}" if self.ecosystem and self.version else ""
        return Release(name=name, version=self.version, purl=purl)


def describe(folder: Path) -> Description:
    """From pyproject.toml, package.json or Cargo.toml, the first that names the project."""
    for file, ecosystem, keys in (
        ("pyproject.toml", "pypi", ("project",)),
        ("package.json", "npm", ()),
        ("Cargo.toml", "cargo", ("package",)),
    ):
        table = _manifest(folder / file)
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(table.get("name"), str):
            version = table.get("version")
            return Description(table["name"], version if isinstance(version, str) else "", ecosystem)
    return Description()


def _manifest(path: Path) -> Any:
    try:
        if not path.is_file():
            return {}
    except OSError as error:
        raise Unavailable(f"cannot read {path}: {error.strerror or error}") from error
    read = strict_json.load if path.suffix == ".json" else strict_toml.load
    return read(read_plain(path, limit=MAX_BYTES), what=str(path), limit=MAX_BYTES)
