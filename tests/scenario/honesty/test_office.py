"""The same attestations at an office's door: who may not sign is turned away, and what was handed in before is remembered."""

from pathlib import Path

import msgspec
import pytest
from tests.scenario.honesty import bills, office
from tests.scenario.honesty.falsehood import Falsehood, told
from tests.scenario.honesty.falsehoods import FALSEHOODS
from tests.scenario.honesty.workspace import NOW, Workspace
from tests.support import offices

from assay.bootstrap.provide import Prepared
from assay.errors import Duplicate, Untrusted
from assay.formats.bundle import Bundle
from assay.formats.verdict import VerdictDocument
from assay.office.advance import advance
from assay.office.log import verify_register
from assay.office.office import Office
from assay.office.submit import submit
from assay.office.validate import verdict_of
from assay.validation.examine import Inputs

UNSIGNED = [
    one
    for one in FALSEHOODS
    if "C10" in one.missing and one.check in ("signer-has-authority", "keys-not-revoked")
]
"""Those whose signatures do not verify, and those that verify without authority."""
LET_IN = {"no-authority", "designee-without-delegation"}
"""Their signatures verify; the missing authority makes them incomplete."""


def door(inputs: Inputs) -> Office:
    """An office that judges by what *inputs* hold."""
    return msgspec.structs.replace(
        offices.office(now=NOW),
        trust=inputs.trust,
        policy=inputs.policy,
        packs=inputs.packs,
        snapshot=inputs.snapshot,
        exploited=inputs.exploited,
    )


def published(at: Office, bundle: Bundle) -> VerdictDocument:
    return verdict_of(at, advance(at, submit(at, bundle)))[1]


def test_the_honest_result_is_the_one_of_the_engine(prepared: Prepared) -> None:
    inputs = office.inputs(office.signed(prepared))
    at = door(inputs)
    assert published(at, inputs.bundle) == office.judge(inputs)
    assert verify_register(at) == 5


def test_signing_again_makes_no_other_attestation(prepared: Prepared) -> None:
    inputs = office.inputs(office.signed(prepared))
    at = door(inputs)
    published(at, inputs.bundle)
    again = office.signed(prepared, office.KEYS[::-1])
    assert again.envelope != inputs.bundle.envelope
    with pytest.raises(Duplicate, match="was submitted before"):
        submit(at, again)
    assert at.ledger.head().edge.size == 5


@pytest.mark.parametrize("falsehood", UNSIGNED, ids=lambda one: one.id)
def test_who_may_not_sign_is_turned_away(
    falsehood: Falsehood, workspace: Workspace, prepared: Prepared, tmp_path: Path
) -> None:
    inputs = told(falsehood, workspace, prepared, tmp_path / "project")
    at = door(inputs)
    if falsehood.id in LET_IN:
        assert published(at, inputs.bundle).result == "incomplete"
        return
    with pytest.raises(Untrusted) as refusal:
        submit(at, inputs.bundle)
    assert falsehood.says in str(refusal.value)
    assert at.ledger.head().edge.size == 1


def test_an_office_remembers_the_evidence_of_other_products(workspace: Workspace, tmp_path: Path) -> None:
    """The bill and the tests of a product come again, as those of another."""
    at = door(office.inputs(office.signed(workspace.prepare())))
    first = workspace.copy(tmp_path / "first")
    first.bill(lambda bill: bills.of_product(bill, "sham-product"))
    first.bind_tests(keys=())
    first.declare(lambda document: document["products"][0].update(name="sham-product"))
    published(at, office.signed(first.prepare()))
    first.declare()
    verdict = published(at, office.signed(first.prepare()))
    found = {
        (finding.outcome, finding.message.partition("@")[0])
        for row in verdict.claims
        for finding in row.findings
        if finding.check == "evidence-belongs-to-release" and finding.outcome != "satisfied"
    }
    product = "Lighthouse Works (fictional)/sham-product"
    assert found == {
        ("not_satisfied", f"sbom.cdx.json was submitted before as evidence for {product}"),
        ("unknown", f"evidence/junit.xml was also submitted for {product}"),
    }
