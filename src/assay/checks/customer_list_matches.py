"""A customer list that was changed after signing: customers dropped, added or renamed."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity


def examine(case: Case) -> Iterator[Finding]:
    stated, rows, found = case.attestation.customers, case.attestation.customer_rows, case.facts.customers
    if stated is None:
        yield Finding.unknown("the attestation does not commit to a customer list", at="/customers")
        return
    if found is None:
        yield Finding.unknown(
            "there is no customer list to compare with the commitment",
            remedy="add customers.json, which may be empty",
        )
        return
    if rows is not None and rows != found.rows:
        yield Finding.against(
            "the list has another number of rows than the attestation commits to",
            at="/customers",
            remedy=_REMEDY,
        )
    if found.commitment != stated:
        yield Finding.against(
            f"the list gives the commitment {found.commitment.short}, the attestation has {stated.short}",
            at="/customers",
            remedy=_REMEDY,
        )
    else:
        yield Finding.supports(f"the list gives the commitment {stated.short} that was signed")


_REMEDY = "submit the list that was signed for, or sign a revision over the new one"

CHECK = Check(
    id="customer-list-matches",
    title="the customer list is the one that the attestation commits to",
    severity=Severity.HIGH,
    basis=Basis.DERIVED,
    proves="No row was added, dropped or changed after signing.",
    does_not_prove="That the list has every customer.",
    examine=examine,
)
