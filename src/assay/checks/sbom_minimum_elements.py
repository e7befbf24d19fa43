"""A bill that leaves out what makes a bill useful.

Without hashes, identifiers and relations nobody can look up a component or tell it from its twin. The 17 fields of the 2026
Minimum Elements for an SBOM (CISA and others, version 2.1, 29 July 2026) are counted: given, openly said to be unknown or
withheld, or missing. Saying that something is unknown is honest and is no gap; silence is one.
"""

from collections.abc import Callable, Iterator, Sequence

from assay.checks.model import Basis, Case, Check, Finding, Severity
from assay.evidence.listed import everything
from assay.evidence.model import Exhibit, Standing
from assay.evidence.sbom import Component, Sbom
from assay.evidence.statement import Statement
from assay.formats.digest import LENGTHS
from assay.formats.text import shown

_UNSAID = frozenset(["NOASSERTION", "UNKNOWN"])
_NO_SOFTWARE = frozenset(["cryptographic-asset", "data", "device"])
_NO_FILE = frozenset(["operating-system", "platform", "machine-learning-model", "container"])
"""Types that are no single file which could be hashed."""
_SHOWN = 3

_Given = Callable[[Component], bool]


def examine(case: Case) -> Iterator[Finding]:
    share = case.number("minimum_component_share_percent")
    for exhibit in case.of(Sbom):
        bill = exhibit.value
        faults = [*_metadata(exhibit), *_components(exhibit, share), *_signature(case, exhibit)]
        yield from (fault for fault in faults if fault is not None)
        missing = len({fault.message.partition(" is ")[0] for fault in faults})
        parts = _software(bill)
        if not parts:
            yield Finding.unknown(
                f"{_name(exhibit)} lists no software", exhibit, at=_place(bill, "components")
            )
        elif not missing:
            yield Finding.supports(
                f"{_name(exhibit)} has all 17 fields for {_count(len(parts))}{_stated(parts)}", exhibit
            )
        else:
            yield Finding.supports(
                f"{_name(exhibit)} has {17 - missing} of 17 fields for {_count(len(parts))}{_stated(parts)}",
                exhibit,
            )


def _metadata(exhibit: Exhibit[Sbom]) -> Iterator[Finding]:
    """Format name and version are there, or it could not have been read; a bill without version number is its first."""
    bill = exhibit.value
    fields = (
        ("SBOM author", "authors", bool(bill.authors)),
        ("SBOM timestamp", "timestamp", bill.timestamp is not None),
        ("SBOM generation context", "generation", bool(bill.generation)),
        ("SBOM tool name", "tools", any(tool.name for tool in bill.tools)),
        ("SBOM tool version", "tool-version", any(tool.version for tool in bill.tools)),
    )
    for title, field, given in fields:
        if not given and field not in (*bill.unknown, *bill.withheld):
            yield Finding.against(
                f"{title} is missing in {_name(exhibit)}",
                exhibit,
                at=_place(bill, field),
                remedy="give it, or say that it is unknown",
            )


def _components(exhibit: Exhibit[Sbom], share: int) -> Iterator[Finding]:
    bill = exhibit.value
    related = _related(bill)
    root = bill.root.ref if bill.root else None
    alone = len(_software(bill)) == 1
    fields: tuple[tuple[str, str, _Given], ...] = (
        ("component name", "name", lambda one: bool(one.name)),
        ("component version", "version", lambda one: bool(one.version) or one.type == "file"),
        ("component producer", "producer", lambda one: bool(one.producer)),
        ("component licence", "licences", lambda one: bool(one.licences)),
        ("component identifiers", "identifiers", lambda one: bool(one.identifiers) or one.type == "file"),
        ("component dependency relationship", "dependencies", lambda one: alone or one.ref in related),
        (
            "component hash algorithm",
            "digests",
            lambda one: one.ref == root or one.type in _NO_FILE or _hashed(one),
        ),
        (
            "component hash value",
            "digests",
            lambda one: one.ref == root or one.type in _NO_FILE or _hashed(one),
        ),
    )
    parts = _software(bill)
    for title, field, given in fields:
        lacking = [
            one for one in parts if not given(one) and field not in one.unknown and field not in one.withheld
        ]
        if lacking and (len(parts) - len(lacking)) * 100 < share * len(parts):
            yield Finding.against(
                f"{title} is missing on {len(lacking)} of {_count(len(parts))} in {_name(exhibit)}: {_some(lacking)}",
                exhibit,
                at=shown(lacking[0].ref),
                remedy="give it, or say that it is unknown",
            )


