"""References inside a CDXA document: each must lead somewhere of the right kind, and each name must be unique.

CycloneDX 1.6 asks for unique ``bom-ref`` values in prose; its schema checks neither that nor where references lead.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from assay.errors import Malformed
from assay.formats.cdxa import Bom, Component, Evidence
from assay.formats.text import shown

BOM = "/predicate"
DECLARATIONS = "/predicate/declarations"


_Place = tuple["_Place | None", str | int]
"""A step and the place it starts from: paths are put together only where they are shown."""


def require_unique(predicate: Any, *, what: str, text: bytes = b"") -> None:
    """Refuse a ``bom-ref`` that stands twice anywhere in *predicate*, foreign parts included; *text*: JSON that it was read from."""
    if (text and _plainly_differ(text)) or _all_differ(predicate):
        return
    seen: dict[str, _Place | None] = {}
    for ref, place in _refs(predicate):
        first = seen.setdefault(ref, place)
        if first is not place:
            raise Malformed(
                f"{what}: bom-ref {shown(ref, 120)!r} stands at '{_pointer(first)}' and again at '{_pointer(place)}'"
            )


def _plainly_differ(text: bytes) -> bool:
    """Whether the usual spelling of JSON shows that all differ, without a look at the values; False proves nothing."""
    parts = text.split(b'"bom-ref":"')
    if text.count(b"bom-ref") != len(parts) - 1 or b"\\u" in text:
        return False
    refs = {part[: part.find(b'"')] for part in parts[1:]}
    return len(refs) == len(parts) - 1 and not any(b"\\" in ref for ref in refs)


def _all_differ(predicate: Any) -> bool:
    """Without places, which cost more than everything else here."""
    refs: list[str] = []
    todo: list[Any] = [predicate]
    for value in todo:  # which grows meanwhile
        if type(value) is dict:
            ref = value.get("bom-ref")
            if type(ref) is str:
                refs.append(ref)
            todo += [inner for inner in value.values() if type(inner) is dict or type(inner) is list]
        else:
            todo += [inner for inner in value if type(inner) is dict or type(inner) is list]
    return len(set(refs)) == len(refs)


def _refs(predicate: Any) -> Iterator[tuple[str, _Place | None]]:
    todo: list[tuple[Any, _Place | None]] = [(predicate, None)]
    while todo:
        value, place = todo.pop()
        if isinstance(value, dict):
            ref = value.get("bom-ref")
            if isinstance(ref, str):
                yield ref, place
            inner: Iterable[tuple[str | int, Any]] = reversed(value.items())
        else:
            inner = zip(reversed(range(len(value))), reversed(value), strict=True)
        todo.extend((child, (place, step)) for step, child in inner if isinstance(child, dict | list))


def _pointer(place: _Place | None) -> str:
    steps = []
    while place is not None:
        place, step = place
        steps.append(f"/{shown(str(step), 40)}")
    return BOM + "".join(reversed(steps))


def require_resolved(bom: Bom, *, what: str) -> None:
    """Refuse a reference from claims, maps or attestations that leads nowhere, or to another kind of object."""
    said = bom.declarations
    targets = said.targets
    known = {
        "target": {item.bom_ref for item in targets.organizations} | set(_component_refs(targets.components))
        if targets
        else set(),
        "evidence": {item.bom_ref for item in said.evidence},
        "claim": {item.bom_ref for item in said.claims},
        "assessor": {item.bom_ref for item in said.assessors},
        "requirement": {
            item.bom_ref for standard in bom.definitions.standards for item in standard.requirements
        },
    }
    for kind, ref, at in _uses(bom):
        if not ref or ref not in known[kind]:
            raise Malformed(
                f"{what}: '{at}' refers to {kind} {shown(ref, 120)!r}, which is not in the document"
            )


def _uses(bom: Bom) -> Iterator[tuple[str, str, str]]:
    """(kind, reference, place) of every reference with a meaning."""
    for index, claim in enumerate(bom.declarations.claims):
        at = f"{DECLARATIONS}/claims/{index}"
        yield "target", claim.target, f"{at}/target"
        yield from _each("evidence", claim.evidence, f"{at}/evidence")
        yield from _each("evidence", claim.counter_evidence, f"{at}/counterEvidence")
        yield from _each("evidence", claim.mitigations, f"{at}/mitigationStrategies")
    for index, answers in enumerate(bom.declarations.attestations):
        at = f"{DECLARATIONS}/attestations/{index}"
        yield "assessor", answers.assessor, f"{at}/assessor"
        for number, row in enumerate(answers.map):
            here = f"{at}/map/{number}"
            yield "requirement", row.requirement, f"{here}/requirement"
            yield from _each("claim", row.claims, f"{here}/claims")
            yield from _each("claim", row.counter_claims, f"{here}/counterClaims")
            if row.conformance:
                mitigations = f"{here}/conformance/mitigationStrategies"
                yield from _each("evidence", row.conformance.mitigations, mitigations)


def _each(kind: str, refs: Iterable[str], at: str) -> Iterator[tuple[str, str, str]]:
    for index, ref in enumerate(refs):
        yield kind, ref, f"{at}/{index}"


def _component_refs(components: Iterable[Component]) -> Iterator[str]:
    for component in components:
        yield component.bom_ref
        yield from _component_refs(component.components)


def contents_of(evidence: Evidence) -> tuple[str, str]:
    """(url, inline text) of the one piece of data that evidence carries here; empty where it has none."""
    if len(evidence.data) != 1 or evidence.data[0].contents is None:
        return "", ""
    contents = evidence.data[0].contents
    return contents.url, contents.attachment.content if contents.attachment else ""
