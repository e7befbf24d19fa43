"""C3: each product stands there with name, version and date, unless the attestation is for the whole company."""

from collections.abc import Iterator

from assay.checks.completeness.model import Rule, Submission
from assay.formats.text import shown


def examine(submission: Submission) -> Iterator[str]:
    attestation = submission.attestation
    if attestation.scope == "company_wide":
        return
    if not attestation.releases:
        yield "no product is listed, and the attestation is not company-wide"
    for row, release in enumerate(attestation.releases, 1):
        fields = {"name": release.name, "version": release.version, "release date": release.released}
        lacking = [name for name, value in fields.items() if not value]
        if lacking:
            yield f"product {row} ({shown(release.name, 60) or 'unnamed'}) lacks {' and '.join(lacking)}"
    names = {release.name for release in attestation.releases}
    if attestation.scope == "individual_product" and len(names) > 1:
        yield f"the type is individual_product, but {len(names)} products are listed"


RULE = Rule(
    id="C3",
    title="products are listed with name, version and date",
    remedy="give each product its name, version and release date, or attest company-wide",
    examine=examine,
)
