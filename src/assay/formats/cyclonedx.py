"""CycloneDX bills of materials in JSON, 1.4 to 1.7 (Ecma-424), reduced to what Assay looks at.

Reading is for looking: the bytes stay the original. ``declarations`` and ``definitions`` are read elsewhere.
"""

from typing import Any, TypeVar

import msgspec

from assay.errors import Malformed
from assay.formats import schemas, strict_json

T = TypeVar("T")


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Acyclic and short-lived, so the garbage collector need not look at millions of them."""


class Hash(_Wire, frozen=True, gc=False):
    alg: str
    """As the format spells it: ``SHA-256``."""
    content: str


class Organization(_Wire, frozen=True, gc=False):
    name: str = ""


class Person(_Wire, frozen=True, gc=False):
    name: str = ""
    email: str = ""


class License(_Wire, frozen=True, gc=False):
    id: str = ""
    name: str = ""


class LicenseChoice(_Wire, frozen=True, gc=False):
    license: License | None = None
    expression: str = ""

    @property
    def text(self) -> str:
        return self.expression or (self.license.id or self.license.name if self.license else "")


class Property(_Wire, frozen=True, gc=False):
    name: str = ""
    value: str = ""


class Reference(_Wire, frozen=True, gc=False):
    """An external reference."""

    url: str
    type: str
    hashes: tuple[Hash, ...] = ()


class Swid(_Wire, frozen=True, gc=False):
    tag_id: str


class Component(_Wire, frozen=True, gc=False):
    name: str
    type: str = ""
    version: str = ""
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    group: str = ""
    purl: str = ""
    cpe: str = ""
    swid: Swid | None = None
    omnibor_id: tuple[str, ...] = ()
    swhid: tuple[str, ...] = ()
    manufacturer: Organization | None = None
    supplier: Organization | None = None
    publisher: str = ""
    author: str = ""
    authors: tuple[Person, ...] = ()
    hashes: tuple[Hash, ...] = ()
    licenses: tuple[LicenseChoice, ...] = ()
    external_references: tuple[Reference, ...] = ()
    properties: tuple[Property, ...] = ()
    components: tuple["Component", ...] = ()


class LegacyTool(_Wire, frozen=True, gc=False):
    vendor: str = ""
    name: str = ""
    version: str = ""


class Service(_Wire, frozen=True, gc=False):
    name: str
    version: str = ""
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    provider: Organization | None = None


class Tools(_Wire, frozen=True, gc=False):
    components: tuple[Component, ...] = ()
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
    component: Component | None = None
    properties: tuple[Property, ...] = ()


class Dependency(_Wire, frozen=True, gc=False):
    ref: str
    depends_on: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()


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
    components: tuple[Component, ...] = ()
    services: tuple[Service, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    properties: tuple[Property, ...] = ()
    signed: bool = msgspec.field(name="-signed", default=False)
    """Carries an enveloped signature (JSF)."""


_LISTS: dict[str, Any] = {
    "components": list[Component],
    "services": list[Service],
    "dependencies": list[Dependency],
    "compositions": list[Composition],
    "vulnerabilities": list[Vulnerability],
    "properties": list[Property],
}


def decode(data: bytes, *, what: str = "CycloneDX bill", limit: int = strict_json.MAX_BYTES) -> Bom:
    """Read a bill that its official schema accepts.

    Raises :class:`Unsupported` for a specVersion outside 1.4 to 1.7, :class:`TooLarge` over *limit* bytes, else
    :class:`Malformed` naming the JSON pointer and what was expected.
    """
    bill: Bom | None = None
    long: dict[str, list[Any]] = {}
    for piece in schemas.read_cyclonedx(data, what=what, limit=limit):
        if bill is None:
            bill = _typed(piece.values, Bom, what, "")
            bill = msgspec.structs.replace(bill, signed="signature" in piece.values)
        elif piece.name in _LISTS:
            values = _typed(piece.values, _LISTS[piece.name], what, f"/{piece.name}, from {piece.start} on")
            long.setdefault(piece.name, []).extend(values)
    if bill is None:
        raise Malformed(f"{what} is empty")
    return msgspec.structs.replace(bill, **{name: tuple(values) for name, values in long.items()})


def _typed(values: Any, kind: type[T], what: str, at: str) -> T:
    try:
        return msgspec.convert(values, kind)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}{at and ': '}{at}: {error}") from error
