"""The release was built from another commit than the attestation names.

A commit names its content, so it settles the matter. A repository's address does not: mirrors and renamed
repositories hold the same commits under other names.
"""

from collections.abc import Iterator, Sequence

import msgspec

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.binding import COMMITS, is_commit
from assay.evidence.model import Exhibit, Standing
from assay.evidence.provenance import TAINTED, attested, provenances
from assay.evidence.release import ReleaseFile
from assay.evidence.repository import GitState
from assay.evidence.statement import Provenance, Resource, Statement
from assay.formats import repository_url, slsa
from assay.formats.attestation import Release
from assay.formats.text import shown


class _Compared(msgspec.Struct, frozen=True):
    """What one provenance says of the source; *agrees* is None where it leaves the question open."""

    exhibit: Exhibit[Statement]
    agrees: bool | None
    message: str

    @property
    def verified(self) -> bool:
        return self.exhibit.signature.standing is Standing.VERIFIED


def examine(case: Case) -> Iterator[Finding]:
    release = case.release
    if not is_commit(release.commit):
        said = (
            f"the commit {shown(release.commit, 80)!r}, which is not a full one"
            if release.commit
            else "no commit"
        )
        yield Finding.unknown(
            f"the attestation names {said}", remedy="attest the full commit the release was built from"
        )
        return
    files = attested(release, provenances(case.of(Statement)), case.of(ReleaseFile))
    compared = [
        _compare(exhibit, release)
        for exhibit in dict.fromkeys(exhibit for one in files for exhibit in one.statements)
        if exhibit.signature.standing not in TAINTED
    ]
    if any(one.agrees and one.verified for one in compared):
        yield from (_agreement(one) for one in compared if one.agrees and one.verified)
        return
    yield from (_finding(one) for one in compared)
    if not compared:
        yield Finding.unknown(
            "no provenance names an attested file, so nothing says what the release was built from",
            remedy="have the build write provenance, and submit it",
        )
    for exhibit in case.of(GitState):
        yield _state(exhibit, release)


def _agreement(one: _Compared) -> Finding:
    return Finding.supports(one.message, one.exhibit, at="/predicate")


def _finding(one: _Compared) -> Finding:
    if one.agrees is False:
        return Finding.against(
            one.message,
            one.exhibit,
            at="/predicate",
            remedy="attest the commit that was built, or release what was built from the attested one",
        )
    if one.agrees and not one.verified:
        standing = one.exhibit.signature.standing.value.replace("_", " ")
        message = f"{one.message}; but the signature is not verified ({standing})"
        return Finding.unknown(message, one.exhibit, at="/predicate")
    return Finding.unknown(one.message, one.exhibit, at="/predicate")


def _compare(exhibit: Exhibit[Statement], release: Release) -> _Compared:
    predicate = exhibit.value.predicate
    if not isinstance(predicate, Provenance):
        raise TypeError("only provenances are compared")
    name, sources = shown(exhibit.source.name, 80), _sources(predicate)
    at_commit = [one for one in sources if release.commit in _commits(one)]
    if at_commit:
        return _same_commit(exhibit, name, release, at_commit)
    here = [one for one in sources if _git(one) and repository_url.same(one.uri, release.repository)]
    first = next(iter(here), sources[0])
    if not _git(first):
        where = shown(first.uri, 120) or "an unnamed source"
        return _Compared(
            exhibit, None, f"{name} says the release was built from {where}, and not at which commit"
        )
    return _Compared(
        exhibit,
        False,
        f"{name} says the release was built from commit {_git(first)[0]} of {shown(first.uri, 120) or 'its source'}, "
        f"the attestation names {release.commit}",
    )


def _same_commit(
    exhibit: Exhibit[Statement], name: str, release: Release, sources: Sequence[Resource]
) -> _Compared:
    if release.repository and all(
        repository_url.same(one.uri, release.repository) is False for one in sources
    ):
        return _Compared(
            exhibit,
            None,
            f"{name} says the release was built from the attested commit, but of {shown(sources[0].uri, 120)}; the attestation names "
            f"{shown(release.repository, 120)}, and whether one mirrors the other nothing here tells",
        )
    return _Compared(
        exhibit,
        True,
        f"{name} says the release was built from the attested commit {release.commit[:12]} of {shown(sources[0].uri, 120) or 'its source'}",
    )


def _sources(predicate: Provenance) -> tuple[Resource, ...]:
    """The source first, then all other resources."""
    source = Resource(uri=predicate.source_uri, digests=predicate.source_digests)
    return (source, *predicate.materials)


def _git(resource: Resource) -> tuple[str, ...]:
    """What is a commit for certain, at a git address: a SHA-256 may as well be an archive's."""
    return tuple(digest.value for digest in resource.digests if digest.algorithm in slsa.COMMITS)


def _commits(resource: Resource) -> tuple[str, ...]:
    return tuple(digest.value for digest in resource.digests if digest.algorithm in COMMITS)


def _state(exhibit: Exhibit[GitState], release: Release) -> Finding:
    """What the collector saw: of the working tree, not of the build, so it proves nothing about the release alone."""
    state = exhibit.value
    if state.commit != release.commit:
        return Finding.unknown(
            f"the evidence was collected at commit {shown(state.commit, 64)}, the attestation names {release.commit}",
            exhibit,
            at="/commit",
            remedy="collect from a checkout of the attested commit",
        )
    if state.dirty:
        return Finding.unknown(
            "the evidence was collected from a working tree with changes that no commit holds",
            exhibit,
            at="/dirty",
            remedy="commit or discard the changes, build and collect again",
        )
    if repository_url.same(state.remote, release.repository) is False:
        return Finding.unknown(
            f"the evidence was collected from a clone of {shown(state.remote, 120)}, "
            f"the attestation names {shown(release.repository, 120)}",
            exhibit,
            at="/remote",
        )
    return Finding.supports(
        f"the evidence was collected from a clean checkout of {release.commit[:12]}", exhibit, at="/commit"
    )


CHECK = Check(
    id="source-agrees",
    title="the release was built from the attested commit of the attested repository",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    reads=(Statement,),
    also=(GitState, ReleaseFile),
    proves="A verified provenance of an attested file names the attested commit, of a repository by the attested name.",
    does_not_prove="That building that commit again gives the same files, or that the commit was reviewed.",
    examine=examine,
)
