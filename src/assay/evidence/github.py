"""What a GitHub workflow means: pins, permissions, untrusted text in scripts, untrusted code under privileged triggers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from assay.errors import Malformed, TooLarge
from assay.evidence.workflow import Checkout, Script, Trigger, Use, Workflow
from assay.formats import github_workflow
from assay.formats.github_expression import Flow, expressions, flows
from assay.formats.github_workflow import File, Image, Job, Step

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_IMAGE_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}\Z")
MAX_FLOWS = 50_000

_PULL = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")
_PERSON = ("message", "author.name", "author.email", "committer.name", "committer.email")
_UNTRUSTED: dict[str, tuple[str, ...]] = {
    "github.head_ref": ("pull_request", "pull_request_target"),
    "github.event.issue.title": ("issues", "issue_comment"),
    "github.event.issue.body": ("issues", "issue_comment"),
    "github.event.comment.body": (
        "issue_comment", "commit_comment", "discussion_comment", "pull_request_review_comment",
    ),
    "github.event.review.body": ("pull_request_review",),
    "github.event.discussion.title": ("discussion", "discussion_comment"),
    "github.event.discussion.body": ("discussion", "discussion_comment"),
    "github.event.pages.*.page_name": ("gollum",),
    "github.event.pages.*.title": ("gollum",),
    "github.event.changes.title.from": (*_PULL, "issues"),
    "github.event.changes.body.from": (*_PULL, "issues", "issue_comment", "discussion"),
    **dict.fromkeys(
        (f"github.event.pull_request.{field}" for field in (
            "title", "body", "head.ref", "head.label", "head.repo.default_branch", "head.repo.description",
            "head.repo.homepage",
        )), _PULL,
    ),
    **dict.fromkeys((f"github.event.commits.*.{field}" for field in _PERSON), ("push",)),
    **dict.fromkeys((f"github.event.head_commit.{field}" for field in _PERSON), ("push",)),
    **dict.fromkeys(
        (f"github.event.workflow_run.{field}" for field in (
            "head_branch", "display_title", "head_repository.description", "pull_requests.*.head.ref",
            *(f"head_commit.{field}" for field in _PERSON),
        )), ("workflow_run",),
    ),
}  # fmt: skip
"""Text that anybody outside can choose -> the events that carry it. Under any other event it is empty."""

_HEADS: dict[str, tuple[Trigger, ...]] = {
    "github.head_ref": ("pull_request_target",),
    "github.event.pull_request.head.sha": ("pull_request_target",),
    "github.event.pull_request.head.ref": ("pull_request_target",),
    "github.event.pull_request.merge_commit_sha": ("pull_request_target",),
    "github.event.pull_request.head.repo.full_name": ("pull_request_target",),
    "github.event.workflow_run.head_sha": ("workflow_run",),
    "github.event.workflow_run.head_branch": ("workflow_run",),
    "github.event.workflow_run.head_commit.id": ("workflow_run",),
    "github.event.workflow_run.head_repository.full_name": ("workflow_run",),
}
"""What selects the code of a pull request -> the privileged events under which it does."""

_PULL_REF = re.compile(r"refs/pull/")
_FETCHES = re.compile(r"\bgh\s+pr\s+checkout\b|\bgit\b[^\n]{0,200}\b(?:fetch|pull)\b[^\n]{0,200}\bpull/")
_ALWAYS = re.compile(r"\A(?:\$\{\{)?\s*(?:always\(\)|success\(\)|!\s*cancelled\(\)|true)\s*(?:\}\})?\Z")


def read(data: bytes, *, name: str) -> Workflow:
    file = github_workflow.parse(data, what=name)
    reach = _Reach(name)
    return Workflow(
        platform="github",
        path=name,
        name=file.name,
        action=file.action,
        triggers=file.triggers,
        after=file.after,
        permissions=_level(file.permissions),
        write_all=file.permissions == "write-all",
        writes=_written(file.permissions),
        inheriting=tuple(job.name for job in file.jobs if job.permissions is None),
        broad_jobs=tuple(job.name for job in file.jobs if job.permissions == "write-all"),
        uses=tuple(use for job in file.jobs for use in _uses(job, name)),
        scripts=tuple(_scripts(file, reach, name)),
        checkouts=tuple(checkout for job in file.jobs for checkout in _checkouts(file, job, reach, name)),
    )


def _level(stated: str | Mapping[str, str] | None) -> Literal["default", "read", "write", "least"]:
    if stated is None:
        return "default"
    if isinstance(stated, str):
        return "write" if stated == "write-all" else "read"
    return "write" if _written(stated) else "least"


def _written(stated: str | Mapping[str, str] | None) -> tuple[str, ...]:
    if not isinstance(stated, Mapping):
        return ()
    return tuple(scope for scope, level in stated.items() if level.strip() == "write")


def _uses(job: Job, path: str) -> Iterator[Use]:
    if job.uses:
        yield _use(job.uses, "workflow", f"{path}:{job.uses_line}")
    for image in job.images:
        yield _image(image, path)
    for step in job.steps:
        if step.uses:
            yield _use(step.uses, "action", f"{path}:{step.uses_line}")


def _use(written: str, kind: Literal["action", "workflow"], at: str) -> Use:
    written = written.strip()
    if written.startswith(("./", "../")):
        return Use(written, "", "local", pinned=True, at=at)
    if written.startswith("docker://"):
        return _docker(written.removeprefix("docker://"), at)
    name, _, ref = written.rpartition("@") if "@" in written else (written, "", "")
    return Use(name, ref, kind, bool(_COMMIT.match(ref)), at, resolved="${{" not in written)


def _image(image: Image, path: str) -> Use:
    return _docker(image.name.strip().removeprefix("docker://"), f"{path}:{image.line}")


def _docker(written: str, at: str) -> Use:
    pinned = bool(_IMAGE_DIGEST.search(written))
    name, _, ref = written.partition("@") if "@" in written else _tag(written)
    return Use(name, ref, "image", pinned, at, resolved=pinned or "${{" not in written)


def _tag(image: str) -> tuple[str, str, str]:
    """A colon before the last slash belongs to a port."""
    folder, slash, last = image.rpartition("/")
    name, colon, tag = last.partition(":")
    return folder + slash + name, colon, tag


def _scripts(file: File, reach: "_Reach", path: str) -> Iterator[Script]:
    for job in file.jobs:
        for step in job.steps:
            pasted, line = step.run, step.run_line
            if step.uses.lower().startswith("actions/github-script@"):
                pasted, line = step.inputs.get("script", ""), step.uses_line
            if pasted:
                found, unclear = reach.of(pasted, (step.env, job.env, file.env))
                yield Script(
                    f"{path}:{line}",
                    untrusted=_once(flow.path for flow in found if _is_untrusted(flow, file)),
                    semi_trusted=_once(flow.path for flow in found if _is_input(flow.path)),
                    unclear=unclear,
                )


class _Reach:
    """Contexts whose text reaches a place, ``env`` followed to where it is set. One budget for a whole file."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.budget = MAX_FLOWS
        self.seen: dict[str, tuple[tuple[Flow, ...], tuple[str, ...]]] = {}

    def of(self, pasted: str, env: tuple[Mapping[str, str], ...]) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
        """The contexts, and what could not be read."""
        found: dict[Flow, None] = {}
        unclear: dict[str, None] = {}
        pending = [pasted]
        followed = set()
        while pending:
            here, why = self.directly(pending.pop())
            unclear |= dict.fromkeys(why)
            for flow in here:
                value = _value(flow.path, env)
                if value and flow.path not in followed:
                    followed.add(flow.path)
                    pending.append(value)
                elif not value:
                    found[flow] = None
        return tuple(found), tuple(unclear)

    def directly(self, pasted: str) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
        if pasted not in self.seen:
            self.seen[pasted] = _flows(pasted)
        self.budget -= 1 + len(self.seen[pasted][0])
        if self.budget < 0:
            raise TooLarge(f"{self.what} pastes over {MAX_FLOWS} expressions")
        return self.seen[pasted]


