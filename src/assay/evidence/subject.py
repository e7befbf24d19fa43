"""Whether an identifier in somebody's document means a given product or component: yes, no, or it cannot be told."""

from contextlib import suppress
from enum import Enum
from functools import lru_cache

import msgspec
from packaging.version import InvalidVersion, Version

from assay.formats.purl import identity, normalise_name


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
        if identifier in self.digests or _without_bom_version(identifier) in self.refs:
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
            versions = not (other.version and self.version) or other.version == self.version
            return Relation.UNCLEAR if alike and versions else Relation.OTHER
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


@lru_cache(maxsize=4096)
def subject_of(
    purl: str, digests: frozenset[str] = frozenset(), refs: frozenset[str] = frozenset()
) -> Subject | None:
    """The subject that *purl* names; None when it is not a purl."""
    parsed = identity(purl)
    if parsed is None:
        return None
    name = normalise_name(parsed.type, parsed.full_name)
    return Subject(name, parsed.version, parsed.type, parsed.qualifiers, digests, refs)


def same_version(kind: str, one: str, other: str) -> bool:
    """Equal as text or, for PyPI, as PEP 440 versions (``2.1`` and ``2.1.0``)."""
    if one == other:
        return True
    return kind == "pypi" and pep440(one) is not None and pep440(one) == pep440(other)


def _without_bom_version(identifier: str) -> str:
    """``urn:cdx:serial/version#ref`` -> ``urn:cdx:serial#ref``; anything else as it is."""
    if not identifier.startswith("urn:cdx:"):
        return identifier
    head, _, ref = identifier.partition("#")
    return f"{head.partition('/')[0]}#{ref}"


def pep440(text: str) -> Version | None:
    """*text* as PyPI orders versions; None when it is no PEP 440 version."""
    found: Version | None = None
    with suppress(InvalidVersion):  # "no version" is the answer here, not a failure
        found = Version(text)
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
