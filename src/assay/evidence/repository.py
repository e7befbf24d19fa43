"""The source repository: its state, its protections, its workflows."""

from datetime import datetime

import msgspec

from assay.evidence import github, gitlab
from assay.evidence.workflow import Checkout, Script, Use, Workflow
from assay.formats import git_state, scorecard, times
from assay.formats.git_state import GitState

__all__ = [
    "Checkout", "GitState", "Scorecard", "ScorecardCheck", "Script", "Use", "Workflow", "read_git_state", "read_scorecard",
    "read_workflow",
]  # fmt: skip


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


def read_git_state(data: bytes, *, name: str = "git-state.json") -> GitState:
    return git_state.parse(data, what=name)


def read_scorecard(data: bytes, *, name: str) -> Scorecard:
    result = scorecard.parse(data, what=name)
    return Scorecard(
        repository=result.repo.name,
        commit=result.repo.commit,
        date=times.parse(result.date, what=f"{name} date") if result.date else None,
        score=result.score,
        checks=tuple(ScorecardCheck(check.name, check.score, check.reason) for check in result.checks or ()),
        version=result.scorecard.version,
    )


def read_workflow(data: bytes, *, name: str) -> Workflow:
    """A GitLab file by its name, a GitHub workflow or action otherwise."""
    *folders, base = name.lower().split("/")
    if ".gitlab-ci." in base or ".gitlab" in folders:
        return gitlab.read(data, name=name)
    return github.read(data, name=name)