def _flows(pasted: str) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
    found: dict[Flow, None] = {}
    unclear: list[str] = []
    try:
        for expression in expressions(pasted):
            found |= dict.fromkeys(flows(expression))
    except Malformed as error:
        unclear.append(str(error))
    return tuple(found), tuple(unclear)


def _value(path: str, env: tuple[Mapping[str, str], ...]) -> str:
    context, _, name = path.partition(".")
    return next((level[name] for level in env if name in level), "") if context == "env" else ""


def _is_untrusted(flow: Flow, file: File) -> bool:
    segments = flow.path.split(".")
    return segments[0] == "github" and any(
        _carried(events, file) and (_same(segments, pattern) or (flow.json and _holds(segments, pattern)))
        for pattern, events in ((name.split("."), events) for name, events in _UNTRUSTED.items())
    )


def _carried(events: Iterable[str], file: File) -> bool:
    """Whether a run of *file* can have one of *events*; an action or a called workflow has its caller's."""
    return file.action or "workflow_call" in file.triggers or any(event in file.triggers for event in events)


def _same(segments: list[str], pattern: list[str]) -> bool:
    return len(segments) == len(pattern) and _holds(segments, pattern)


def _holds(segments: list[str], pattern: list[str]) -> bool:
    """*segments* is *pattern* or an object that contains it."""
    return len(segments) <= len(pattern) and all(
        "*" in pair or pair[0] == pair[1] for pair in zip(segments, pattern, strict=False)
    )


def _is_input(path: str) -> bool:
    return path.startswith(("inputs.", "github.event.inputs.", "github.event.client_payload."))


def _checkouts(file: File, job: Job, reach: _Reach, path: str) -> Iterator[Checkout]:
    for step in job.steps:
        env = (step.env, job.env, file.env)
        guard = _guard(job, step)
        if step.uses.lower().startswith("actions/checkout@"):
            wanted = " ".join(step.inputs.get(name, "") for name in ("repository", "ref"))
            found, _ = reach.of(wanted, env)
            for trigger in _selected_by(wanted, found, file):
                yield Checkout(f"{path}:{step.uses_line}", wanted.strip(), trigger, guard)
        elif step.run and _FETCHES.search(step.run):
            command = str(_FETCHES.search(step.run)[0])  # type: ignore[index]
            for trigger in _privileged(file, ("pull_request_target", "workflow_run", "issue_comment")):
                yield Checkout(f"{path}:{step.run_line}", command, trigger, guard, certain=False)


def _selected_by(wanted: str, found: tuple[Flow, ...], file: File) -> tuple[Trigger, ...]:
    """Privileged triggers of *file* under which *wanted* selects the code of a pull request."""
    triggers = {trigger for flow in found for trigger in _HEADS.get(flow.path, ())}
    if _PULL_REF.search(wanted) and found:
        triggers |= {"pull_request_target", "issue_comment"}
    return _privileged(file, triggers)


def _privileged(file: File, triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    return tuple(sorted(trigger for trigger in triggers if trigger in file.triggers))


def _guard(job: Job, step: Step) -> str:
    for condition in (step.condition, job.condition):
        if condition and not _ALWAYS.match(condition.strip()):
            return f"if: {condition.strip()}"
    if job.environment:
        return "an environment, which may ask for approval"
    return "an earlier job that it needs" if job.needs else ""


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
