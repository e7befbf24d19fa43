"""C10: the signature verifies, and whoever signs may bind the producer."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    signature, signatory = submission.signature, submission.attestation.signatory
    if not signature.verified:
        yield f"the signature does not verify: {signature.reason or 'no reason was recorded'}"
    elif not signature.authority:
        reason = signature.reason or f"{signature.signer!r} has no authority to attest for this producer"
        yield f"the signer has no authority: {reason}"
    if signatory is None:
        return
    if not signatory.authority:
        yield "nothing says whether the signatory is the chief executive or a designee"
    elif signatory.authority == "designee" and signatory.delegation is None:
        yield "the signatory is a designee, and no document gives the authority to bind the producer"
    elif signatory.delegation is not None and signatory.delegation not in submission.present:
        yield f"the delegation {signatory.delegation.short} is not in the bundle"


RULE = Rule(
    id="C10",
    title="the signature verifies and the signer has authority",
    remedy="sign with keys that the office's trust root lists for this producer; attach a designee's delegation",
    examine=examine,
)
