"""Artifacts into exhibits: each read as the kind it was submitted as, each failure kept with its reason."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

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
from assay.evidence.memory import Memory, recalled, weight
from assay.evidence.model import Exhibit, Source, Unreadable
from assay.evidence.release import ReleaseFile
from assay.evidence.statement import SignedStatement, SigstoreVerifier
from assay.formats import cyclonedx
from assay.formats.attestation import Artifact, ArtifactKind
from assay.formats.digest import Digest
from assay.trust.root import TrustRoot

Reader = Callable[..., Any]

READERS: Mapping[ArtifactKind, Reader] = {
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
    memory: Memory | None = None,
) -> Reading:
    """Read each of *artifacts* whose bytes are in *data*; an absent one is unreadable for that reason.

    A signer that the trust root ties to providers vouches for *provider* only if it is among them. With *memory*, bytes that
    were read before under the same name are not read again; the exhibits are the same.
    """
    bench = _Bench(trust, at, sigstore, provider, memory)
    exhibits: list[tuple[Artifact, Exhibit[Any]]] = []
    unreadable: list[tuple[Artifact, Unreadable]] = []
    for artifact in artifacts:
        source = Source(artifact.name, artifact.digest)
        body = data.get(artifact.digest)
        if body is None:
            unreadable.append((artifact, Unreadable(source, artifact.kind, "it is not in the bundle")))
            continue
        try:
            found = tuple(_read(artifact, body, source, bench))
        except Malformed as error:
            unreadable.append((artifact, Unreadable(source, artifact.kind, str(error))))
        except Exception as error:  # noqa: BLE001 - hostile bytes met a fault of ours; it costs this artifact, never the office
            reason = f"the reader failed: {type(error).__name__}: {error}"
            unreadable.append((artifact, Unreadable(source, artifact.kind, reason)))
        else:
            exhibits.extend((artifact, exhibit) for exhibit in found)
    return Reading(tuple(exhibits), tuple(unreadable))


class _Bench(NamedTuple):
    trust: TrustRoot
    at: datetime
    sigstore: SigstoreVerifier | None
    provider: str
    memory: Memory | None


def _read(artifact: Artifact, body: bytes, source: Source, bench: _Bench) -> Iterator[Exhibit[Any]]:
    if artifact.kind in ("document", "assessment"):
        yield Exhibit(source, Document(artifact.title, artifact.description, artifact.media_type, len(body)))
        return
    for value in _values(artifact, body, bench.memory):
        if isinstance(value, SignedStatement):
            signature = statement.signature_of(
                value, bench.trust, bench.at, bench.sigstore, provider=bench.provider
            )
            yield Exhibit(source, value.statement, signature)
        else:
            yield Exhibit(source, value)


def _values(artifact: Artifact, body: bytes, memory: Memory | None) -> tuple[Any, ...]:
    """What *body* says by itself, read as the artifact's kind under its name."""
    if memory is None:
        return _parsed(artifact.kind, artifact.name, body, None)
    # Not by the digest that the attestation gives: a key must be true whoever wrote it.
    key = (artifact.kind, artifact.name, hashlib.sha256(body).digest())
    return recalled(memory.readings, key, lambda: _parsed(artifact.kind, artifact.name, body, memory), _size)


def _size(values: tuple[Any, ...]) -> int:
    return weight(values) + sum(value.held for value in values if isinstance(value, ReleaseFile))


def _parsed(kind: ArtifactKind, name: str, body: bytes, memory: Memory | None) -> tuple[Any, ...]:
    if kind == "statement":
        return statement.read(body, name=name)
    if kind == "release":
        return (release.read(body, name=name, memory=memory),)
    if kind == "sbom" and sbom.sniff(body, name=name) == "CycloneDX":
        bom = cyclonedx.decode(body, what=name)
        found = (sbom.from_cyclonedx(bom), vdr(bom), vex(bom))  # one document may be all three
        return tuple(value for value in found if value is not None)
    return (READERS[kind](body, name=name),)
