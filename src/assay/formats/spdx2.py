"""SPDX 2.2 and 2.3 documents in JSON (ISO/IEC 5962)."""

import functools
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeVar

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import strict_json
from assay.formats.bill import Component
from assay.formats.digest import Digest
from assay.formats.spdx import ALGORITHMS, NO_ASSERTION, Document, Relations, tool
from assay.formats.text import shown

T = TypeVar("T")

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
_DESCRIBING = frozenset(["DESCRIBES", "DESCRIBED_BY"])
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


_LISTS: dict[str, Any] = {
    "packages": list[_Package],
    "files": list[_File],
    "relationships": list[_Relationship],
}


def decode(data: bytes, *, what: str = "SPDX document", limit: int = strict_json.MAX_BYTES) -> Document:
    """Read a document; :class:`Unsupported` for other versions, :class:`Malformed` where a required field is missing or wrong."""
    members = strict_json.members(data, what=what, limit=limit)
    version = strict_json.plain(members["spdxVersion"], what=what) if "spdxVersion" in members else None
    if version not in VERSIONS:
        raise Unsupported(
            f"{what}: /spdxVersion is {shown(repr(version), 40)}, expected one of {', '.join(VERSIONS)}"
        )
    rest, long = strict_json.cut(members, _LISTS, what=what)
    wire = _typed(rest, _Document, what, "")
    if wire.spdx_id != DOCUMENT:
        raise Malformed(f"{what}: /SPDXID is {shown(repr(wire.spdx_id), 40)}, expected {DOCUMENT!r}")
    lists: dict[str, tuple[Any, ...]] = {
        "packages": wire.packages,
        "files": wire.files,
        "relationships": wire.relationships,
    }
    for name, pieces in long.items():
        lists[name] = tuple(chain.from_iterable(_slices(pieces, name, what)))
    return _document(wire, VERSIONS[version], **lists)


def _slices(pieces: Sequence[msgspec.Raw], name: str, what: str) -> list[tuple[Any, ...]]:
    """Tuples, which the garbage collector soon leaves alone."""
    found = []
    start = 0
    for run, text in strict_json.runs(pieces):
        found.append(tuple(_typed(text, _LISTS[name], what, f"/{name}, from {start} on")))
        start += len(run)
    return found


def _document(
    wire: _Document,
    version: str,
    *,
    packages: Sequence[_Package],
    files: Sequence[_File],
    relationships: Sequence[_Relationship],
) -> Document:
    described = _described(wire, packages, relationships)
    subjects = set(described)
    relations = _relations(relationships, {package.spdx_id for package in packages} | subjects)
    components = _components(packages, relations.unknown)
    components += [_file(file) for file in files if file.spdx_id in subjects]
    info = wire.creation_info
    return Document(
        version=version,
        namespace=wire.document_namespace,
        created=info.created,
        name=wire.name,
        authors=tuple(_who(creator) for creator in info.creators if not creator.startswith("Tool:")),
        tools=tuple(tool(creator[5:].strip()) for creator in info.creators if creator.startswith("Tool:")),
        generation=(info.comment,) if _SBOM_TYPE.search(info.comment) else (),
        described=described,
        components=tuple(components),
        dependencies=relations.all,
        files=len(files),
    )


def _typed(text: bytes, kind: type[T], what: str, at: str) -> T:
    try:
        return msgspec.convert(strict_json.plain(text, what=what), kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}{at and ': '}{at}: {error}") from error


def _described(
    wire: _Document, packages: Sequence[_Package], relationships: Iterable[_Relationship]
) -> tuple[str, ...]:
    """documentDescribes and DESCRIBES of either direction; a lone package needs neither (clause 11.1)."""
    found = dict.fromkeys(wire.document_describes)
    for one in [one for one in relationships if one.relationship_type in _DESCRIBING]:
        if one.relationship_type == "DESCRIBES" and one.spdx_element_id == DOCUMENT:
            found[one.related_spdx_element] = None
        elif one.relationship_type == "DESCRIBED_BY" and one.related_spdx_element == DOCUMENT:
            found[one.spdx_element_id] = None
    if not found and len(packages) == 1:
        found[packages[0].spdx_id] = None
    return tuple(found)


def _relations(relationships: Iterable[_Relationship], known: set[str]) -> Relations:
    relations = Relations(known)
    for one in relationships:
        kind = one.relationship_type
        if kind in _FORWARD:
            relations.add(one.spdx_element_id, one.related_spdx_element)
        elif kind in _BACKWARD:
            relations.add(one.related_spdx_element, one.spdx_element_id)
    return relations


def _components(packages: Iterable[_Package], unknown: set[str]) -> list[Component]:
    return [
        Component(
            one.spdx_id,
            one.name,
            one.version_info,
            one.primary_package_purpose.lower(),
            _purl(one.external_refs) if one.external_refs else "",
            _digests(one.checksums) if one.checksums else (),
            _licences(one.license_declared, one.license_concluded),
            _producer(one.originator, one.supplier),
            _identifiers(one.external_refs) if one.external_refs else (),
            (),
            ("dependencies",) if one.spdx_id in unknown else (),
        )
        for one in packages
    ]


def _purl(refs: Iterable[_ExternalRef]) -> str:
    for ref in refs:
        if ref.reference_type == "purl":
            return ref.reference_locator
    return ""


def _identifiers(refs: Iterable[_ExternalRef]) -> tuple[str, ...]:
    return tuple([ref.reference_locator for ref in refs if ref.reference_type in _IDENTIFIERS])


def _file(file: _File) -> Component:
    return Component(
        ref=file.spdx_id,
        name=file.file_name.rpartition("/")[2],
        type="file",
        digests=_digests(file.checksums),
        licences=_licences(file.license_concluded),
    )


def _digests(checksums: Iterable[_Checksum]) -> tuple[Digest, ...]:
    return tuple([Digest(_algorithm(one.algorithm), one.checksum_value.lower()) for one in checksums])


@functools.lru_cache(maxsize=64)
def _algorithm(name: str) -> str:
    return ALGORITHMS.get(name.lower(), name.lower())


def _licences(declared: str, concluded: str = "") -> tuple[str, ...]:
    """What is said, each once; NOASSERTION only where nothing else is."""
    if declared == concluded or not concluded or (concluded == NO_ASSERTION and declared):
        return (declared,) if declared else ()
    if not declared or declared == NO_ASSERTION:
        return (concluded,)
    return (declared, concluded)


def _producer(originator: str, supplier: str) -> str:
    if originator and originator != NO_ASSERTION:
        return _who(originator)
    return _who(supplier or originator)


def _who(text: str) -> str:
    """``Organization: Example (mail@example)`` without its first word."""
    for word in ("Organization:", "Person:"):
        if text.startswith(word):
            return text[len(word) :].removesuffix("()").strip()
    return text
