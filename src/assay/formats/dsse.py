"""DSSE v1 envelopes: a payload, its type, and 1 to 16 signatures over both (github.com/secure-systems-lab/dsse).

Reading tolerates what the specification does (unknown fields, either base64 alphabet) and nothing more. The
identity of an envelope is the digest of its payload: signing again changes the envelope, not what was said.
"""

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats import b64, strict_json
from assay.formats.canonical_json import canonical
from assay.formats.digest import Digest

MAX_BYTES = 96 * 1024 * 1024
MAX_SIGNATURES = 16
MAX_SIGNATURE_BYTES = 16 * 1024
MAX_KEYID = 1024
MAX_PAYLOAD_TYPE = 256


class DsseSignature(msgspec.Struct, frozen=True):
    signature: bytes
    keyid: str = ""
    """A hint, unauthenticated."""


class _Signature(msgspec.Struct, frozen=True):
    sig: str
    keyid: str = ""


class _Wire(msgspec.Struct, frozen=True, rename={"payload_type": "payloadType"}):
    payload_type: str
    signatures: tuple[_Signature, ...]
    payload: str = ""


class Envelope(msgspec.Struct, frozen=True):
    payload_type: str
    payload: bytes
    signatures: tuple[DsseSignature, ...]

    @classmethod
    def parse(
        cls,
        data: bytes,
        *,
        what: str = "envelope",
        limit: int = MAX_BYTES,
        unsigned: bool = False,
        expected: str = "",
    ) -> "Envelope":
        """Read a JSON envelope (protocol.md and envelope.md, version 1.0).

        *unsigned* admits one still to be signed; *expected* is the only payload type admitted, where one is given: the same
        bytes may mean something else under another type.
        """
        wire = _as_we_write(data, limit) or strict_json.decode(data, _Wire, what=what, limit=limit)
        if not 1 <= len(wire.payload_type) <= MAX_PAYLOAD_TYPE:
            raise Malformed(
                f"{what}: payloadType has {len(wire.payload_type)} characters, expected 1 to {MAX_PAYLOAD_TYPE}"
            )
        if expected and wire.payload_type != expected:
            raise Malformed(f"{what}: payloadType is {wire.payload_type[:60]!r}, expected {expected!r}")
        if not wire.signatures and not unsigned:
            raise Malformed(f"{what} carries no signature, expected 1 to {MAX_SIGNATURES}")
        if len(wire.signatures) > MAX_SIGNATURES:
            raise TooLarge(f"{what} carries {len(wire.signatures)} signatures, over {MAX_SIGNATURES}")
        signatures = tuple(
            _read(entry, f"{what}: signatures[{at}]") for at, entry in enumerate(wire.signatures)
        )
        return cls(wire.payload_type, b64.decode_either(wire.payload, what=f"{what}: payload"), signatures)

    def encode(self) -> bytes:
        """Compact JSON, keys sorted, standard base64."""
        return strict_json.encode(
            {
                "payload": b64.encode(self.payload),
                "payloadType": self.payload_type,
                "signatures": [{"keyid": s.keyid, "sig": b64.encode(s.signature)} for s in self.signatures],
            }
        )

    @property
    def identity(self) -> Digest:
        """SHA-256 of the payload: what duplicates and register entries go by."""
        return Digest.sha256(self.payload)

    @property
    def signed(self) -> bytes:
        """The bytes that every signature covers."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: ``DSSEv1 SP len SP type SP len SP body``, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _as_we_write(data: bytes, limit: int) -> _Wire | None:
    """What :meth:`Envelope.encode` would say in just these bytes, so that it has no key twice and nothing else; None for others."""
    if len(data) > limit:
        return None
    try:
        wire = _WIRE.decode(data)
    except ValueError:
        return None  # the strict reader says what is wrong
    return wire if canonical(wire) == data else None


_WIRE = msgspec.json.Decoder(_Wire)


def _read(entry: _Signature, what: str) -> DsseSignature:
    if len(entry.keyid) > MAX_KEYID:
        raise TooLarge(f"{what}.keyid has {len(entry.keyid)} characters, over {MAX_KEYID}")
    signature = b64.decode_either(entry.sig, what=f"{what}.sig")
    if not signature:
        raise Malformed(f"{what}.sig is empty")
    if len(signature) > MAX_SIGNATURE_BYTES:
        raise TooLarge(f"{what}.sig has {len(signature)} bytes, over {MAX_SIGNATURE_BYTES}")
    return DsseSignature(signature, entry.keyid)
