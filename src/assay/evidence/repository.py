"""The source repository: its state, its protections, its workflows."""

from datetime import datetime
from typing import Literal

import msgspec


class ScorecardCheck(msgspec.Struct, frozen=True):
    name: str
    score: int
    """0 to 10; -1 when Scorecard could not tell."""
    reason: str = ""


class Scorecard(msgspec.Struct, frozen=True):
    """OpenSSF Scorecard JSON."""

    repository: str
    commit: str
    date: datetime | None
    score: float
    checks: tuple[ScorecardCheck, ...]
    version: str = ""


class GitState(msgspec.Struct, frozen=True):
    """State of the working tree when artifacts were collected (``git-state.json``, written by ``assay collect``)."""

    commit: str
    committed: datetime | None = None
    tags: tuple[str, ...] = ()
    """Tags that point to the commit."""
    remote: str = ""
    """Without user information."""
    branch: str = ""
    dirty: bool = False
    commit_signature: Literal["none", "present", "good", "bad", "unknown"] = "none"
    tag_signature: Literal["none", "present", "good", "bad", "unknown"] = "none"
    signer: str = ""


class Use(msgspec.Struct, frozen=True):
    """An action, reusable workflow, include or image that a workflow takes from elsewhere."""

    name: str
    ref: str
    kind: Literal["action", "workflow", "image", "include", "local"]
    pinned: bool
    """By full commit or image digest."""
    at: str


class Script(msgspec.Struct, frozen=True):
    """A piece of shell with the untrusted expressions that are pasted into it."""

    at: str
    untrusted: tuple[str, ...] = ()


class Workflow(msgspec.Struct, frozen=True):
    """A GitHub Actions workflow or a GitLab CI file."""

    platform: Literal["github", "gitlab"]
    path: str
    triggers: tuple[str, ...] = ()
    permissions: Literal["default", "read", "write", "least"] = "default"
    """``default``: not stated; ``write``: write-all or contents/packages/id-token written for the whole workflow;
    ``read``: read-all; ``least``: none, or only named read scopes at the top."""
    broad_jobs: tuple[str, ...] = ()
    """Jobs that ask for write-all."""
    checks_out_untrusted: tuple[str, ...] = ()
    """Places that check out the head of a pull request under a privileged trigger."""
    uses: tuple[Use, ...] = ()
    scripts: tuple[Script, ...] = ()
