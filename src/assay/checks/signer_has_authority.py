"""Signed by a key that may not speak for the provider, or signed off by somebody whose authority rests on nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Source
from assay.evidence.naming import is_placeholder
from assay.formats.attestation import Signatory
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    yield _envelope(case)
    signatory = case.attestation.signatory
    if signatory is not None:
        yield from _signatory(case, signatory)
    elif case.attestation.assessment is None:
        yield Finding.unknown("nobody signs off: there is neither a signatory nor a third-party assessment")


def _envelope(case: Case) -> Finding:
    signature, provider = case.facts.signature, shown(case.attestation.provider.name, 80)
    if not signature.verified and not signature.signer and not signature.disputed:
        return Finding.unknown(
            f"no trusted key made the signature: {signature.reason or 'no reason was recorded'}",
            remedy="ask the office to add the provider's keys to its trust root",
        )
    if not signature.verified:
        return Finding.against(
            f"the signature does not verify: {signature.reason or 'no reason was recorded'}"
        )
    if not case.attestation.provider.name.strip():
        return Finding.unknown(
            "the attestation names no provider, so nobody can have authority to attest for it", at="/provider"
        )
    if not signature.authority:
        return Finding.against(
            f"{shown(signature.signer, 80)!r} signs, and has no authority to attest for {provider!r}"
        )
    return Finding.supports(
        f"signed by {shown(signature.signer, 80)!r} with {' and '.join(signature.algorithms)}, who may attest for {provider!r}"
    )


def _signatory(case: Case, signatory: Signatory) -> Iterator[Finding]:
    who = f"the signatory ({shown(signatory.title, 80)})"
    if is_placeholder(signatory.name) or is_placeholder(signatory.title) or signatory.signed is None:
        yield Finding.unknown("the signatory lacks a name, a title or a date", at="/signatory")
        return
    signed = datetime.combine(signatory.signed, time_of_day(), UTC)
    if signed > case.now + timedelta(hours=case.number("future_tolerance_hours")):
        yield Finding.against(
            f"{who} signs on {signatory.signed}, the moment of this check is {case.now.date()}",
            at="/signatory/signed",
        )
    if signatory.authority == "chief_executive":
        yield Finding.supports(f"{who} signs as chief executive", at="/signatory")
    elif signatory.authority == "designee":
        yield _delegation(case, signatory, who)
    else:
        yield Finding.unknown(
            f"nothing says whether {who} is the chief executive or a designee", at="/signatory/authority"
        )


def _delegation(case: Case, signatory: Signatory, who: str) -> Finding:
    digest = signatory.delegation
    document = next((item for item in case.attestation.artifacts if item.digest == digest), None)
    unread = next((item for item in case.unreadable if item.source.digest == digest), None)
    at = "/signatory/delegation"
    if document is None:
        return Finding.unknown(
            f"{who} signs as designee, and no document among the artifacts gives that authority",
            at=at,
            remedy="attach the delegation",
        )
    if unread is not None:
        return Finding.unknown(f"the delegation of {who} could not be read: {unread.reason}", unread, at=at)
    source = Source(document.name, document.digest)
    if document.kind != "document":
        return Finding.against(
            f"the delegation of {who} is the artifact {shown(document.name, 80)!r}, submitted as {document.kind}",
            source,
            at=at,
        )
    return Finding.supports(
        f"{who} signs as designee, with the delegation {shown(document.title, 80)!r}", source, at=at
    )


CHECK = Check(
    id="signer-has-authority",
    title="the attestation is signed by somebody who may bind the provider",
    severity=Severity.CRITICAL,
    basis=Basis.DERIVED,
    proves="Every required signature verifies under one signer whom the trust root lets attest for this provider, "
    "and whoever signs off is named with the source of the authority.",
    does_not_prove="That the named person held the key, or that the delegation is valid in law.",
    parameters={"future_tolerance_hours": 24},
    examine=examine,
)
