"""C5: software that the form excludes is not attested: an agency's own, or what an agency got freely and directly."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    for release in submission.attestation.releases:
        if release.excluded:
            name = shown(f"{release.name} {release.version}".strip(), 80)
            yield f"{name} is attested and said to be outside the form's scope: {shown(release.excluded)}"


RULE = Rule(
    id="C5",
    title="excluded software is not claimed",
    remedy="leave it out, or drop the exclusion and flag it as voluntary",
    examine=examine,
)
