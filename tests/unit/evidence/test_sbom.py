from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import bills

from assay.errors import Malformed
from assay.evidence import sbom
from assay.evidence.cyclonedx_vulnerabilities import vdr, vex
from assay.evidence.vulnerabilities import Triage, Vulnerability
from assay.formats import cyclonedx
from assay.formats.digest import Digest

TIME = datetime(2026, 10, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "format_", "version", "serial", "own"),
    [
        pytest.param(
            bills.cyclonedx,
            "CycloneDX",
            "1.6",
            "urn:uuid:00000000-0000-4000-8000-00000000000a",
            "1",
            id="CycloneDX",
        ),
        pytest.param(bills.spdx2, "SPDX", "2.3", "https://sbom.example/lantern/2.1.0", "", id="SPDX 2"),
        pytest.param(bills.spdx3, "SPDX", "3.0.1", "https://sbom.example/document", "", id="SPDX 3"),
    ],
)
def test_the_same_bill_in_each_format_is_the_same_evidence(
    made: Any, format_: str, version: str, serial: str, own: str
) -> None:
    bill = sbom.read(bills.text(made()), name="bill.json")
    assert (bill.format, bill.format_version, bill.serial, bill.version) == (format_, version, serial, own)
    assert (bill.timestamp, bill.authors, bill.tools) == (
        TIME,
        ("Lighthouse Works (fictional)",),
        (sbom.Tool("bill-maker", "3.1"),),
    )
    assert bill.root is not None
    assert (bill.root.name, bill.root.version, bill.described) == ("lantern", "2.1.0", (bill.root.ref,))
    wick, oil = bill.components
    assert (wick.name, wick.version, wick.purl, wick.producer) == (
        "wick",
        "1.4.0",
        "pkg:pypi/wick@1.4.0",
        "Wick People",
    )
    assert (wick.digests, wick.licences) == ((Digest("sha256", bills.SHA),), ("MIT",))
    assert (oil.name, oil.version, oil.digests) == ("oil", "0.9", ())
    assert bill.dependencies == ((bill.root.ref, (wick.ref, oil.ref)), (wick.ref, ()))
    assert [text.lower().removeprefix("sbom type: ") for text in bill.generation] == ["build"]


def test_what_only_cyclonedx_says() -> None:
    metadata = bills.cyclonedx()["metadata"] | {
        "manufacturer": {"name": "Works"},
        "properties": [
            {"name": "assay:withheld", "value": "author"},
            {"name": "assay:unknown", "value": "tool version"},
        ],
    }
    compositions = [{"aggregate": "incomplete", "assemblies": ["lantern"], "dependencies": ["wick"]}]
    signature = {"algorithm": "ES256", "value": "c2lnbmF0dXJl"}
    bill = sbom.read(
        bills.text(
            bills.cyclonedx(metadata=metadata, compositions=compositions, signature=signature, version=None)
        ),
        name="b",
    )
    assert bill.authors == ("Lighthouse Works (fictional)", "Works")
    assert (bill.withheld, bill.unknown) == (("author",), ("tool version",))
    assert bill.aggregates == (("incomplete", ("lantern", "wick")),)
    assert (bill.signed, bill.version) == (True, "")


def test_nested_components_are_contained() -> None:
    nested = {
        "type": "library",
        "name": "outer",
        "bom-ref": "outer",
        "components": [{"type": "file", "name": "in", "bom-ref": "in"}],
    }
    bill = sbom.read(
        bills.text(bills.cyclonedx(components=[nested], dependencies=[{"ref": "outer"}])), name="b"
    )
    assert [one.name for one in bill.components] == ["outer", "in"]
    assert bill.dependencies == (("outer", ()), ("outer", ("in",)))


def test_several_described_packages_are_no_root() -> None:
    bill = sbom.read(bills.text(bills.spdx2(documentDescribes=["SPDXRef-oil"])), name="b")
    assert bill.root is None
    assert bill.described == ("SPDXRef-oil", "SPDXRef-lantern")
    assert len(bill.components) == 3


