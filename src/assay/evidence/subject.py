"""Whether an identifier in somebody's document means a given product or component: yes, no, or it cannot be told."""

from enum import Enum

import msgspec
from packaging.version import InvalidVersion, Version

from assay.errors import Malformed
from assay.formats.digest import LENGTHS
from assay.formats.purl import Purl, normalise_name


class Relation(Enum):
    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"


class Subject(msgspec.Struct, frozen=True):
    """A product or component, by all the names it goes by."""

    name: str
    """With its namespace; normalised for *type*."""
    version: str = ""
    type: str = ""
    """purl type; empty when unknown."""
    qualifiers: tuple[tuple[str, str], ...] = ()
    digests: frozenset[str] = frozenset()
    """``algorithm:hex``."""
    refs: frozenset[str] = frozenset()
    """BOM-Links and bom-refs that are known to mean it."""

    def relation(self, identifier: str) -> Relation:
        """What *identifier* (purl, digest, BOM-Link, name) is to this subject. A purl without version means every version."""
        if identifier in self.digests or identifier in self.refs:
            return Relation.SAME
        if identifier.startswith("pkg:"):
            return self._purl(identifier)
        if _plain(identifier) in {
            _plain(f"{self.name} {self.version}"),
            _plain(f"{self.name}@{self.version}"),
        }:
            return Relation.SAME if self.version else Relation.UNCLEAR
        return Relation.UNCLEAR

    def _purl(self, identifier: str) -> Relation:
        other = subject_of(identifier)
        if other is None:
            return Relation.UNCLEAR
        if self.type and self.type != other.type:
            alike = _plain(other.name).rpartition("/")[2] == _plain(self.name).rpartition("/")[2]
            return Relation.UNCLEAR if alike else Relation.OTHER
        if normalise_name(other.type, self.name) != other.name:
            return Relation.OTHER
        if other.version and not self.version:
            return Relation.UNCLEAR
        if other.version and not same_version(other.type, other.version, self.version):
            return Relation.OTHER
        return self._qualified(dict(other.qualifiers))

    def _qualified(self, wanted: dict[str, str]) -> Relation:
        own = dict(self.qualifiers)
        if any(key in own and own[key] != value for key, value in wanted.items()):
            return Relation.OTHER
        return Relation.SAME if wanted.keys() <= own.keys() else Relation.UNCLEAR


def subject_of(
    purl: str, digests: frozenset[str] = frozenset(), refs: frozenset[str] = frozenset()
) -> Subject | None:
    """The subject that *purl* names; None when it is not a purl."""
    try:
        parsed = Purl.parse(purl)
    except Malformed:
        parsed = None
    if parsed is None:
        return None
    name = normalise_name(parsed.type, parsed.full_name)
    return Subject(name, parsed.version, parsed.type, parsed.qualifiers, digests, refs)


def same_version(kind: str, one: str, other: str) -> bool:
    """Equal as text or, for PyPI, as PEP 440 versions (``2.1`` and ``2.1.0``)."""
    if one == other:
        return True
    return kind == "pypi" and _pep440(one) is not None and _pep440(one) == _pep440(other)


def is_digest(identifier: str) -> bool:
    algorithm, _, value = identifier.partition(":")
    return LENGTHS.get(algorithm) == len(value)


def _pep440(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        pass
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
