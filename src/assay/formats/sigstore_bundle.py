"""Sigstore bundles v0.1 to v0.3 in JSON (sigstore protobuf-specs, sigstore_bundle.proto): what is signed, and by what.

Only recognised and taken apart here; whether it verifies is a question for the ``sigstore`` library. Base64 is read in
its one standard spelling, so that the library, which drops foreign characters, cannot see another payload.
"""

from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import b64, strict_json
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.formats.text import shown

Version = Literal["0.1", "0.2", "0.3"]

_PREFIX = "application/vnd.dev.sigstore.bundle"
MEDIA_TYPES: dict[str, Version] = {
    f"{_PREFIX}+json;version=0.1": "0.1",
    f"{_PREFIX}+json;version=0.2": "0.2",
    f"{_PREFIX}+json;version=0.3": "0.3",
    f"{_PREFIX}.v0.3+json": "0.3",
}
MEDIA_TYPE = f"{_PREFIX}.v0.3+json"
HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
MAX_BYTES = 48 * 1024 * 1024
MAX_CERTIFICATE = 64 * 1024
MAX_CERTIFICATES = 10
MAX_ENTRIES = 32


class MessageSignature(msgspec.Struct, frozen=True):
    """A signature over a file that is not in the bundle; the digest says which."""

    digest: Digest
    signature: bytes


class SigstoreBundle(msgspec.Struct, frozen=True):
    version: Version
    content: Envelope | MessageSignature
    certificate: bytes
    """DER of the leaf; empty when the bundle names a key instead."""
    key_hint: str = ""
    log_entries: int = 0
    data: bytes = b""
    """The bundle as compact JSON: the values that were read here, written again."""


class _Raw(msgspec.Struct, frozen=True, rename={"raw": "rawBytes"}):
    raw: str


class _Chain(msgspec.Struct, frozen=True):
    certificates: tuple[_Raw, ...]


class _Key(msgspec.Struct, frozen=True):
    hint: str | None = None


class _Material(
    msgspec.Struct,
    frozen=True,
    rename={"key": "publicKey", "chain": "x509CertificateChain", "entries": "tlogEntries"},
):
    certificate: _Raw | None = None
    chain: _Chain | None = None
    key: _Key | None = None
    entries: tuple[dict[str, Any], ...] | None = None


class _Hash(msgspec.Struct, frozen=True):
    algorithm: str
    digest: str


class _Message(msgspec.Struct, frozen=True, rename={"digest": "messageDigest"}):
    signature: str
    digest: _Hash | None = None


class _Wire(
    msgspec.Struct,
    frozen=True,
    rename={
        "media_type": "mediaType",
        "material": "verificationMaterial",
        "envelope": "dsseEnvelope",
        "message": "messageSignature",
    },
):
    media_type: str
    material: _Material
    envelope: dict[str, Any] | None = None
    message: _Message | None = None


def recognises(value: Any) -> bool:
    """Whether plain JSON calls itself a Sigstore bundle, of whatever version."""
    return isinstance(value, dict) and str(value.get("mediaType", "")).startswith(_PREFIX)


def parse(data: bytes, *, what: str = "Sigstore bundle") -> SigstoreBundle:
    return of(strict_json.load(data, what=what, limit=MAX_BYTES), what=what)


def of(value: Any, *, what: str = "Sigstore bundle") -> SigstoreBundle:
    """Read plain JSON values, as :func:`strict_json.load` gives them."""
    if not recognises(value):
        raise Malformed(f"{what} is not a Sigstore bundle: its mediaType does not begin with {_PREFIX!r}")
    version = MEDIA_TYPES.get(value["mediaType"])
    if version is None:
        raise Unsupported(
            f"{what} is {shown(str(value['mediaType']), 100)!r}, expected version 0.1, 0.2 or 0.3"
        )
    try:
        wire = msgspec.convert(value, _Wire)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error
    entries = wire.material.entries or ()
    if len(entries) > MAX_ENTRIES:
        raise TooLarge(f"{what} carries {len(entries)} log entries, over {MAX_ENTRIES}")
    return SigstoreBundle(
        version=version,
        content=_content(wire, what),
        certificate=_certificate(wire.material, what),
        key_hint=(wire.material.key.hint or "") if wire.material.key else "",
        log_entries=len(entries),
        data=strict_json.encode(value),
    )


def _content(wire: _Wire, what: str) -> Envelope | MessageSignature:
    if (wire.envelope is None) == (wire.message is None):
        raise Malformed(f"{what} must have either dsseEnvelope or messageSignature")
    if wire.message is not None:
        return _message(wire.message, f"{what}: messageSignature")
    plain = wire.envelope or {}
    envelope = Envelope.parse(strict_json.encode(plain), what=f"{what}: dsseEnvelope")
    if b64.encode(envelope.payload) != plain.get("payload"):
        raise Malformed(
            f"{what}: dsseEnvelope: payload is not standard base64 with padding, in its one spelling"
        )
    return envelope


def _message(wire: _Message, what: str) -> MessageSignature:
    if wire.digest is None:
        raise Unsupported(f"{what} does not say which file it is over (messageDigest)")
    algorithm = HASHES.get(wire.digest.algorithm)
    if algorithm is None:
        found = shown(wire.digest.algorithm, 40)
        raise Unsupported(f"{what}: messageDigest is {found!r}, expected one of {', '.join(HASHES)}")
    value = b64.decode(wire.digest.digest, what=f"{what}.messageDigest").hex()
    return MessageSignature(
        Digest.of(algorithm, value, what=f"{what}.messageDigest"),
        b64.decode(wire.signature, what=f"{what}.signature"),
    )


def _certificate(material: _Material, what: str) -> bytes:
    given = [one for one in (material.certificate, material.chain, material.key) if one is not None]
    if len(given) != 1:
        raise Malformed(
            f"{what}: verificationMaterial must have one of certificate, x509CertificateChain and publicKey, "
            f"it has {len(given)}"
        )
    if material.key is not None:
        return b""
    leaf = material.certificate
    if leaf is None:
        certificates = material.chain.certificates if material.chain else ()
        if not 1 <= len(certificates) <= MAX_CERTIFICATES:
            raise Malformed(
                f"{what}: x509CertificateChain has {len(certificates)} certificates, expected 1 to {MAX_CERTIFICATES}"
            )
        leaf = certificates[0]
    if not leaf.raw or len(leaf.raw) > MAX_CERTIFICATE:
        raise Malformed(
            f"{what}: the certificate has {len(leaf.raw)} characters, expected 1 to {MAX_CERTIFICATE}"
        )
    return b64.decode(leaf.raw, what=f"{what}: certificate")
