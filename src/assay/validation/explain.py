"""Choose what to explain of a verdict."""

from assay.errors import Malformed
from assay.formats.text import shown
from assay.formats.verdict import ClaimVerdict, VerdictDocument


def choose(verdict: VerdictDocument, claim: str) -> tuple[ClaimVerdict, ...]:
    """The row named in full or by its id; without a name all rows that are open or contradicted."""
    if not claim:
        return tuple(row for row in verdict.claims if row.verdict in ("not_satisfied", "unknown"))
    rows = tuple(
        row for row in verdict.claims if claim in (row.requirement, row.requirement.partition("#")[2])
    )
    if not rows:
        known = ", ".join(row.requirement.partition("#")[2] for row in verdict.claims)
        raise Malformed(f"the verdict has no requirement {shown(claim, 80)!r}; it has {known}")
    return rows
