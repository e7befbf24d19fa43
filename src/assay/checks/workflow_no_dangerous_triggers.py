"""A privileged CI run that checks out code of a pull request: a stranger's code with the project's secrets.

Whether a ``workflow_run`` can follow a stranger's pull request depends on the workflow it waits for, so that one is looked at too.
"""

from collections.abc import Iterator, Mapping

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.repository import Checkout, Workflow
from assay.formats.text import shown

_FROM_STRANGERS = frozenset({"pull_request", "pull_request_target", "issue_comment", "issues", "fork"})
_REMEDY = (
    "build pull requests under pull_request, without secrets; keep privileged runs to the project's own code"
)


def examine(case: Case) -> Iterator[Finding]:
    by_name = {exhibit.value.name: exhibit.value for exhibit in case.of(Workflow) if exhibit.value.name}
    for exhibit in case.of(Workflow):
        workflow = exhibit.value
        if workflow.platform == "gitlab":
            yield Finding.not_applicable(
                f"{exhibit.source.name}: GitLab runs pipelines of forks in the fork, with the fork's variables",
                exhibit,
            )
        elif not workflow.checkouts:
            yield Finding.supports(
                f"{exhibit.source.name} checks out no foreign code under a privileged event", exhibit
            )
        for checkout in workflow.checkouts:
            yield _judge(checkout, exhibit, by_name)


def _judge(checkout: Checkout, exhibit: Exhibit[Workflow], by_name: Mapping[str, Workflow]) -> Finding:
    what = f"{checkout.trigger} with a checkout of {shown(checkout.of, 100)}"
    if checkout.guard:
        return Finding.unknown(
            f"{what}, behind {shown(checkout.guard, 120)}: a person must judge that", exhibit, at=checkout.at
        )
    if not checkout.certain:
        return Finding.unknown(
            f"{checkout.trigger}, and a script seems to fetch a pull request", exhibit, at=checkout.at
        )
    if checkout.trigger == "workflow_run":
        return _after(what, checkout, exhibit, by_name)
    return Finding.against(
        f"{what}: code of strangers runs with the project's rights", exhibit, at=checkout.at, remedy=_REMEDY
    )


def _after(
    what: str, checkout: Checkout, exhibit: Exhibit[Workflow], by_name: Mapping[str, Workflow]
) -> Finding:
    awaited = {name: by_name.get(name) for name in exhibit.value.after}
    for name, workflow in awaited.items():
        if workflow is not None and "pull_request" in workflow.triggers:
            return Finding.against(
                f"{what}, after {shown(name, 60)!r}, which pull requests start",
                exhibit,
                at=checkout.at,
                remedy=_REMEDY,
            )
    if awaited and all(
        workflow is not None and not _FROM_STRANGERS.intersection(workflow.triggers)
        for workflow in awaited.values()
    ):
        return Finding.supports(
            f"{what}, after workflows that strangers cannot start", exhibit, at=checkout.at
        )
    return Finding.unknown(f"{what}; who can start what it waits for cannot be seen", exhibit, at=checkout.at)


CHECK = Check(
    id="workflow-no-dangerous-triggers",
    title="no privileged CI run checks out code of strangers",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(Workflow,),
    proves="no supplied workflow combines a privileged event with a checkout of a pull request's code",
    does_not_prove="that scripts or actions fetch no such code by other means, or that these files are what ran",
    examine=examine,
)
