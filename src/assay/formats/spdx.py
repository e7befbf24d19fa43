"""What SPDX documents of versions 2 and 3 say, as one value."""

import re

import msgspec

from assay.formats.bill import Component, Tool

ALGORITHMS = {
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
    "blake2b-256": "blake2b_256",
    "blake2b256": "blake2b_256",
    "blake2b-384": "blake2b_384",
    "blake2b384": "blake2b_384",
    "blake2b-512": "blake2b",
    "blake2b512": "blake2b",
}
"""SPDX algorithm in lower case to that of a Digest, where they differ."""

NO_ASSERTION = "NOASSERTION"
NONE = "NONE"

_TOOL = re.compile(r"(?P<name>.+?)[-@ ](?P<version>v?\d[^\s]*)\Z")


class Document(msgspec.Struct, frozen=True):
    version: str
    """``2.3``, ``3.0.1``, ..."""
    namespace: str
    """documentNamespace, or the spdxId of the document."""
    created: str
    name: str = ""
    authors: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    generation: tuple[str, ...] = ()
    """software_sbomType (3), or the creation comment where it speaks of the type (2)."""
    described: tuple[str, ...] = ()
    """Refs of what the document is about."""
    components: tuple[Component, ...] = ()
    """Packages, and of the files only those that the document is about."""
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(ref, refs it depends on, links or contains); no refs where the document says NONE."""
    files: int = 0
    """Files in the document, described or not."""


def tool(text: str) -> Tool:
    """``name-version``, as SPDX 2.3 clause 6.8 writes a tool; the version is empty where there is none to see."""
    if found := _TOOL.match(text[:500]):
        return Tool(found["name"], found["version"])
    return Tool(text)


class Relations:
    """Dependencies collected from relationships of both directions."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._found: dict[str, list[str]] = {}
        self.unknown: set[str] = set()
        """Refs whose dependencies the document says it does not know."""

    def add(self, ref: str, other: str) -> None:
        """*ref* depends on, links or contains *other*; parts that are no components are left out."""
        if ref not in self._known:
            return
        if other in self._known:
            self._found.setdefault(ref, []).append(other)
        elif other == NO_ASSERTION:
            self.unknown.add(ref)
        elif other == NONE:
            self._found.setdefault(ref, [])

    @property
    def all(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple([(ref, tuple(dict.fromkeys(others))) for ref, others in self._found.items()])
