"""One attestation about two products: the evidence of the one is not held against the other."""

from pathlib import Path
from typing import Any

import pytest
from tests.scenario.honesty import bills, documents, office, wheels
from tests.scenario.honesty.workspace import BILL, BUILT, Workspace

from assay.errors import Malformed
from assay.formats.verdict import VerdictDocument

NAME, VERSION = "assay-other", "2.0.0"
WHEEL, OTHER_BILL, OTHER_VEX = (
    "assay_other-2.0.0-py3-none-any.whl",
    "other.cdx.json",
    "evidence/other.openvex.json",
)


@pytest.fixture
def two(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A second product beside the first, with a bill, a provenance and a triage of its own."""
    made = workspace.copy(tmp_path / "project")
    made.keep_bill()
    wheel = _renamed(made.wheel)
    made.write(f"dist/{WHEEL}", wheel)
    made.write(OTHER_BILL, bills.as_release(made.read(BILL), NAME, VERSION))
    made.write(OTHER_VEX, documents.openvex(f"pkg:pypi/{NAME}@{VERSION}", made.packages[0], BUILT))
    made.bind_build(files={**made.files, WHEEL: wheel})
    made.declare(_both)
    return made


def _renamed(wheel: bytes) -> bytes:
    """The same code as another product."""
    files = {
        path.replace("assay_office-0.1.0", f"assay_other-{VERSION}"): data
        for path, data in wheels.members(wheel).items()
    }
    metadata = f"assay_other-{VERSION}.dist-info/METADATA"
    described = files[metadata].replace(b"Name: assay-office", f"Name: {NAME}".encode())
    described = described.replace(b"Version: 0.1.0", f"Version: {VERSION}".encode())
    return wheels.rebuilt(wheels.repacked(wheel, files), {metadata: described})


def _both(document: dict[str, Any]) -> None:
    (first,) = document["products"]
    document["submission"]["scope"] = "multiple_products_or_specific_versions"
    document["products"] = [
        {**first, "files": ["dist/assay_office-0.1.0-py3-none-any.whl"]},
        {**first, "name": NAME, "version": VERSION, "files": [f"dist/{WHEEL}"]},
    ]


def judged(workspace: Workspace) -> VerdictDocument:
    return office.judge(office.inputs(office.signed(workspace.prepare())))


def against(verdict: VerdictDocument) -> dict[tuple[str, str], str]:
    return {
        (finding.check, finding.release): finding.message
        for row in verdict.claims
        for finding in row.findings
        if finding.outcome == "not_satisfied"
    }


def test_two_honest_products_stand(two: Workspace) -> None:
    verdict = judged(two)
    assert [f"{one.name} {one.version}" for one in verdict.releases] == [
        "assay-office 0.1.0",
        "assay-other 2.0.0",
    ]
    assert against(verdict) == {}
    assert {
        row.requirement: row.reason for row in verdict.claims if row.claimed and row.verdict != "satisfied"
    } == {}
    assert verdict.result == "validated_with_findings"


def test_the_bill_of_one_is_none_of_the_other(two: Workspace) -> None:
    two.path(OTHER_BILL).unlink()
    verdict = judged(two)
    assert against(verdict) == {}
    row = next(row for row in verdict.claims if row.requirement == "cisa-form@2024-03#3")
    assert row.verdict == "unknown"
    assert {finding.release for finding in row.findings if finding.check == "sbom-describes-release" and finding.outcome == "unknown"} == {
        f"{NAME}@{VERSION}"
    }  # fmt: skip


def test_a_secret_in_one_is_found_in_that_one(two: Workspace) -> None:
    two.edit(f"dist/{WHEEL}", wheels.with_secret)
    two.write(OTHER_BILL, bills.as_release(two.read(BILL), NAME, VERSION))
    two.bind_build(files={**two.files, WHEEL: two.read(f"dist/{WHEEL}")})
    found = against(judged(two))
    assert list(found) == [("release-no-secrets", f"{NAME}@{VERSION}")]


def test_evidence_may_be_named_as_one_products(two: Workspace) -> None:
    """A scan that found something in one product, left open there, is nothing to the other."""
    two.path(OTHER_VEX).unlink()
    assert set(against(judged(two))) == {("vulnerabilities-triaged", f"{NAME}@{VERSION}")}
    scan = {
        "path": "evidence/osv.json",
        "kind": "vulnerabilities",
        "description": "Scan",
        "releases": ["assay-office@0.1.0"],
    }

    def declared(document: dict[str, Any]) -> None:
        _both(document)
        document["artifacts"] = [scan]

    two.declare(declared)
    verdict = judged(two)
    assert against(verdict) == {}
    row = next(row for row in verdict.claims if row.requirement == "cisa-form@2024-03#4.b")
    assert "there is no readable" in row.reason


def test_evidence_about_nothing_attested_is_refused(two: Workspace) -> None:
    scan = {"path": "evidence/osv.json", "kind": "vulnerabilities", "releases": ["assay-office@9.9"]}
    two.declare(lambda document: document.update(artifacts=[scan]))
    with pytest.raises(Malformed) as refusal:
        two.prepare()
    assert "'evidence/osv.json' is about release 'assay-office@9.9', expected one of the targets" in str(
        refusal.value
    )
