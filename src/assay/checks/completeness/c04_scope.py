"""C4: each product is in the form's scope, by date, by major version or by continuous delivery, or is flagged voluntary."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    cutoff = submission.in_scope_from
    for release in submission.attestation.releases:
        name = shown(f"{release.name} {release.version}".strip(), 80) or "a product without a name"
        before = release.released is not None and release.released < cutoff
        match release.in_scope:
            case None if before:
                yield f"{name} was released on {release.released}, before {cutoff}, and nothing says why it is in scope"
            case None if release.released is None:
                yield f"{name} has neither a release date nor a reason why it is in scope"
            case "released_after_cutoff" if release.released is None:
                yield f"{name} is said to be in scope by its date, and has none"
            case "released_after_cutoff" | "major_version_after_cutoff" if before:
                yield (
                    f"{name} is said to be in scope as {release.in_scope}, "
                    f"but this version was released on {release.released}, before {cutoff}"
                )


RULE = Rule(
    id="C4",
    title="each product is in scope, or flagged voluntary",
    remedy="say why it is in scope (date, major version, continuous delivery), or flag it as voluntary",
    examine=examine,
)
