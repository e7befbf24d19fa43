"""What the API shows of a case, to whom it may be shown."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from assay.formats.digest import Digest
from assay.office.case import Case
from assay.office.draw_documents import State, state
from assay.office.ports import Drawing

T = TypeVar("T")


class Listed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    items: tuple[T, ...]
    next: str = ""
    """Give it as ``after`` for the next page; empty when this is the last."""


class CaseView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A submission and where it stands."""

    id: str
    """Hexadecimal SHA-256 of the attestation's payload."""
    provider: str
    product: str
    version: str
    stage: str
    result: str
    received: datetime
    changed: datetime
    revision: int = 0
    organisation: str = ""
    waits: str = ""
    because: str = ""
    deadline: datetime | None = None
    draw: int | None = None
    drawn: bool = False
    requested: tuple[str, ...] = ()
    notices: int = 0
    proposed: bool = False
    lapsed: datetime | None = None
    replaces: str = ""
    replaced_by: str = ""
    entries: tuple[int, ...] = ()
    publication: int | None = None
    held: bool = False


class PublicCase(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A published result, in a line."""

    id: str
    provider: str
    product: str
    version: str
    result: str
    published: int
    """Index of the publication's entry."""
    changed: datetime
    lapsed: datetime | None = None
    replaced_by: str = ""


def case_view(case: Case) -> CaseView:
    return CaseView(
        id=case.payload.value,
        provider=case.provider,
        product=case.product,
        version=case.version,
        stage=case.stage,
        result=case.result,
        received=case.received,
        changed=case.changed,
        revision=case.revision,
        organisation=case.organisation,
        waits=case.waits,
        because=case.because,
        deadline=case.deadline,
        draw=case.draw,
        drawn=case.drawn,
        requested=tuple(map(str, case.requested)),
        notices=case.notices,
        proposed=case.proposal is not None,
        lapsed=case.lapsed,
        replaces=_hex(case.replaces),
        replaced_by=_hex(case.replaced_by),
        entries=case.entries,
        publication=case.publication,
        held=case.held,
    )


def tag(case: Case) -> str:
    """Its ETag: another one with each change."""
    return f'"{case.payload.short}-{case.revision}"'


def public_case(case: Case, successor: Digest | None) -> PublicCase:
    """Of a published case only; *successor*: the posted one that replaces it."""
    if case.publication is None or case.shown_since is None:
        raise ValueError(f"case {case.payload} is not published")
    return PublicCase(
        id=case.payload.value,
        provider=case.provider,
        product=case.product,
        version=case.version,
        result=case.shown,
        published=case.publication,
        changed=case.shown_since,
        lapsed=case.lapsed,
        replaced_by=_hex(successor),
    )


class DrawView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    number: int
    made: datetime
    at: datetime
    beacon: str
    round: int | None
    label: str
    frame: int
    drawn: int
    entry: int
    commit: str
    result: str = ""
    result_entry: int | None = None
    value: str = ""
    state: State
    """It waits for its round, is to be drawn, should have been drawn (an alarm), or is drawn."""


def draw_view(one: Drawing, now: datetime) -> DrawView:
    return DrawView(
        state=state(one, now),
        number=one.number,
        made=one.made,
        at=one.at,
        beacon=one.beacon,
        round=one.round,
        label=one.label,
        frame=one.frame,
        drawn=one.drawn,
        entry=one.entry,
        commit=str(one.commit),
        result=str(one.result) if one.result else "",
        result_entry=one.result_entry,
        value=one.value,
    )


def _hex(digest: Digest | None) -> str:
    return digest.value if digest is not None else ""
