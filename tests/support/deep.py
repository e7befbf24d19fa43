"""A drawn submission with a real wheel and a bill of it, of a fictional office that judges components."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from tests.support import archives, bills, services
from tests.support.offices import PROVIDER
from tests.support.services import DISCLOSURE, PACK, PACK_DATA

from assay.formats.attestation import Artifact, ArtifactKind, Attestation, Claim, ReleaseDigest
from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.office_policy import OfficePolicy
from assay.office.receive import receive
from assay.office.sampling_policy import Sampling, Stratum
from assay.office.service import Service

COMPONENTS = f"{PACK}#components"
RULES = (
    PACK_DATA
    + b"""\
  - id: components
    title: The components are known
    wording: There is a list of components.
    grade: machine
    evidence: [sbom]
    needs:
      - shows: A bill that lists what the release declares
        all: [{check: sbom-covers-dependencies}]
"""
)
WHEEL = "lantern-2.1.0-py3-none-any.whl"
SOOT = {"lantern/_vendor/soot-0.3.dist-info/METADATA": b"Metadata-Version: 2.1\nName: soot\nVersion: 0.3\n"}
SOOT_LISTED: dict[str, Any] = {
    "bom-ref": "soot", "type": "library", "name": "soot", "version": "0.3", "purl": "pkg:pypi/soot@0.3",
}  # fmt: skip
Extra = tuple[str, ArtifactKind, bytes]


def bill(*more: Mapping[str, Any]) -> bytes:
    """Of lantern: wick, oil, and *more*."""
    listed = bills.cyclonedx()
    return json.dumps({**listed, "components": [*listed["components"], *more]}).encode()


def service(snapshot: bytes | None = None) -> Service:
    """Draws everything."""
    one = services.service(OfficePolicy(sampling=Sampling(strata=(Stratum(name="all", take=1, of=1),))))
    office = msgspec.structs.replace(one.office, packs=((PACK, RULES),), snapshot=snapshot)
    return msgspec.structs.replace(one, office=office)


def drawn(one: Service, wheel: bytes, sbom: bytes, *extra: Extra, serial: int = 1) -> Case:
    """Handed in, complete, drawn, and derived again; *extra* artifacts count for the claim about components too."""
    files: tuple[Extra, ...] = ((WHEEL, "release", wheel), ("lantern.cdx.json", "sbom", sbom), *extra)

    def change(attestation: Attestation) -> Attestation:
        artifacts = [
            Artifact(Digest.sha256(data), name, kind, name, "what it is called") for name, kind, data in files
        ]
        release = msgspec.structs.replace(
            attestation.releases[0],
            files=(ReleaseDigest(WHEEL, Digest.sha256(wheel)),),
            purl="pkg:pypi/lantern@2.1.0",
        )
        named = tuple(one.digest for one in artifacts)
        claims = (
            Claim(DISCLOSURE, claimed=True, artifacts=attestation.claims[0].artifacts),
            Claim(COMPONENTS, claimed=True, artifacts=named[1:]),
        )
        return msgspec.structs.replace(
            attestation, releases=(release,), claims=claims, artifacts=(*artifacts, attestation.artifacts[1])
        )

    made = services.bundle(serial, change, *(data for _, _, data in files))
    case = receive(one, services.provider(one), made, speaks_for=(PROVIDER,))
    services.tick(one)
    services.draw(one)
    services.tick(one)
    return one.case(case.payload)


WITH_SOOT = archives.wheel(SOOT)
