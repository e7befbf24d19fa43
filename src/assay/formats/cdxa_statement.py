"""An in-toto Statement v1 about a CycloneDX 1.6 document: size and depth first, then the schema, then typed parts."""

from typing import Any

import msgspec

from assay.errors import Malformed, Unsupported
from assay.formats import schemas, strict_json
from assay.formats.canonical_json import canonical
from assay.formats.cdxa import PREDICATE_TYPE, SPEC_VERSION, STATEMENT_TYPE, Statement
from assay.formats.cdxa_properties import PROFILE, PROFILE_VERSION
from assay.formats.text import shown

LIMIT = 32 * 1024 * 1024
SHORT = 256 * 1024
"""Bytes of a payload that is read at once where it has our own writer's form."""
MAX_NESTED = 50
"""Lists of components in it: two levels each, so that the depth stays within that of strict JSON."""


def decode(payload: bytes, *, what: str) -> tuple[Any, Statement]:
    """(predicate as plain values, typed statement); the predicate is valid CycloneDX 1.6, its semantics are not checked."""
    return _as_we_write(payload) or _decode(payload, what=what)


def _as_we_write(payload: bytes) -> tuple[Any, Statement] | None:
    """As :func:`_decode`, three times faster, for what our own writer would say in just these bytes; None for anything else.

    What writing the typed value again brings back, byte for byte, has no key twice and nothing that was left unread.
    """
    if len(payload) > SHORT or payload.count(b'"components"') > MAX_NESTED:
        return None
    try:
        wire = _STATEMENT.decode(payload)
        if canonical(wire) != payload:
            return None
        predicate = _PLAIN.decode(payload)["predicate"]
    except (ValueError, RecursionError):
        return None  # the other reader says what is wrong
    bom = wire.predicate
    if (wire.kind, wire.predicate_type, bom.spec_version) != (STATEMENT_TYPE, PREDICATE_TYPE, SPEC_VERSION):
        return None
    return (predicate, wire) if schemas.accepts(predicate, SPEC_VERSION) else None


def _decode(payload: bytes, *, what: str) -> tuple[Any, Statement]:
    members = strict_json.members(payload, what=what, limit=LIMIT)
    for key, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        value = strict_json.plain(members[key], what=what) if key in members else None
        if value != expected:
            raise Unsupported(f"{what}: {key!r} is {shown(repr(value), 120)}, expected {expected!r}")
    for key in members.keys() - {"predicate"}:
        strict_json.plain(members[key], what=f"{what}: {shown(key, 40)!r}")
    if "predicate" not in members:
        raise Malformed(f"{what} has no 'predicate', expected a CycloneDX {SPEC_VERSION} document")
    raw = bytes(members["predicate"])
    parts = strict_json.members(raw, what=f"{what}: predicate", inside=True)
    version = parts.get("specVersion")
    if version is not None and strict_json.plain(version, what=what) != SPEC_VERSION:
        raise Unsupported(
            f"{what}: predicate has specVersion {shown(bytes(version).decode(), 40)}, expected {SPEC_VERSION!r}"
        )
    predicate = schemas.check_members(parts, what=f"{what}: predicate")
    if predicate is None:
        predicate = strict_json.plain(raw, what=what)
    try:
        return predicate, _STATEMENT.decode(payload)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what}: {error}") from error


_STATEMENT, _PLAIN = msgspec.json.Decoder(Statement), msgspec.json.Decoder()


def require_profile(wire: Statement, *, what: str) -> None:
    versions = [item.value for item in wire.predicate.properties if item.name == PROFILE]
    if not versions:
        raise Malformed(f"{what}: '/predicate/properties' has no {PROFILE!r}, expected {PROFILE_VERSION!r}")
    if versions[0] != PROFILE_VERSION:
        raise Unsupported(f"{what}: {PROFILE!r} is {shown(versions[0], 40)!r}, expected {PROFILE_VERSION!r}")