def _signature(case: Case, exhibit: Exhibit[Sbom]) -> Iterator[Finding]:
    """Enveloped, in a verified statement, or the attestation itself, which names every artifact by digest."""
    digest = exhibit.source.digest
    signed = any(
        other.signature.standing is Standing.VERIFIED and other.value.names(digest)
        for other in case.of(Statement)
    )
    if exhibit.value.signed or signed:
        return
    if any(artifact.digest == digest for artifact in case.attestation.artifacts):
        if not case.facts.signature.verified:
            yield Finding.unknown(
                f"SBOM author signature is to be the attestation's over {_name(exhibit)}, and that did not verify",
                exhibit,
                remedy="sign the attestation",
            )
        return
    yield Finding.against(
        f"SBOM author signature is missing: neither {_name(exhibit)} nor a verified statement about it is signed",
        exhibit,
        remedy="sign the bill, or a statement that names its digest",
    )


def _software(bill: Sbom) -> tuple[Component, ...]:
    return tuple(one for one in everything(bill) if one.type not in _NO_SOFTWARE)


def _related(bill: Sbom) -> frozenset[str]:
    """Refs that stand in a relation of either side, and those whose parts the bill says it does not know."""
    sources = (ref for ref, _ in bill.dependencies)
    targets = (ref for _, refs in bill.dependencies for ref in refs)
    compositions = (ref for _, refs in bill.aggregates for ref in refs)
    return frozenset((*sources, *targets, *compositions))


def _hashed(one: Component) -> bool:
    digests = (*one.digests, *(digest for held in one.distributions for digest in held.digests))
    return any(len(digest.value) == LENGTHS.get(digest.algorithm, len(digest.value)) for digest in digests)


def _stated(parts: Sequence[Component]) -> str:
    """How often something is said to be unknown or withheld, where it is."""
    unknown = sum(len(one.unknown) + (one.producer in _UNSAID) + (one.version in _UNSAID) for one in parts)
    unknown += sum(bool(one.licences) and _UNSAID.issuperset(one.licences) for one in parts)
    withheld = sum(len(one.withheld) for one in parts)
    said = [f"{unknown} times said to be unknown"] * bool(unknown) + [f"{withheld} times withheld"] * bool(
        withheld
    )
    return f", {', '.join(said)}" if said else ""


def _count(number: int) -> str:
    return "1 component" if number == 1 else f"{number} components"


def _some(parts: Sequence[Component]) -> str:
    names = ", ".join(shown(one.name or one.ref, 60) for one in parts[:_SHOWN])
    return names + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")


def _place(bill: Sbom, field: str) -> str:
    """JSON pointer of a field of the bill in its own format."""
    cyclonedx = {
        "authors": "/metadata/authors",
        "timestamp": "/metadata/timestamp",
        "generation": "/metadata/lifecycles",
        "tools": "/metadata/tools",
        "tool-version": "/metadata/tools",
        "components": "/components",
    }
    spdx2 = {
        "generation": "/creationInfo/comment",
        "components": "/packages",
        "timestamp": "/creationInfo/created",
    }
    if bill.format == "CycloneDX":
        return cyclonedx[field]
    return spdx2.get(field, "/creationInfo/creators") if bill.format_version.startswith("2.") else "/@graph"


def _name(exhibit: Exhibit[Sbom]) -> str:
    return shown(exhibit.source.name, 120)


CHECK = Check(
    id="sbom-minimum-elements",
    title="the bill of materials has the 17 minimum elements of 2026",
    severity=Severity.MEDIUM,
    basis=Basis.ARTIFACT,
    reads=(Sbom,),
    also=(Statement,),
    proves="Each field is given, or openly said to be unknown or withheld, on the stated share of components.",
    does_not_prove="That what the fields say is true, or that all components are listed.",
    parameters={"minimum_component_share_percent": 100},
    examine=examine,
)
