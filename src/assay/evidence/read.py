"""Artifacts into exhibits: each read as the kind it was submitted as, each failure kept with its reason."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from assay.errors import Malformed
from assay.evidence import (
    analysis,
    environment,
    lockfile,
    policy,
    release,
    repository,
    sbom,
    statement,
    tests,
    vulnerabilities,
)
from assay.evidence.cyclonedx_vulnerabilities import vdr, vex
from assay.evidence.environment import Document
from assay.evidence.model import Exhibit, Source, Unreadable
from assay.evidence.statement import SigstoreVerifier
from assay.formats import cyclonedx
from assay.formats.attestation import Artifact, ArtifactKind
from assay.formats.digest import Digest
from assay.trust.root import TrustRoot

Reader = Callable[..., Any]

READERS: Mapping[ArtifactKind, Reader] = {
    "release": release.read,
    "sbom": sbom.read,
    "lockfile": lockfile.read,
    "test-report": tests.read,
    "analysis": analysis.read,
    "vulnerabilities": vulnerabilities.read_report,
    "vex": vulnerabilities.read_vex,
    "disclosure-policy": policy.read,
    "security-txt": policy.read,
    "security-insights": policy.read,
    "scorecard": repository.read_scorecard,
    "git-state": repository.read_git_state,
    "workflow": repository.read_workflow,
    "environment": environment.read,
}


class Reading(msgspec.Struct, frozen=True):
    """All artifacts read: what each gave, with the artifact it came from."""

    exhibits: tuple[tuple[Artifact, Exhibit[Any]], ...]
    unreadable: tuple[tuple[Artifact, Unreadable], ...]


def read(
    artifacts: tuple[Artifact, ...],
    data: Mapping[Digest, bytes],
    *,
    trust: TrustRoot,
    at: datetime,
    sigstore: SigstoreVerifier | None,
    provider: str = "",
) -> Reading:
    """Read each of *artifacts* whose bytes are in *data*; an absent one is unreadable for that reason.

    A signer that the trust root ties to providers vouches for *provider* only if it is among them.
    """
    exhibits: list[tuple[Artifact, Exhibit[Any]]] = []
    unreadable: list[tuple[Artifact, Unreadable]] = []
    for artifact in artifacts:
        source = Source(artifact.name, artifact.digest)
        body = data.get(artifact.digest)
        if body is None:
            unreadable.append((artifact, Unreadable(source, artifact.kind, "it is not in the bundle")))
            continue
        try:
            found = tuple(_read(artifact, body, source, trust, at, sigstore, provider))
        except Malformed as error:
            unreadable.append((artifact, Unreadable(source, artifact.kind, str(error))))
        except Exception as error:  # noqa: BLE001 - hostile bytes met a fault of ours; it costs this artifact, never the office
            reason = f"the reader failed: {type(error).__name__}: {error}"
            unreadable.append((artifact, Unreadable(source, artifact.kind, reason)))
        else:
            exhibits.extend((artifact, exhibit) for exhibit in found)
    return Reading(tuple(exhibits), tuple(unreadable))


def _read(
    artifact: Artifact,
    body: bytes,
    source: Source,
    trust: TrustRoot,
    at: datetime,
    sigstore: SigstoreVerifier | None,
    provider: str,
) -> Iterator[Exhibit[Any]]:
    if artifact.kind == "statement":
        for signed in statement.read(body, name=artifact.name):
            signature = statement.signature_of(signed, trust, at, sigstore, provider=provider)
            yield Exhibit(source, signed.statement, signature)
    elif artifact.kind == "sbom" and sbom.sniff(body, name=artifact.name) == "CycloneDX":
        bom = cyclonedx.decode(body, what=artifact.name)
        for value in (sbom.from_cyclonedx(bom), vdr(bom), vex(bom)):  # one document may be all three
            if value is not None:
                yield Exhibit(source, value)
    elif artifact.kind in ("document", "assessment"):
        yield Exhibit(source, Document(artifact.title, artifact.description, artifact.media_type, len(body)))
    else:
        yield Exhibit(source, READERS[artifact.kind](body, name=artifact.name))
