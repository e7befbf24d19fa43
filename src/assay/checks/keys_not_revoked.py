"""A signature by a key that was revoked: over the attestation, or over a piece of its evidence."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Standing
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    signature = case.facts.signature
    if signature.revoked:
        yield Finding.against(
            f"the attestation is signed with a revoked key of {shown(signature.signer, 80)!r}: {signature.reason}",
            remedy="sign again with a key that is in force, and submit a revision",
        )
    elif signature.verified:
        yield Finding.supports(
            f"the keys of {shown(signature.signer, 80)!r} over the attestation are not revoked"
        )
    else:
        yield Finding.unknown(
            f"the signature does not verify: {signature.reason or 'no reason was recorded'}"
        )
    for exhibit in case.exhibits:
        name = shown(exhibit.source.name, 80)
        if exhibit.signature.standing is Standing.REVOKED:
            yield Finding.against(f"{name} is signed with a revoked key: {exhibit.signature.reason}", exhibit)
        elif exhibit.signature.standing is Standing.VERIFIED:
            yield Finding.supports(f"the key over {name} is not revoked", exhibit)


CHECK = Check(
    id="keys-not-revoked",
    title="no key behind the attestation or its evidence is revoked",
    severity=Severity.CRITICAL,
    basis=Basis.DERIVED,
    proves="By the office's trust root, every key that verified was in force at the moment of the check.",
    does_not_prove="That no key was stolen and not yet revoked.",
    examine=examine,
)
