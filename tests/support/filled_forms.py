"""The common form as a fictional producer filled it, as field and value, and what it says."""

from datetime import date

from assay.formats.attestation import Contact, Provider
from assay.formats.common_form import FilledForm, Product, Signatory

PAIRS = {
    "Submission type": "New Attestation",
    "Type of attestation": "Multiple Products or Specific Versions",
    "Software Name Row 1": "lantern",
    "Version Number Row 1": "2.1.0",
    "Release or Publish Date Row 1": "October 20, 2026",
    "Software Name Row 2": "oar",
    "Version Number Row 2": "7",
    "Release or Publish Date Row 2": "2026-02-01",
    "Company Name": "Lighthouse Works (fictional)",
    "Company Address": "1 Pier",
    "City": "Seaside",
    "State or Province": "Coast",
    "Postal Code": "12345",
    "Country": "Nowhere",
    "Company Website": "https://lighthouse.example",
    "Primary Contact Name": "Desk (fictional)",
    "Primary Contact Title": "product security",
    "Primary Contact Address": "1 Pier",
    "Phone Number": "+00 0",
    "E-mail Address": "desk@lighthouse.example",
    **{
        f"Item {item}": "Yes"
        for item in ("1.a", "1.b", "1.d", "1.e", "1.f", "2", "3", "4", "4.a", "4.b", "4.c")
    },
    "Item 1.c": "No",
    "Will notify": "Yes",
    "Milestone 1 item": "1.c",
    "Milestone 1 weakness": "two accounts have no second factor",
    "Milestone 1 action": "enrol them",
    "Milestone 1 owner": "head of engineering",
    "Milestone 1 due date": "31 March 2027",
    "Printed name": "A. Keeper (fictional)",
    "Title of signatory": "chief executive",
    "Date signed": "2026-10-30",
    "Signatory authority": "CEO",
}
CSV = "Field,Value\n" + "".join(f'{name},"{value}"\n' for name, value in PAIRS.items())
PROVIDER = Provider(
    "Lighthouse Works (fictional)",
    "1 Pier",
    "Seaside",
    "Coast",
    "12345",
    "Nowhere",
    "https://lighthouse.example",
)
CONTACT = Contact("Desk (fictional)", "product security", "1 Pier", "+00 0", "desk@lighthouse.example")
PRODUCTS = (Product("lantern", "2.1.0", date(2026, 10, 20)), Product("oar", "7", date(2026, 2, 1)))
SIGNATORY = Signatory("A. Keeper (fictional)", "chief executive", date(2026, 10, 30), "chief_executive")


def is_all_of(form: FilledForm) -> None:
    assert (form.kind, form.scope) == ("new", "multiple_products_or_specific_versions")
    assert form.provider == PROVIDER
    assert form.contact == CONTACT
    assert form.products == PRODUCTS
    assert form.signatory == SIGNATORY
    assert form.notify is True
    assert [item for item, said in form.items.items() if not said] == ["1.c"]
    assert len(form.items) == 12
    (milestone,) = form.milestones
    assert (milestone.requirement, milestone.due) == ("cisa-form@2024-03#1.c", date(2027, 3, 31))
