"""A pack: a regime as data. Requirements in our own words, and what a program or a person must see to answer each.

A requirement *needs* grounds, all of them; a ground names what must be shown and the checks that can show it. Beside
them stand checks that can only *refute* the requirement, and checks whose findings are only *noted*. Check ids are
plain text here: packs know no checks. :mod:`assay.packs.combination` says how answers combine, exactly.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from assay.formats.attestation import ArtifactKind

Status = Literal["draft", "in_force", "amended", "superseded", "struck"]
"""``struck`` and ``draft`` packs are never duties in force; an office may still run them."""

Grade = Literal["machine", "shared", "person"]
"""Who can answer: a program; a program for presence, age and coverage and a person for the content; only a person."""

Answers = Literal["all", "some"]
"""Whether every requirement must be claimed or planned for (``all``), or only those that the provider chooses."""

AnsweredBy = Literal["claim", "form"]
"""``claim``: the provider claims it or plans for it. ``form``: the attestation's own fields answer it."""

Role = Literal["decides", "supports", "refutes", "notes"]
"""What an answer of the check does to the requirement.

* ``decides``: satisfied supports its ground, unknown leaves it open, not satisfied contradicts the requirement.
* ``supports``: the same, but not satisfied leaves its ground open as unknown does, and becomes a note: the evidence is too
  weak, yet nothing false was said.
* ``refutes``: not satisfied contradicts the requirement; any other answer neither supports nor blocks.
* ``notes``: not satisfied becomes a note beside the verdict and does not change it.
"""

Combine = Literal["all", "any", "at_least"]

Relation = Literal["equal", "subset", "intersects"]
"""Of this requirement to the other: the same; wholly part of it; something in common, which proves nothing."""


class Source(msgspec.Struct, frozen=True):
    title: str
    publisher: str
    citation: str
    url: str = ""
    licence: str = ""


class Event(msgspec.Struct, frozen=True):
    """A date in the life of the regime."""

    on: date
    what: str


class Group(msgspec.Struct, frozen=True):
    """A heading: never answered itself."""

    id: str
    title: str
    parent: str = ""


class Binding(msgspec.Struct, frozen=True):
    """A check, the parameters laid over its defaults (key by key), and what its answer does."""

    check: str
    role: Role
    parameters: Mapping[str, Any] = {}


class Ground(msgspec.Struct, frozen=True):
    """Something that must be shown, and the checks that can show it; *count* of them for ``at_least``."""

    shows: str
    combine: Combine
    bindings: tuple[Binding, ...]
    count: int = 0


class Crosswalk(msgspec.Struct, frozen=True):
    relation: Relation
    to: str
    """``pack@edition#id``."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    wording: str
    """Ours, in short; the law is the official text."""
    parent: str = ""
    grade: Grade
    answered_by: AnsweredBy = "claim"
    evidence: tuple[ArtifactKind, ...] = ()
    """Kinds of artifact that are enough; how old they may be stands in the parameters of the checks."""
    grounds: tuple[Ground, ...] = ()
    refuting: tuple[Binding, ...] = ()
    noting: tuple[Binding, ...] = ()
    person: str = ""
    """What a person should look at; without grounds only a person can answer, and until then it is unknown."""
    crosswalk: tuple[Crosswalk, ...] = ()
    cites: tuple[str, ...] = ()
    """Places in other documents that ask the same."""

    @property
    def judged_by(self) -> Literal["checks", "person"]:
        return "checks" if self.grounds else "person"

    @property
    def bindings(self) -> Iterator[Binding]:
        """All of them: grounds first, then refuting, then noting."""
        for ground in self.grounds:
            yield from ground.bindings
        yield from self.refuting
        yield from self.noting


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    edition: str
    title: str
    source: Source
    status: Status
    dates: tuple[Event, ...]
    answers: Answers
    requirements: tuple[Requirement, ...]
    groups: tuple[Group, ...] = ()
    note: str = ""

    @property
    def ref(self) -> str:
        """``id@edition``."""
        return f"{self.id}@{self.edition}"

    def full(self, requirement: Requirement) -> str:
        """``id@edition#requirement``, as claims, milestones and verdicts name it."""
        return f"{self.ref}#{requirement.id}"

    def requirement(self, id_: str) -> Requirement | None:
        return next((item for item in self.requirements if item.id == id_), None)

    @property
    def claimable(self) -> tuple[str, ...]:
        """Full ids of what the provider answers with a claim."""
        return tuple(self.full(item) for item in self.requirements if item.answered_by == "claim")

    @property
    def must_answer(self) -> tuple[str, ...]:
        """Full ids that an attestation under this pack has to claim or plan for."""
        return self.claimable if self.answers == "all" else ()
