"""OSV records (schema 1.7) and the scan results that carry them: osv-scanner, pip-audit, the OSV API, plain records.

Only what Assay reads is kept. Lists may be null, as the schema allows.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import cvss, strict_json
from assay.formats.text import shown

MAX_REPORT = 128 * 1024 * 1024
MAX_HITS = 200_000

PURL_TYPES = {
    "Alpine": "apk", "Bitnami": "bitnami", "CRAN": "cran", "ConanCenter": "conan", "Debian": "deb",
    "GitHub Actions": "github", "Go": "golang", "Hackage": "hackage", "Hex": "hex", "Julia": "julia", "Maven": "maven",
    "NuGet": "nuget", "Packagist": "composer", "Pub": "pub", "PyPI": "pypi", "Red Hat": "rpm", "RubyGems": "gem",
    "SUSE": "rpm", "SwiftURL": "swift", "Ubuntu": "deb", "crates.io": "cargo", "npm": "npm", "openSUSE": "rpm",
}  # fmt: skip
"""Ecosystem, without the release after its colon -> purl type."""


class Severity(msgspec.Struct, frozen=True):
    type: str
    score: str


class Package(msgspec.Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""
    purl: str = ""
    version: str = ""
    """Only in scan results."""
    commit: str = ""


class Event(msgspec.Struct, frozen=True):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True):
    type: str
    events: tuple[Event, ...] = ()


class Notes(msgspec.Struct, frozen=True):
    """``database_specific`` is free; of it we read whether RustSec calls the record informational."""

    informational: Any = None


class Affected(msgspec.Struct, frozen=True):
    package: Package | None = None
    severity: tuple[Severity, ...] | None = None
    ranges: tuple[Range, ...] | None = None
    versions: tuple[str, ...] | None = None
    database_specific: Notes | None = None


class Record(msgspec.Struct, frozen=True):
    """One advisory."""

    id: str
    modified: str
    aliases: tuple[str, ...] | None = None
    withdrawn: str | None = None
    severity: tuple[Severity, ...] | None = None
    affected: tuple[Affected, ...] | None = None
    schema_version: str = ""

    def score(self, package: Package | None = None) -> float | None:
        """Highest CVSS 3 base score stated for *package* or for the record; None without one that can be computed."""
        scores = [*(self.severity or ())]
        for affected in self.affected or ():
            if package is None or same_package(affected.package, package):
                scores += affected.severity or ()
        return max((number for number in map(_number, scores) if number is not None), default=None)

    def fixed(self, package: Package | None = None) -> tuple[str, ...]:
        """Versions that fix it in *package*, as the ranges say."""
        return tuple(
            dict.fromkeys(
                event.fixed
                for affected in self.affected or ()
                if package is None or same_package(affected.package, package)
                for within in affected.ranges or ()
                if within.type != "GIT"
                for event in within.events
                if event.fixed
            )
        )

    @property
    def informational(self) -> str:
        """RustSec's ``unmaintained``, ``unsound`` or ``notice``; empty for a vulnerability."""
        notes = [affected.database_specific for affected in self.affected or ()]
        said = [str(note.informational) for note in notes if note is not None and note.informational]
        return said[0] if said and len(said) == len(notes) else ""


class Hit(msgspec.Struct, frozen=True):
    """A record that a scan found to apply to a package."""

    id: str
    aliases: tuple[str, ...] = ()
    modified: str = ""
    withdrawn: str = ""
    informational: str = ""
    score: float | None = None
    fixed: tuple[str, ...] = ()


class Scanned(msgspec.Struct, frozen=True):
    package: Package
    hits: tuple[Hit, ...] = ()
    skipped: str = ""
    """Why the scanner did not look at it."""


class Report(msgspec.Struct, frozen=True):
    kind: Literal["osv-scanner", "pip-audit", "osv"]
    packages: tuple[Scanned, ...] = ()
    complete: bool = False
    """Lists what was scanned and found clean too; otherwise only packages with hits."""


def parse_record(data: bytes, *, what: str = "OSV record") -> Record:
    return strict_json.decode(data, Record, what=what, limit=MAX_REPORT)


def parse(data: bytes, *, what: str) -> Report:
    """Read a report; raises :class:`Unsupported` when it is none of the four forms."""
    value = strict_json.load(data, what=what, limit=MAX_REPORT)
    report = _report(value, what)
    if sum(len(package.hits) for package in report.packages) > MAX_HITS:
        raise TooLarge(f"{what} has over {MAX_HITS} vulnerabilities")
    return report


def same_package(one: Package | None, other: Package) -> bool:
    """Same ecosystem and name, in whatever case and punctuation PyPI lets people write it."""
    return one is not None and _key(one) == _key(other)


