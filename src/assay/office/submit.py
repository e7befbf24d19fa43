"""Take a submission in: verify who signed it, keep it byte for byte, record it."""

from assay.errors import Duplicate, Unsupported, Untrusted
from assay.formats import times
from assay.formats.attestation import Attestation
from assay.formats.bundle import Bundle
from assay.formats.text import shown
from assay.office.log import log
from assay.office.office import Office
from assay.office.ports import Submission
from assay.register.leaf import Kind
from assay.trust.root import TrustRoot
from assay.validation.examine import open_attestation


def submit(office: Office, bundle: Bundle) -> Submission:
    """Record *bundle*.

    Raises Unsupported for an attestation by packs that the office does not have, Malformed for a bundle or attestation that is not in its form, Untrusted when the envelope does not verify,
    Duplicate when the payload was accepted before, however it is signed now.
    """
    now = office.clock.now()
    opened = open_attestation(bundle, TrustRoot.parse(office.trust), now)
    if not opened.standing.verified:
        raise Untrusted(f"attestation.dsse.json: {opened.standing.reason}")
    have = [ref for ref, _ in office.packs]
    for ref in opened.attestation.packs:
        if ref not in have:
            raise Unsupported(
                f"the attestation answers {shown(ref, 80)!r}, this office judges by {', '.join(have)}"
            )
    payload = opened.envelope.identity
    earlier = office.ledger.submission(payload)
    if earlier is not None:
        raise Duplicate(
            f"{payload} was submitted before, on {times.encode(earlier.received)}, as entry {earlier.entry}"
        )
    # A crash between these leaves blobs that nothing refers to: harmless, and the same names when tried again.
    envelope = office.blobs.put(bundle.envelope)
    customers = office.blobs.put(bundle.customers) if bundle.customers is not None else None
    artifacts = tuple(office.blobs.put(data) for _, data in sorted(bundle.artifacts.items()))
    attestation = opened.attestation
    submission = Submission(
        payload=payload,
        envelope=envelope,
        customers=customers,
        artifacts=artifacts,
        received=now,
        provider=attestation.provider.name,
        product=attestation.releases[0].name if attestation.releases else "",
        version=attestation.releases[0].version if attestation.releases else "",
        state="submitted",
    )
    log(
        office,
        Kind.SUBMISSION,
        payload,
        {**subject(attestation), "actor": opened.standing.signer},
        now,
        submission,
    )
    stored = office.ledger.submission(payload)
    if stored is None:
        raise Untrusted(f"the register recorded {payload} and does not find it")
    return stored


def subject(attestation: Attestation) -> dict[str, str]:
    """What entries about *attestation* commit to, hidden until publication."""
    digests = sorted(str(file.digest) for release in attestation.releases for file in release.files)
    product = " ".join(f"{release.name} {release.version}".strip() for release in attestation.releases[:20])
    return {
        "provider": attestation.provider.name[:1000],
        "product": product[:4000],
        "subject": " ".join(digests[:150]),
    }
