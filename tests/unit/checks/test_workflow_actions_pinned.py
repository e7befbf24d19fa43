"""The CI fetches by digest."""

import pytest
from tests.support.cases import case, exhibit, findings

from assay.checks.model import Outcome
from assay.checks.workflow_actions_pinned import CHECK
from assay.evidence.model import Exhibit
from assay.evidence.repository import Workflow, read_workflow
from assay.validation.run import run

PIN = "1f" * 20
NAME = ".github/workflows/ci.yml"


def workflow(*uses: str) -> Exhibit[Workflow]:
    steps = "".join(f"      - uses: {use}\n" for use in uses) or "      - run: make\n"
    text = f"on: push\njobs:\n  build:\n    runs-on: x\n    steps:\n{steps}"
    return exhibit(read_workflow(text.encode(), name=NAME), NAME)


def test_satisfied_when_everything_is_pinned() -> None:
    answer = run(CHECK, case(workflow(f"actions/checkout@{PIN}", "./local"), check=CHECK))
    assert answer.outcome is Outcome.SATISFIED
    assert answer.findings[0].message == f"{NAME}: 1 of 1 references are pinned by digest"


def test_satisfied_when_nothing_is_fetched() -> None:
    assert run(CHECK, case(workflow(), check=CHECK)).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("actions/checkout@v5", id="official action by tag"),
        pytest.param("acme/deploy@main", id="branch"),
        pytest.param(f"acme/deploy@{PIN[:39]}", id="one digit short"),
        pytest.param("docker://alpine:3.20", id="image by tag"),
        pytest.param("docker://alpine@sha256:" + "ab" * 31, id="short image digest"),
        pytest.param("lighthouse-fork/tool@v1", id="owner that only starts like the provider's"),
        pytest.param(
            "slsa-framework/slsa-github-generator/x.yml@main", id="a branch where a tag is demanded"
        ),
    ],
)
def test_not_satisfied(use: str) -> None:
    against = [
        finding for finding in findings(CHECK, workflow(use)) if finding.outcome is Outcome.NOT_SATISFIED
    ]
    assert len(against) == 1
    assert "is not pinned, expected" in against[0].message
    assert against[0].at == f"{NAME}:6"


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("lighthouse/flows/build.yml@v1", id="the provider's own, by the attested repository"),
        pytest.param(
            "slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@v2.1.0",
            id="verifiable by tag only",
        ),
    ],
)
def test_accepted_unpinned(use: str) -> None:
    assert [finding.outcome for finding in findings(CHECK, workflow(use))] == [Outcome.SATISFIED]


def test_owners_may_be_allowed_by_parameter() -> None:
    found = findings(
        CHECK, workflow("actions/checkout@v5"), parameters={"allowed_unpinned_owners": ["Actions"]}
    )
    assert [finding.outcome for finding in found] == [Outcome.SATISFIED]


def test_unknown_when_an_image_is_made_of_variables() -> None:
    text = "on: push\njobs:\n  build:\n    container: ${{ matrix.image }}\n    steps: []\n"
    (finding,) = findings(CHECK, exhibit(read_workflow(text.encode(), name=NAME), NAME))
    assert finding.outcome is Outcome.UNKNOWN
    assert "made of variables" in finding.message


def test_unknown_without_a_workflow() -> None:
    assert run(CHECK, case(check=CHECK)).outcome is Outcome.UNKNOWN
