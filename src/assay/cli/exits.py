"""Exit codes, the same for every command."""

from assay.errors import AssayError, Malformed, Refused

VALIDATED = 0
"""Done; or validated, or validated with findings."""
NOT_VALIDATED = 1
"""Contradicted or incomplete; or computed again to something else."""
USAGE = 2
"""Wrong usage, or input that is malformed or does not verify."""
UNKNOWN = 3
"""Insufficient evidence, or could not tell."""

_RESULTS = {
    "validated": VALIDATED,
    "validated_with_findings": VALIDATED,
    "contradicted": NOT_VALIDATED,
    "incomplete": NOT_VALIDATED,
}


def for_result(result: str) -> int:
    return _RESULTS.get(result, UNKNOWN)


def for_error(error: AssayError) -> int:
    return USAGE if isinstance(error, Malformed | Refused) else UNKNOWN
