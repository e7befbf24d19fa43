"""Everything that is held about a case, read together for somebody who has to judge it or answer for it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from assay.errors import Malformed
from assay.formats.attestation import Artifact, Attestation, Claim
from assay.formats.case_documents import CaseDocument, Change, Determination, Ending, Notice, Response, parse
from assay.formats.digest import Digest
from assay.formats.rederivation import Difference, Rederivation
from assay.formats.verdict import ClaimVerdict, VerdictDocument
from assay.office import case_changes
from assay.office.case import Case
from assay.office.deepen import found
from assay.office.permissions import Action, Caller, may
from assay.office.service import Service, require_kept, submission_of
from assay.office.submitted import attested
from assay.office.triage import verdict_of
from assay.packs import read
from assay.packs.model import Requirement
from assay.register.leaf import Kind, open_
from assay.validation.exploited import exploited_of
from assay.validation.weigh import bearing


def _answered(data: bytes) -> Response | Change | Ending:
    """What the provider said or changed, or that the time for it ended."""
    if (change := case_changes.read(data)) is not None:
        return change
    try:
        return parse(data, Response)
    except Malformed:
        return parse(data, Ending)


_READERS: Mapping[Kind, Callable[[bytes], CaseDocument]] = {
    Kind.NOTICE: lambda data: parse(data, Notice),
    Kind.RESPONSE: _answered,
    Kind.DETERMINATION: lambda data: parse(data, Determination),
    Kind.WITHDRAWAL: lambda data: parse(data, Ending),
    Kind.LAPSE: lambda data: parse(data, Ending),
}
PROVIDERS_ACTS = frozenset({Kind.SUBMISSION, Kind.RESPONSE, Kind.WITHDRAWAL, Kind.LAPSE})


class Happened(msgspec.Struct, frozen=True):
    """One entry of the register about a case."""

    index: int
    kind: Kind
    at: datetime
    document: CaseDocument | None = None
    """What it records; None where that is no document of a case, or is not held any more."""

    @property
    def by_provider(self) -> bool:
        ended = isinstance(self.document, Ending) and self.document.kind == "closed"
        return self.kind in PROVIDERS_ACTS and not ended


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement: what is claimed, with what, and what was found."""

    row: ClaimVerdict
    requirement: Requirement | None
    """None where its pack is not this office's any more."""
    claim: Claim | None
    artifacts: tuple[Artifact, ...]
    differences: tuple[Difference, ...] = ()
    """What was derived again and bears on the claim."""


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    attestation: Attestation
    verdict: VerdictDocument | None
    """The newest automatic one; None before there is one."""
    rows: tuple[Beside, ...]
    history: tuple[Happened, ...]
    have: frozenset[Digest]
    """Artifacts that are here."""
    rederivation: Rederivation | None = None
    """What the office derived again; None where nothing was."""
    exploited: tuple[str, ...] | None = None
    """CVE ids of the product's known exploited vulnerabilities; None where that cannot be told."""


def within(caller: Caller, case: Case) -> bool:
    """Whether *caller* may look into the case: an officer, or its provider; not whoever it merely names."""
    own = caller.organisation == case.organisation and may(caller, Action.SUBMISSION_READ, case.target)
    return own or may(caller, Action.CASE_READ, case.target)


def dossier(service: Service, case: Case) -> Dossier:
    """Unavailable where something of it is lost, Refused where it was erased. Ask :func:`within` first."""
    require_kept(case)
    submission = submission_of(service, case)
    attestation = attested(service, submission)
    verdict = verdict_of(service, case) if case.verdict is not None else None
    again = found(service, case)
    return Dossier(
        attestation=attestation,
        verdict=verdict,
        rows=tuple(_beside(service, attestation, verdict, again)) if verdict is not None else (),
        history=history(service, case),
        have=frozenset((*submission.artifacts, *case.supplied)),
        rederivation=again,
        exploited=exploited_of(verdict) if verdict is not None else None,
    )


def history(service: Service, case: Case) -> tuple[Happened, ...]:
    """What the register says about the case, in order."""
    return tuple(_happened(service, case, index) for index in case.entries)


def _happened(service: Service, case: Case, index: int) -> Happened:
    office = service.office
    entry = open_(office.register.leaf(index), office.keys)
    digest = entry.digests[0]
    # A referral is told in an entry of the kind of notices.
    read_ = _READERS.get(Kind.LAPSE if digest in case.referred else entry.kind)
    held = read_ is not None and office.blobs.has(digest)
    document = read_(office.blobs.get(digest)) if read_ is not None and held else None
    return Happened(index, entry.kind, entry.time, document)


def _beside(
    service: Service, attestation: Attestation, verdict: VerdictDocument, again: Rederivation | None
) -> Iterator[Beside]:
    packs = {ref: read.parse(data, name=ref) for ref, data in service.office.packs}
    asked = {f"{ref}#{one.id}": one for ref, pack in packs.items() for one in pack.requirements}
    claims = {one.requirement: one for one in attestation.claims}
    artifacts = {one.digest: one for one in attestation.artifacts}
    for row in verdict.claims:
        claim = claims.get(row.requirement)
        named = claim.artifacts if claim is not None else ()
        cited = [Digest.parse(text) for finding in row.findings for text in finding.evidence]
        yield Beside(
            row=row,
            requirement=asked.get(row.requirement),
            claim=claim,
            artifacts=tuple(artifacts[one] for one in dict.fromkeys((*named, *cited)) if one in artifacts),
            differences=bearing(row, claim, again) if again is not None else (),
        )
