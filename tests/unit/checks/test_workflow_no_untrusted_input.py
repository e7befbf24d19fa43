"""Text of strangers in CI scripts."""

from tests.support.cases import case, exhibit, findings

from assay.checks.model import Outcome
from assay.checks.workflow_no_untrusted_input import CHECK
from assay.evidence.model import Exhibit
from assay.evidence.repository import Workflow, read_workflow
from assay.validation.run import run

NAME = ".github/workflows/triage.yml"


def workflow(run_line: str, on: str = "issues") -> Exhibit[Workflow]:
    text = f"on: {on}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {run_line!r}\n"
    return exhibit(read_workflow(text.encode(), name=NAME), NAME)


def test_satisfied() -> None:
    (finding,) = findings(CHECK, workflow("make"))
    assert finding.outcome is Outcome.SATISFIED
    assert finding.message == f"{NAME}: 1 of 1 scripts paste no text of strangers"


def test_not_satisfied() -> None:
    (finding,) = findings(CHECK, workflow("echo ${{ github.event.issue.title }}"))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert finding.message == "the script pastes in github.event.issue.title, which strangers choose"
    assert finding.at == f"{NAME}:6"


def test_not_satisfied_in_gitlab() -> None:
    text = b'job:\n  script:\n    - eval "notify $CI_COMMIT_TITLE"\n'
    (finding,) = findings(CHECK, exhibit(read_workflow(text, name=".gitlab-ci.yml"), ".gitlab-ci.yml"))
    assert finding.outcome is Outcome.NOT_SATISFIED
    assert "$CI_COMMIT_TITLE" in finding.message


def test_unknown_when_an_expression_cannot_be_read() -> None:
    (finding,) = findings(CHECK, workflow("echo ${{ github. }}"))
    assert finding.outcome is Outcome.UNKNOWN
    assert "cannot be told" in finding.message


def test_inputs_count_only_by_parameter() -> None:
    dispatch = workflow("echo ${{ inputs.version }}", on="workflow_dispatch")
    assert [finding.outcome for finding in findings(CHECK, dispatch)] == [Outcome.SATISFIED]
    (strict,) = findings(CHECK, dispatch, parameters={"inputs_are_untrusted": True})
    assert strict.outcome is Outcome.NOT_SATISFIED
    assert "which callers choose" in strict.message


def test_unknown_without_a_workflow() -> None:
    assert run(CHECK, case(check=CHECK)).outcome is Outcome.UNKNOWN
