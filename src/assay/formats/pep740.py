"""PEP 740 attestations and provenance objects (PyPA specification "Index hosted attestations", version 1).

An attestation is a Sigstore bundle in other words: :func:`to_bundle` says it in Sigstore's. The publisher in a
provenance object is what the index says; nothing signs it, so it is never believed here.
"""

from typing import Any, Literal, TypeVar

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import b64, strict_json
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.sigstore_bundle import MAX_BYTES, MEDIA_TYPE
from assay.formats.text import shown

T = TypeVar("T")

MAX_ATTESTATIONS = 1_000
MAX_ENTRIES = 32
MAX_PUBLISHER_FIELDS = 32


class Attestation(msgspec.Struct, frozen=True):
    statement: bytes
    """The in-toto statement that is signed, byte for byte."""
    signature: bytes
    certificate: bytes
    """DER."""
    transparency_entries: tuple[dict[str, Any], ...]
    """Sigstore TransparencyLogEntry messages in JSON."""


class PublishedAttestations(msgspec.Struct, frozen=True):
    """An ``attestation_bundles`` member."""

    publisher: tuple[tuple[str, str], ...]
    """The fields of the publisher that are text (``kind``, ``repository``, ``workflow``, ...), sorted; unsigned."""
    attestations: tuple[Attestation, ...]


class _Envelope(msgspec.Struct, frozen=True):
    statement: str
    signature: str


class _Material(msgspec.Struct, frozen=True, rename={"entries": "transparency_entries"}):
    certificate: str
    entries: tuple[dict[str, Any], ...]


class _Attestation(msgspec.Struct, frozen=True, rename={"material": "verification_material"}):
    version: Literal[1]
    material: _Material
    envelope: _Envelope


class _Bundle(msgspec.Struct, frozen=True):
    publisher: dict[str, Any]
    attestations: tuple[_Attestation, ...]


class _Provenance(msgspec.Struct, frozen=True, rename={"bundles": "attestation_bundles"}):
    version: Literal[1]
    bundles: tuple[_Bundle, ...]


def is_attestation(value: Any) -> bool:
    """Whether plain JSON has the members of an attestation, of whatever version."""
    return isinstance(value, dict) and {"version", "verification_material", "envelope"} <= value.keys()


def is_provenance(value: Any) -> bool:
    return isinstance(value, dict) and {"version", "attestation_bundles"} <= value.keys()


def parse(data: bytes, *, what: str = "PEP 740 attestation") -> Attestation:
    return of(strict_json.load(data, what=what, limit=MAX_BYTES), what=what)


def of(value: Any, *, what: str = "PEP 740 attestation") -> Attestation:
    """Read plain JSON values, as :func:`strict_json.load` gives them."""
    return _attestation(_convert(value, _Attestation, what), what)


def provenance(value: Any, *, what: str = "PEP 740 provenance") -> tuple[PublishedAttestations, ...]:
    """Read plain JSON values of a provenance object: the file an index serves beside a release file."""
    wire = _convert(value, _Provenance, what)
    count = sum(len(one.attestations) for one in wire.bundles)
    if count == 0:
        raise Malformed(f"{what} carries no attestation")
    if count > MAX_ATTESTATIONS:
        raise TooLarge(f"{what} carries {count} attestations, over {MAX_ATTESTATIONS}")
    return tuple(
        PublishedAttestations(
            publisher=_publisher(one.publisher, f"{what}: attestation_bundles[{at}].publisher"),
            attestations=tuple(
                _attestation(wire, f"{what}: attestation_bundles[{at}].attestations[{number}]")
                for number, wire in enumerate(one.attestations)
            ),
        )
        for at, one in enumerate(wire.bundles)
    )


def to_bundle(attestation: Attestation) -> dict[str, Any]:
    """The attestation as plain JSON of a Sigstore bundle v0.3, for :func:`sigstore_bundle.of`.

    A bundle has one log entry; an attestation with several keeps its first, as PyPI's verifier does.
    """
    return {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "certificate": {"rawBytes": b64.encode(attestation.certificate)},
            "tlogEntries": list(attestation.transparency_entries[:1]),
        },
        "dsseEnvelope": {
            "payload": b64.encode(attestation.statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": b64.encode(attestation.signature)}],
        },
    }


def _attestation(wire: _Attestation, what: str) -> Attestation:
    entries = wire.material.entries
    if not 1 <= len(entries) <= MAX_ENTRIES:
        raise Malformed(f"{what} carries {len(entries)} transparency entries, expected 1 to {MAX_ENTRIES}")
    return Attestation(
        statement=b64.decode(wire.envelope.statement, what=f"{what}: envelope.statement"),
        signature=b64.decode(wire.envelope.signature, what=f"{what}: envelope.signature"),
        certificate=b64.decode(wire.material.certificate, what=f"{what}: certificate"),
        transparency_entries=entries,
    )


def _publisher(fields: dict[str, Any], what: str) -> tuple[tuple[str, str], ...]:
    if len(fields) > MAX_PUBLISHER_FIELDS:
        raise TooLarge(f"{what} has {len(fields)} fields, over {MAX_PUBLISHER_FIELDS}")
    return tuple(sorted((name, text) for name, text in fields.items() if isinstance(text, str)))


def _convert(value: Any, kind: type[T], what: str) -> T:
    version = value.get("version") if isinstance(value, dict) else None
    if version is not None and version != 1:
        raise Unsupported(f"{what} is version {shown(str(version), 20)}, expected 1")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error
