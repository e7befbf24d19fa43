"""What the API shows of artifacts, of grants, and of who read what."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from assay.office.access import Shown
from assay.office.accesses import Grant, Line


class ArtifactView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    """Hexadecimal SHA-256."""
    kind: str
    title: str
    name: str
    description: str
    """Both for who may look into the case."""
    here: bool
    readable: bool
    """By whoever asks, now."""


class GrantView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    case: str
    owner: str
    to: str
    name: str
    """Of the organisation that asked."""
    artifacts: tuple[str, ...]
    reason: str
    asked: datetime
    answer_by: datetime
    """After which a request that nobody has answered is over."""
    state: str
    decided: datetime | None
    until: datetime | None
    because: str


class AccessView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    number: int
    at: datetime
    what: str
    case: str
    artifact: str
    organisation: str
    name: str
    """Of the organisation."""
    actor: str
    grant: str
    reason: str


def artifact_view(one: Shown, *, looks: bool) -> ArtifactView:
    named = one.artifact
    return ArtifactView(
        id=one.digest.value,
        kind=named.kind if named is not None else "",
        title=named.title if named is not None else "",
        name=named.name if named is not None and looks else "",
        description=named.description if named is not None and looks else "",
        here=one.here,
        readable=one.readable,
    )


def grant_view(one: Grant, names: Mapping[str, str]) -> GrantView:
    return GrantView(
        id=one.id,
        case=one.case.value,
        owner=one.owner,
        to=one.to,
        name=names.get(one.to, ""),
        artifacts=tuple(map(str, one.artifacts)),
        reason=one.reason,
        asked=one.asked,
        answer_by=one.answer_by,
        state=one.state,
        decided=one.decided,
        until=one.until,
        because=one.because,
    )


def access_view(line: Line, names: Mapping[str, str]) -> AccessView:
    one = line.access
    return AccessView(
        number=line.number,
        at=one.at,
        what=one.what,
        case=one.case.value,
        artifact=str(one.artifact) if one.artifact is not None else "",
        organisation=one.organisation,
        name=names.get(one.organisation, ""),
        actor=one.actor,
        grant=one.grant,
        reason=one.reason,
    )
