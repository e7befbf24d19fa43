"""Take a submission in: verify who signed it, keep it byte for byte, record it."""

from datetime import datetime
from functools import lru_cache

import msgspec

from assay.errors import Duplicate, Unsupported, Untrusted
from assay.formats import times
from assay.formats.attestation import Attestation
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.log import entry
from assay.office.office import Office
from assay.office.ports import Submission, Wanted
from assay.register.leaf import Kind
from assay.trust.root import TrustRoot
from assay.validation.examine import Opened, open_attestation


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission is kept as: durable blobs, by digest."""

    envelope: Digest
    customers: Digest | None = None
    artifacts: tuple[Digest, ...] = ()


def submit(office: Office, bundle: Bundle) -> Submission:
    """Record *bundle*.

    Raises what :func:`admit` does, and Duplicate when the payload was accepted before, however it is signed now.
    """
    now = office.clock.now()
    opened = admit(office, bundle, now)
    payload = opened.envelope.identity
    earlier = office.ledger.submission(payload)
    if earlier is not None:
        raise Duplicate(
            f"{payload} was submitted before, on {times.encode(earlier.received)}, as entry {earlier.entry}"
        )
    # A crash between these leaves blobs that nothing refers to: harmless, and the same names when tried again.
    documents = Documents(
        envelope=office.blobs.put(bundle.envelope),
        customers=office.blobs.put(bundle.customers) if bundle.customers is not None else None,
        artifacts=tuple(office.blobs.put(data) for _, data in sorted(bundle.artifacts.items())),
    )
    office.register.append(wanted(office, opened, documents, now))
    stored = office.ledger.submission(payload)
    if stored is None:
        raise Untrusted(f"the register recorded {payload} and does not find it")
    return stored


def admit(office: Office, bundle: Bundle, now: datetime) -> Opened:
    """The attestation of *bundle*, verified at *now* under the office's trust root.

    Raises Unsupported for an attestation by packs that the office does not have, Malformed for a bundle or attestation that
    is not in its form, Untrusted when the envelope does not verify.
    """
    opened = open_attestation(bundle, _trust(office.trust), now)
    if not opened.standing.verified:
        raise Untrusted(f"attestation.dsse.json: {opened.standing.reason}")
    have = [ref for ref, _ in office.packs]
    for ref in opened.attestation.packs:
        if ref not in have:
            raise Unsupported(
                f"the attestation answers {shown(ref, 80)!r}, this office judges by {', '.join(have)}"
            )
    return opened


def wanted(office: Office, opened: Opened, documents: Documents, now: datetime) -> Wanted:
    """The entry of a submission that :func:`admit` let in, and its first state; *documents* are durable before it is appended."""
    attestation = opened.attestation
    submission = Submission(
        payload=opened.envelope.identity,
        envelope=documents.envelope,
        customers=documents.customers,
        artifacts=documents.artifacts,
        received=now,
        provider=attestation.provider.name,
        product=attestation.releases[0].name if attestation.releases else "",
        version=attestation.releases[0].version if attestation.releases else "",
        state="submitted",
    )
    values = {**subject(attestation), "actor": opened.standing.signer}
    return entry(office, Kind.SUBMISSION, submission.payload, values, now, submission)


@lru_cache(maxsize=4)
def _trust(data: bytes) -> TrustRoot:
    """An office goes by one trust root all day."""
    return TrustRoot.parse(data)


def subject(attestation: Attestation) -> dict[str, str]:
    """What entries about *attestation* commit to, hidden until publication."""
    digests = sorted(str(file.digest) for release in attestation.releases for file in release.files)
    product = " ".join(f"{release.name} {release.version}".strip() for release in attestation.releases[:20])
    return {
        "provider": attestation.provider.name[:1000],
        "product": product[:4000],
        "subject": " ".join(digests[:150]),
    }
