"""CycloneDX bills of materials in JSON, 1.4 to 1.7 (Ecma-424), reduced to what Assay looks at.

Reading is for looking: the bytes stay the original. ``declarations`` and ``definitions`` are read elsewhere.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, TypeVar

import msgspec

from assay.errors import Malformed
from assay.formats import schemas, strict_json
from assay.formats.bill import Component
from assay.formats.cyclonedx_component import UNKNOWN, WITHHELD, Parts

__all__ = ["UNKNOWN", "WITHHELD", "Bom", "Component", "decode"]

T = TypeVar("T")


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Acyclic and short-lived, so the garbage collector need not look at millions of them."""


class Organization(_Wire, frozen=True, gc=False):
    name: str = ""


class Person(_Wire, frozen=True, gc=False):
    name: str = ""
    email: str = ""


class Property(_Wire, frozen=True, gc=False):
    name: str = ""
    value: str = ""


class LegacyTool(_Wire, frozen=True, gc=False):
    vendor: str = ""
    name: str = ""
    version: str = ""


class Service(_Wire, frozen=True, gc=False):
    name: str
    version: str = ""
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    provider: Organization | None = None


class ToolComponent(_Wire, frozen=True, gc=False):
    name: str
    group: str = ""
    version: str = ""


class Tools(_Wire, frozen=True, gc=False):
    components: tuple[ToolComponent, ...] = ()
    services: tuple[Service, ...] = ()


class Lifecycle(_Wire, frozen=True, gc=False):
    phase: str = ""
    name: str = ""


class Metadata(_Wire, frozen=True, gc=False):
    timestamp: str = ""
    lifecycles: tuple[Lifecycle, ...] = ()
    tools: tuple[LegacyTool, ...] | Tools = ()
    """The list of 1.4, or the object of 1.5 and later."""
    authors: tuple[Person, ...] = ()
    manufacturer: Organization | None = None
    """Who made the bill (1.6 and later)."""
    manufacture: Organization | None = None
    """Who made what the bill describes (before 1.6)."""
    supplier: Organization | None = None
    properties: tuple[Property, ...] = ()


class Composition(_Wire, frozen=True, gc=False):
    aggregate: str
    assemblies: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


class Source(_Wire, frozen=True, gc=False):
    name: str = ""
    url: str = ""


class SameAs(_Wire, frozen=True, gc=False):
    """The same vulnerability under another id."""

    id: str
    source: Source | None = None


class Rating(_Wire, frozen=True, gc=False):
    score: float | None = None
    severity: str = ""
    method: str = ""
    vector: str = ""


class Analysis(_Wire, frozen=True, gc=False):
    state: str = ""
    justification: str = ""
    response: tuple[str, ...] = ()
    detail: str = ""
    first_issued: str = ""
    last_updated: str = ""


class AffectedVersion(_Wire, frozen=True, gc=False):
    version: str = ""
    range: str = ""
    status: str = "affected"


class Affect(_Wire, frozen=True, gc=False):
    ref: str
    versions: tuple[AffectedVersion, ...] = ()


class Vulnerability(_Wire, frozen=True, gc=False):
    id: str = ""
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    source: Source | None = None
    references: tuple[SameAs, ...] = ()
    ratings: tuple[Rating, ...] = ()
    description: str = ""
    recommendation: str = ""
    workaround: str = ""
    created: str = ""
    published: str = ""
    updated: str = ""
    analysis: Analysis | None = None
    affects: tuple[Affect, ...] = ()


class Bom(_Wire, frozen=True, kw_only=True):
    spec_version: str
    serial_number: str = ""
    version: int | None = None
    """None when the bill does not say; the schema's default is 1."""
    metadata: Metadata = Metadata()
    services: tuple[Service, ...] = ()
    compositions: tuple[Composition, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] | None = None
    """None when the bill has no such member: it is no report of vulnerabilities."""
    properties: tuple[Property, ...] = ()
    root: Component | None = msgspec.field(name="-root", default=None)
    """``metadata.component``."""
    components: tuple[Component, ...] = msgspec.field(name="-components", default=())
    """All others, nested ones behind their parent."""
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] = msgspec.field(name="-dependencies", default=())
    """(ref, refs it depends on)."""
    assemblies: tuple[tuple[str, tuple[str, ...]], ...] = msgspec.field(name="-assemblies", default=())
    """(ref, refs of the components nested directly in it)."""
    signed: bool = msgspec.field(name="-signed", default=False)
    """Carries an enveloped signature (JSF)."""


_LISTS: dict[str, Any] = {
    "services": list[Service],
    "compositions": list[Composition],
    "vulnerabilities": list[Vulnerability],
    "properties": list[Property],
}


def decode(data: bytes, *, what: str = "CycloneDX bill", limit: int = strict_json.MAX_BYTES) -> Bom:
    """Read a bill that its official schema accepts.

    Raises :class:`Unsupported` for a specVersion outside 1.4 to 1.7, :class:`TooLarge` over *limit* bytes, else
    :class:`Malformed` naming the JSON pointer and what was expected.
    """
    pieces = schemas.read_cyclonedx(data, what=what, limit=limit)
    bill = next(pieces).values
    parts = Parts()
    subject = bill.get("metadata", {}).get("component")
    root = parts.root(subject) if subject else None
    parts.add(bill.get("components", ()), "/components")
    dependencies = [_dependencies(bill.get("dependencies", ()))]
    long: dict[str, list[Any]] = {}
    for piece in pieces:
        if piece.name == "components":
            parts.add(piece.values, "/components", piece.start)
        elif piece.name == "dependencies":
            dependencies.append(_dependencies(piece.values))
        elif piece.name in _LISTS:
            values = _typed(piece.values, _LISTS[piece.name], what, f"/{piece.name}, from {piece.start} on")
            long.setdefault(piece.name, []).extend(values)
    return msgspec.structs.replace(
        _typed(bill, Bom, what, ""),
        root=root,
        components=parts.found,
        dependencies=tuple(chain.from_iterable(dependencies)),
        assemblies=tuple(parts.assemblies),
        signed="signature" in bill,
        **{name: tuple(values) for name, values in long.items()},
    )


def _dependencies(values: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple([(one["ref"], tuple(one.get("dependsOn") or ())) for one in values])


def _typed(values: Any, kind: type[T], what: str, at: str) -> T:
    try:
        return msgspec.convert(values, kind)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}{at and ': '}{at}: {error}") from error
