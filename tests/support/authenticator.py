"""An authenticator in software, and the browser in front of it: real WebAuthn answers, and wrong ones on demand."""

import base64
import hashlib
import json
import struct
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from assay.adapters.passkeys import WebAuthnPasskeys

SITE = "office.example"
ORIGIN = "https://office.example"
PRESENT, VERIFIED, SYNCABLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def passkeys() -> WebAuthnPasskeys:
    """The office's side."""
    return WebAuthnPasskeys(site=SITE, name="Office", origins=[ORIGIN])


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as it should be; None leaves it."""

    origin: str | None = None
    site: str | None = None
    kind: str | None = None
    challenge: bytes | None = None
    flags: int | None = None
    count: int | None = None
    holder: bytes | None = None
    client: dict[str, Any] | None = None
    """More members of the client data."""
    attestation: dict[str, Any] | None = None
    """Another attestation object, over this one."""


RIGHT = Wrong()


class Authenticator:
    """One device. It keeps a key for each account, and counts unless *counting* is off, as synced passkeys do. *name*: the
    id of its next passkey."""

    def __init__(self, *, counting: bool = True, name: bytes = b"") -> None:
        self.counting, self._name = counting, name
        self.count = 0
        self._held: dict[bytes, tuple[ec.EllipticCurvePrivateKey, bytes]] = {}

    @property
    def ids(self) -> list[str]:
        return [b64url(one) for one in self._held]

    def create(self, options: bytes, wrong: Wrong = RIGHT) -> bytes:
        """``navigator.credentials.create``"""
        asked = json.loads(options)
        key = ec.generate_private_key(ec.SECP256R1())
        name = self._name or hashlib.sha256(_cose(key)).digest()[:16]
        self._held[name] = (key, unb64url(asked["user"]["id"]))
        attested = bytes(16) + struct.pack(">H", len(name)) + name + _cose(key)
        data = self._data(wrong, PRESENT | VERIFIED | ATTESTED | self._synced) + attested
        made = {"fmt": "none", "attStmt": {}, "authData": data} | (wrong.attestation or {})
        response = {
            "clientDataJSON": b64url(_client("webauthn.create", asked, wrong)),
            "attestationObject": b64url(cbor2.dumps(made)),
        }
        return _answer(name, response)

    def get(self, options: bytes, wrong: Wrong = RIGHT, *, use: str | None = None) -> bytes:
        """``navigator.credentials.get``, with the passkey *use* or the newest that is allowed."""
        asked = json.loads(options)
        allowed = [one["id"] for one in asked.get("allowCredentials", [])] or self.ids
        name = unb64url(use or next(one for one in reversed(self.ids) if one in allowed))
        key, holder = self._held[name]
        self.count += self.counting
        data = self._data(wrong, PRESENT | VERIFIED | self._synced)
        client = _client("webauthn.get", asked, wrong)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64url(client),
            "authenticatorData": b64url(data),
            "signature": b64url(signature),
            "userHandle": b64url(holder if wrong.holder is None else wrong.holder),
        }
        return _answer(name, response)

    @property
    def _synced(self) -> int:
        return 0 if self.counting else SYNCABLE | SYNCED

    def _data(self, wrong: Wrong, flags: int) -> bytes:
        site = hashlib.sha256((wrong.site or SITE).encode()).digest()
        count = self.count if wrong.count is None else wrong.count
        return site + struct.pack(">BI", flags if wrong.flags is None else wrong.flags, count)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


def _client(kind: str, asked: dict[str, Any], wrong: Wrong) -> bytes:
    challenge = asked["challenge"] if wrong.challenge is None else b64url(wrong.challenge)
    data = {
        "type": wrong.kind or kind,
        "challenge": challenge,
        "origin": wrong.origin or ORIGIN,
        "crossOrigin": False,
    }
    return json.dumps(data | (wrong.client or {})).encode()


def _answer(name: bytes, response: dict[str, Any]) -> bytes:
    one = {"id": b64url(name), "rawId": b64url(name), "type": "public-key", "response": response}
    return json.dumps(one | {"clientExtensionResults": {}}).encode()


def _cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """RFC 9053 section 7.1.1, for ES256."""
    numbers = key.public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
