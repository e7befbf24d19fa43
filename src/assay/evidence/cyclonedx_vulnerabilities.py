"""Vulnerabilities in a CycloneDX document: found ones (VDR), and what its author says of them (VEX)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from urllib.parse import unquote

from assay.evidence.triage import Triage, Vex, Vulnerability, VulnerabilityReport
from assay.formats import times
from assay.formats.cyclonedx import Bom
from assay.formats.cyclonedx import Vulnerability as Wire
from assay.formats.purl import Purl, identity

_Status = Literal["not_affected", "affected", "fixed", "under_investigation"]
_STATES: dict[str, _Status] = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}
"""impactAnalysisState, CycloneDX 1.4 to 1.7."""


def vdr(bom: Bom) -> VulnerabilityReport | None:
    """The vulnerabilities that the document reports; None when it has no such list, which is not "none found"."""
    if bom.vulnerabilities is None:
        return None
    parts = _Parts(bom)
    return VulnerabilityReport(
        format="cyclonedx",
        scanner=", ".join(_tool_names(bom)),
        created=_time(bom.metadata.timestamp, "/metadata/timestamp"),
        found=tuple(one for wire in bom.vulnerabilities for one in _found(wire, parts)),
    )


def vex(bom: Bom) -> Vex | None:
    """The author's analyses; None when no vulnerability of the document has one."""
    analysed = [one for one in bom.vulnerabilities or () if one.analysis is not None and one.analysis.state]
    if not analysed:
        return None
    parts = _Parts(bom)
    authors = [person.name or person.email for person in bom.metadata.authors]
    maker = bom.metadata.manufacturer or bom.metadata.supplier
    return Vex(
        format="cyclonedx",
        author=", ".join(text for text in authors if text) or (maker.name if maker else ""),
        timestamp=_time(bom.metadata.timestamp, "/metadata/timestamp"),
        statements=tuple(_triage(one, parts) for one in analysed),
    )


class _Parts:
    """What a reference of ``affects`` points to: a bom-ref, a BOM-Link into this document, or one elsewhere."""

    def __init__(self, bom: Bom) -> None:
        everything = (*bom.components, *((bom.root,) if bom.root else ()))
        self._known = {one.ref: one for one in everything}
        serial = bom.serial_number.removeprefix("urn:uuid:")
        self._link = f"urn:cdx:{serial}/{bom.version or 1}#" if serial else ""

    def local(self, ref: str) -> str:
        """*ref* as a bom-ref of this document where it is a BOM-Link to it."""
        if self._link and ref.startswith(self._link):
            return unquote(ref.removeprefix(self._link))
        return ref

    def names(self, ref: str) -> tuple[str, ...]:
        """The reference, and the purl of what it points to."""
        local = self.local(ref)
        part = self._known.get(local)
        purl = part.purl if part else _linked_purl(local)
        return tuple(dict.fromkeys(text for text in (local, purl) if text))

    def vulnerability(self, wire: Wire, ref: str, severity: float | None) -> Vulnerability:
        part = self._known.get(self.local(ref))
        purl = identity(part.purl if part else _linked_purl(self.local(ref)))
        return Vulnerability(
            id=wire.id,
            aliases=_aliases(wire),
            component=purl.bare if purl else "",
            name=part.name if part else _name(purl, ref),
            version=part.version if part else purl.version if purl else "",
            ecosystem=purl.type if purl else "",
            severity=severity,
        )


def _linked_purl(ref: str) -> str:
    """*ref*, or what follows the ``#`` of a BOM-Link to another document, where that is a purl."""
    text = unquote(ref.partition("#")[2]) if ref.startswith("urn:cdx:") else ref
    return text if text.startswith("pkg:") else ""


def _found(wire: Wire, parts: _Parts) -> Iterator[Vulnerability]:
    scores = [one.score for one in wire.ratings if one.score is not None and one.method.startswith("CVSS")]
    severity = max(scores, default=None)
    for affect in wire.affects:
        yield parts.vulnerability(wire, affect.ref, severity)
    if not wire.affects:
        yield Vulnerability(id=wire.id, aliases=_aliases(wire), severity=severity)


def _triage(wire: Wire, parts: _Parts) -> Triage:
    analysis = wire.analysis
    assert analysis is not None
    actions = (*analysis.response, wire.recommendation, wire.workaround)
    return Triage(
        ids=tuple(dict.fromkeys(text for text in (wire.id, *_aliases(wire)) if text)),
        status=_STATES[analysis.state],
        products=tuple(dict.fromkeys(name for one in wire.affects for name in parts.names(one.ref))),
        justification=analysis.justification,
        impact=analysis.detail,
        action="; ".join(text for text in actions if text),
        timestamp=_time(analysis.last_updated or analysis.first_issued, f"analysis of {wire.id}"),
    )


def _aliases(wire: Wire) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in wire.references if one.id != wire.id))


def _name(purl: Purl | None, ref: str) -> str:
    return purl.full_name if purl else ref


def _tool_names(bom: Bom) -> Iterator[str]:
    tools = bom.metadata.tools
    if isinstance(tools, tuple):
        yield from (one.name for one in tools if one.name)
    else:
        yield from (one.name for one in tools.components)


def _time(text: str, what: str) -> datetime | None:
    return times.parse(text, what=what) if text else None
