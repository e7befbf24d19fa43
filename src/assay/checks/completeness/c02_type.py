"""C2: the type is said: the whole company, one product, or several products or versions."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission


def examine(submission: Submission) -> Iterator[str]:
    if submission.attestation.scope is None:
        yield (
            "the type is not set, expected company_wide, individual_product "
            "or multiple_products_or_specific_versions"
        )


RULE = Rule(id="C2", title="the type of attestation is set", remedy="set the type", examine=examine)
