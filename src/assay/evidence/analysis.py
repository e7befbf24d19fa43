"""Results of static analysis (SARIF 2.1.0)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.formats import sarif, times
from assay.formats.text import shown


class Alert(msgspec.Struct, frozen=True):
    rule: str
    level: Literal["error", "warning", "note", "none"]
    """Effective level: the result's, else its rule's, else ``warning`` (SARIF 2.1.0 section 3.27.10)."""
    message: str
    location: str = ""
    severity: float | None = None
    """``security-severity`` of the rule, 0.0 to 10.0."""
    suppressed: bool = False
    """Has an accepted suppression: somebody triaged it."""
    justification: str = ""
    undecided: bool = False
    """The tool could not tell (*open*), or a person must (*review*); its level is then ``none``."""

    @property
    def high(self) -> bool:
        """An error, or a security severity of 7.0 and more."""
        return self.severity >= 7.0 if self.severity is not None else self.level == "error"


class Revision(msgspec.Struct, frozen=True):
    """SARIF versionControlDetails."""

    repository: str
    revision: str
    branch: str = ""


class AnalysisReport(msgspec.Struct, frozen=True):
    tools: tuple[str, ...]
    alerts: tuple[Alert, ...]
    revisions: tuple[Revision, ...] = ()
    completed: datetime | None = None
    """Latest end of an invocation."""
    failed: bool = False
    """A run says its execution was not successful: no result is not a clean result."""


_SEVERITY = re.compile(r"([0-9]{1,2})(\.[0-9]{1,3})?\Z")


def read(data: bytes, *, name: str) -> AnalysisReport:
    """Read a SARIF log. A run without ``results``, or a log without runs, scanned nothing: *failed*."""
    what = shown(name, 100)
    log = sarif.read(data, what=what)
    ends = [i.end_time_utc for run in log.runs for i in run.invocations if i.end_time_utc]
    moments = [times.parse(end, what=f"{what}: endTimeUtc") for end in ends]
    return AnalysisReport(
        tools=tuple(dict.fromkeys(_tool(run.tool.driver) for run in log.runs)),
        alerts=tuple(alert for run in log.runs for alert in _alerts(run, what)),
        revisions=tuple(dict.fromkeys(revision for run in log.runs for revision in _revisions(run))),
        completed=max(moments, default=None),
        failed=not log.runs or any(_failed(run) for run in log.runs),
    )


def _failed(run: sarif.Run) -> bool:
    return run.results is None or any(not invocation.execution_successful for invocation in run.invocations)


def _tool(driver: sarif.Component) -> str:
    return shown(f"{driver.name} {driver.semantic_version or driver.version or ''}".strip())


def _revisions(run: sarif.Run) -> Iterator[Revision]:
    for found in run.version_control_provenance:
        yield Revision(shown(found.repository_uri), shown(found.revision_id), shown(found.branch))


def _alerts(run: sarif.Run, what: str) -> Iterator[Alert]:
    """Results that speak against the code; passes, notices and those a newer run no longer finds are left out."""
    rules = sarif.Rules(run.tool, what=what)
    overrides = _overrides(run, rules)
    for result in run.results or ():
        if result.kind in ("pass", "notApplicable", "informational") or result.baseline_state == "absent":
            continue
        name, rule = rules.of(result)
        undecided = result.kind in ("open", "review")
        suppressions = result.suppressions or ()
        yield Alert(
            rule=shown(name),
            level="none" if undecided else _level(result, name, rule, overrides),
            message=_message(result.message, rule),
            location=_location(run, result, what),
            severity=None if undecided else _severity(result, rule, what),
            suppressed=bool(suppressions) and all(s.status == "accepted" for s in suppressions),
            justification=shown("; ".join(s.justification for s in suppressions if s.justification)),
            undecided=undecided,
        )


def _overrides(run: sarif.Run, rules: sarif.Rules) -> dict[tuple[int, str, int], sarif.Level]:
    """(invocation, rule id, identity of the rule) -> level that the invocation set for it."""
    found: dict[tuple[int, str, int], sarif.Level] = {}
    for number, invocation in enumerate(run.invocations):
        for override in invocation.rule_configuration_overrides:
            reference, level = override.descriptor, override.configuration.level
            name, rule = rules.find(reference.id, reference.index, reference.tool_component)
            if level:
                found[number, name, id(rule)] = level
    return found


def _level(
    result: sarif.Result, name: str, rule: sarif.Rule, overrides: dict[tuple[int, str, int], sarif.Level]
) -> sarif.Level:
    """Section 3.27.10: the result's own, the invocation's, the rule's default, ``warning``."""
    overridden = overrides.get((result.provenance.invocation_index, name, id(rule)))
    return result.level or overridden or rule.default_configuration.level or "warning"


def _severity(result: sarif.Result, rule: sarif.Rule, what: str) -> float | None:
    given = result.properties.security_severity
    if given is None:
        given = rule.properties.security_severity
    if given is None:
        return None
    match = _SEVERITY.match(str(given))
    if not match or float(match[0]) > 10:
        raise Malformed(
            f"{what}: rule {shown(rule.id, 60)!r} has security-severity {shown(str(given), 20)!r}, expected 0.0 to 10.0"
        )
    return float(match[0])


def _message(message: sarif.Message, rule: sarif.Rule) -> str:
    said = message.text or message.markdown
    if not said and message.id in rule.message_strings:
        said = rule.message_strings[message.id].text
    return shown(said, 500)


def _location(run: sarif.Run, result: sarif.Result, what: str) -> str:
    """``file:line`` of the first location."""
    if not result.locations:
        return ""
    place = result.locations[0].physical_location
    uri, index = place.artifact_location.uri, place.artifact_location.index
    if not uri and index >= 0:
        if index >= len(run.artifacts):
            raise Malformed(f"{what} refers to artifact {index} of {len(run.artifacts)}")
        uri = run.artifacts[index].location.uri
    line = place.region.start_line
    return shown(uri if line is None else f"{uri}:{line}")
