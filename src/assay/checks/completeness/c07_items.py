"""C7: each requirement that must be answered is claimed, or stands in the plan of action and milestones.

A pack that leaves the choice to the provider (SSDF) asks for nothing here, but an attestation must claim or plan something.
"""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    attestation = submission.attestation
    claimed = {claim.requirement for claim in attestation.claims if claim.claimed}
    answered = claimed | {milestone.requirement for milestone in attestation.milestones}
    if not answered:
        yield "no requirement is claimed and none is planned for"
        return
    for requirement in submission.must_answer:
        if requirement not in answered:
            yield f"{requirement} is neither claimed nor in the plan of action and milestones"
    if submission.known is not None:
        for requirement in sorted(answered - submission.known):
            yield f"{shown(requirement, 120)} is answered, and is no requirement of the packs named"


RULE = Rule(
    id="C7",
    title="all items are claimed or planned for",
    remedy="claim the item, or give it a milestone with action, owner and date",
    examine=examine,
)
