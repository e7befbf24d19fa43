"""What binds a piece of evidence to a commit: a verified statement that names the digest of the one and the other.

The attestation's own envelope binds nothing: what the provider says when it attests is what is being tested. Nor does
the collector: it found a file in a folder, not the run that wrote it.
"""

import re
from collections.abc import Iterable

import msgspec

from assay.evidence.model import Exhibit, Standing
from assay.evidence.statement import Provenance, Statement
from assay.formats.digest import Digest
from assay.formats.text import shown

COMMITS = ("gitCommit", "sha1", "sha256")
"""Algorithms under which a commit may stand in a DigestSet; SHA-256 repositories have commits of 64 digits."""

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


class Bound(msgspec.Struct, frozen=True):
    """Verified statements that name both."""

    statements: tuple[Exhibit[Statement], ...]


class Unbound(msgspec.Struct, frozen=True):
    reason: str
    other: str = ""
    """Another commit that a verified statement names as the one the evidence is of; then it is a fact, not a gap."""
    statements: tuple[Exhibit[Statement], ...] = ()
    """Those that name the digest."""


def binding(digest: Digest, commit: str, statements: Iterable[Exhibit[Statement]]) -> Bound | Unbound:
    """Whether the evidence with *digest* is of *commit* (full, hexadecimal)."""
    naming = tuple(exhibit for exhibit in statements if exhibit.value.names(digest))
    if not naming:
        return Unbound("not bound to any commit: no signed test-result or provenance names its digest")
    verified = tuple(exhibit for exhibit in naming if exhibit.signature.standing is Standing.VERIFIED)
    if not verified:
        return Unbound(f"not bound to any commit: {_why_not(naming[0])}", statements=naming)
    bound = tuple(exhibit for exhibit in verified if names_commit(exhibit.value, commit))
    if bound:
        return Bound(bound)
    for exhibit in verified:
        for other in commits_of(exhibit.value):
            return Unbound(f"{exhibit.source.name} says it is of commit {other}", other, (exhibit,))
    return Unbound(
        f"not bound to any commit: {verified[0].source.name} names its digest, but no commit",
        statements=verified,
    )


def is_commit(text: str) -> bool:
    """Whether *text* is a full commit, SHA-1 or SHA-256, in lower-case hexadecimal."""
    return _COMMIT.match(text) is not None


def names_commit(statement: Statement, commit: str) -> bool:
    """Whether *commit* stands among the subjects, the source, the materials or the configuration."""
    return any(
        digest.value == commit and digest.algorithm in COMMITS
        for resource in statement.resources()
        for digest in resource.digests
    )


def commits_of(statement: Statement) -> tuple[str, ...]:
    """The commits a statement is about: its subjects, or the source of its build. Others in it may be of anything."""
    found = [
        digest.value
        for resource in statement.subjects
        for digest in resource.digests
        if digest.algorithm == "gitCommit"
    ]
    if isinstance(statement.predicate, Provenance):
        found.extend(digest.value for digest in statement.predicate.source_digests)
    return tuple(dict.fromkeys(found))


def _why_not(exhibit: Exhibit[Statement]) -> str:
    signature = exhibit.signature
    said = signature.standing.value.replace("_", " ")
    because = f", {shown(signature.reason, 160)}" if signature.reason else ""
    return (
        f"{exhibit.source.name} names its digest, but the signature of that is not verified ({said}{because})"
    )
