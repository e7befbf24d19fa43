"""``git-state.json``: what ``assay collect`` saw of the source repository. Our own format, written here and read strictly."""

import re
from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json, times

FORMAT = "assay-git-state/1"
MAX_FILE = 256 * 1024
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")

Signed = Literal["none", "present", "good", "bad", "unknown"]


class GitState(msgspec.Struct, frozen=True):
    """State of the working tree when artifacts were collected."""

    commit: str
    committed: datetime | None = None
    tags: tuple[str, ...] = ()
    """Tags that point to the commit."""
    remote: str = ""
    """Without user information."""
    branch: str = ""
    dirty: bool = False
    commit_signature: Signed = "none"
    tag_signature: Signed = "none"
    signer: str = ""


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    commit: str
    committed: str | None
    tags: tuple[str, ...]
    remote: str
    branch: str
    dirty: bool
    commit_signature: Signed
    tag_signature: Signed
    signer: str


class _Head(msgspec.Struct, frozen=True):
    format: str


def encode(state: GitState) -> bytes:
    """The file's bytes: JSON for people, every field present, in the order of the format."""
    wire = _Wire(
        format=FORMAT,
        commit=state.commit,
        committed=times.encode(state.committed) if state.committed else None,
        tags=state.tags,
        remote=state.remote,
        branch=state.branch,
        dirty=state.dirty,
        commit_signature=state.commit_signature,
        tag_signature=state.tag_signature,
        signer=state.signer,
    )
    return strict_json.pretty(wire)


def parse(data: bytes, *, what: str = "git-state.json") -> GitState:
    head = strict_json.decode(data, _Head, what=what, limit=MAX_FILE)
    if head.format != FORMAT:
        raise Unsupported(f"{what} has the format {head.format[:60]!r}, expected {FORMAT!r}")
    wire = strict_json.decode(data, _Wire, what=what, limit=MAX_FILE)
    if not _COMMIT.match(wire.commit):
        raise Malformed(
            f"{what} has the commit {wire.commit[:80]!r}, expected 40 or 64 lower-case hex digits"
        )
    return GitState(
        commit=wire.commit,
        committed=times.parse(wire.committed, what=f"{what} committed") if wire.committed else None,
        tags=wire.tags,
        remote=wire.remote,
        branch=wire.branch,
        dirty=wire.dirty,
        commit_signature=wire.commit_signature,
        tag_signature=wire.tag_signature,
        signer=wire.signer,
    )
