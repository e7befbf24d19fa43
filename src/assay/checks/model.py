"""What a check is, what it reads and what it says.

A check is one pure function over a :class:`Case`. It re-derives rather than believes: it opens the release, compares it
with the bill, the lock, the provenance. It says something about everything it looked at: no finding at all is *unknown*,
because a check that examined nothing proved nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from packaging.version import Version

from assay.evidence.model import Exhibit, Source, Unreadable
from assay.evidence.subject import Subject, pep440, same_version
from assay.formats import semver
from assay.formats.attestation import Attestation, Release
from assay.formats.digest import Digest
from assay.formats.known_exploited import Catalogue
from assay.trust.envelope import EnvelopeStanding as EnvelopeStanding  # noqa: PLC0414 - part of this vocabulary

T = TypeVar("T")


class Outcome(StrEnum):
    SATISFIED = "satisfied"
    NOT_SATISFIED = "not_satisfied"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Severity(StrEnum):
    """How much a finding against weighs: LOW never contradicts a claim by itself, the others do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Basis(StrEnum):
    """What an answer rests on, weakest first."""

    STATEMENT = "statement"
    """The provider's own word."""
    ARTIFACT = "artifact"
    """A document that could be false, but is bound to this release."""
    DERIVED = "derived"
    """Recomputed here from the release or under a verified signature."""


class Finding(msgspec.Struct, frozen=True):
    outcome: Outcome
    message: str
    at: str = ""
    """Where in the evidence: JSON pointer, member path, line."""
    evidence: tuple[Digest, ...] = ()
    remedy: str = ""
    """What would turn it, in a few words."""

    @classmethod
    def supports(
        cls, message: str, *evidence: "Exhibit[Any] | Source | Unreadable", at: str = ""
    ) -> "Finding":
        return cls(Outcome.SATISFIED, message, at, _digests(evidence))

    @classmethod
    def against(
        cls, message: str, *evidence: "Exhibit[Any] | Source | Unreadable", at: str = "", remedy: str = ""
    ) -> "Finding":
        return cls(Outcome.NOT_SATISFIED, message, at, _digests(evidence), remedy)

    @classmethod
    def unknown(
        cls, message: str, *evidence: "Exhibit[Any] | Source | Unreadable", at: str = "", remedy: str = ""
    ) -> "Finding":
        return cls(Outcome.UNKNOWN, message, at, _digests(evidence), remedy)

    @classmethod
    def not_applicable(
        cls, message: str, *evidence: "Exhibit[Any] | Source | Unreadable", at: str = ""
    ) -> "Finding":
        return cls(Outcome.NOT_APPLICABLE, message, at, _digests(evidence))


def _digests(evidence: "Iterable[Exhibit[Any] | Source | Unreadable]") -> tuple[Digest, ...]:
    sources = (item if isinstance(item, Source) else item.source for item in evidence)
    return tuple(dict.fromkeys(source.digest for source in sources))


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """All that a check may know: one release of one attestation, and the evidence about it."""

    attestation: Attestation
    release: Release
    """The release in question; of a company-wide attestation, a release without files."""
    now: datetime
    exhibits: tuple[Exhibit[Any], ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    parameters: Mapping[str, Any] = {}
    """The binding's parameters from the pack, over the check's defaults."""
    facts: "Facts"

    def of(self, kind: type[T]) -> tuple[Exhibit[T], ...]:
        """The exhibits of *kind* about this release, in the attestation's order."""
        return tuple(exhibit for exhibit in self.exhibits if isinstance(exhibit.value, kind))

    def number(self, name: str) -> int:
        return int(self.parameters[name])

    def stale(self, name: str, made: datetime) -> str:
        """Why what was *made* then does not say how things stand now, the parameter *name* being its most days; empty when it does."""
        return stale(made, self.now, self.number(name))

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self.parameters[name])


