"""The release contains, or was built with, a package that is known to be malicious.

Absence from a list proves little: lists are late and incomplete. Presence in it, under the name and version that a bill or
lock gives, is a fact.
"""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Malicious, Severity
from assay.evidence.contents import Part, parts
from assay.evidence.lockfile import Lockfile
from assay.evidence.sbom import Sbom
from assay.evidence.subject import same_version
from assay.formats.text import shown

MAX_NAMED = 5


def examine(case: Case) -> Iterator[Finding]:
    listed = list(parts(case.of(Sbom), case.of(Lockfile)))
    malicious = case.facts.malicious
    if not listed:
        yield Finding.unknown("there is no readable sbom or lockfile with components among the artifacts")
    elif malicious is None:
        yield Finding.unknown(
            f"there is no snapshot of known-malicious packages to look {len(listed)} components up in",
            remedy="give the office a snapshot of malicious-package reports",
        )
    else:
        yield from _look_up(listed, malicious, case.stale("max_snapshot_age_days", malicious.as_of))


def _look_up(listed: list[Part], malicious: Malicious, why: str) -> Iterator[Finding]:
    """*why* the snapshot's silence says nothing; empty when it does."""
    as_of = f"as of {malicious.as_of.date()}"
    outside: dict[str, int] = {}
    clean = 0
    for part in listed:
        finding = _judge(part, malicious, as_of)
        if finding is not None:
            yield finding
        elif part.subject.type in malicious.ecosystems:
            clean += 1
        elif part.subject.type:
            outside[part.subject.type] = outside.get(part.subject.type, 0) + 1
    for kind, count in sorted(outside.items()):
        yield Finding.unknown(
            f"the snapshot {as_of} does not speak of {shown(kind, 40)}: {count} components of it are unknown"
        )
    yield from _unnamed(listed)
    if clean and why:
        yield Finding.unknown(
            f"the snapshot {as_of} {why}: {clean} components that it does not list are unknown",
            remedy="give the office the newest snapshot of malicious-package reports",
        )
    elif clean:
        sources = dict.fromkeys(part.source for part in listed)
        yield Finding.supports(
            f"{clean} components are not among the malicious packages known {as_of}", *sources
        )


def _unnamed(listed: list[Part]) -> Iterator[Finding]:
    """Components without a purl cannot be looked up, unless a lock lists the same name and version."""
    locked = {(part.subject.name.casefold(), part.subject.version) for part in listed if part.subject.type}
    nameless = [
        part
        for part in listed
        if not part.subject.type and (part.subject.name.casefold(), part.subject.version) not in locked
    ]
    if nameless:
        first = ", ".join(shown(part.shown, 60) for part in nameless[:MAX_NAMED])
        yield Finding.unknown(
            f"{len(nameless)} components have no purl to look up: {first}",
            *dict.fromkeys(part.source for part in nameless),
            remedy="give each component its purl",
        )


def _judge(part: Part, malicious: Malicious, as_of: str) -> Finding | None:
    """None when nothing is listed under the name, or not in this version."""
    subject = part.subject
    key = (subject.type, subject.name)
    versions, spans = malicious.packages.get(key), malicious.spans.get(key, ())
    if versions is None and not spans:
        return None
    what = f"{shown(part.shown, 80)} ({subject.type})"
    exact = versions is not None and any(same_version(subject.type, one, subject.version) for one in versions)
    if part.elsewhere:
        return Finding.unknown(
            f"{what} has the name of a malicious package, but {part.elsewhere}", part.source, at=part.at
        )
    if exact or versions == ():
        which = "in this version" if exact else "in every version"
        return _against(part, f"{what} is listed as malicious {which}, {as_of}")
    if not subject.version:
        return Finding.unknown(
            f"{what} is malicious in some versions, {as_of}, and no version is given", part.source, at=part.at
        )
    inside = [(span.holds(subject.type, subject.version), bool(span.fixed or span.last)) for span in spans]
    if (True, True) in inside and versions is None:
        return _against(part, f"{what} lies in the range of versions listed as malicious, {as_of}")
    if any(within is not False for within, _ in inside):
        return Finding.unknown(
            f"{what}: other versions were seen to be malicious, {as_of}, and the report may mean this one too",
            part.source,
            at=part.at,
        )
    return None


def _against(part: Part, message: str) -> Finding:
    return Finding.against(
        message, part.source, at=part.at, remedy="remove it, and treat what it ran on as compromised"
    )


CHECK = Check(
    id="no-malicious-component",
    title="no component is known to be malicious",
    severity=Severity.CRITICAL,
    basis=Basis.ARTIFACT,
    also=(Sbom, Lockfile),
    proves="none of the packages that the bills and locks list was reported as malicious up to the date of the snapshot",
    does_not_prove="that the lists are complete, or that a package nobody reported yet is harmless",
    parameters={"max_snapshot_age_days": 30},
    examine=examine,
)
