"""A CI script into which text of strangers is pasted: an issue title can become a command."""

from collections.abc import Iterator

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.model import Exhibit
from assay.evidence.repository import Script, Workflow
from assay.formats.text import shown


def examine(case: Case) -> Iterator[Finding]:
    inputs = bool(case.parameters["inputs_are_untrusted"])
    for exhibit in case.of(Workflow):
        clean = 0
        for script in exhibit.value.scripts:
            findings = list(_judge(script, exhibit, inputs=inputs))
            clean += not findings
            yield from findings
        if clean or not exhibit.value.scripts:
            total = len(exhibit.value.scripts)
            yield Finding.supports(
                f"{exhibit.source.name}: {clean} of {total} scripts paste no text of strangers", exhibit
            )


def _judge(script: Script, exhibit: Exhibit[Workflow], *, inputs: bool) -> Iterator[Finding]:
    pasted = (*script.untrusted, *(script.semi_trusted if inputs else ()))
    if pasted:
        yield Finding.against(
            f"the script pastes in {shown(', '.join(pasted), 120)}, which {'callers' if not script.untrusted else 'strangers'} choose",
            exhibit,
            at=script.at,
            remedy="pass it through an environment variable and quote that",
        )
    for reason in script.unclear:
        yield Finding.unknown(
            f"what the script pastes in cannot be told: {shown(reason, 120)}", exhibit, at=script.at
        )


CHECK = Check(
    id="workflow-no-untrusted-input",
    title="no CI script pastes in text that strangers choose",
    severity=Severity.HIGH,
    basis=Basis.ARTIFACT,
    reads=(Workflow,),
    proves="in the supplied CI files no script is built from titles, bodies, branch names or messages of others",
    does_not_prove="that scripts in other files, or actions that run their inputs, treat such text safely",
    parameters={"inputs_are_untrusted": False},
    examine=examine,
)
