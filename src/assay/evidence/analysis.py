"""Results of static analysis (SARIF 2.1.0)."""

from datetime import datetime
from typing import Literal

import msgspec


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
