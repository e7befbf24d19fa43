"""All the evidence for an attestation: collected, described from the repository, stated by the provider, generated."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from uuid import UUID

import msgspec

from assay.collect import git
from assay.collect.patterns import TITLES
from assay.collect.project import Collected, Found, Named, Skipped, collect, releases_in
from assay.collect.sbom import generate
from assay.collect.source_tree import describe
from assay.errors import Malformed
from assay.evidence import environment, lockfile, release
from assay.evidence.environment import EnvironmentStatement, Fact
from assay.evidence.lockfile import Lockfile
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.formats import git_state
from assay.formats.attestation import Artifact, ArtifactKind, Release
from assay.formats.digest import Digest
from assay.provider.attest import Piece

MEDIA_TYPES = {
    ".json": "application/json", ".xml": "application/xml", ".md": "text/markdown", ".txt": "text/plain",
    ".toml": "application/toml", ".yml": "application/yaml", ".yaml": "application/yaml", ".pdf": "application/pdf",
    ".sarif": "application/sarif+json", ".whl": "application/zip", ".gz": "application/gzip", ".tgz": "application/gzip",
    ".zip": "application/zip", ".lock": "text/plain", ".jsonl": "application/jsonl",
}  # fmt: skip


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's declaration asks the collector for."""

    author: str = ""
    named: tuple[Named, ...] = ()
    exclude: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    product: str = ""
    version: str = ""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    artifacts: tuple[Found, ...]
    files: tuple[tuple[ReleaseFile, Digest], ...]
    """Release files that could be opened."""
    source: Release
    """What the source tree says of itself."""
    git: GitState | None
    skipped: tuple[Skipped, ...]
    generated: tuple[str, ...] = ()
    """Names of artifacts that were made here."""

    def pieces(self) -> tuple[Piece, ...]:
        return tuple(Piece(_artifact(found), found.requirements) for found in self.artifacts)

    def digest_of(self, name: str) -> Digest:
        """The digest of the artifact found under *name*."""
        for found in self.artifacts:
            if found.name == name:
                return found.digest
        raise Malformed(f"{name!r} is not among the artifacts")


def gather(folder: Path, releases: Sequence[Path], wanted: Wanted, *, serial: UUID, made: str) -> Gathered:
    """Collect *folder*; without *releases* the matching files in ``dist/``. *serial* and *made* go into a generated bill."""
    source = describe(folder)
    chosen = tuple(releases) or releases_in(
        folder, wanted.product or source.name, wanted.version or source.version
    )
    collected = collect(folder, chosen, wanted.named, wanted.exclude)
    repository = git.state(folder)
    artifacts, skipped = list(collected.artifacts), list(collected.skipped)
    if repository is not None:
        data = git_state.encode(repository)
        artifacts.append(
            _made("git-state.json", "git-state", data, "the source repository as the collector saw it")
        )
    if wanted.facts:
        statement = EnvironmentStatement(provider=wanted.author, facts=wanted.facts)
        data = environment.encode(statement)
        artifacts.append(
            _made("environment.json", "environment", data, "what the provider states of its environments")
        )
    files = _opened(collected, skipped)
    generated: tuple[str, ...] = ()
    if not any(found.kind == "sbom" for found in artifacts):
        bill = _bill(
            collected, [file for file, _ in files], source.release(folder), wanted.author, serial, made
        )
        artifacts.append(_made("sbom.cdx.json", "sbom", bill, "generated from the lockfile and the release"))
        generated = ("sbom.cdx.json",)
    return Gathered(
        artifacts=tuple(artifacts),
        files=files,
        source=source.release(folder),
        git=repository,
        skipped=tuple(skipped),
        generated=generated,
    )


def _artifact(found: Found) -> Artifact:
    return Artifact(
        digest=found.digest,
        name=found.name,
        kind=found.kind,
        title=found.title,
        description=found.description,
        media_type=MEDIA_TYPES.get(PurePosixPath(found.name).suffix.lower(), "application/octet-stream"),
        confidential=found.confidential,
    )


def _made(name: str, kind: ArtifactKind, data: bytes, description: str) -> Found:
    return Found(name, kind, data, TITLES[kind], description)


def _opened(collected: Collected, skipped: list[Skipped]) -> tuple[tuple[ReleaseFile, Digest], ...]:
    """The release files that can be opened; one that cannot stays an artifact, and its checks will say so."""
    files = []
    for found in collected.artifacts:
        if found.kind == "release":
            try:
                files.append((release.read(found.data, name=found.name), found.digest))
            except Malformed as error:
                skipped.append(Skipped(found.name, f"kept, but it could not be opened: {error}"))
    return tuple(files)


def _bill(collected, files, source, author, serial, made):
    return generate()
