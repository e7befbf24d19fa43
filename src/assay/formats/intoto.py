"""in-toto statements, v1 and v0.1 (in-toto attestation framework, statement and DigestSet specifications).

A statement says something (the predicate) about artifacts that are known by digest only (the subjects). Its signature
is not looked at here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import strict_json
from assay.formats.digest import LENGTHS, Digest
from assay.formats.text import shown

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TYPES: Mapping[str, Literal["v1", "v0.1"]] = {
    "https://in-toto.io/Statement/v1": "v1",
    "https://in-toto.io/Statement/v0.1": "v0.1",
}
MAX_BYTES = 32 * 1024 * 1024
MAX_SUBJECTS = 20_000
MAX_RESOURCES = 20_000
MAX_VALUES = 200_000
"""Values of a predicate that are looked through for digests."""
MAX_DIGESTS = 32
MAX_NAME = 4096

_GIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_SBOM = re.compile(r"https://(?:cyclonedx\.org/bom|spdx\.dev/Document)(?:/v?[0-9.]{1,16})?\Z")


class Resource(msgspec.Struct, frozen=True):
    """An in-toto ResourceDescriptor, or a subject."""

    name: str = ""
    uri: str = ""
    digests: tuple[Digest, ...] = ()


class RawStatement(msgspec.Struct, frozen=True):
    """A statement whose predicate is still plain JSON."""

    version: Literal["v1", "v0.1"]
    predicate_type: str
    subjects: tuple[Resource, ...]
    predicate: Mapping[str, Any]


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str]
    name: str | None = None
    uri: str | None = None


class _Wire(msgspec.Struct, frozen=True, rename={"type": "_type", "predicate_type": "predicateType"}):
    type: str
    subject: tuple[_Subject, ...]
    predicate_type: str
    predicate: dict[str, Any] | None = None


def parse(data: bytes, *, what: str = "statement", limit: int = MAX_BYTES) -> RawStatement:
    """Read a statement; Unsupported when it is of another type or version."""
    value = strict_json.load(data, what=what, limit=limit)
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a JSON object, expected an in-toto statement")
    kind = value.get("_type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise Unsupported(f"{what} has the type {shown(str(kind), 80)!r}, expected one of {', '.join(TYPES)}")
    try:
        wire = msgspec.convert(value, _Wire)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error
    if not wire.subject:
        raise Malformed(f"{what} names no subject")
    if len(wire.subject) > MAX_SUBJECTS:
        raise TooLarge(f"{what} names {len(wire.subject)} subjects, over {MAX_SUBJECTS}")
    if not 1 <= len(wire.predicate_type) <= MAX_NAME:
        raise Malformed(f"{what}: predicateType has {len(wire.predicate_type)} characters, expected a URI")
    subjects = tuple(_subject(one, f"{what}: subject[{at}]") for at, one in enumerate(wire.subject))
    return RawStatement(TYPES[kind], wire.predicate_type, subjects, wire.predicate or {})


def resource(value: Mapping[str, Any]) -> Resource:
    """A ResourceDescriptor inside a predicate. Digests that are not well-formed name nothing and are left out."""
    digest = value.get("digest")
    return Resource(
        _text(value.get("name")), _text(value.get("uri")), digests(digest) if isinstance(digest, dict) else ()
    )


def digests(values: Mapping[str, Any]) -> tuple[Digest, ...]:
    """The well-formed digests of a DigestSet in algorithms we know.

    GitLab's runner writes the commit under ``sha256``; 40 digits there are taken as the commit they are.
    """
    found: list[Digest] = []
    for algorithm, value in values.items():
        if not isinstance(value, str):
            continue
        if algorithm == "sha256" and len(value) == LENGTHS["gitCommit"]:
            algorithm = "gitCommit"  # noqa: PLW2901
        if _well_formed(algorithm, value):
            found.append(Digest(algorithm, value))
    return tuple(found[:MAX_DIGESTS])


def resources_in(value: Any, *, what: str) -> tuple[Resource, ...]:
    """Every object under *value* that has a ``digest`` set, wherever it stands; TooLarge past the limits."""
    found: dict[Resource, None] = {}
    for one in _objects(value, what):
        if isinstance(one.get("digest"), dict):
            named = resource(one)
            if named.digests:
                found[named] = None
        if len(found) > MAX_RESOURCES:
            raise TooLarge(f"{what} names over {MAX_RESOURCES} resources")
    return tuple(found)


def is_sbom(predicate_type: str) -> bool:
    """Whether the predicate is a bill of materials: CycloneDX or SPDX, with or without a version in its type."""
    return _SBOM.match(predicate_type) is not None


def _subject(wire: _Subject, what: str) -> Resource:
    if not wire.digest:
        raise Malformed(f"{what} has no digest; statement.md requires one")
    if len(wire.digest) > MAX_DIGESTS:
        raise TooLarge(f"{what} has {len(wire.digest)} digests, over {MAX_DIGESTS}")
    name, uri = wire.name or "", wire.uri or ""
    if max(len(name), len(uri)) > MAX_NAME:
        raise TooLarge(f"{what} has a name of {max(len(name), len(uri))} characters, over {MAX_NAME}")
    found: list[Digest] = []
    for algorithm, value in wire.digest.items():
        if _well_formed(algorithm, value):
            found.append(Digest(algorithm, value))
        elif algorithm in LENGTHS:
            expected = LENGTHS[algorithm]
            raise Malformed(
                f"{what}: {algorithm} is {shown(value, 80)!r}, expected {expected} lower-case hexadecimal digits"
            )
    return Resource(name, uri, tuple(found))


def _well_formed(algorithm: str, value: str) -> bool:
    if algorithm == "gitCommit":
        return _GIT.match(value) is not None
    expected = LENGTHS.get(algorithm)
    return len(value) == expected and not value.strip("0123456789abcdef")


def _text(value: Any) -> str:
    return value[:MAX_NAME] if isinstance(value, str) else ""


def _objects(value: Any, what: str) -> Iterator[Mapping[str, Any]]:
    pending = [value]
    seen = 0
    while pending:
        one = pending.pop()
        seen += 1
        if seen + len(pending) > MAX_VALUES:
            raise TooLarge(f"{what} has over {MAX_VALUES} values")
        if isinstance(one, dict):
            yield one
            pending.extend(reversed(one.values()))
        elif isinstance(one, list):
            pending.extend(reversed(one))
