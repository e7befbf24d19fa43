"""Privileged runs with code of strangers."""

import pytest
from tests.support.cases import case, exhibit, findings

from assay.checks.model import Outcome
from assay.checks.workflow_no_dangerous_triggers import CHECK
from assay.evidence.model import Exhibit
from assay.evidence.repository import Workflow, read_workflow
from assay.validation.run import run

NAME = ".github/workflows/pr.yml"
PIN = "1f" * 20
HEAD = "${{ github.event.pull_request.head.sha }}"


def workflow(
    on: str, ref: str = HEAD, job: str = "", name: str = NAME, title: str = "PR"
) -> Exhibit[Workflow]:
    text = (
        f"name: {title}\non: {on}\njobs:\n  a:\n    runs-on: x\n{job}    steps:\n"
        f'      - uses: actions/checkout@{PIN}\n        with: {{ref: "{ref}"}}\n'
    )
    return exhibit(read_workflow(text.encode(), name=name), name)


def test_satisfied_under_an_unprivileged_event() -> None:
    assert [finding.outcome for finding in findings(CHECK, workflow("pull_request"))] == [Outcome.SATISFIED]


def test_satisfied_when_the_base_is_checked_out() -> None:
    assert [finding.outcome for finding in findings(CHECK, workflow("pull_request_target", "main"))] == [
        Outcome.SATISFIED
    ]


def test_not_satisfied() -> None:
    (finding,) = findings(CHECK, workflow("pull_request_target"))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert finding.message.startswith(
        "pull_request_target with a checkout of ${{ github.event.pull_request.head.sha }}"
    )
    assert finding.at == f"{NAME}:7"


def test_unknown_behind_a_condition() -> None:
    (finding,) = findings(CHECK, workflow("pull_request_target", job="    if: github.actor == 'keeper'\n"))
    assert finding.outcome is Outcome.UNKNOWN
    assert "behind if: github.actor == 'keeper'" in finding.message


RUN_HEAD = "${{ github.event.workflow_run.head_sha }}"


@pytest.mark.parametrize(
    ("awaited", "outcome", "message"),
    [
        pytest.param(
            "pull_request", Outcome.NOT_SATISFIED, "which pull requests start", id="pull requests start it"
        ),
        pytest.param("push", Outcome.SATISFIED, "strangers cannot start", id="only pushes start it"),
        pytest.param("issues", Outcome.UNKNOWN, "cannot be seen", id="something else"),
        pytest.param("", Outcome.UNKNOWN, "cannot be seen", id="not supplied"),
    ],
)
def test_workflow_run_depends_on_what_it_waits_for(awaited: str, outcome: Outcome, message: str) -> None:
    after = workflow("{workflow_run: {workflows: [CI]}}", RUN_HEAD, title="After")
    others = [workflow(awaited, "main", name=".github/workflows/ci.yml", title="CI")] if awaited else []
    found = [finding for finding in findings(CHECK, after, *others) if finding.at]
    assert [(finding.outcome, message in finding.message) for finding in found] == [(outcome, True)]


def test_unknown_when_a_script_seems_to_fetch_a_pull_request() -> None:
    text = b"on: issue_comment\njobs:\n  a:\n    steps:\n      - run: gh pr checkout 3\n"
    (finding,) = findings(CHECK, exhibit(read_workflow(text, name=NAME), NAME))
    assert finding.outcome is Outcome.UNKNOWN
    assert "seems to fetch" in finding.message


def test_not_applicable_to_gitlab() -> None:
    gitlab = exhibit(read_workflow(b"job: {script: make}\n", name=".gitlab-ci.yml"), ".gitlab-ci.yml")
    assert run(CHECK, case(gitlab, check=CHECK)).outcome is Outcome.NOT_APPLICABLE
