"""The state of a git working tree, read with git itself and with everything switched off that a repository could run.

A repository's configuration belongs to whoever made the repository. It can name programs (filters, monitors, hooks, a
transport for objects that are missing); each is overridden here, so looking at a repository runs nothing of it.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from assay.errors import Unavailable
from assay.evidence.repository import GitState
from assay.formats.text import shown

TIMEOUT_S = 30
MAX_OBJECT = 1024 * 1024
"""Bytes of a commit or tag that are looked at."""
MAX_TAGS = 100
MAX_FILTERS = 100
_SAFE = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false",
    "-c", "protocol.allow=never", "-c", "diff.external=", "-c", "core.sshCommand=false", "-c", "credential.helper=",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    # A partial clone fetches what is missing, by a program it names. The list of protocols stands above all settings.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
_USER = re.compile(r"(?<=://)[^/]*@")


def state(folder: Path) -> GitState | None:
    """The commit checked out in *folder*, or None when it is in no git repository or nothing is committed yet.

    Raises Unavailable when git is missing or fails on a folder that looks like a repository.
    """
    folder = folder.resolve()
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)
    if top is None:
        return None
    git = _Git(top)
    commit = git.find("rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return None
    header = git.read("commit", commit).split("\n\n", 1)[0]
    tags = tuple(sorted(filter(None, git.ask("tag", "--points-at", commit).splitlines())))[:MAX_TAGS]
    return GitState(
        commit=commit,
        committed=_committed(header),
        tags=tags,
        remote=shown(_USER.sub("", git.find("config", "--local", "--get", "remote.origin.url")), 2000),
        branch=git.find("symbolic-ref", "--quiet", "--short", "HEAD"),
        dirty=_dirty(git),
        commit_signature="present" if re.search(r"^gpgsig", header, re.MULTILINE) else "none",
        tag_signature=_tag_signature(git, tags),
    )


def _dirty(git: "_Git") -> bool:
    """Whether a file that git keeps differs from the commit. Filters are off: they are programs."""
    options = ("--porcelain", "--untracked-files=no", "--ignore-submodules=all")
    return bool(git.ask("status", *options, settings=tuple(_no_filters(git))))


def _no_filters(git: "_Git") -> Iterator[str]:
    found = re.findall(r"^filter\.(.+)\.[a-z]+$", git.ask("config", "--list", "--name-only"), re.MULTILINE)
    names = sorted(set(found))
    if len(names) > MAX_FILTERS or any("=" in name for name in names):
        raise Unavailable(f"the git settings of {git.top} define filters that cannot be switched off")
    for name in names:
        for key in ("clean=", "smudge=", "process=", "required=false"):
            yield from ("-c", f"filter.{name}.{key}")


def _tag_signature(git: "_Git", tags: Sequence[str]) -> Literal["none", "present"]:
    for tag in tags[:20]:
        if git.ask("cat-file", "-t", f"refs/tags/{tag}") == "tag":
            text = git.read("tag", f"refs/tags/{tag}")
            if "-----BEGIN PGP SIGNATURE" in text or "-----BEGIN SSH SIGNATURE" in text:
                return "present"
    return "none"


def _committed(header: str) -> datetime | None:
    found = re.search(r"^committer .* ([0-9]{1,11}) [+-][0-9]{4}$", header, re.MULTILINE)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


class _Git:
    """Questions to git about the working tree at *top*."""

    def __init__(self, top: Path) -> None:
        self.top = top
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        # The ceiling keeps git from answering for a repository further up when this one is broken.
        self._environment = {**clean, **_ENVIRONMENT, "GIT_CEILING_DIRECTORIES": str(top.parent)}

    def read(self, kind: str, name: str) -> str:
        """A commit or tag object."""
        size = self.ask("cat-file", "-s", name)
        if not size.isdecimal() or int(size) > MAX_OBJECT:
            raise Unavailable(f"the git {kind} {shown(name, 80)} in {self.top} has over {MAX_OBJECT} bytes")
        return self.ask("cat-file", kind, name)

    def ask(self, *arguments: str, settings: tuple[str, ...] = ()) -> str:
        """What git says, without outer white space."""
        return self._said(arguments[0], self._run(arguments, settings))

    def find(self, *arguments: str) -> str:
        """As :meth:`ask`; empty where the command says by exit code 1 that there is none."""
        done = self._run(arguments)
        return "" if done.returncode == 1 else self._said(arguments[0], done)

    def _said(self, command: str, done: "subprocess.CompletedProcess[bytes]") -> str:
        if done.returncode != 0:
            said = shown(done.stderr.decode(errors="replace").strip())
            raise Unavailable(f"git {command} failed in {self.top}: {said}")
        return done.stdout.decode(errors="replace").strip()

    def _run(
        self, arguments: tuple[str, ...], settings: tuple[str, ...] = ()
    ) -> "subprocess.CompletedProcess[bytes]":
        command = ["git", "-c", f"safe.directory={self.top}", *_SAFE, *settings, "-C", str(self.top)]
        try:
            return subprocess.run(  # noqa: S603 - fixed program, no shell
                [*command, f"--work-tree={self.top}", *arguments],
                env=self._environment, capture_output=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"git {arguments[0]} did not answer about {self.top} within {TIMEOUT_S} s"
            ) from error
        except OSError as error:
            raise Unavailable(f"cannot ask git about {self.top}: {error.strerror or error}") from error
