"""What a CI file does that matters to trust: what it fetches, what it may write, whose text it runs."""

from typing import Literal

import msgspec

Trigger = Literal["pull_request_target", "workflow_run", "issue_comment"]


class Use(msgspec.Struct, frozen=True):
    """An action, reusable workflow, include or image that a workflow takes from elsewhere."""

    name: str
    ref: str
    kind: Literal["action", "workflow", "image", "include", "local"]
    pinned: bool
    """By full commit or image digest."""
    at: str
    resolved: bool = True
    """False where the reference is made of variables, so that nobody can say from the file what it is."""


class Script(msgspec.Struct, frozen=True):
    """A piece of shell with the untrusted expressions that are pasted into it."""

    at: str
    untrusted: tuple[str, ...] = ()
    semi_trusted: tuple[str, ...] = ()
    """Inputs: text of somebody who may start the workflow, or of a caller."""
    unclear: tuple[str, ...] = ()
    """Expressions that could not be read."""


class Checkout(msgspec.Struct, frozen=True):
    """A privileged run that fetches code somebody outside may have written."""

    at: str
    of: str
    """The expression or command that selects the code."""
    trigger: Trigger
    guard: str = ""
    """What may keep strangers out: a condition, an approval, an earlier job; a person must judge it."""
    certain: bool = True
    """False where only the text of a script suggests it."""


class Workflow(msgspec.Struct, frozen=True):
    """A GitHub Actions workflow (or action), or a GitLab CI file."""

    platform: Literal["github", "gitlab"]
    path: str
    triggers: tuple[str, ...] = ()
    permissions: Literal["default", "read", "write", "least"] = "default"
    """``default``: not stated; ``write``: write-all or contents/packages/id-token written for the whole workflow;
    ``read``: read-all; ``least``: none, or only named read scopes at the top."""
    broad_jobs: tuple[str, ...] = ()
    """Jobs that ask for write-all."""
    uses: tuple[Use, ...] = ()
    scripts: tuple[Script, ...] = ()
    name: str = ""
    action: bool = False
    """An action, which runs with its caller's triggers and permissions."""
    after: tuple[str, ...] = ()
    """Names of the workflows that a ``workflow_run`` trigger waits for."""
    write_all: bool = False
    """The top asks for write-all."""
    writes: tuple[str, ...] = ()
    """Scopes the top lets every job write."""
    inheriting: tuple[str, ...] = ()
    """Jobs that state no permissions of their own."""
    checkouts: tuple[Checkout, ...] = ()

    @property
    def checks_out_untrusted(self) -> tuple[str, ...]:
        """Places that check out the head of a pull request under a privileged trigger, nothing standing before it."""
        return tuple(item.at for item in self.checkouts if item.certain and not item.guard)
