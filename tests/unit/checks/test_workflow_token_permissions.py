"""Permissions of CI jobs."""

import pytest
from tests.support.cases import case, exhibit

from assay.checks.model import Outcome
from assay.checks.workflow_token_permissions import CHECK
from assay.evidence.repository import read_workflow
from assay.validation.run import Answer, run

NAME = ".github/workflows/ci.yml"


def judge(top: str, *jobs: str, name: str = NAME) -> Answer:
    """*jobs* are the permissions lines of each job, empty for none."""
    body = "".join(
        f"  job{n}:\n    runs-on: x\n    {line or 'timeout-minutes: 5'}\n    steps: []\n"
        for n, line in enumerate(jobs)
    )
    text = f"on: push\n{top}jobs:\n{body}"
    return run(CHECK, case(exhibit(read_workflow(text.encode(), name=name), name), check=CHECK))


READ = "permissions: {contents: read}"


@pytest.mark.parametrize(
    ("top", "jobs"),
    [
        pytest.param("permissions: {}\n", ["", READ], id="nothing at the top"),
        pytest.param("permissions: read-all\n", ["", ""], id="read-all"),
        pytest.param(
            "permissions: {contents: read}\n",
            ["", "permissions: {packages: write}"],
            id="a job writes one scope",
        ),
        pytest.param("", [READ, "permissions: {id-token: write}"], id="every job states its own"),
        pytest.param("permissions: {contents: write}\n", [""], id="one job, written at the top"),
        pytest.param("permissions: write-all\n", [READ], id="write-all that no job inherits"),
    ],
)
def test_satisfied(top: str, jobs: list[str]) -> None:
    assert judge(top, *jobs).outcome is Outcome.SATISFIED


@pytest.mark.parametrize(
    ("top", "jobs", "message"),
    [
        pytest.param(
            "permissions: write-all\n", ["", READ], "asks for write-all, which job0 inherits", id="top"
        ),
        pytest.param(
            "permissions: {}\n", ["permissions: write-all"], "job job0 asks for write-all", id="job"
        ),
    ],
)
def test_not_satisfied(top: str, jobs: list[str], message: str) -> None:
    answer = judge(top, *jobs)
    assert answer.outcome is Outcome.NOT_SATISFIED
    assert message in answer.findings[0].message


@pytest.mark.parametrize(
    ("top", "jobs", "message"),
    [
        pytest.param(
            "", ["", READ], "states no permissions for job0", id="not stated: the repository's default"
        ),
        pytest.param(
            "permissions: {contents: write}\n",
            ["", ""],
            "lets all of job0, job1 write contents",
            id="shared write",
        ),
    ],
)
def test_unknown(top: str, jobs: list[str], message: str) -> None:
    answer = judge(top, *jobs)
    assert answer.outcome is Outcome.UNKNOWN
    assert message in answer.findings[0].message


def test_not_applicable_to_gitlab_and_actions() -> None:
    gitlab = exhibit(read_workflow(b"job: {script: make}\n", name=".gitlab-ci.yml"), ".gitlab-ci.yml")
    action = exhibit(read_workflow(b"runs: {using: composite, steps: []}\n", name="action.yml"), "action.yml")
    assert run(CHECK, case(gitlab, action, check=CHECK)).outcome is Outcome.NOT_APPLICABLE
