from datetime import date
from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, findings

from assay.checks.milestones_dated_and_owned import CHECK
from assay.formats.attestation import Milestone

ITEM = "cisa-form@2024-03#1.d"
GOOD: dict[str, Any] = {
    "action": "Remove the old build agent",
    "owner": "Head of build",
    "due": date(2027, 1, 31),
}


def judged(*milestones: Milestone) -> list[tuple[str, str]]:
    attestation = msgspec.structs.replace(ATTESTATION, milestones=milestones)
    return [(finding.outcome.value, finding.message) for finding in findings(CHECK, attestation=attestation)]


def test_satisfied() -> None:
    assert judged(Milestone(ITEM, **GOOD)) == [
        ("satisfied", f"the milestone for {ITEM} has an action, an owner and the date 2027-01-31")
    ]


@pytest.mark.parametrize(
    ("change", "expected", "message"),
    [
        pytest.param({"owner": ""}, "not_satisfied", "has no owner", id="no owner"),
        pytest.param({"owner": "tbd"}, "not_satisfied", "has no owner", id="owner to be found"),
        pytest.param({"due": None, "action": ""}, "not_satisfied", "has no action and no due date", id="no action, no date"),
        pytest.param({"due": date(2026, 10, 20)}, "not_satisfied", "was due on 2026-10-20, before the attestation was made on 2026-10-21", id="due before it was signed"),
        pytest.param({"due": date(2026, 10, 31)}, "unknown", "was due on 2026-10-31, and nothing says whether it was reached", id="due since"),
        pytest.param({"due": date(2026, 11, 1)}, "satisfied", "the date 2026-11-01", id="due today"),
    ],
)  # fmt: skip
def test_near_misses(change: dict[str, Any], expected: str, message: str) -> None:
    ((outcome, said),) = judged(Milestone(ITEM, **{**GOOD, **change}))
    assert outcome == expected
    assert message in said


def test_no_plan_is_not_applicable() -> None:
    assert judged() == [("not_applicable", "the attestation has no plan of action and milestones")]


def test_each_is_judged() -> None:
    found = judged(Milestone(ITEM, **GOOD), Milestone(ITEM))
    assert [outcome for outcome, _ in found] == ["satisfied", "not_satisfied"]
