"""The honest attestation stands; each false one is found, by the check that should find it, for the right reason."""

from pathlib import Path

import pytest
from tests.scenario.honesty import honest, office
from tests.scenario.honesty.falsehood import Falsehood, told
from tests.scenario.honesty.falsehoods import FALSEHOODS
from tests.scenario.honesty.workspace import Workspace

from assay.bootstrap.provide import Prepared
from assay.checks.catalogue import CHECKS
from assay.formats.verdict import ClaimVerdict, FindingRow, VerdictDocument

JUDGED = [one for one in FALSEHOODS if one.refused is None]
REFUSED = [one for one in FALSEHOODS if one.refused is not None]


@pytest.fixture(scope="session")
def truth(prepared: Prepared) -> VerdictDocument:
    return office.judge(office.inputs(office.signed(prepared)))


def findings(verdict: VerdictDocument) -> set[FindingRow]:
    return {finding for row in verdict.claims for finding in row.findings}


def against(verdict: VerdictDocument) -> set[str]:
    return {finding.check for finding in findings(verdict) if finding.outcome == "not_satisfied"}


def rows(verdict: VerdictDocument) -> dict[str, ClaimVerdict]:
    return {row.requirement: row for row in verdict.claims}


def test_nothing_speaks_against_the_honest(truth: VerdictDocument) -> None:
    assert [finding for finding in findings(truth) if finding.outcome == "not_satisfied"] == []
    assert truth.missing == ()


def test_everything_the_honest_claims_is_satisfied(truth: VerdictDocument) -> None:
    claimed = [row for row in truth.claims if row.claimed]
    assert {row.requirement: row.reason for row in claimed if row.verdict != "satisfied"} == {}
    assert len(claimed) >= 35
    assert truth.result == "validated_with_findings"


def test_what_the_honest_does_not_claim_waits_for_a_person(truth: VerdictDocument) -> None:
    unclaimed = [row for row in truth.claims if not row.claimed]
    assert {row.judged_by for row in unclaimed} == {"person"}
    assert {row.verdict for row in unclaimed} == {"unknown"}
    assert honest.PLANNED in {row.requirement for row in unclaimed}


def test_every_check_has_something_to_say_of_the_honest(truth: VerdictDocument) -> None:
    satisfied = {finding.check for finding in findings(truth) if finding.outcome == "satisfied"}
    assert set(CHECKS) - satisfied == {"third-party-assessment-present"}  # the other way of signing off


@pytest.mark.parametrize("falsehood", JUDGED, ids=lambda one: one.id)
def test_is_found(
    falsehood: Falsehood, workspace: Workspace, prepared: Prepared, truth: VerdictDocument, tmp_path: Path
) -> None:
    verdict = office.judge(told(falsehood, workspace, prepared, tmp_path / "project"))
    found, honestly = rows(verdict), rows(truth)
    if falsehood.check:
        said = {
            finding.message
            for finding in findings(verdict) - findings(truth)
            if (finding.check, finding.outcome) == (falsehood.check, falsehood.outcome)
        }
        assert any(falsehood.says in message for message in said), said
    expected = {falsehood.check} if falsehood.check and falsehood.outcome == "not_satisfied" else set()
    assert against(verdict) == expected | falsehood.companions
    assert {row.rule for row in verdict.missing} == set(falsehood.missing)
    for row in verdict.missing:
        assert falsehood.missing[row.rule] in row.reason
    for requirement in falsehood.hits:
        assert honestly[requirement].verdict == "satisfied"
        assert found[requirement].verdict == (falsehood.verdict or falsehood.outcome)
    if falsehood.unharmed:
        assert {name: row.verdict for name, row in found.items()} == {
            name: row.verdict for name, row in honestly.items()
        }
    else:
        assert verdict.result not in ("validated", "validated_with_findings")


@pytest.mark.parametrize("falsehood", REFUSED, ids=lambda one: one.id)
def test_is_refused(falsehood: Falsehood, workspace: Workspace, prepared: Prepared, tmp_path: Path) -> None:
    assert falsehood.refused is not None
    with pytest.raises(falsehood.refused) as refusal:
        office.judge(told(falsehood, workspace, prepared, tmp_path / "project"))
    assert falsehood.says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_falsehoods_are_many_and_each_says_what_must_find_it() -> None:
    assert len({one.id for one in FALSEHOODS}) == len(FALSEHOODS) >= 90
    for one in FALSEHOODS:
        assert one.refused or one.missing or one.check, one.id
        assert bool(one.hits) == bool(one.check and not one.unharmed), one.id
        assert one.says or not (one.check or one.refused), one.id


def test_every_check_finds_a_falsehood() -> None:
    assert {one.check for one in FALSEHOODS} - {""} == set(CHECKS)


def test_every_check_that_can_speak_against_does() -> None:
    speaking = {one.check for one in FALSEHOODS if one.check and one.outcome == "not_satisfied"}
    assert set(CHECKS) - speaking == set()
