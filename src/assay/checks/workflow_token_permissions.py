"""A CI job that may write where it only needs to read.

What a workflow does not state is a setting of the repository that cannot be seen from the file: unknown, not a fault.
"""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.repository import Workflow
from assay.formats.text import shown

_REMEDY = "state 'permissions: {contents: read}' at the top, and what a job writes in that job"


def examine(case: Case) -> Iterator[Finding]:
    for exhibit in case.of(Workflow):
        yield from _judge(exhibit)


def _judge(exhibit: Exhibit[Workflow]) -> Iterator[Finding]:
    workflow, name = exhibit.value, exhibit.source.name
    if workflow.platform == "gitlab":
        yield Finding.not_applicable(
            f"{name}: GitLab sets the rights of job tokens outside this file", exhibit
        )
        return
    if workflow.action:
        yield Finding.not_applicable(f"{name} is an action and has its caller's permissions", exhibit)
        return
    if workflow.write_all and workflow.inheriting:
        jobs = shown(", ".join(workflow.inheriting), 80)
        yield Finding.against(
            f"{name} asks for write-all, which {jobs} inherits", exhibit, at=name, remedy=_REMEDY
        )
    for job in workflow.broad_jobs:
        yield Finding.against(
            f"{name}: job {shown(job, 60)} asks for write-all",
            exhibit,
            at=f"{name} jobs.{shown(job, 60)}",
            remedy=_REMEDY,
        )
    yield from _stated(exhibit)


def _stated(exhibit: Exhibit[Workflow]) -> Iterator[Finding]:
    workflow, name = exhibit.value, exhibit.source.name
    jobs = shown(", ".join(workflow.inheriting), 80)
    if workflow.permissions == "default" and workflow.inheriting:
        yield Finding.unknown(
            f"{name} states no permissions for {jobs}: they are the repository's default, which cannot be seen here",
            exhibit,
            at=name,
            remedy=_REMEDY,
        )
    elif workflow.writes and len(workflow.inheriting) > 1:
        scopes = shown(", ".join(workflow.writes), 80)
        yield Finding.unknown(
            f"{name} lets all of {jobs} write {scopes}; whether each needs it cannot be seen",
            exhibit,
            at=name,
            remedy=_REMEDY,
        )
    elif not workflow.broad_jobs and not (workflow.write_all and workflow.inheriting):
        yield Finding.supports(f"{name} states the permissions of every job", exhibit)


CHECK = Check(
    id="workflow-token-permissions",
    title="CI jobs have the permissions they state, and no more than named ones",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Workflow,),
    proves="each job of the supplied workflows names the scopes of its token, and none asks for all of them",
    does_not_prove="that each named scope is needed, or what other credentials a job has",
    examine=examine,
)
