"""Vulnerability reports and VEX documents, whichever format they came in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.evidence import cyclonedx_vulnerabilities
from assay.evidence.triage import Triage, Vex, Vulnerability, VulnerabilityReport
from assay.formats import csaf, cyclonedx, dsse, intoto, intoto_vulns, openvex, osv, strict_json, times
from assay.formats.purl import Purl
from assay.formats.text import shown

__all__ = ["Triage", "Vex", "Vulnerability", "VulnerabilityReport", "read_report", "read_vex", "scan_of"]

_NAMESPACED = frozenset({"npm", "golang", "composer", "github", "swift"})


def read_report(data: bytes, *, name: str) -> VulnerabilityReport:
    """OSV-format results, a CycloneDX document with vulnerabilities, or an in-toto vulns statement (also in DSSE)."""
    top = _top(data, name)
    if top.get("bomFormat") == "CycloneDX":
        return _vdr(data, name)
    if "payloadType" in top:
        data = dsse.Envelope.parse(data, what=name).payload
        top = _top(data, name)
    if "predicateType" in top:
        return scan_of(intoto.parse(data, what=name), name=name)
    return _osv(osv.parse(data, what=name), name)


def scan_of(statement: intoto.RawStatement, *, name: str) -> VulnerabilityReport:
    """The report in a vulns statement; Unsupported for another predicate."""
    if statement.predicate_type not in intoto_vulns.TYPES:
        kind = shown(statement.predicate_type, 80)
        raise Unsupported(
            f"{name} has the predicate {kind!r}, expected https://in-toto.io/attestation/vulns/v0.2"
        )
    scan = intoto_vulns.parse(statement.predicate, what=name)
    found = (item.named for item in scan.scanner.result)
    return VulnerabilityReport(
        format="in-toto-vulns",
        scanner=scan.scanner.uri,
        created=times.parse(scan.metadata.scan_finished_on, what=f"{name} scanFinishedOn"),
        database=times.parse(scan.scanner.db.last_update, what=f"{name} lastUpdate"),
        found=tuple(Vulnerability(item.id, severity=_score(item.severity)) for item in found),
        subjects=tuple(digest for subject in statement.subjects for digest in subject.digests),
    )


def read_vex(data: bytes, *, name: str) -> Vex:
    """OpenVEX (also as an in-toto predicate), CSAF or CycloneDX."""
    top = _top(data, name)
    if top.get("bomFormat") == "CycloneDX":
        return _cyclonedx_vex(data, name)
    if "payloadType" in top:
        data = dsse.Envelope.parse(data, what=name).payload
        top = _top(data, name)
    if "predicateType" in top:
        return _openvex_statement(intoto.parse(data, what=name), name)
    if isinstance(top.get("document"), dict):
        return _csaf(csaf.parse(data, what=name), name)
    if "@context" in top:
        return _openvex(openvex.parse(data, what=name), name)
    raise Unsupported(
        f"{name} is no VEX: expected OpenVEX (@context), CSAF (document) or CycloneDX (bomFormat)"
    )


def _vdr(data: bytes, name: str) -> VulnerabilityReport:
    """The scan looked at the components that the report lists."""
    bom = cyclonedx.decode(data, what=name)
    report = cyclonedx_vulnerabilities.vdr(bom)
    if report is None:
        raise Malformed(f"{name} has no list of vulnerabilities, which is not the same as none found")
    purls = tuple(dict.fromkeys(part.purl for part in bom.components if part.purl))
    return msgspec.structs.replace(report, scanned=purls or None)


def _cyclonedx_vex(data: bytes, name: str) -> Vex:
    found = cyclonedx_vulnerabilities.vex(cyclonedx.decode(data, what=name))
    if found is None:
        raise Malformed(f"{name} has no vulnerability with an analysis, expected at least one")
    return found


def _openvex_statement(statement: intoto.RawStatement, name: str) -> Vex:
    """OpenVEX as a predicate: statements without products are about the subjects (ATTESTING.md of the specification)."""
    if not statement.predicate_type.startswith("https://openvex.dev/ns"):
        kind = shown(statement.predicate_type, 80)
        raise Unsupported(f"{name} has the predicate {kind!r}, expected {openvex.CONTEXT}")
    subjects = tuple(
        openvex.Product(
            id=subject.name if subject.name.startswith("pkg:") else "",
            hashes={digest.algorithm: digest.value for digest in subject.digests},
        )
        for subject in statement.subjects
    )
    return _openvex(openvex.parse(strict_json.encode(statement.predicate), what=name), name, subjects)


def _top(data: bytes, name: str) -> Mapping[str, Any]:
    value = strict_json.load(data, what=name, limit=osv.MAX_REPORT)
    return value if isinstance(value, dict) else {}


def _osv(report: osv.Report, name: str) -> VulnerabilityReport:
    return VulnerabilityReport(
        format="osv",
        scanner="" if report.kind == "osv" else report.kind,
        found=tuple(
            _vulnerability(hit, scanned.package, name) for scanned in report.packages for hit in scanned.hits
        ),
        scanned=_scanned(report) if report.complete else None,
    )


def _scanned(report: osv.Report) -> tuple[str, ...]:
    looked_at = (item.package for item in report.packages if not item.skipped)
    return tuple(dict.fromkeys(purl for purl in map(_purl, looked_at) if purl))


def _vulnerability(hit: osv.Hit, package: osv.Package, name: str) -> Vulnerability:
    return Vulnerability(
        id=hit.id,
        aliases=hit.aliases,
        component=_purl(package),
        name=package.name,
        version=package.version,
        ecosystem=_type(package),
        severity=hit.score,
        fixed=hit.fixed,
        modified=times.parse(hit.modified, what=f"{name} {hit.id} modified") if hit.modified else None,
        withdrawn=bool(hit.withdrawn),
        notice=hit.informational,
    )


def _type(package: osv.Package) -> str:
    return osv.PURL_TYPES.get(package.ecosystem.partition(":")[0], "")


def _purl(package: osv.Package) -> str:
    kind = _type(package)
    if not kind or not package.name:
        return ""
    separator = "/" if kind in _NAMESPACED else ":" if kind == "maven" else ""
    namespace, _, name = package.name.rpartition(separator) if separator else ("", "", package.name)
    return Purl.of(kind, name, namespace=namespace, version=package.version).bare


def _score(severity: tuple[intoto_vulns.Score, ...]) -> float | None:
    """The highest of the scores that are numbers; words (``medium``) are no score."""
    found = [float(item.score) for item in severity if _is_score(item.score)]
    return max(found, default=None)


def _is_score(text: str) -> bool:
    whole, _, tenth = text.partition(".")
    return (
        whole in {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}
        and len(tenth) <= 2
        and (not tenth or (tenth.isascii() and tenth.isdigit()))
    )


def _openvex(document: openvex.Document, name: str, inherited: tuple[openvex.Product, ...] = ()) -> Vex:
    """One statement for each product, since each has its own subcomponents; *inherited* where it names none."""
    issued = times.parse(document.timestamp, what=f"{name} timestamp")
    statements: list[Triage] = []
    for statement in document.statements:
        said = statement.last_updated or statement.timestamp
        moment = times.parse(said, what=f"{name} statement timestamp") if said else issued
        products = statement.products or inherited or (openvex.Product(),)
        statements += [_triage(statement, product, moment) for product in products]
    return Vex("openvex", document.author, issued, tuple(statements))


def _triage(statement: openvex.Statement, product: openvex.Product, moment: datetime) -> Triage:
    vulnerability = statement.vulnerability
    return Triage(
        ids=tuple(dict.fromkeys((vulnerability.name, *vulnerability.aliases))),
        status=statement.status,
        products=product.names,
        subcomponents=tuple(name for part in product.subcomponents for name in part.names),
        justification=statement.justification,
        impact=statement.impact_statement,
        action=statement.action_statement,
        timestamp=moment,
    )


def _csaf(advisory: csaf.Advisory, name: str) -> Vex:
    head = advisory.document.document
    moment = times.parse(head.tracking.current_release_date, what=f"{name} current_release_date")
    return Vex(
        "csaf",
        head.publisher.name,
        moment,
        tuple(
            Triage(
                ids=statement.ids,
                status=statement.status,
                products=statement.product.names,
                subcomponents=statement.product.parts,
                justification=statement.justification,
                impact=statement.impact,
                action=statement.action,
                timestamp=moment,
            )
            for statement in advisory.statements
        ),
    )
