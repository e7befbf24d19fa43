"""The provenance is signed by nobody the office trusts, or was changed after it was signed."""

from collections.abc import Iterator, Sequence

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit, Standing
from assay.evidence.provenance import Attested, attested, provenances
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import Statement
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    found = provenances(case.of(Statement))
    if not found:
        yield Finding.unknown("no statement among the artifacts is a SLSA provenance")
        return
    for exhibit in found:
        if contradiction := _contradiction(exhibit):
            yield contradiction
    files = attested(case.release, found, case.of(ReleaseFile))
    named = [one for one in files if one.statements]
    if named:
        for one in named:
            yield from _file(one)
    else:
        yield from _others(found)


def _contradiction(exhibit: Exhibit[Statement]) -> Finding | None:
    name, reason = shown(exhibit.source.name, 80), exhibit.signature.reason or "no reason was recorded"
    if exhibit.signature.standing is Standing.INVALID:
        return Finding.against(
            f"the signature of {name} is not of what it says: {reason}",
            exhibit,
            remedy="submit the provenance as the build wrote it",
        )
    if exhibit.signature.standing is Standing.REVOKED:
        return Finding.against(
            f"{name} is signed with a revoked key: {reason}",
            exhibit,
            remedy="build again under a key that is in force",
        )
    return None


def _file(one: Attested) -> Iterator[Finding]:
    filename = shown(one.file.filename)
    if verified := one.of(Standing.VERIFIED):
        yield Finding.supports(
            f"the provenance of {filename} is signed by {shown(', '.join(verified[0].signature.signers), 120)}",
            verified[0],
        )
        return
    for exhibit in one.of(Standing.UNSIGNED, Standing.UNCHECKED, Standing.UNKNOWN_SIGNER):
        yield _unverified(exhibit, f"the provenance of {filename}")


def _others(found: Sequence[Exhibit[Statement]]) -> Iterator[Finding]:
    """No provenance names an attested file: a good signature over another file shows nothing about this release."""
    for exhibit in found:
        name = f"the provenance {shown(exhibit.source.name, 80)}"
        if exhibit.signature.standing is Standing.VERIFIED:
            yield Finding.unknown(f"{name} is well signed, and names no attested file", exhibit)
        elif _contradiction(exhibit) is None:
            yield _unverified(exhibit, name)


def _unverified(exhibit: Exhibit[Statement], what: str) -> Finding:
    signature = exhibit.signature
    reason = signature.reason or "no reason was recorded"
    match signature.standing:
        case Standing.UNSIGNED:
            return Finding.unknown(
                f"{what} is not signed",
                exhibit,
                remedy="submit the signed envelope or bundle, not its payload",
            )
        case Standing.UNKNOWN_SIGNER:
            return Finding.unknown(
                f"{what} is signed by nobody the trust root knows: {reason}",
                exhibit,
                remedy="ask the office to trust the key or identity of the build",
            )
    return Finding.unknown(f"the signature of {what} was not checked: {reason}", exhibit)


CHECK = Check(
    id="provenance-signature-verifies",
    title="the provenance of the release is signed by a build or provider that the office trusts",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    reads=(Statement,),
    also=(ReleaseFile,),
    proves="Each attested file that a provenance names, is named by one whose signature verifies under the office's trust root.",
    does_not_prove="That the signer's build system was not broken into, or that every file has provenance.",
    examine=examine,
)