def stale(made: datetime, now: datetime, days: int) -> str:
    """Why what was *made* then does not say how things stand *now*, by at most so many *days*; empty when it does."""
    if made > now + timedelta(days=1):
        return f"is dated after {now.date()}, the day of this check"
    if now - made > timedelta(days=days):
        return f"is {(now - made).days} days old, at most {days} expected"
    return ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the office knows beside the artifacts: who signed, what the trust root and the policy say."""

    signature: EnvelopeStanding
    malicious: "Malicious | None" = None
    """None: no snapshot was given, so nothing can be said."""
    exploited: Catalogue | None = None
    """None: no catalogue of known exploited vulnerabilities was given."""
    advisories: "Advisories | None" = None
    """To look components up in what is exploited; None where there is no catalogue, or no snapshot."""
    accepted_builders: tuple[str, ...] = ()
    customers: "CustomerStanding | None" = None
    artifact_uses: Mapping[str, tuple[str, ...]] = {}
    """SHA-256 hex of an artifact -> ``provider/product@version`` it was submitted for before, in this office."""


class CustomerStanding(msgspec.Struct, frozen=True):
    """What recomputing the customer list's commitment gave."""

    rows: int
    commitment: Digest


class Span(msgspec.Struct, frozen=True):
    """Versions from *introduced* up to but without *fixed*, or up to and with *last*; without either, all later ones."""

    introduced: str
    fixed: str = ""
    last: str = ""

    def holds(self, kind: str, version: str) -> bool | None:
        """Whether *version* of a package of purl type *kind* lies in it; None when the versions cannot be compared."""
        start = "" if self.introduced == "0" else self.introduced
        end = self.fixed or self.last
        compared = [text for text in (version, start, end) if text]
        if kind == "pypi":
            known = all(pep440(text) for text in compared)
            order: Callable[[str], Any] = Version
        else:
            known = all(semver.is_version(text) for text in compared)
            order = semver.key
        if not known:
            return None
        if start and order(version) < order(start):
            return False
        if not end:
            return True
        return bool(order(version) < order(end) if self.fixed else order(version) <= order(end))


class Malicious(msgspec.Struct, frozen=True):
    """Known-malicious packages: (purl type, normalised name) -> versions, empty for every version."""

    as_of: datetime
    ecosystems: tuple[str, ...]
    """purl types the snapshot speaks of; others stay unknown."""
    packages: Mapping[tuple[str, str], tuple[str, ...]]
    spans: Mapping[tuple[str, str], tuple[Span, ...]] = {}
    """Names whose reports give ranges: alone, or (less certain) beside the versions that were seen."""


class Advisory(msgspec.Struct, frozen=True):
    """What one record says of one package."""

    ids: frozenset[str]
    """Its id and aliases."""
    id: str
    modified: datetime
    versions: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def means(self, component: Subject) -> bool | None:
        """Whether *component* in its version is affected; None when that cannot be told."""
        if not component.version:
            return None
        if any(same_version(component.type, one, component.version) for one in self.versions):
            return True
        inside = {span.holds(component.type, component.version) for span in self.spans}
        return True if True in inside else None if None in inside else False


class Advisories(msgspec.Struct, frozen=True):
    as_of: datetime
    packages: Mapping[tuple[str, str], tuple[Advisory, ...]]
    """By purl type and normalised name."""
    ecosystems: frozenset[str]
    """purl types that the snapshot has advisories of; of others nothing is known."""

    def about(self, component: Subject) -> Iterator[tuple[Advisory, bool | None]]:
        """Those that mean *component*, or may."""
        for one in self.packages.get((component.type, component.name), ()):
            answer = one.means(component)
            if answer is not False:
                yield one, answer


class Check(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    """A statement that is true when the check is satisfied."""
    severity: Severity
    basis: Basis
    reads: tuple[type[Any], ...] = ()
    """Kinds of evidence without which nothing can be said: absent or unreadable makes the outcome unknown."""
    also: tuple[type[Any], ...] = ()
    """Kinds it uses where they are there."""
    proves: str
    does_not_prove: str
    parameters: Mapping[str, Any] = {}
    """Defaults; a pack may override them."""
    examine: Callable[[Case], Iterator[Finding]]
