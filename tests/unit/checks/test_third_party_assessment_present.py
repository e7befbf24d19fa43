from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, findings, unreadable

from assay.checks.third_party_assessment_present import CHECK
from assay.formats.attestation import Artifact, Assessment
from assay.formats.digest import Digest

REPORT = Digest.sha256(b"assessment")
LETTER = Digest.sha256(b"approval")
ARTIFACTS = (
    Artifact(REPORT, "assessment.pdf", "assessment", confidential=True),
    Artifact(LETTER, "approval.pdf", "document"),
)
GOOD = Assessment("Tide Labs (fictional)", "fedramp_3pao", REPORT)


def judged(
    assessment: Assessment | None, artifacts: tuple[Artifact, ...] = ARTIFACTS, **changes: Any
) -> list[tuple[str, str]]:
    attestation = msgspec.structs.replace(ATTESTATION, assessment=assessment, artifacts=artifacts)
    return [(f.outcome.value, f.message) for f in findings(CHECK, attestation=attestation, **changes)]


def test_satisfied() -> None:
    assert judged(GOOD) == [("satisfied", "the assessment is attached")]


def test_not_applicable_on_the_other_path() -> None:
    assert judged(None) == [("not_applicable", "the third-party path is not chosen")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"report": None}, ("not_satisfied", "the third-party path is chosen, and no assessment is attached"), id="no report"),
        pytest.param({"assessor": "lighthouse works (Fictional)"}, ("not_satisfied", "the assessor is 'lighthouse works (Fictional)', the provider itself"), id="no third party"),
        pytest.param({"assessor": "TBD"}, ("unknown", "the assessor is not named"), id="no assessor"),
        pytest.param({"report": Digest.sha256(b"x")}, ("unknown", "the assessment 2d711642b726 is not among the artifacts"), id="report elsewhere"),
        pytest.param({"listing": ""}, ("unknown", "nothing says whether the assessor is a FedRAMP 3PAO or was approved in writing"), id="listing"),
        pytest.param({"listing": "approved_in_writing"}, ("unknown", "the assessor's approval in writing is not attached"), id="no approval"),
        pytest.param({"listing": "approved_in_writing", "approval": LETTER}, ("satisfied", "the approval is attached"), id="approval"),
    ],
)  # fmt: skip
def test_near_misses(change: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in judged(msgspec.structs.replace(GOOD, **change))


def test_another_artifact_is_no_assessment() -> None:
    assert judged(GOOD, (Artifact(REPORT, "bom.json", "sbom"),)) == [
        ("not_satisfied", "the assessment is an artifact submitted as sbom")
    ]


def test_an_unreadable_assessment_is_unknown() -> None:
    broken = unreadable("assessment")
    artifacts = (Artifact(broken.source.digest, "a.pdf", "assessment"),)
    found = judged(
        msgspec.structs.replace(GOOD, report=broken.source.digest), artifacts, unreadable=(broken,)
    )
    assert found == [("unknown", "the assessment could not be read: truncated at byte 17")]


def test_the_name_of_the_file_is_not_told() -> None:
    assert "assessment.pdf" not in str(judged(GOOD))
