"""Every vulnerability that the scans name is answered for this release."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from tests.support.cases import RELEASE, VERIFIED, WHEEL, case, exhibit, findings

from assay.checks.model import Outcome
from assay.checks.vulnerabilities_triaged import CHECK
from assay.evidence.lockfile import LockedPackage, Lockfile
from assay.evidence.sbom import Component, Sbom
from assay.evidence.statement import Provenance, Resource, Statement
from assay.evidence.vulnerabilities import Triage, Vex, Vulnerability, VulnerabilityReport
from assay.formats.digest import Digest
from assay.validation.run import run

MADE = datetime(2026, 10, 21, tzinfo=UTC)
WICK = "pkg:pypi/wick-trim@1.4.1"
FOUND = Vulnerability("PYSEC-2026-9001", ("CVE-2026-90001",), WICK, "wick-trim", "1.4.1", "pypi")
REPORT = VulnerabilityReport("osv", "scanner", created=MADE, found=(FOUND,), scanned=(WICK,))
BILL = Sbom(
    "CycloneDX",
    "1.6",
    serial="urn:uuid:3e67",
    components=(Component("w", "wick-trim", "1.4.1", "library", WICK),),
)
TRIAGE = Triage(
    ("CVE-2026-90001",),
    "not_affected",
    ("pkg:pypi/lantern@2.1.0",),
    justification="vulnerable_code_not_present",
    timestamp=MADE,
)


def report(**changes: Any) -> Any:
    return exhibit(msgspec.structs.replace(REPORT, **changes), "osv.json")


def vex(*statements: Triage, name: str = "vex.json") -> Any:
    return exhibit(Vex("openvex", "Lighthouse Works", MADE, statements), name)


def triage(**changes: Any) -> Triage:
    return msgspec.structs.replace(TRIAGE, **changes)


def answer(*exhibits: Any) -> Any:
    """What is said of the vulnerabilities; what is said of the report itself is left out."""
    return [f for f in findings(CHECK, *exhibits) if "PYSEC" in f.message or "CVE" in f.message]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(TRIAGE, id="not affected, by alias"),
        pytest.param(triage(ids=("pysec-2026-9001",)), id="by id in other case"),
        pytest.param(
            triage(justification="", impact="the function is never called"), id="not affected, in words"
        ),
        pytest.param(triage(status="fixed", justification=""), id="fixed"),
        pytest.param(triage(status="affected", action="update to 2.1.1"), id="affected, with an action"),
        pytest.param(triage(products=(str(WHEEL),)), id="product by digest"),
        pytest.param(triage(products=("pkg:pypi/lantern",)), id="every version of the product"),
        pytest.param(triage(products=(WICK,)), id="about the component"),
        pytest.param(triage(products=("urn:cdx:3e67/1#w",)), id="about the component by BOM-Link"),
        pytest.param(triage(subcomponents=(WICK,)), id="subcomponent"),
        pytest.param(
            triage(subcomponents=("pkg:pypi/wick-trim", "pkg:pypi/flame@3")), id="one of the subcomponents"
        ),
    ],
)
def test_answered(statement: Triage) -> None:
    assert [finding.outcome for finding in answer(report(), exhibit(BILL), vex(statement))] == [
        Outcome.SATISFIED
    ]


def test_satisfied_as_a_whole() -> None:
    assert run(CHECK, case(report(), exhibit(BILL), vex(TRIAGE), check=CHECK)).outcome is Outcome.SATISFIED


def test_satisfied_when_a_scan_of_everything_found_nothing() -> None:
    assert run(CHECK, case(report(found=()), exhibit(BILL), check=CHECK)).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(triage(ids=("CVE-2026-90002",)), id="another vulnerability"),
        pytest.param(triage(products=("pkg:pypi/lantern@2.0.0",)), id="another version of the product"),
        pytest.param(triage(products=("pkg:pypi/candle@2.1.0",)), id="another product"),
        pytest.param(triage(subcomponents=("pkg:pypi/flame@3.0",)), id="another subcomponent"),
        pytest.param(triage(products=("pkg:pypi/wick-trim@1.4.0",)), id="another version of the component"),
        pytest.param(
            triage(products=(WICK,), subcomponents=("pkg:pypi/thread@1",)), id="a part of the component"
        ),
    ],
)
def test_not_answered(statement: Triage) -> None:
    (finding,) = answer(report(), exhibit(BILL), vex(statement))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert (
        finding.message
        == "PYSEC-2026-9001 in wick-trim 1.4.1, which sbom lists, is not answered by any VEX statement"
    )
    assert finding.at == "w"


def test_not_satisfied_without_any_vex() -> None:
    (finding,) = answer(report(), exhibit(BILL))
    assert finding.outcome is Outcome.NOT_SATISFIED


def test_not_satisfied_when_affected_without_action() -> None:
    (finding,) = answer(report(), exhibit(BILL), vex(triage(status="affected", justification="")))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert "names no action" in finding.message


def test_not_satisfied_when_the_release_itself_is_vulnerable() -> None:
    own = msgspec.structs.replace(FOUND, component="pkg:pypi/lantern@2.1", name="lantern", version="2.1")
    (finding,) = answer(report(found=(own,)))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert "this release, is not answered" in finding.message


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(triage(justification=""), "gives no reason", id="not affected without a reason"),
        pytest.param(
            triage(status="under_investigation"), "is under investigation", id="under investigation"
        ),
        pytest.param(
            triage(products=("https://lighthouse.example/lantern",)),
            "cannot be related",
            id="product by address",
        ),
        pytest.param(triage(products=()), "names no product", id="no product"),
        pytest.param(
            triage(products=("pkg:github/lighthouse/lantern@2.1.0",)),
            "cannot be related",
            id="same name elsewhere",
        ),
    ],
)
def test_unknown_when_the_answer_decides_nothing(statement: Triage, message: str) -> None:
    (finding,) = answer(report(), exhibit(BILL), vex(statement))
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_the_latest_statement_counts() -> None:
    old = triage(status="under_investigation", timestamp=datetime(2026, 10, 1, tzinfo=UTC))
    new = triage(timestamp=datetime(2026, 10, 2, tzinfo=UTC))
    for statements in [(old, new), (new, old)]:
        assert [finding.outcome for finding in answer(report(), exhibit(BILL), vex(*statements))] == [
            Outcome.SATISFIED
        ]
    reopened = msgspec.structs.replace(old, timestamp=datetime(2026, 10, 3, tzinfo=UTC))
    assert [f.outcome for f in answer(report(), exhibit(BILL), vex(new), vex(reopened, name="b"))] == [
        Outcome.UNKNOWN
    ]


LOCK = Lockfile("uv.lock", "pypi", (LockedPackage("wick-trim", "1.4.1"),))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        pytest.param([], "does not list it in any bill or lock", id="nothing says what is in the release"),
        pytest.param(
            [exhibit(msgspec.structs.replace(BILL, components=(Component("w", "wick-trim", "1.5.0", "library", WICK[:-5] + "1.5.0"),)))],
            "has version 1.5.0", id="the bill has another version",
        ),
        pytest.param(
            [exhibit(Lockfile("uv.lock", "pypi", (LockedPackage("wick-trim", "1.4.1", development=True),)))],
            "does not list it", id="only for development",
        ),
        pytest.param(
            [exhibit(msgspec.structs.replace(LOCK, tells_development=False))], "may list it for development only", id="perhaps",
        ),
    ],
)  # fmt: skip
def test_unknown_when_the_release_may_not_contain_it(contents: list[Any], message: str) -> None:
    (finding,) = answer(report(), *contents)
    assert finding.outcome is Outcome.UNKNOWN
    assert message in finding.message


def test_not_satisfied_when_a_lock_lists_it() -> None:
    assert [finding.outcome for finding in answer(report(), exhibit(LOCK))] == [Outcome.NOT_SATISFIED]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"withdrawn": True}, "was withdrawn", id="withdrawn"),
        pytest.param({"notice": "unmaintained"}, "is a notice (unmaintained)", id="notice"),
    ],
)
def test_not_applicable_to_what_is_no_vulnerability(changes: dict[str, Any], message: str) -> None:
    (finding,) = answer(report(found=(msgspec.structs.replace(FOUND, **changes),)), exhibit(BILL))
    assert finding.outcome is Outcome.NOT_APPLICABLE
    assert message in finding.message


def about_report(**changes: Any) -> list[Any]:
    return [
        f
        for f in findings(CHECK, report(**changes), exhibit(BILL), vex(TRIAGE))
        if f.outcome is Outcome.UNKNOWN
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"created": datetime(2026, 10, 10, tzinfo=UTC)},
            "lies before the release of 2026-10-20",
            id="before release",
        ),
        pytest.param(
            {"created": datetime(2026, 11, 5, tzinfo=UTC)}, "after 2026-11-01", id="from the future"
        ),
        pytest.param(
            {"database": datetime(2026, 7, 1, tzinfo=UTC)},
            "advisory data of 2026-07-01 is 123 days old",
            id="old data",
        ),
        pytest.param({"created": None}, "does not say when it was made", id="no date"),
        pytest.param({"found": (), "scanned": None}, "does not say what it looked at", id="empty"),
        pytest.param(
            {"subjects": (Digest("sha256", "00" * 32),)},
            "no digest of this release",
            id="about something else",
        ),
        pytest.param(
            {"scanned": ("pkg:pypi/flame@3.0",)}, "did not look at 1 components", id="component not scanned"
        ),
    ],
)
def test_unknown_for_what_the_report_leaves_open(changes: dict[str, Any], message: str) -> None:
    (finding,) = about_report(**changes)
    assert message in finding.message


def test_a_scan_on_the_day_before_the_release_is_early_enough() -> None:
    assert about_report(created=datetime(2026, 10, 19, tzinfo=UTC)) == []


def test_a_report_without_date_is_no_older_than_its_newest_advisory() -> None:
    newer = msgspec.structs.replace(FOUND, modified=datetime(2026, 10, 25, tzinfo=UTC))
    future = msgspec.structs.replace(FOUND, id="PYSEC-2026-9002", modified=datetime(2027, 4, 1, tzinfo=UTC))
    assert about_report(created=None, found=(newer, future)) == []
    older = msgspec.structs.replace(FOUND, modified=datetime(2026, 9, 25, tzinfo=UTC))
    assert "the newest advisory in it, of 2026-09-25" in about_report(created=None, found=(older,))[0].message


def test_provenance_of_the_report_dates_it() -> None:
    undated = report(created=None)
    provenance = Provenance("v1", "https://builder.example", "t", finished=MADE)
    statement = Statement(
        "https://slsa.dev/provenance/v1", (Resource(digests=(undated.source.digest,)),), provenance
    )
    signed, unsigned = exhibit(statement, signature=VERIFIED), exhibit(statement)
    assert "by its provenance" in findings(CHECK, undated, signed)[0].message
    assert "does not say when" in findings(CHECK, undated, unsigned)[0].message


def test_a_scan_of_the_release_by_digest_needs_no_component() -> None:
    bare = (Vulnerability("CVE-2026-90001"),)
    (finding,) = answer(report(found=bare, scanned=None, subjects=(WHEEL,)))
    assert (finding.outcome, "was found in the release" in finding.message) == (Outcome.NOT_SATISFIED, True)
    (answered,) = answer(report(found=bare, scanned=None, subjects=(WHEEL,)), vex(TRIAGE))
    assert answered.outcome is Outcome.SATISFIED
    (elsewhere,) = answer(report(found=bare, scanned=None))
    assert elsewhere.outcome is Outcome.UNKNOWN


def test_unknown_without_a_report_or_a_date_of_release() -> None:
    assert run(CHECK, case(vex(TRIAGE), check=CHECK)).outcome is Outcome.UNKNOWN
    undated = msgspec.structs.replace(RELEASE, released=None)
    assert (
        run(CHECK, case(report(), exhibit(BILL), vex(TRIAGE), check=CHECK, release=undated)).outcome
        is Outcome.UNKNOWN
    )
    assert RELEASE.released == date(2026, 10, 20)
