"""Running a check: absent, unreadable and failing evidence is unknown, never a pass."""

from collections.abc import Iterator

import pytest
from tests.support.cases import case, exhibit, unreadable

from assay.checks.model import Basis, Case, Check, Finding, Outcome, Severity
from assay.evidence.lockfile import Lockfile
from assay.evidence.sbom import Sbom
from assay.validation.run import MAX_FINDINGS, run

SBOM = Sbom(format="CycloneDX", format_version="1.6")


def check(*findings: Finding, error: Exception | None = None) -> Check:
    def examine(_: Case) -> Iterator[Finding]:
        yield from findings
        if error:
            raise error

    return Check(
        id="sample", title="the sample holds", severity=Severity.HIGH, basis=Basis.DERIVED, reads=(Sbom,), also=(Lockfile,),
        proves="", does_not_prove="", examine=examine,
    )  # fmt: skip


YES, NO, OPEN = Finding.supports("yes"), Finding.against("no"), Finding.unknown("open")


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        pytest.param((YES,), Outcome.SATISFIED, id="one for"),
        pytest.param((YES, NO), Outcome.NOT_SATISFIED, id="one against outweighs"),
        pytest.param((YES, OPEN), Outcome.UNKNOWN, id="one open"),
        pytest.param((OPEN, NO), Outcome.NOT_SATISFIED, id="against outweighs open"),
        pytest.param((), Outcome.UNKNOWN, id="it looked at nothing"),
        pytest.param((Finding.not_applicable("-"),), Outcome.NOT_APPLICABLE, id="does not apply"),
    ],
)
def test_outcome_of_findings(findings: tuple[Finding, ...], outcome: Outcome) -> None:
    assert run(check(*findings), case(exhibit(SBOM))).outcome is outcome


def test_absent_evidence_is_unknown_and_the_check_does_not_run() -> None:
    answer = run(check(YES), case())
    assert answer.outcome is Outcome.UNKNOWN
    assert [f.message for f in answer.findings] == ["there is no readable SBOM among the artifacts"]


def test_unreadable_evidence_is_unknown_even_beside_readable_evidence() -> None:
    answer = run(check(YES), case(exhibit(SBOM), unreadable("sbom")))
    assert answer.outcome is Outcome.UNKNOWN
    assert "could not be read: truncated at byte 17" in answer.findings[0].message


def test_unreadable_optional_evidence_is_unknown() -> None:
    assert run(check(YES), case(exhibit(SBOM), unreadable("lockfile"))).outcome is Outcome.UNKNOWN


def test_unreadable_evidence_of_another_kind_is_no_concern() -> None:
    assert run(check(YES), case(exhibit(SBOM), unreadable("vex"))).outcome is Outcome.SATISFIED


def test_a_failing_check_is_unknown_with_the_cause() -> None:
    answer = run(check(YES, error=RecursionError("too deep")), case(exhibit(SBOM)))
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.findings[-1].message == "the check could not finish: RecursionError: too deep"


def test_a_contradiction_survives_a_later_failure() -> None:
    assert run(check(NO, error=ValueError()), case(exhibit(SBOM))).outcome is Outcome.NOT_SATISFIED


def test_a_flood_of_findings_is_counted_and_keeps_its_outcome() -> None:
    answer = run(check(*[YES] * (MAX_FINDINGS + 5), NO), case(exhibit(SBOM)))
    assert answer.outcome is Outcome.NOT_SATISFIED
    assert len(answer.findings) == MAX_FINDINGS + 2
    assert {f.message for f in answer.findings[-2:]} == {"and 5 more like these", "and 1 more like these"}


def test_hostile_text_is_made_safe_to_show() -> None:
    answer = run(check(Finding.against("a\u202eb\x1b[2Jc\n" + "d" * 5000)), case(exhibit(SBOM)))
    message = answer.findings[0].message
    assert message.startswith("ab[2Jc d")
    assert len(message) == 400
