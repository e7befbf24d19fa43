"""Real and sample documents of CycloneDX/bom-examples through the readers."""

import json
from collections import Counter

import pytest
from tests.support.bom_examples import bom_examples

from assay.errors import Unsupported
from assay.evidence import sbom
from assay.evidence.cyclonedx_vulnerabilities import vdr, vex
from assay.formats import cyclonedx


def test_every_document_is_read_or_refused_for_its_version() -> None:
    versions = {path: str(json.loads(data)["specVersion"]) for path, data in bom_examples().items()}
    assert Counter(versions.values()) == {"1.2": 7, "1.3": 4, "1.4": 44, "1.6": 5}
    assert {path: _version(path, data) for path, data in bom_examples().items()} == {
        path: f"specVersion is '{version}'" if version < "1.4" else version
        for path, version in versions.items()
    }


def _version(path: str, data: bytes) -> str:
    try:
        return sbom.read(data, name=path).format_version
    except Unsupported as error:
        return str(error).partition(": /")[2].partition(",")[0]


@pytest.mark.parametrize(
    ("path", "components", "relations", "root"),
    [
        ("SBOM/juice-shop/via_npm/bare/bom.1.4.json", 1115, 1232, "juice-shop"),
        ("SBOM/juice-shop/via_npm/flat/bom.1.4.json", 1115, 1116, "juice-shop"),
        ("SBOM/laravel-7.12.0/bom.1.4.json", 62, 63, "cyclonedx/cyclonedx-php-composer-demo"),
        ("HBOM/PCIe-SATA-adapter-board/bom.json", 6, 0, "uk.ac.cam.cl/pcie-sata-adaptor-board"),
    ],
)
def test_counts_of_real_bills(path: str, components: int, relations: int, root: str) -> None:
    bill = sbom.read(bom_examples()[path], name=path)
    assert (len(bill.components), len(bill.dependencies)) == (components, relations)
    assert bill.root is not None
    assert bill.root.name == root


def test_vulnerabilities_and_their_analyses() -> None:
    documents = [
        cyclonedx.decode(data)
        for path, data in bom_examples().items()
        if path.startswith("VEX/") and path != "VEX/bom.json"
    ]
    reports = [report for document in documents if (report := vdr(document))]
    statements = [one for document in documents if (found := vex(document)) for one in found.statements]
    assert (len(documents), len(reports)) == (38, 25)
    assert sum(len(report.found) for report in reports) == 157
    assert Counter(one.status for one in statements) == {
        "not_affected": 82,
        "affected": 15,
        "under_investigation": 8,
        "fixed": 7,
    }


def test_a_link_to_another_bill_keeps_its_purl() -> None:
    found = vex(cyclonedx.decode(bom_examples()["VEX/vex.json"]))
    assert found is not None
    (statement,) = found.statements
    assert statement.ids == ("CVE-2020-25649", "SNYK-JAVA-COMFASTERXMLJACKSONCORE-1048302")
    assert "pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.10.0?type=jar" in statement.products
