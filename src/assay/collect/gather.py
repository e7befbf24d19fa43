"""All the evidence for an attestation: collected, described from the repository, stated by the provider, generated."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from uuid import UUID

import msgspec

from assay.collect import git
from assay.collect.patterns import TITLES
from assay.collect.project import Collected, Found, Named, Skipped, collect, releases_in
from assay.collect.sbom import generate, installed, site_packages
from assay.collect.source_tree import describe
from assay.errors import Malformed, Unavailable
from assay.evidence import environment, lockfile, release
from assay.evidence.environment import EnvironmentStatement, Fact
from assay.evidence.lockfile import Lockfile
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.formats import git_state
from assay.formats.attestation import Artifact, ArtifactKind, Release
from assay.formats.digest import Digest
from assay.provider.attest import Piece, releases_of

MEDIA_TYPES = {
    ".json": "application/json", ".xml": "application/xml", ".md": "text/markdown", ".txt": "text/plain",
    ".toml": "application/toml", ".yml": "application/yaml", ".yaml": "application/yaml", ".pdf": "application/pdf",
    ".sarif": "application/sarif+json", ".whl": "application/zip", ".gz": "application/gzip", ".tgz": "application/gzip",
    ".zip": "application/zip", ".lock": "text/plain", ".jsonl": "application/jsonl",
}  # fmt: skip


Files = tuple[tuple[ReleaseFile, Digest], ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider's declaration asks the collector for."""

    author: str = ""
    named: tuple[Named, ...] = ()
    exclude: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    products: tuple[Release, ...] = ()
    """As declared; empty: what the files say of themselves."""


class Identity(msgspec.Struct, frozen=True):
    """What goes into a generated bill and comes from outside: randomness and the time."""

    serial: UUID
    made: datetime


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    artifacts: tuple[Found, ...]
    releases: tuple[Release, ...]
    """What is attested: see :func:`assay.provider.attest.releases_of`."""
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


def gather(folder: Path, releases: Sequence[Path], wanted: Wanted, identity: Identity) -> Gathered:
    """Collect *folder*; without *releases* the matching files in ``dist/``."""
    source = describe(folder)
    product = wanted.products[0] if len(wanted.products) == 1 else None
    name, version = (product.name, product.version) if product else (source.name, source.version)
    chosen = tuple(releases) or releases_in(folder, name, version)
    collected = collect(folder, chosen, wanted.named, wanted.exclude)
    artifacts, skipped = list(collected.artifacts), list(collected.skipped)
    repository = _repository(folder, skipped)
    if repository is not None:
        data = git_state.encode(repository)
        artifacts.append(
            _made("git-state.json", "git-state", data, "the source repository as the collector saw it")
        )
    if wanted.facts:
        data = environment.encode(EnvironmentStatement(provider=wanted.author, facts=wanted.facts))
        artifacts.append(
            _made("environment.json", "environment", data, "what the provider states of its environments")
        )
    files = _opened(collected, skipped)
    attested = releases_of(wanted.products, files, source.release(folder), repository)
    generated: tuple[Found, ...] = ()
    if not any(found.kind == "sbom" for found in artifacts):
        generated = tuple(_bills(folder, collected, files, attested, wanted, identity))
    return Gathered(
        artifacts=(*artifacts, *generated),
        releases=attested,
        git=repository,
        skipped=tuple(skipped),
        generated=tuple(found.name for found in generated),
    )


def _repository(folder: Path, skipped: list[Skipped]) -> GitState | None:
    """None without a repository, and without an answer: what asks for the repository's state is then unknown."""
    try:
        return git.state(folder)
    except Unavailable as error:
        skipped.append(Skipped("git-state.json", f"the repository could not be looked at: {error}"))
        return None


def _artifact(found: Found) -> Artifact:
    return Artifact(
        digest=found.digest,
        name=found.name,
        kind=found.kind,
        title=found.title,
        description=found.description,
        media_type=MEDIA_TYPES.get(PurePosixPath(found.name).suffix.lower(), "application/octet-stream"),
        confidential=found.confidential,
        releases=found.releases,
    )


def _made(name: str, kind: ArtifactKind, data: bytes, description: str) -> Found:
    return Found(name, kind, data, TITLES[kind], description)


def _opened(collected: Collected, skipped: list[Skipped]) -> Files:
    """The release files that can be opened; one that cannot stays an artifact, and its checks will say so."""
    files = []
    for found in collected.artifacts:
        if found.kind == "release":
            try:
                files.append((release.read(found.data, name=found.name), found.digest))
            except Malformed as error:
                skipped.append(Skipped(found.name, f"kept, but it could not be opened: {error}"))
    return tuple(files)


def _bills(
    folder: Path,
    collected: Collected,
    files: Files,
    releases: Sequence[Release],
    wanted: Wanted,
    identity: Identity,
) -> Iterator[Found]:
    """A bill for each release, from what is locked, released and installed beside the project."""
    locks = tuple(_locks(collected))
    place = site_packages(folder)
    environment = installed(place) if place else ()
    for number, release_ in enumerate(releases):
        mine = [file for file, digest in files if digest in {one.digest for one in release_.files}]
        data = generate(
            locks, mine, release=release_, author=wanted.author, serial=UUID(int=identity.serial.int ^ number),
            made=identity.made, environment=environment,
        )  # fmt: skip
        name = "sbom.cdx.json" if len(releases) == 1 else f"sbom-{number + 1}.cdx.json"
        found = _made(name, "sbom", data, f"generated from the lockfile and the files of {release_.label}")
        yield msgspec.structs.replace(found, releases=() if len(releases) == 1 else (release_.label,))


def _locks(collected: Collected) -> Iterator[tuple[str, Lockfile]]:
    """Those that can be read; the others stay artifacts, and their checks will say why."""
    for found in collected.artifacts:
        if found.kind == "lockfile":
            with suppress(Malformed):
                yield found.name, lockfile.read(found.data, name=found.name)
