"""SPDX 3.0 documents in JSON-LD, in the serialization that the specification prescribes (one context, flat graph)."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json
from assay.formats.bill import Component
from assay.formats.digest import Digest
from assay.formats.spdx import ALGORITHMS, NO_ASSERTION, NONE, Document, Relations, tool
from assay.formats.text import shown

CONTEXTS = {
    "https://spdx.org/rdf/3.0.0/spdx-context.jsonld": "3.0.0",
    "https://spdx.org/rdf/3.0.1/spdx-context.jsonld": "3.0.1",
}

_PACKAGES = frozenset(["software_Package", "ai_AIPackage", "dataset_DatasetPackage"])
_FORWARD = frozenset(
    [
        "contains",
        "dependsOn",
        "hasDynamicLink",
        "hasStaticLink",
        "hasOptionalComponent",
        "hasOptionalDependency",
        "hasPrerequisite",
        "hasProvidedDependency",
    ]
)
_LICENCES = frozenset(["hasDeclaredLicense", "hasConcludedLicense"])
_IDENTIFIERS = frozenset(["packageUrl", "cpe22", "cpe23", "swid", "swhid", "gitoid"])
_TERMS = "https://spdx.org/rdf/3.0.1/terms/"
_INDIVIDUALS = {
    "NoAssertionElement": NO_ASSERTION,
    "NoneElement": NONE,
    "expandedlicensing_NoAssertionLicense": NO_ASSERTION,
    "expandedlicensing_NoneLicense": NONE,
    f"{_TERMS}Core/NoAssertionElement": NO_ASSERTION,
    f"{_TERMS}Core/NoneElement": NONE,
    f"{_TERMS}ExpandedLicensing/NoAssertionLicense": NO_ASSERTION,
    f"{_TERMS}ExpandedLicensing/NoneLicense": NONE,
    f"{_TERMS}Licensing/NoAssertion": NO_ASSERTION,
    f"{_TERMS}Licensing/None": NONE,
}
"""Individuals, by compact name and by IRI; the specification gives the licences two."""


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    pass


class _Hash(_Wire, frozen=True, gc=False):
    type: str = ""
    algorithm: str = ""
    hash_value: str = ""


class _Identifier(_Wire, frozen=True, gc=False):
    external_identifier_type: str
    identifier: str


class _Element(_Wire, frozen=True, gc=False):
    """The fields of all classes that Assay looks at; each class has some of them."""

    type: str
    spdx_id: str = ""
    node_id: str = msgspec.field(name="@id", default="")
    name: str = ""
    creation_info: Any = None
    created: str = ""
    created_by: tuple[Any, ...] = ()
    created_using: tuple[Any, ...] = ()
    spec_version: str = ""
    root_element: tuple[Any, ...] = ()
    sbom_type: tuple[str, ...] = msgspec.field(name="software_sbomType", default=())
    version: str = msgspec.field(name="software_packageVersion", default="")
    purl: str = msgspec.field(name="software_packageUrl", default="")
    purpose: str = msgspec.field(name="software_primaryPurpose", default="")
    originated_by: tuple[Any, ...] = ()
    supplied_by: Any = None
    verified_using: tuple[_Hash, ...] = ()
    external_identifier: tuple[_Identifier, ...] = ()
    from_: Any = msgspec.field(name="from", default="")
    to: tuple[Any, ...] = ()
    relationship_type: str = ""
    expression: str = msgspec.field(name="simplelicensing_licenseExpression", default="")


class _Graph(msgspec.Struct, frozen=True):
    context: Any = msgspec.field(name="@context")
    graph: tuple[_Element, ...] = msgspec.field(name="@graph", default=())


def decode(data: bytes, *, what: str = "SPDX document", limit: int = strict_json.MAX_BYTES) -> Document:
    """Read a document; :class:`Unsupported` for another context, :class:`Malformed` for a graph that says too little."""
    wire = strict_json.decode(data, _Graph, what=what, limit=limit)
    version = CONTEXTS.get(wire.context) if isinstance(wire.context, str) else None
    if version is None:
        raise Unsupported(
            f"{what}: /@context is {shown(repr(wire.context), 80)}, expected {' or '.join(CONTEXTS)}"
        )
    elements = {element.spdx_id or element.node_id: element for element in wire.graph}
    document = _document(wire.graph, what)
    creation = _creation(document, elements, what)
    described = _described(document, wire.graph, elements)
    packages = [element for element in wire.graph if element.type in _PACKAGES]
    files = [element for element in wire.graph if element.type == "software_File"]
    subjects = [element for element in files if element.spdx_id in set(described)]
    relations = Relations({element.spdx_id for element in (*packages, *subjects)})
    licences: dict[str, list[str]] = {}
    for one in wire.graph:
        if one.relationship_type in _FORWARD:
            for other in one.to:
                relations.add(_reference(one.from_), _reference(other))
        elif one.relationship_type in _LICENCES:
            licences.setdefault(_reference(one.from_), []).extend(
                _licence(_reference(other), elements) for other in one.to
            )
    return Document(
        version=version,
        namespace=document.spdx_id,
        created=creation.created,
        name=document.name,
        authors=tuple(_agent(agent, elements) for agent in creation.created_by),
        tools=tuple(tool(_agent(agent, elements)) for agent in creation.created_using),
        generation=tuple(dict.fromkeys(kind for element in wire.graph for kind in element.sbom_type)),
        described=described,
        components=tuple(
            _component(one, elements, licences, relations.unknown) for one in (*packages, *subjects)
        ),
        dependencies=relations.all,
        files=len(files),
    )


def _document(graph: Iterable[_Element], what: str) -> _Element:
    found = [element for element in graph if element.type == "SpdxDocument"]
    if len(found) != 1:
        raise Malformed(f"{what}: /@graph has {len(found)} elements of type SpdxDocument, expected one")
    return found[0]


def _creation(document: _Element, elements: Mapping[str, _Element], what: str) -> _Element:
    info = document.creation_info
    if isinstance(info, dict):
        try:
            return msgspec.convert({"type": "CreationInfo", **info}, _Element)
        except ValueError as error:
            raise Malformed(f"{what}: creationInfo of the document: {error}") from error
    found = elements.get(info) if isinstance(info, str) else None
    if found is None or not found.created:
        raise Malformed(
            f"{what}: creationInfo of the document is {shown(repr(info), 60)}, which is no CreationInfo of the graph"
        )
    return found


def _described(
    document: _Element, graph: Iterable[_Element], elements: Mapping[str, _Element]
) -> tuple[str, ...]:
    """Root elements, through the bills that are roots themselves, and targets of ``describes``."""
    found: dict[str, None] = {}
    waiting = dict.fromkeys(map(_reference, document.root_element))
    seen = {document.spdx_id}
    while waiting:
        ref = next(iter(waiting))
        del waiting[ref]
        seen.add(ref)
        element = elements.get(ref)
        if element is not None and element.root_element:
            waiting.update((root, None) for root in map(_reference, element.root_element) if root not in seen)
        else:
            found[ref] = None
    for one in graph:
        if one.relationship_type == "describes" and _reference(one.from_) == document.spdx_id:
            found.update(dict.fromkeys(_reference(other) for other in one.to))
    return tuple(found)


def _component(
    element: _Element, elements: Mapping[str, _Element], licences: Mapping[str, list[str]], unknown: set[str]
) -> Component:
    identifiers = [
        one.identifier for one in element.external_identifier if one.external_identifier_type in _IDENTIFIERS
    ]
    purl = element.purl or next(
        (
            one.identifier
            for one in element.external_identifier
            if one.external_identifier_type == "packageUrl"
        ),
        "",
    )
    said = dict.fromkeys(licences.get(element.spdx_id, ()))
    if len(said) > 1:
        said.pop(NO_ASSERTION, None)
    makers = [_agent(one, elements) for one in (*element.originated_by, element.supplied_by) if one]
    return Component(
        ref=element.spdx_id,
        name=element.name,
        version=element.version,
        type="file" if element.type == "software_File" else element.purpose,
        purl=purl,
        digests=_digests(element.verified_using),
        licences=tuple(text for text in said if text),
        producer=next(
            (maker for maker in makers if maker not in {"", NO_ASSERTION}), makers[0] if makers else ""
        ),
        identifiers=tuple(dict.fromkeys(text for text in (purl, *identifiers) if text)),
        unknown=("dependencies",) if element.spdx_id in unknown else (),
    )


def _digests(methods: Iterable[_Hash]) -> tuple[Digest, ...]:
    """Hashes only: a package verification code is not a hash of a file."""
    return tuple(
        Digest(ALGORITHMS.get(one.algorithm.lower(), one.algorithm.lower()), one.hash_value.lower())
        for one in methods
        if one.type == "Hash" and one.algorithm
    )


def _reference(value: Any) -> str:
    """The IRI of an element, written as such or as an object; individuals under their SPDX 2 name."""
    ref = value.get("spdxId") or value.get("@id") if isinstance(value, dict) else value
    text = ref if isinstance(ref, str) else ""
    return _INDIVIDUALS.get(text.replace("/rdf/3.0.0/", "/rdf/3.0.1/", 1), text)


def _licence(ref: str, elements: Mapping[str, _Element]) -> str:
    element = elements.get(ref)
    if element is None:
        return ref.removeprefix("https://spdx.org/licenses/")
    return element.expression or element.name or ref.rpartition("/")[2]


def _agent(value: Any, elements: Mapping[str, _Element]) -> str:
    """Name of an agent or tool, else its IRI."""
    if isinstance(value, dict) and isinstance(value.get("name"), str) and value["name"]:
        return str(value["name"])
    ref = _reference(value)
    element = elements.get(ref)
    return element.name if element is not None and element.name else ref