def _key(package: Package) -> tuple[str, str]:
    name = package.name.casefold()
    if package.ecosystem == "PyPI":
        name = name.replace("_", "-").replace(".", "-")
    return package.ecosystem.partition(":")[0], name


def _number(severity: Severity) -> float | None:
    """None for other versions, and for a broken vector: the advisory still counts, its score is not known."""
    if severity.type != "CVSS_V3" or cvss.fault(severity.score):
        return None
    return cvss.base_score(severity.score)


def _report(value: Any, what: str) -> Report:
    match value:
        case {"results": list() | None}:
            return _from_scanner(_as(value, _ScannerReport, what))
        case {"dependencies": list()}:
            return _from_pip_audit(_as(value, _PipAudit, what).dependencies)
        case [{"name": _, "vulns": _} | {"name": _, "skip_reason": _}, *_]:
            return _from_pip_audit(_as(value, tuple[_Dependency, ...], what))
        case {"vulns": list() | None}:
            return _from_records(_as(value, _Answer, what).vulns or ())
        case {"id": str()}:
            return _from_records((_as(value, Record, what),))
        case list():
            return _from_records(_as(value, tuple[Record, ...], what))
        case _:
            raise Unsupported(
                f"{what} is not OSV: expected osv-scanner results, pip-audit dependencies or OSV records"
            )


def _as(value: Any, kind: Any, what: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {shown(str(error))}") from error


def _hit(record: Record, package: Package, score: float | None = None) -> Hit:
    return Hit(
        id=record.id,
        aliases=record.aliases or (),
        modified=record.modified,
        withdrawn=record.withdrawn or "",
        informational=record.informational,
        score=record.score(package) if score is None else score,
        fixed=record.fixed(package),
    )


class _Group(msgspec.Struct, frozen=True):
    ids: tuple[str, ...] | None = None
    max_severity: str = ""


class _ScannerPackage(msgspec.Struct, frozen=True):
    package: Package
    vulnerabilities: tuple[Record, ...] | None = None
    groups: tuple[_Group, ...] | None = None


class _ScannerSource(msgspec.Struct, frozen=True):
    packages: tuple[_ScannerPackage, ...] | None = None


class _ScannerReport(msgspec.Struct, frozen=True):
    results: tuple[_ScannerSource, ...] | None = None


def _from_scanner(report: _ScannerReport) -> Report:
    packages = tuple(
        Scanned(package.package, tuple(_scanner_hits(package)))
        for source in report.results or ()
        for package in source.packages or ()
    )
    # Only --all-packages lists packages without hits; without one clean package we cannot tell it was given.
    return Report("osv-scanner", packages, complete=any(not package.hits for package in packages))


def _scanner_hits(package: _ScannerPackage) -> Iterator[Hit]:
    scores = {name: group.max_severity for group in package.groups or () for name in group.ids or ()}
    for record in package.vulnerabilities or ():
        yield _hit(record, package.package, _decimal(scores.get(record.id, "")))


def _decimal(written: str) -> float | None:
    whole, _, tenth = written.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 2 and (not tenth or tenth in "0123456789")):
        return None
    return min(float(written), 10.0)


class _PipVulnerability(msgspec.Struct, frozen=True):
    id: str
    fix_versions: tuple[str, ...] | None = None
    aliases: tuple[str, ...] | None = None


class _Dependency(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    vulns: tuple[_PipVulnerability, ...] | None = None
    skip_reason: str = ""


class _PipAudit(msgspec.Struct, frozen=True):
    dependencies: tuple[_Dependency, ...]


def _from_pip_audit(dependencies: Iterable[_Dependency]) -> Report:
    return Report("pip-audit", tuple(_pip_package(dependency) for dependency in dependencies), complete=True)


def _pip_package(dependency: _Dependency) -> Scanned:
    hits = tuple(
        Hit(id=found.id, aliases=found.aliases or (), fixed=found.fix_versions or ())
        for found in dependency.vulns or ()
    )
    skipped = dependency.skip_reason or ("" if dependency.vulns is not None else "no result given")
    return Scanned(Package("PyPI", dependency.name, version=dependency.version), hits, skipped)


class _Answer(msgspec.Struct, frozen=True):
    vulns: tuple[Record, ...] | None = None


def _from_records(records: Iterable[Record]) -> Report:
    packages = [
        Scanned(package, (_hit(record, package),)) for record in records for package in _packages(record)
    ]
    return Report("osv", tuple(packages))


def _packages(record: Record) -> list[Package]:
    """Each package a record is about, once; one without a name when it has none (commits only)."""
    named = {
        _key(affected.package): affected.package for affected in record.affected or () if affected.package
    }
    return list(named.values()) or [Package()]
