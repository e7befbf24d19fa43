"""Falsehoods about the repository: its CI, who may change it, and what it tells people who found a vulnerability."""

from tests.scenario.honesty import documents
from tests.scenario.honesty.about_evidence import DISCLOSED, Step
from tests.scenario.honesty.about_releases import CODE
from tests.scenario.honesty.falsehood import Falsehood
from tests.scenario.honesty.workspace import (
    BUILT,
    MADE,
    SCORECARD,
    SECURITY_MD,
    SECURITY_TXT,
    WORKFLOW,
    Workspace,
)


def replaced(path: str, before: str, after: str) -> Step:
    return lambda at: at.edit(path, lambda data: data.replace(before.encode(), after.encode()))


PULL_TARGET = """\
on:
  pull_request_target:
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@1111111111111111111111111111111111111111
        with:
          ref: ${{ github.event.pull_request.head.sha }}
"""


def _pull_target(workspace: Workspace) -> None:
    head = "name: release\npermissions:\n  contents: read\n"
    workspace.edit(WORKFLOW, lambda _: (head + PULL_TARGET).encode())


CI = (
    Falsehood(
        id="unpinned-action",
        lie="lets whoever moves a tag run code in the build",
        source=replaced(WORKFLOW, "checkout@" + 40 * "1", "checkout@v4"),
        check="workflow-actions-pinned",
        says="action actions/checkout@v4 is not pinned, expected a full commit",
        hits=("nist-ssdf@1.1#PO.3.2",),
    ),
    Falsehood(
        id="write-all",
        lie="gives every job of the build the right to write everything",
        source=replaced(WORKFLOW, "\npermissions:\n  contents: read\n", "\npermissions: write-all\n"),
        check="workflow-token-permissions",
        says="asks for write-all, which build inherits",
        hits=("nist-ssdf@1.1#PO.3.2",),
    ),
    Falsehood(
        id="code-of-strangers",
        lie="runs the code of pull requests with the project's rights",
        source=_pull_target,
        check="workflow-no-dangerous-triggers",
        says="pull_request_target with a checkout of",
        hits=(CODE, "nist-ssdf@1.1#PO.3.2"),
    ),
    Falsehood(
        id="words-of-strangers",
        lie="pastes the titles of pull requests into a script",
        source=replaced(WORKFLOW, 'echo "built $REF"', "echo ${{ github.event.pull_request.title }}"),
        check="workflow-no-untrusted-input",
        says="github.event.pull_request.title, which strangers choose",
        hits=(CODE, "nist-ssdf@1.1#PO.3.2"),
    ),
    Falsehood(
        id="unprotected-branch",
        lie="claims that changes are reviewed, and anybody may push",
        evidence=lambda at: at.edit(
            SCORECARD, lambda _: documents.scorecard(at.project.repository, at.commit, BUILT, score=0)
        ),
        check="branch-protected",
        says="Branch-Protection scores 0, at least 3 expected",
        hits=("nist-ssdf@1.1#PS.1.1",),
        verdict="unknown",
    ),
    Falsehood(
        id="scorecard-of-another-repository",
        lie="submits the Scorecard result of a better kept repository",
        evidence=lambda at: at.edit(
            SCORECARD, lambda _: documents.scorecard("https://git.example/somebody/else", at.commit, BUILT)
        ),
        check="branch-protected",
        outcome="unknown",
        says="is about 'git.example/somebody/else', the attested repository is",
        hits=("nist-ssdf@1.1#PS.1.1",),
    ),
)

POLICIES = (
    Falsehood(
        id="expired-policy",
        lie="points to a disclosure policy that has expired",
        source=lambda at: at.edit(SECURITY_TXT, lambda _: documents.security_txt(MADE)),
        check="disclosure-policy-current",
        says="expired on 2026-10-21, the check was made on 2026-11-01",
        hits=(DISCLOSED, "nist-ssdf@1.1#RV.1.3"),
    ),
    Falsehood(
        id="template-policy",
        lie="points to a disclosure policy that nobody filled in",
        source=lambda at: at.edit(
            SECURITY_MD,
            lambda _: b"# Security\n\nUse this section to tell people how to report a vulnerability.\n",
        ),
        check="disclosure-policy-present",
        says="SECURITY.md is an unfilled template",
        hits=(DISCLOSED, "nist-ssdf@1.1#RV.1.3"),
    ),
    Falsehood(
        id="policy-to-nowhere",
        lie="gives an address for reports that cannot exist",
        source=replaced(SECURITY_TXT, "security@lighthouse.example", "security@example.com"),
        check="disclosure-policy-present",
        says="an address reserved for examples",
        hits=(DISCLOSED, "nist-ssdf@1.1#RV.1.3"),
    ),
)


FALSEHOODS = (*CI, *POLICIES)
