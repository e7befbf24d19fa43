"""A CI workflow that runs whatever a tag or branch points to at that moment.

Whoever can move the tag of an action, image or include runs code in the build. A full commit or an image digest cannot be moved.
"""

import re
from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.repository import Use, Workflow
from assay.formats import repository_url
from assay.formats.text import shown

_RELEASE_TAG = re.compile(r"v\d{1,6}\.\d{1,6}\.\d{1,6}\Z")


def examine(case: Case) -> Iterator[Finding]:
    own = _owner(case.release.repository)
    allowed = {owner.casefold() for owner in case.texts("allowed_unpinned_owners")}
    by_tag = tuple(name.casefold() for name in case.texts("tag_required"))
    for exhibit in case.of(Workflow):
        fetched = [use for use in exhibit.value.uses if use.kind != "local"]
        pinned = 0
        for use in fetched:
            finding = _judge(use, exhibit, {own, *allowed} - {""}, by_tag)
            pinned += finding is None
            if finding is not None:
                yield finding
        if pinned or not fetched:
            yield Finding.supports(
                f"{exhibit.source.name}: {pinned} of {len(fetched)} references are pinned by digest", exhibit
            )


def _judge(use: Use, exhibit: Exhibit[Workflow], owners: set[str], by_tag: tuple[str, ...]) -> Finding | None:
    """None for what is pinned."""
    name = shown(
        f"{use.name}@{use.ref}" if use.ref and use.kind != "image" else f"{use.name}:{use.ref}".rstrip(":"),
        120,
    )
    if use.pinned:
        return None
    if not use.resolved:
        return Finding.unknown(
            f"{name} is made of variables, so what it fetches cannot be seen", exhibit, at=use.at
        )
    if use.kind in {"action", "workflow", "include"} and _owned(use.name, owners):
        return Finding.supports(
            f"{name} is the provider's own, or of an owner allowed unpinned", exhibit, at=use.at
        )
    if use.name.casefold().startswith(by_tag) and _RELEASE_TAG.match(use.ref):
        return Finding.supports(f"{name} can only be verified by its release tag", exhibit, at=use.at)
    expected = "an image digest (@sha256:…)" if use.kind == "image" else "a full commit"
    return Finding.against(
        f"{use.kind} {name} is not pinned, expected {expected}",
        exhibit,
        at=use.at,
        remedy=f"pin {shown(use.name, 80)} by digest",
    )


def _owner(repository: str) -> str:
    """``owner`` of ``host/owner/name``; empty when the attestation names no repository."""
    parts = repository_url.canonical(repository).split("/")
    return parts[1] if len(parts) > 2 else ""


def _owned(name: str, owners: set[str]) -> bool:
    return name.partition("/")[0].casefold() in owners


CHECK = Check(
    id="workflow-actions-pinned",
    title="the CI fetches actions, images and includes by digest",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Workflow,),
    proves="the supplied CI files name third-party code by commit or digest, which nobody can move",
    does_not_prove="that the pinned code is good, fetches nothing itself, or that these files are what ran",
    parameters={"allowed_unpinned_owners": [], "tag_required": ["slsa-framework/slsa-github-generator/"]},
    examine=examine,
)
