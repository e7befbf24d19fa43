"""When what a verdict rests on ends by itself: a policy's own date, evidence that grows too old, a key's last day.

A pack may allow less than a check's usual age: that ends when somebody looks again, as everything does.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from assay.checks import evidence_fresh
from assay.evidence.kinds import names_of
from assay.evidence.policy import SecurityInsights, SecurityTxt
from assay.evidence.read import read
from assay.evidence.statement import SigstoreVerifier
from assay.formats.bundle import Bundle
from assay.trust.root import TrustRoot
from assay.validation.opened import open_attestation

_LIMITS: dict[str, int] = evidence_fresh.CHECK.parameters["max_age_days"]
KINDS = frozenset(kind for kind, days in _LIMITS.items() if days) | {"disclosure-policy", "security-txt"}
"""Of artifacts that are read for this."""


def next_end(
    bundle: Bundle, trust: TrustRoot, now: datetime, sigstore: SigstoreVerifier | None
) -> datetime | None:
    """The first end after *now*; None when there is none."""
    return min((one for one in _ends(bundle, trust, now, sigstore) if one > now), default=None)


def _ends(
    bundle: Bundle, trust: TrustRoot, now: datetime, sigstore: SigstoreVerifier | None
) -> Iterator[datetime]:
    opened = open_attestation(bundle, trust, now)
    signer = trust.signer(opened.standing.signer)
    for key in signer.keys if signer else ():
        if key.public.keyid in opened.standing.keyids:
            yield from (one for one in (key.valid_until, key.revoked and key.revoked.at) if one)
    attestation = opened.attestation
    dated = tuple(one for one in attestation.artifacts if one.kind in KINDS)
    reading = read(
        dated, bundle.artifacts, trust=trust, at=now, sigstore=sigstore, provider=attestation.provider.name
    )
    for _, exhibit in reading.exhibits:
        value = exhibit.value
        if isinstance(value, SecurityTxt | SecurityInsights) and value.expires is not None:
            yield value.expires
        if isinstance(value, evidence_fresh.DATED):
            limit = _LIMITS.get(names_of(type(value))[0], 0)
            # It is too old on the first day that is more than its limit away.
            yield from (at + timedelta(days=limit + 1) for _, at in evidence_fresh.dates_of(value) if limit)
