"""Cases for checks: an attested release of a fictional product, and exhibits about it."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from assay.checks.model import Case, Check, EnvelopeStanding, Facts, Finding
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Source, Standing, Unreadable
from assay.formats.attestation import Attestation, Provider, Release, ReleaseDigest
from assay.formats.digest import Digest

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
COMMIT = "1f" * 20
WHEEL = Digest.sha256(b"the wheel of lantern 2.1.0")
RELEASE = Release(
    name="lantern",
    version="2.1.0",
    released=date(2026, 10, 20),
    files=(ReleaseDigest("lantern-2.1.0-py3-none-any.whl", WHEEL),),
    purl="pkg:pypi/lantern@2.1.0",
    repository="https://git.example/lighthouse/lantern",
    commit=COMMIT,
)
ATTESTATION = Attestation(
    serial="urn:uuid:00000000-0000-4000-8000-000000000001",
    made=datetime(2026, 10, 21, 9, 0, tzinfo=UTC),
    kind="new",
    scope="individual_product",
    provider=Provider(name="Lighthouse Works (fictional)"),
    releases=(RELEASE,),
    packs=("cisa-form@2024-03",),
)
FACTS = Facts(
    signature=EnvelopeStanding(
        verified=True, signer="lighthouse", authority=True, algorithms=("ed25519", "ml-dsa-65")
    )
)
VERIFIED = Signature(Standing.VERIFIED, signers=("ci",))


def exhibit(
    value: Any, name: str = "", signature: Signature = UNSIGNED, digest: Digest | None = None
) -> Exhibit[Any]:
    """*value* as if read from an artifact; its digest is made from the name unless given."""
    name = name or type(value).__name__.lower()
    return Exhibit(Source(name, digest or Digest.sha256(name.encode())), value, signature)


def unreadable(kind: str, reason: str = "truncated at byte 17") -> Unreadable:
    return Unreadable(Source(f"broken-{kind}", Digest.sha256(kind.encode())), kind, reason)


def case(*exhibits: Exhibit[Any] | Unreadable, check: Check | None = None, **changes: Any) -> Case:
    """A case with *exhibits*; *changes* replace fields, ``parameters`` are laid over the check's defaults."""
    parameters = {**(check.parameters if check else {}), **changes.pop("parameters", {})}
    base = Case(
        attestation=ATTESTATION,
        release=RELEASE,
        now=NOW,
        exhibits=tuple(item for item in exhibits if isinstance(item, Exhibit)),
        unreadable=tuple(item for item in exhibits if isinstance(item, Unreadable)),
        parameters=parameters,
        facts=FACTS,
    )
    return msgspec.structs.replace(base, **changes)


def findings(check: Check, *exhibits: Exhibit[Any], **changes: Any) -> list[Finding]:
    """What *check* says of the case; the engine's own handling of absent evidence is not part of it."""
    return list(check.examine(case(*exhibits, check=check, **changes)))
