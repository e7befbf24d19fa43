"""The state of a git working tree, read with git itself and with everything switched off that a repository could run."""

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from assay.errors import Unavailable
from assay.evidence.repository import GitState

TIMEOUT_S = 30
_SAFE = (
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.untrackedCache=false",
    "-c", "protocol.allow=never", "-c", "diff.external=", "-c", "core.sshCommand=false", "-c", "credential.helper=",
)  # fmt: skip


def state(folder: Path) -> GitState | None:
    """The commit checked out in *folder*, or None when it is not in a git repository.

    Raises Unavailable when git is missing or fails on a folder that looks like a repository.
    """
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)
    if top is None:
        return None
    commit = _git(top, "rev-parse", "--verify", "--quiet", "HEAD", missing_ok=True).strip()
    if not commit:
        return None
    header = _git(top, "cat-file", "commit", commit).split("\n\n", 1)[0]
    tags = tuple(sorted(filter(None, _git(top, "tag", "--points-at", commit).splitlines())))
    return GitState(
        commit=commit,
        committed=_committed(header),
        tags=tags,
        remote=_without_user(
            _git(top, "config", "--local", "--get", "remote.origin.url", missing_ok=True).strip()
        ),
        branch=_git(top, "symbolic-ref", "--quiet", "--short", "HEAD", missing_ok=True).strip(),
        dirty=bool(
            _git(top, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all").strip()
        ),
        commit_signature="present" if re.search(r"^gpgsig", header, re.MULTILINE) else "none",
        tag_signature=_tag_signature(top, tags),
    )


def _tag_signature(top: Path, tags: tuple[str, ...]) -> Literal["none", "present"]:
    for tag in tags[:20]:
        if _git(top, "cat-file", "-t", f"refs/tags/{tag}").strip() == "tag":
            text = _git(top, "cat-file", "tag", f"refs/tags/{tag}")
            if "-----BEGIN PGP SIGNATURE" in text or "-----BEGIN SSH SIGNATURE" in text:
                return "present"
    return "none"


def _committed(header: str) -> datetime | None:
    found = re.search(r"^committer .* (\d{1,11}) [+-]\d{4}$", header, re.MULTILINE)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def _without_user(remote: str) -> str:
    """*remote* without user name and password, which do not belong into evidence."""
    if "://" not in remote:
        return remote
    parts = urlsplit(remote)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(top: Path, *arguments: str, missing_ok: bool = False) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }
    try:
        done = subprocess.run(  # noqa: S603 - fixed program, no shell
            ["git", "-c", f"safe.directory={top}", *_SAFE, "-C", str(top), *arguments],  # noqa: S607 - the user's git
            env=clean, capture_output=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"cannot ask git about {top}: {error}") from error
    if done.returncode and not missing_ok:
        raise Unavailable(
            f"git {arguments[0]} failed in {top}: {done.stderr.decode(errors='replace').strip()[:200]}"
        )
    return "" if done.returncode else done.stdout.decode(errors="replace")
