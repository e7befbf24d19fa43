"""SPDX 2.2 and 2.3 documents in JSON (ISO/IEC 5962)."""

import re
from collections.abc import Iterable

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.bill import Component
from assay.formats.digest import Digest
from assay.formats.spdx import ALGORITHMS, NO_ASSERTION, Document, Relations, tool
from assay.formats.text import shown

VERSIONS = {"SPDX-2.2": "2.2", "SPDX-2.3": "2.3"}
DOCUMENT = "SPDXRef-DOCUMENT"

_FORWARD = frozenset(["DEPENDS_ON", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "HAS_PREREQUISITE"])
_BACKWARD = frozenset(
    [
        "DEPENDENCY_OF",
        "CONTAINED_BY",
        "PREREQUISITE_FOR",
        "BUILD_DEPENDENCY_OF",
        "DEV_DEPENDENCY_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "TEST_DEPENDENCY_OF",
        "OPTIONAL_COMPONENT_OF",
        "PACKAGE_OF",
    ]
)
_IDENTIFIERS = frozenset(["purl", "cpe22Type", "cpe23Type", "swid", "gitoid", "swh"])
_SBOM_TYPE = re.compile(
    r"\b(design|source|pre-build|build|post-build|analy[sz]ed|deployed|runtime)\b", re.IGNORECASE
)


class _Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    pass


class _Checksum(_Wire, frozen=True, gc=False):
    algorithm: str
    checksum_value: str


class _ExternalRef(_Wire, frozen=True, gc=False):
    reference_category: str
    reference_type: str
    reference_locator: str


class _Package(_Wire, frozen=True, gc=False):
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    download_location: str
    version_info: str = ""
    supplier: str = ""
    originator: str = ""
    license_concluded: str = ""
    license_declared: str = ""
    primary_package_purpose: str = ""
    checksums: tuple[_Checksum, ...] = ()
    external_refs: tuple[_ExternalRef, ...] = ()


class _File(_Wire, frozen=True, gc=False):
    spdx_id: str = msgspec.field(name="SPDXID")
    file_name: str
    checksums: tuple[_Checksum, ...]
    license_concluded: str = ""


class _Relationship(_Wire, frozen=True, gc=False):
    spdx_element_id: str
    relationship_type: str
    related_spdx_element: str


class _CreationInfo(_Wire, frozen=True):
    created: str
    creators: tuple[str, ...]
    comment: str = ""


class _Version(_Wire, frozen=True):
    spdx_version: str


class _Document(_Wire, frozen=True):
    spdx_version: str
    data_license: str
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    document_namespace: str
    creation_info: _CreationInfo
    document_describes: tuple[str, ...] = ()
    packages: tuple[_Package, ...] = ()
    files: tuple[_File, ...] = ()
    relationships: tuple[_Relationship, ...] = ()


def decode(data: bytes, *, what: str = "SPDX document", limit: int = strict_json.MAX_BYTES) -> Document:
    """Read a document; :class:`Unsupported` for other versions, :class:`Malformed` where a required field is missing or wrong."""
    try:
        wire = strict_json.decode(data, _Document, what=what, limit=limit)
    except TooLarge:
        raise
    except Malformed:
        _supported(strict_json.decode(data, _Version, what=what, limit=limit).spdx_version, what)
        raise
    _supported(wire.spdx_version, what)
    if wire.spdx_id != DOCUMENT:
        raise Malformed(f"{what}: /SPDXID is {shown(repr(wire.spdx_id), 40)}, expected {DOCUMENT!r}")
    described = _described(wire)
    relations = Relations({package.spdx_id for package in wire.packages} | set(described))
    for one in wire.relationships:
        if one.relationship_type in _FORWARD:
            relations.add(one.spdx_element_id, one.related_spdx_element)
        elif one.relationship_type in _BACKWARD:
            relations.add(one.related_spdx_element, one.spdx_element_id)
    components = [_component(package, relations.unknown) for package in wire.packages]
    subjects = set(described)
    components += [_file(file) for file in wire.files if file.spdx_id in subjects]
    info = wire.creation_info
    return Document(
        version=VERSIONS[wire.spdx_version],
        namespace=wire.document_namespace,
        created=info.created,
        name=wire.name,
        authors=tuple(_who(creator) for creator in info.creators if not creator.startswith("Tool:")),
        tools=tuple(tool(creator[5:].strip()) for creator in info.creators if creator.startswith("Tool:")),
        generation=(info.comment,) if _SBOM_TYPE.search(info.comment) else (),
        described=described,
        components=tuple(components),
        dependencies=relations.all,
        files=len(wire.files),
    )


def _supported(version: str, what: str) -> None:
    if version not in VERSIONS:
        raise Unsupported(
            f"{what}: /spdxVersion is {shown(repr(version), 40)}, expected one of {', '.join(VERSIONS)}"
        )


def _described(wire: _Document) -> tuple[str, ...]:
    """documentDescribes and DESCRIBES of either direction; a lone package needs neither (clause 11.1)."""
    found = dict.fromkeys(wire.document_describes)
    for one in wire.relationships:
        if one.relationship_type == "DESCRIBES" and one.spdx_element_id == DOCUMENT:
            found[one.related_spdx_element] = None
        elif one.relationship_type == "DESCRIBED_BY" and one.related_spdx_element == DOCUMENT:
            found[one.spdx_element_id] = None
    if not found and len(wire.packages) == 1:
        found[wire.packages[0].spdx_id] = None
    return tuple(found)


def _component(package: _Package, unknown: set[str]) -> Component:
    refs = package.external_refs
    identifiers = (
        tuple([ref.reference_locator for ref in refs if ref.reference_type in _IDENTIFIERS]) if refs else ()
    )
    return Component(
        package.spdx_id,
        package.name,
        package.version_info,
        package.primary_package_purpose.lower(),
        next((ref.reference_locator for ref in refs if ref.reference_type == "purl"), ""),
        _digests(package.checksums),
        _licences(package.license_declared, package.license_concluded),
        _producer(package.originator, package.supplier),
        identifiers,
        (),
        ("dependencies",) if package.spdx_id in unknown else (),
    )


def _file(file: _File) -> Component:
    return Component(
        ref=file.spdx_id,
        name=file.file_name.rpartition("/")[2],
        type="file",
        digests=_digests(file.checksums),
        licences=_licences(file.license_concluded),
    )


def _digests(checksums: Iterable[_Checksum]) -> tuple[Digest, ...]:
    found = []
    for one in checksums:
        algorithm = one.algorithm.lower()
        found.append(Digest(ALGORITHMS.get(algorithm, algorithm), one.checksum_value.lower()))
    return tuple(found)


def _licences(*texts: str) -> tuple[str, ...]:
    """What is said, each once; NOASSERTION only where nothing else is."""
    said = dict.fromkeys(text for text in texts if text)
    if len(said) > 1:
        said.pop(NO_ASSERTION, None)
    return tuple(said)


def _producer(originator: str, supplier: str) -> str:
    if originator and originator != NO_ASSERTION:
        return _who(originator)
    return _who(supplier or originator)


def _who(text: str) -> str:
    """``Organization: Example (mail@example)`` without its first word."""
    head, colon, rest = text.partition(":")
    return (rest if colon and head in {"Person", "Organization"} else text).removesuffix("()").strip()
