"""Take a submission in: verify who signed it, keep it byte for byte, record it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from assay.errors import Duplicate, Unsupported, Untrusted
from assay.formats import times
from assay.formats.attestation import Attestation
from assay.formats.bundle import Bundle
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.found_by import keys_of
from assay.office.log import entry
from assay.office.office import Office
from assay.office.ports import Blobs, Submission, Wanted
from assay.register.leaf import Kind
from assay.validation.opened import Unverified, read, read_trust, verified


class Documents(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission is kept as: durable blobs, by digest."""

    envelope: Digest
    customers: Digest | None = None
    artifacts: tuple[Digest, ...] = ()


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """What the office records of a submission that it lets in: little enough to travel between processes."""

    payload: Digest
    provider: str
    product: str
    version: str
    values: Mapping[str, str]
    """What its entry commits to, by label."""
    named: tuple[Digest, ...]
    """Artifacts that the attestation names, whether they came or not."""
    replaces: Digest | None = None
    """The attestation that this one revises."""
    keys: tuple[str, ...] = ()
    """By which its case is found (:mod:`~assay.office.found_by`)."""
    releases: tuple[str, ...] = ()
    """Names of the products, as customer lists have them."""
    assessor: str = ""
    """Whom it names as having assessed it."""


def submit(office: Office, bundle: Bundle) -> Submission:
    """Record *bundle*.

    Raises what :func:`admit` does, and Duplicate when the payload was accepted before, however it is signed now.
    """
    now = office.clock.now()
    admitted = admit(office.trust, [ref for ref, _ in office.packs], bundle, now)
    payload = admitted.payload
    earlier = office.ledger.submission(payload)
    if earlier is not None:
        raise Duplicate(
            f"{payload} was submitted before, on {times.encode(earlier.received)}, as entry {earlier.entry}"
        )
    # A crash before the entry leaves blobs that nothing refers to: harmless, and the same names when tried again.
    documents = keep(bundle, office.blobs, office.blobs)
    office.register.append(wanted(office, admitted, documents, now))
    stored = office.ledger.submission(payload)
    if stored is None:
        raise Untrusted(f"the register recorded {payload} and does not find it")
    return stored


def keep(bundle: Bundle, plain: Blobs, sealed: Blobs) -> Documents:
    """Make the documents of *bundle* durable: the envelope in *plain*, what is confidential in *sealed*, which may be the same."""
    return keep_all((bundle,), plain, sealed)[0]


def keep_all(bundles: Sequence[Bundle], plain: Blobs, sealed: Blobs) -> list[Documents]:
    """:func:`keep` for each, with as little waiting as one needs."""
    envelopes = [one.envelope for one in bundles]
    rest = [data for one in bundles for data in _confidential(one)]
    if plain is sealed:
        names = iter(plain.put_many((*envelopes, *rest)))
    else:
        names = iter((*plain.put_many(envelopes), *sealed.put_many(rest)))
    firsts = [next(names) for _ in bundles]
    return [
        Documents(
            envelope=envelope,
            artifacts=tuple(next(names) for _ in one.artifacts),
            customers=next(names) if one.customers is not None else None,
        )
        for one, envelope in zip(bundles, firsts, strict=True)
    ]


def _confidential(bundle: Bundle) -> list[bytes]:
    """Artifacts in the order of their digests, and the customer list."""
    found = [data for _, data in sorted(bundle.artifacts.items())]
    return found if bundle.customers is None else [*found, bundle.customers]


def admit(trust: bytes, packs: Sequence[str], bundle: Bundle, now: datetime) -> Admitted:
    """Read and verify *bundle* at *now* under the trust root *trust*, for an office that judges by *packs*.

    Raises Unsupported for an attestation by packs that the office does not have, Malformed for a bundle or attestation that
    is not in its form, Untrusted when the envelope does not verify.
    """
    return admit_read(trust, packs, read(bundle), now)


def admit_read(trust: bytes, packs: Sequence[str], found: Unverified, now: datetime) -> Admitted:
    """:func:`admit`, of a bundle that was read before."""
    opened = verified(found, read_trust(trust), now)
    if not opened.standing.verified:
        raise Untrusted(f"attestation.dsse.json: {opened.standing.reason}")
    attestation = opened.attestation
    for ref in attestation.packs:
        if ref not in packs:
            raise Unsupported(
                f"the attestation answers {shown(ref, 80)!r}, this office judges by {', '.join(packs)}"
            )
    return Admitted(
        payload=opened.envelope.identity,
        provider=attestation.provider.name,
        product=attestation.releases[0].name if attestation.releases else "",
        version=attestation.releases[0].version if attestation.releases else "",
        values={**subject(attestation), "actor": opened.standing.signer},
        named=tuple(dict.fromkeys(artifact.digest for artifact in attestation.artifacts)),
        replaces=attestation.replaces,
        keys=keys_of(attestation.provider.name, attestation.releases),
        releases=tuple(dict.fromkeys(one.name for one in attestation.releases)),
        assessor="" if attestation.assessment is None else attestation.assessment.assessor,
    )


def wanted(office: Office, admitted: Admitted, documents: Documents, now: datetime) -> Wanted:
    """The entry of a submission that :func:`admit` let in, and its first state; *documents* are durable before it is appended."""
    submission = Submission(
        payload=admitted.payload,
        envelope=documents.envelope,
        customers=documents.customers,
        artifacts=documents.artifacts,
        received=now,
        provider=admitted.provider,
        product=admitted.product,
        version=admitted.version,
        state="submitted",
    )
    return entry(office, Kind.SUBMISSION, submission.payload, admitted.values, now, submission)


def subject(attestation: Attestation) -> dict[str, str]:
    """What entries about *attestation* commit to, hidden until publication."""
    digests = sorted(str(file.digest) for release in attestation.releases for file in release.files)
    product = " ".join(f"{release.name} {release.version}".strip() for release in attestation.releases[:20])
    return {
        "provider": attestation.provider.name[:1000],
        "product": product[:4000],
        "subject": " ".join(digests[:150]),
    }
