"""A release that nobody signed: whoever holds the download server decides what it is."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit, Standing
from assay.evidence.provenance import Attested, attested
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import Statement
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    if not case.release.files:
        yield Finding.unknown(
            "the attestation names no file of this release", remedy="attest the release files by digest"
        )
    for one in attested(case.release, case.of(Statement), case.of(ReleaseFile)):
        yield _file(one, case)


def _file(one: Attested, case: Case) -> Finding:
    filename, envelope = shown(one.file.filename), case.facts.signature
    if verified := one.of(Standing.VERIFIED):
        exhibit = verified[0]
        return Finding.supports(
            f"{filename} is signed by {shown(', '.join(exhibit.signature.signers), 120)}, as {_kind(exhibit)}",
            exhibit,
        )
    if envelope.verified:
        trial = " (a trial key, worth nothing elsewhere)" if envelope.trial else ""
        return Finding.supports(
            f"{filename} is signed through the attestation itself, by {shown(envelope.signer, 80)!r}{trial} "
            f"with {' and '.join(envelope.algorithms)}"
        )
    if envelope.revoked:
        return Finding.against(
            f"the only signature over {filename} is the attestation's, by a revoked key: {envelope.reason}",
            remedy="sign again with a key that is in force",
        )
    if one.of(Standing.REVOKED):
        return Finding.against(
            f"the signature over {filename} is by a revoked key: {one.of(Standing.REVOKED)[0].signature.reason}",
            *one.of(Standing.REVOKED),
            remedy="sign again with a key that is in force",
        )
    return _unverified(one, filename, envelope.reason)


def _unverified(one: Attested, filename: str, reason: str) -> Finding:
    because = reason or "no reason was recorded"
    if one.statements:
        exhibit = one.statements[0]
        return Finding.unknown(
            f"no signature over {filename} is verified: {shown(exhibit.source.name, 80)} is "
            f"{exhibit.signature.standing.value.replace('_', ' ')}, and the attestation's own does not verify ({because})",
            exhibit,
        )
    return Finding.unknown(
        f"no signature over {filename} is verified: no statement names it, and the attestation's own does not verify "
        f"({because})",
        remedy="sign the attestation with keys that the office trusts",
    )


def _kind(exhibit: Exhibit[Statement]) -> str:
    kind = exhibit.value.predicate_type
    return (
        f"the subject of {shown(exhibit.source.name, 80)} ({shown(kind, 80)})" if kind else "a file by itself"
    )


CHECK = Check(
    id="release-signed",
    title="every attested file is covered by a signature that verifies",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    also=(Statement, ReleaseFile),
    proves="Each attested digest stands under a signature that the office's trust root accepts: a statement's, a Sigstore "
    "signature's, or the attestation's own.",
    does_not_prove="That customers can find and check that signature where they download the file.",
    examine=examine,
)
