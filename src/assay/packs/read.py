"""Read a pack from its YAML file; anything unknown, missing, empty or doubled is refused with its place."""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from assay.errors import Malformed, TooLarge
from assay.formats import strict_yaml
from assay.formats.attestation import ArtifactKind
from assay.formats.text import shown
from assay.packs.model import (
    AnsweredBy,
    Answers,
    Binding,
    Combine,
    Crosswalk,
    Event,
    Grade,
    Ground,
    Group,
    Pack,
    Relation,
    Requirement,
    Role,
    Source,
    Status,
)

MAX_BYTES = 4 * 1024 * 1024
MAX_REQUIREMENTS = 5_000
MAX_BINDINGS = 100
"""Per requirement."""

_PACK = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_EDITION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}\Z")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_CHECK = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")

T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1, max_length=2_000)]
Parameter = bool | int | str | list[str] | dict[str, int]


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All parts are closed."""


class _Source(_Wire, frozen=True):
    title: Text
    publisher: Text
    citation: Text
    url: str = ""
    licence: str = ""


class _Event(_Wire, frozen=True):
    on: date
    what: Text


class _Group(_Wire, frozen=True):
    id: str
    title: Text
    parent: str = ""


class _Binding(_Wire, frozen=True):
    check: str
    parameters: dict[str, Parameter] = {}


class _Support(_Wire, frozen=True):
    check: str
    parameters: dict[str, Parameter] = {}
    against: Literal["contradicts", "noted"] = "contradicts"


class _AtLeast(_Wire, frozen=True):
    count: int
    of: tuple[_Support, ...]


class _Ground(_Wire, frozen=True):
    shows: Text
    all: tuple[_Support, ...] | None = None
    any: tuple[_Support, ...] | None = None
    at_least: _AtLeast | None = None


class _Requirement(_Wire, frozen=True, kw_only=True):
    id: str
    title: Text
    wording: Text
    parent: str = ""
    grade: Grade
    answered_by: AnsweredBy = "claim"
    evidence: tuple[ArtifactKind, ...] = ()
    needs: tuple[_Ground, ...] | None = None
    refuted_by: tuple[_Binding, ...] | None = None
    notes: tuple[_Binding, ...] | None = None
    person: Text | None = None
    crosswalk: dict[Relation, tuple[str, ...]] = {}
    cites: tuple[Text, ...] = ()


class _Pack(_Wire, frozen=True, kw_only=True):
    id: str
    edition: str
    title: Text
    source: _Source
    status: Status
    dates: Annotated[tuple[_Event, ...], Meta(min_length=1)]
    answers: Answers
    requirements: Annotated[tuple[_Requirement, ...], Meta(min_length=1)]
    groups: tuple[_Group, ...] = ()
    note: str = ""


@lru_cache(
    maxsize=32
)  # the same few are judged by, and shown, all day; reading one takes longer than most checks
def parse(data: bytes, *, name: str) -> Pack:
    """The pack in *data*; *name* is what errors call it. Raises :class:`Malformed` or :class:`TooLarge`."""
    try:
        wire = msgspec.convert(strict_yaml.load(data, what=name, limit=MAX_BYTES), _Pack)
    except msgspec.ValidationError as error:
        raise Malformed(f"{name}: {shown(str(error), 400)}") from error
    if len(wire.requirements) > MAX_REQUIREMENTS:
        raise TooLarge(f"{name} has {len(wire.requirements)} requirements, over {MAX_REQUIREMENTS}")
    _spelled(wire.id, _PACK, f"{name}: id")
    _spelled(wire.edition, _EDITION, f"{name}: edition")
    _check_ids(wire, name)
    return Pack(
        id=wire.id,
        edition=wire.edition,
        title=wire.title,
        source=Source(**msgspec.structs.asdict(wire.source)),
        status=wire.status,
        dates=tuple(Event(event.on, event.what) for event in wire.dates),
        answers=wire.answers,
        requirements=tuple(
            _requirement(item, f"{name}: requirement {item.id!r}") for item in wire.requirements
        ),
        groups=tuple(Group(group.id, group.title, group.parent) for group in wire.groups),
        note=wire.note,
    )


def _check_ids(wire: _Pack, name: str) -> None:
    """Ids are well-formed and distinct; a parent stands before its children, so there is no circle."""
    seen: set[str] = set()
    items: tuple[_Group | _Requirement, ...] = (*wire.groups, *wire.requirements)
    for item in items:
        _spelled(item.id, _ID, f"{name}: id")
        if item.id in seen:
            raise Malformed(f"{name}: id {item.id!r} stands twice among groups and requirements")
        if item.parent and item.parent not in seen:
            raise Malformed(
                f"{name}: {item.id!r} has the parent {shown(item.parent, 64)!r}, which does not stand before it"
            )
        seen.add(item.id)


def _requirement(wire: _Requirement, what: str) -> Requirement:
    for section in ("needs", "refuted_by", "notes"):
        if getattr(wire, section) == ():
            raise Malformed(f"{what}: {section} is an empty list; an empty list of checks proves nothing")
    if wire.needs is None and wire.person is None:
        raise Malformed(f"{what} has neither needs nor person, expected at least one")
    requirement = Requirement(
        id=wire.id,
        title=wire.title,
        wording=wire.wording,
        parent=wire.parent,
        grade=wire.grade,
        answered_by=wire.answered_by,
        evidence=_distinct(wire.evidence, f"{what}: evidence"),
        grounds=tuple(_ground(item, f"{what}: needs[{at}]") for at, item in enumerate(wire.needs or ())),
        refuting=_bindings(wire.refuted_by or (), "refutes", f"{what}: refuted_by"),
        noting=_bindings(wire.notes or (), "notes", f"{what}: notes"),
        person=wire.person or "",
        crosswalk=_crosswalk(wire.crosswalk, f"{what}: crosswalk"),
        cites=wire.cites,
    )
    count = sum(1 for _ in requirement.bindings)
    if count > MAX_BINDINGS:
        raise TooLarge(f"{what} has {count} checks, over {MAX_BINDINGS}")
    for bindings in (
        *(ground.bindings for ground in requirement.grounds),
        requirement.refuting,
        requirement.noting,
    ):
        _check_distinct(bindings, what)
    return requirement


def _check_distinct(bindings: tuple[Binding, ...], what: str) -> None:
    """In one list the same check may stand twice with other parameters; the same question twice is a slip."""
    asked = [(binding.check, binding.parameters) for binding in bindings]
    for at, question in enumerate(asked):
        if question in asked[:at]:
            raise Malformed(f"{what} binds {question[0]!r} twice with the same parameters")


def _ground(wire: _Ground, what: str) -> Ground:
    chosen: list[Combine] = []
    chosen += ["all"] if wire.all is not None else []
    chosen += ["any"] if wire.any is not None else []
    chosen += ["at_least"] if wire.at_least is not None else []
    if len(chosen) != 1:
        raise Malformed(
            f"{what} has {' and '.join(chosen) or 'none'} of all, any, at_least; expected exactly one"
        )
    combine = chosen[0]
    count = wire.at_least.count if wire.at_least is not None else 0
    listed = wire.at_least.of if wire.at_least is not None else wire.all if wire.all is not None else wire.any
    bindings = tuple(
        _binding(item, "decides" if item.against == "contradicts" else "supports", f"{what}.{combine}[{at}]")
        for at, item in enumerate(listed or ())
    )
    if not bindings:
        raise Malformed(f"{what}.{combine} is an empty list; an empty list of checks proves nothing")
    if combine == "any" and len(bindings) == 1:
        raise Malformed(f"{what}.any has one check; write it under all")
    if combine == "at_least" and not 1 < count < len(bindings):
        raise Malformed(
            f"{what}.at_least has count {count} of {len(bindings)}, expected more than 1 and fewer than the checks listed"
        )
    return Ground(wire.shows, combine, bindings, count)


def _bindings(wires: tuple[_Binding, ...], role: Role, what: str) -> tuple[Binding, ...]:
    return tuple(_binding(wire, role, f"{what}[{at}]") for at, wire in enumerate(wires))


def _binding(wire: _Binding | _Support, role: Role, what: str) -> Binding:
    _spelled(wire.check, _CHECK, f"{what}.check")
    return Binding(wire.check, role, {key: _frozen(value) for key, value in wire.parameters.items()})


def _frozen(value: Parameter) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _crosswalk(wire: Mapping[Relation, tuple[str, ...]], what: str) -> tuple[Crosswalk, ...]:
    found = [Crosswalk(relation, to) for relation, targets in wire.items() for to in targets]
    for item in found:
        pack, at, rest = item.to.partition("@")
        edition, hash_, id_ = rest.partition("#")
        if not (at and hash_ and _PACK.match(pack) and _EDITION.match(edition) and _ID.match(id_)):
            raise Malformed(f"{what}: {shown(item.to, 80)!r} is not of the form pack@edition#id")
    _distinct(tuple(item.to for item in found), what)
    return tuple(found)


def _spelled(text: str, pattern: re.Pattern[str], what: str) -> None:
    if not pattern.match(text):
        raise Malformed(
            f"{what} {shown(text, 80)!r} does not match {pattern.pattern.removesuffix(chr(92) + 'Z')}"
        )


def _distinct(items: tuple[T, ...], what: str) -> tuple[T, ...]:
    seen: set[T] = set()
    for item in items:
        if item in seen:
            raise Malformed(f"{what} has {shown(str(item), 80)!r} twice")
        seen.add(item)
    return items