def test_a_bill_without_metadata_says_nothing() -> None:
    bill = sbom.read(b'{"bomFormat":"CycloneDX","specVersion":"1.4"}', name="b")
    assert bill == sbom.Sbom(format="CycloneDX", format_version="1.4")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(
            b"{}",
            "b.json is no bill of materials: has none of bomFormat, spdxVersion and @graph",
            id="empty object",
        ),
        pytest.param(
            b'{"a":{"bomFormatted":"CycloneDX"}}', "b.json is no bill of materials", id="similar name"
        ),
        pytest.param(
            b'{"a":{"bomFormat":"CycloneDX"}}',
            "b.json: /bomFormat is None, expected 'CycloneDX'",
            id="deeper down",
        ),
        pytest.param(b"[]", "b.json: Expected `object`, got `array`", id="array"),
        pytest.param(b"<bom/>", "b.json: JSON is malformed", id="XML"),
        pytest.param(b"\x00\xff", "b.json is not UTF-8", id="binary"),
        pytest.param(b"", "b.json: JSON ends before its first value, where more was expected", id="nothing"),
        pytest.param(
            bills.text(bills.spdx2(creationInfo={"created": "now", "creators": []})),
            "b.json: creation time 'now' is not an RFC 3339 date-time",
            id="SPDX time",
        ),
    ],
)
def test_refuses(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        sbom.read(data, name="b.json")
    assert reason in str(caught.value)


@pytest.mark.parametrize("made", [bills.cyclonedx, bills.spdx2, bills.spdx3])
def test_tells_formats_apart_far_from_the_ends(made: Any) -> None:
    bill = made()
    pad = " " * 5000
    members = [
        f"{pad}{bills.text(name).decode()}: {bills.text(value).decode()}{pad}" for name, value in bill.items()
    ]
    assert sbom.read(("{" + ",".join(members) + "}").encode(), name="b") == sbom.read(
        bills.text(bill), name="b"
    )


def _vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "id": "CVE-2026-0001",
        "references": [{"id": "GHSA-aaaa-bbbb-cccc", "source": {"name": "x"}}],
        "ratings": [
            {"score": 5.5, "method": "CVSSv31"},
            {"score": 7.5, "method": "CVSSv4"},
            {"score": 9.9, "method": "other"},
        ],
        "affects": [{"ref": "wick"}],
        **members,
    }


def _bom(*vulnerabilities: dict[str, Any]) -> cyclonedx.Bom:
    return cyclonedx.decode(bills.text(bills.cyclonedx(vulnerabilities=list(vulnerabilities))))


def test_found_vulnerabilities() -> None:
    report = vdr(
        _bom(_vulnerability(), _vulnerability(id="CVE-2026-0002", affects=[], ratings=[], references=[]))
    )
    assert report is not None
    assert (report.scanner, report.created, report.scanned) == ("bill-maker", TIME, None)
    assert report.found == (
        Vulnerability(
            id="CVE-2026-0001",
            aliases=("GHSA-aaaa-bbbb-cccc",),
            component="pkg:pypi/wick@1.4.0",
            name="wick",
            version="1.4.0",
            ecosystem="pypi",
            severity=7.5,
        ),
        Vulnerability(id="CVE-2026-0002"),
    )


@pytest.mark.parametrize(
    ("ref", "component", "name"),
    [
        pytest.param("wick", "pkg:pypi/wick@1.4.0", "wick", id="bom-ref"),
        pytest.param(
            "urn:cdx:00000000-0000-4000-8000-00000000000a/1#wick",
            "pkg:pypi/wick@1.4.0",
            "wick",
            id="link to itself",
        ),
        pytest.param("oil", "", "oil", id="component without purl"),
        pytest.param("pkg:npm/%40a/b@2?x=y", "pkg:npm/%40a/b@2", "@a/b", id="purl"),
        pytest.param(
            "urn:cdx:00000000-0000-4000-8000-00000000000b/1#pkg%3Anpm/a@1",
            "pkg:npm/a@1",
            "a",
            id="link to another",
        ),
        pytest.param("nowhere", "", "nowhere", id="dangling"),
    ],
)
def test_what_a_vulnerability_affects(ref: str, component: str, name: str) -> None:
    report = vdr(_bom(_vulnerability(affects=[{"ref": ref}])))
    assert report is not None
    assert [(one.component, one.name) for one in report.found] == [(component, name)]


def test_no_list_is_no_report_and_an_empty_one_is_one() -> None:
    plain = cyclonedx.decode(bills.text(bills.cyclonedx()))
    empty = vdr(_bom())
    assert (vdr(plain), vex(plain), vex(_bom(_vulnerability()))) == (None, None, None)
    assert empty is not None
    assert empty.found == ()


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", "fixed"),
        ("resolved_with_pedigree", "fixed"),
        ("exploitable", "affected"),
        ("in_triage", "under_investigation"),
        ("false_positive", "not_affected"),
        ("not_affected", "not_affected"),
    ],
)
def test_analyses(state: str, status: Any) -> None:
    analysis = {
        "state": state,
        "justification": "code_not_reachable",
        "response": ["update"],
        "detail": "never called",
        "lastUpdated": "2026-10-21T00:00:00Z",
    }
    found = vex(_bom(_vulnerability(analysis=analysis, recommendation="take 1.5")))
    assert found is not None
    assert (found.author, found.timestamp) == ("Lighthouse Works (fictional)", TIME)
    assert found.statements == (
        Triage(
            ids=("CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"),
            status=status,
            products=("wick", "pkg:pypi/wick@1.4.0"),
            justification="code_not_reachable",
            impact="never called",
            action="update; take 1.5",
            timestamp=datetime(2026, 10, 21, tzinfo=UTC),
        ),
    )
