"""SARIF 2.1.0 (OASIS), as far as it says what was found where, by which tool, in which revision."""

from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json

MAX_BYTES = 128 * 1024 * 1024
MAX_RESULTS = 500_000

Level = Literal["none", "note", "warning", "error"]
Kind = Literal["pass", "open", "informational", "notApplicable", "review", "fail"]


class _Part(msgspec.Struct, frozen=True, rename="camel"):
    """Fields are named as in SARIF; those not listed are ignored."""


class Message(_Part, frozen=True):
    text: str = ""
    markdown: str = ""
    id: str = ""


class Properties(_Part, frozen=True):
    security_severity: str | int | float | None = msgspec.field(default=None, name="security-severity")


class Configuration(_Part, frozen=True):
    level: Level | None = None
    enabled: bool = True


class Rule(_Part, frozen=True):
    """reportingDescriptor, section 3.49."""

    id: str = ""
    default_configuration: Configuration = Configuration()
    message_strings: dict[str, Message] = {}
    properties: Properties = Properties()


UNDESCRIBED = Rule()


class Component(_Part, frozen=True):
    """toolComponent, section 3.19."""

    name: str = ""
    version: str | None = None
    semantic_version: str | None = None
    rules: tuple[Rule, ...] = ()
    guid: str = ""


class Tool(_Part, frozen=True):
    driver: Component
    extensions: tuple[Component, ...] = ()


class ComponentReference(_Part, frozen=True):
    index: int = -1
    name: str = ""
    guid: str = ""


class RuleReference(_Part, frozen=True):
    """reportingDescriptorReference, section 3.52."""

    id: str = ""
    index: int = -1
    tool_component: ComponentReference | None = None


class Suppression(_Part, frozen=True):
    kind: str
    status: Literal["accepted", "underReview", "rejected"] = "accepted"
    justification: str = ""


class ArtifactLocation(_Part, frozen=True):
    uri: str = ""
    index: int = -1


class Region(_Part, frozen=True):
    start_line: int | None = None


class PhysicalLocation(_Part, frozen=True):
    artifact_location: ArtifactLocation = ArtifactLocation()
    region: Region = Region()


class Location(_Part, frozen=True):
    physical_location: PhysicalLocation = PhysicalLocation()


class Origin(_Part, frozen=True):
    """resultProvenance, section 3.48."""

    invocation_index: int = -1


class Result(_Part, frozen=True):
    message: Message
    rule_id: str = ""
    rule_index: int = -1
    rule: RuleReference = RuleReference()
    kind: Kind = "fail"
    level: Level | None = None
    locations: tuple[Location, ...] = ()
    suppressions: tuple[Suppression, ...] | None = None
    baseline_state: str | None = None
    provenance: Origin = Origin()
    properties: Properties = Properties()


class Override(_Part, frozen=True):
    """configurationOverride, section 3.51."""

    descriptor: RuleReference
    configuration: Configuration


class Invocation(_Part, frozen=True):
    execution_successful: bool
    end_time_utc: str = ""
    rule_configuration_overrides: tuple[Override, ...] = ()


class Revision(_Part, frozen=True):
    """versionControlDetails, section 3.23."""

    repository_uri: str
    revision_id: str = ""
    branch: str = ""


class Artifact(_Part, frozen=True):
    location: ArtifactLocation = ArtifactLocation()


class Run(_Part, frozen=True):
    tool: Tool
    results: tuple[Result, ...] | None = None
    invocations: tuple[Invocation, ...] = ()
    version_control_provenance: tuple[Revision, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    external_property_file_references: dict[str, Any] = {}


class Log(_Part, frozen=True):
    version: str
    runs: tuple[Run, ...]
    inline_external_properties: tuple[Any, ...] = ()


def read(data: bytes, *, what: str) -> Log:
    """Read a log; results that stand in other files are :class:`Unsupported`, for they would look like none."""
    log = strict_json.decode(data, Log, what=what, limit=MAX_BYTES)
    if log.version != "2.1.0":
        raise Unsupported(f"{what} is SARIF {log.version[:20]!r}, expected 2.1.0")
    if any(run.external_property_file_references for run in log.runs) or log.inline_external_properties:
        raise Unsupported(f"{what} keeps parts in external property files, expected all in one file")
    count = sum(len(run.results or ()) for run in log.runs)
    if count > MAX_RESULTS:
        raise TooLarge(f"{what} has {count} results, over the limit of {MAX_RESULTS}")
    return log


class Rules:
    """The rules that a run describes, found by index or id (sections 3.27.5 to 3.27.7 and 3.54)."""

    def __init__(self, tool: Tool, *, what: str) -> None:
        self._tool = tool
        self._what = what
        self._by_id = {
            id(c): {rule.id: rule for rule in reversed(c.rules)} for c in (tool.driver, *tool.extensions)
        }

    def of(self, result: Result) -> tuple[str, Rule]:
        """Id and rule of *result*; :data:`UNDESCRIBED` where the log does not describe it."""
        reference = result.rule
        index = result.rule_index if result.rule_index >= 0 else reference.index
        return self.find(result.rule_id or reference.id, index, reference.tool_component)

    def find(self, name: str, index: int, reference: ComponentReference | None) -> tuple[str, Rule]:
        component = self._component(reference)
        if index >= len(component.rules):
            raise Malformed(f"{self._what} refers to rule {index} of {len(component.rules)}")
        if index >= 0:
            return name or component.rules[index].id, component.rules[index]
        known = self._by_id[id(component)]
        # A rule id may be hierarchical: "CA1000/1" is described by "CA1000" where it has no rule of its own.
        return name, known.get(name) or known.get(name.rpartition("/")[0]) or UNDESCRIBED

    def _component(self, reference: ComponentReference | None) -> Component:
        extensions = self._tool.extensions
        if reference is None:
            return self._tool.driver
        if reference.index >= len(extensions):
            raise Malformed(f"{self._what} refers to tool extension {reference.index} of {len(extensions)}")
        if reference.index >= 0:
            return extensions[reference.index]
        named = (c for c in extensions if c.guid == reference.guid != "" or c.name == reference.name != "")
        return next(named, self._tool.driver)
