"""C13: an attestation that follows an extension or waiver names it, and no other does."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    kind, named = submission.attestation.kind, submission.attestation.extension.strip()
    if kind == "following_extension_or_waiver" and not named:
        yield "it follows an extension or waiver, and does not name which"
    if kind in ("new", "revised") and named:
        yield f"it names an extension or waiver, and its kind is {kind}"


RULE = Rule(
    id="C13",
    title="the extension or waiver that it follows is named",
    remedy="name the extension or waiver (number, agency, date), or change the kind",
    examine=examine,
)
