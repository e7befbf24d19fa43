"""A result, ready for the pages and the feed."""

import re
from collections.abc import Mapping

import msgspec

from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.formats.verdict import VerdictDocument

MAX_VERSIONS = 3
"""Named one by one; of more, only the count."""
MAX_NAME = 120
_ID = re.compile(r"[0-9a-f]{64}")


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A result as the pages need it."""

    id: str
    """Short name in the address: hex of the payload digest."""
    verdict: VerdictDocument
    result: bytes
    """The signed result, a DSSE envelope."""
    receipt: bytes
    origin: str
    index: int
    size: int
    root: str
    trial: bool
    artifact_names: Mapping[str, str] = {}
    """Digest -> name, for the list of inputs; empty where the names are not public."""
    response: str = ""

    def __post_init__(self) -> None:
        """The id becomes a path."""
        if not _ID.fullmatch(self.id):
            raise ValueError(f"a result's id is {self.id[:80]!r}, expected 64 lower-case hex digits")


def named(verdict: VerdictDocument) -> str:
    """The products in a few words, or the provider where the attestation is about a whole company."""
    first = verdict.product or verdict.provider or "Unnamed"
    others = len({release.name for release in verdict.releases} - {first})
    return shown(first, MAX_NAME) + (f" and {others} more" if others else "")


def versions(verdict: VerdictDocument) -> str:
    """The versions of its releases in a few words; empty where they have none."""
    found = list(dict.fromkeys(release.version for release in verdict.releases if release.version))
    return f"{len(found)} versions" if len(found) > MAX_VERSIONS else shown(", ".join(found), MAX_NAME)


def result_id(payload: Digest) -> str:
    return payload.value
