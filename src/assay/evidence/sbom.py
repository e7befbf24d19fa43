"""A software bill of materials, whichever format it came in."""

from datetime import datetime
from typing import Literal

import msgspec

from assay.errors import Malformed
from assay.formats import cyclonedx, spdx, spdx2, spdx3, strict_json, times
from assay.formats.bill import Component, Distribution, Tool
from assay.formats.text import shown

__all__ = ["Component", "Distribution", "Sbom", "Tool", "from_cyclonedx", "read", "sniff"]


class Sbom(msgspec.Struct, frozen=True):
    format: Literal["CycloneDX", "SPDX"]
    format_version: str
    serial: str = ""
    """serialNumber or document namespace."""
    version: str = ""
    """Version of the bill itself."""
    timestamp: datetime | None = None
    authors: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    generation: tuple[str, ...] = ()
    """Lifecycle phases or generation context, as written."""
    root: Component | None = None
    """The software the bill is about; None where it names none, or several."""
    components: tuple[Component, ...] = ()
    """All others, nested ones flattened."""
    dependencies: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(ref, refs it depends on or contains). An empty list says "none"; a ref that is absent says nothing."""
    signed: bool = False
    """Carries an enveloped signature (JSF); whether it holds is not decided here."""
    described: tuple[str, ...] = ()
    """Refs of all that the bill is about, the root's included."""
    aggregates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """CycloneDX compositions: (how complete, refs whose parts or dependencies that is about)."""
    withheld: tuple[str, ...] = ()
    """Fields of the bill itself that its author keeps back."""
    unknown: tuple[str, ...] = ()
    """Fields of the bill itself that its author says are not known."""


def read(data: bytes, *, name: str) -> Sbom:
    """Read a CycloneDX 1.4 to 1.7, SPDX 2.2, 2.3 or 3.0 bill in JSON, told apart by content.

    *name* is what messages call it. Raises :class:`Malformed` and its kinds; CycloneDX is held against its official schema.
    """
    match sniff(data, name=name):
        case "CycloneDX":
            return from_cyclonedx(cyclonedx.decode(data, what=name))
        case "SPDX 2":
            return _from_spdx(spdx2.decode(data, what=name), name)
        case "SPDX 3":
            return _from_spdx(spdx3.decode(data, what=name), name)


_Kind = Literal["CycloneDX", "SPDX 2", "SPDX 3"]
_MARKS: tuple[tuple[bytes, _Kind], ...] = (
    (b'"bomFormat"', "CycloneDX"),
    (b'"spdxVersion"', "SPDX 2"),
    (b'"@graph"', "SPDX 3"),
)
_GLANCE = 2048


class _Sniffed(msgspec.Struct):
    bom: msgspec.Raw = msgspec.field(name="bomFormat", default=msgspec.Raw(b""))
    spdx: msgspec.Raw = msgspec.field(name="spdxVersion", default=msgspec.Raw(b""))
    graph: msgspec.Raw = msgspec.field(name="@graph", default=msgspec.Raw(b""))


def sniff(data: bytes, *, name: str) -> _Kind:
    """Which format *data* claims to be; :class:`Malformed` when none. A guess: decoding decides."""
    for glance in (data[:_GLANCE], data[-_GLANCE:]):
        found = [kind for mark, kind in _MARKS if mark in glance]
        if len(found) == 1:
            return found[0]
    sniffed = strict_json.decode(data, _Sniffed, what=name)
    if bytes(sniffed.bom):
        return "CycloneDX"
    if bytes(sniffed.spdx):
        return "SPDX 2"
    if bytes(sniffed.graph):
        return "SPDX 3"
    raise Malformed(
        f"{shown(name)} is no bill of materials: has none of bomFormat, spdxVersion and @graph at its top"
    )


def from_cyclonedx(bom: cyclonedx.Bom) -> Sbom:
    """A decoded CycloneDX document as a bill; only what it says, so an omitted version stays empty."""
    meta = bom.metadata
    stated = {
        name: tuple(one.value for one in (*meta.properties, *bom.properties) if one.name == name)
        for name in (cyclonedx.WITHHELD, cyclonedx.UNKNOWN)
    }
    return Sbom(
        format="CycloneDX",
        format_version=bom.spec_version,
        serial=bom.serial_number,
        version="" if bom.version is None else str(bom.version),
        timestamp=times.parse(meta.timestamp, what="/metadata/timestamp") if meta.timestamp else None,
        authors=_authors(meta),
        tools=_tools(meta.tools),
        generation=tuple(text for one in meta.lifecycles if (text := one.phase or one.name)),
        root=bom.root,
        components=bom.components,
        dependencies=bom.dependencies + bom.assemblies,
        signed=bom.signed,
        described=(bom.root.ref,) if bom.root else (),
        aggregates=tuple((one.aggregate, (*one.assemblies, *one.dependencies)) for one in bom.compositions),
        withheld=stated[cyclonedx.WITHHELD],
        unknown=stated[cyclonedx.UNKNOWN],
    )


def _authors(meta: cyclonedx.Metadata) -> tuple[str, ...]:
    """Who made the bill: its authors, and since 1.6 its manufacturer."""
    people = [person.name or person.email for person in meta.authors]
    maker = meta.manufacturer.name if meta.manufacturer else ""
    return tuple(text for text in (*people, maker) if text)


def _tools(tools: tuple[cyclonedx.LegacyTool, ...] | cyclonedx.Tools) -> tuple[Tool, ...]:
    if isinstance(tools, tuple):
        return tuple(Tool(one.name or one.vendor, one.version) for one in tools if one.name or one.vendor)
    components = [
        Tool(f"{one.group}/{one.name}" if one.group else one.name, one.version) for one in tools.components
    ]
    return (*components, *(Tool(one.name, one.version) for one in tools.services))


def _from_spdx(document: spdx.Document, name: str) -> Sbom:
    single = document.described[0] if len(document.described) == 1 else None
    root = next((one for one in document.components if one.ref == single), None)
    return Sbom(
        format="SPDX",
        format_version=document.version,
        serial=document.namespace,
        timestamp=times.parse(document.created, what=f"{name}: creation time"),
        authors=document.authors,
        tools=document.tools,
        generation=document.generation,
        root=root,
        components=tuple([one for one in document.components if one is not root]),
        dependencies=document.dependencies,
        described=document.described,
    )
