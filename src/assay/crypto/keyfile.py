"""A signer's private keys at rest: JSON with a readable header and sealed seeds. Described in docs/formats/trust.md.

Three faults are told apart: the checksum finds a damaged file, the check value a wrong passphrase, the
authenticated encryption a header that somebody changed on purpose. The check value also binds the file to one
passphrase, which AES-GCM alone does not.
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from assay.crypto.keys import SEED_BYTES, PrivateKey, PublicKey, algorithm
from assay.errors import Malformed, Unavailable, Unsupported, Untrusted
from assay.formats import b64, strict_json, times

FORMAT = "assay-keyfile"
VERSION = 1
MAX_BYTES = 64 * 1024
MAX_KEYS = 16
SALT_BYTES = 32
NONCE_BYTES = 12
COST = 17
"""log2 of scrypt's N: 128 MiB with r = 8, p = 1 (about 0.4 s)."""
COSTS = range(14, 19)
"""Costs accepted on read: 16 MiB to 256 MiB, so that a file can exhaust nothing."""

_TOKEN = re.compile(r"[a-z][a-z-]{0,31}\Z")
_CIPHER = "AES-256-GCM"


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What a keyfile says without its passphrase; unauthenticated until it is opened."""

    name: str
    purposes: tuple[str, ...]
    created: datetime
    trial: bool
    """Made by a trial: worth nothing elsewhere."""
    keys: tuple[PublicKey, ...]


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """An opened keyfile."""

    name: str
    purposes: tuple[str, ...]
    created: datetime
    trial: bool
    keys: tuple[PrivateKey, ...]

    def header(self) -> Header:
        return Header(
            name=self.name,
            purposes=self.purposes,
            created=self.created,
            trial=self.trial,
            keys=tuple(key.public for key in self.keys),
        )


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    algorithm: str
    public: str


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    purposes: tuple[str, ...]
    created: str
    trial: bool
    keys: tuple[_Key, ...]


class _Kdf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    log2_n: int
    r: int
    p: int
    salt: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    header: _Head
    kdf: _Kdf
    cipher: str
    nonce: str
    check: str
    sealed: str
    checksum: str


def seal(secrets: Secrets, passphrase: bytes, salt: bytes, nonce: bytes, *, cost: int = COST) -> bytes:
    """The keyfile of *secrets*. *salt* (32 bytes) and *nonce* (12 bytes) are fresh random bytes each time."""
    if not passphrase:
        raise ValueError("a keyfile needs a passphrase")
    if len(salt) != SALT_BYTES or len(nonce) != NONCE_BYTES or cost not in COSTS:
        raise ValueError(f"expected salt of {SALT_BYTES} and nonce of {NONCE_BYTES} bytes, cost in {COSTS}")
    public = {
        "format": FORMAT,
        "version": VERSION,
        "header": _head(secrets.header()),
        "kdf": {"name": "scrypt", "log2_n": cost, "r": 8, "p": 1, "salt": b64.encode(salt)},
        "cipher": _CIPHER,
        "nonce": b64.encode(nonce),
    }
    key, check = _derive(passphrase, salt, cost)
    seeds = b"".join(private.unsafe_seed() for private in secrets.keys)
    sealed = AESGCM(key).encrypt(nonce, seeds, strict_json.encode(public))
    document = {**public, "check": b64.encode(check), "sealed": b64.encode(sealed)}
    data = strict_json.pretty({**document, "checksum": _checksum(document)})
    read_header(data)
    return data


def read_header(data: bytes) -> Header:
    """What the file says of itself, without a passphrase and without proof."""
    return _parse(data)[1]


def open_(data: bytes, passphrase: bytes) -> Secrets:
    """The keys in *data*. :class:`Untrusted` for a wrong passphrase, :class:`Malformed` for a damaged or altered file."""
    file, header = _parse(data)
    salt = b64.decode(file.kdf.salt, what="keyfile salt")
    key, check = _derive(passphrase, salt, file.kdf.log2_n)
    if not hmac.compare_digest(check, b64.decode(file.check, what="keyfile check value")):
        raise Untrusted(f"the passphrase does not open the keyfile of {header.name!r}")
    public = _public_part(file)
    try:
        seeds = AESGCM(key).decrypt(
            b64.decode(file.nonce, what="keyfile nonce"),
            b64.decode(file.sealed, what="keyfile secrets"),
            strict_json.encode(public),
        )
    except InvalidTag as error:
        raise Malformed(
            "keyfile was altered: its header and its sealed keys do not belong together"
        ) from error
    if len(seeds) != SEED_BYTES * len(header.keys):
        raise Malformed(
            f"keyfile seals {len(seeds)} bytes, expected {SEED_BYTES} for each of {len(header.keys)} keys"
        )
    parts = [seeds[at : at + SEED_BYTES] for at in range(0, len(seeds), SEED_BYTES)]
    keys = tuple(_private(public, seed) for public, seed in zip(header.keys, parts, strict=True))
    return Secrets(
        name=header.name,
        purposes=header.purposes,
        created=header.created,
        trial=header.trial,
        keys=keys,
    )


def _private(public: PublicKey, seed: bytes) -> PrivateKey:
    try:
        private = PrivateKey.from_seed(public.algorithm, seed)
    except ValueError as error:
        raise Malformed(f"keyfile seals an impossible seed for key {public.keyid[:12]}") from error
    if private.public != public:
        raise Malformed(
            f"keyfile seals another key than the {public.algorithm} key {public.keyid[:12]} in its header"
        )
    return private


def _parse(data: bytes) -> tuple[_File, Header]:
    file = strict_json.decode(data, _File, what="keyfile", limit=MAX_BYTES)
    if file.format != FORMAT or file.version != VERSION:
        raise Unsupported(
            f"keyfile is {file.format[:40]!r} version {file.version}, expected {FORMAT!r} version {VERSION}"
        )
    document = {**_public_part(file), "check": file.check, "sealed": file.sealed}
    if file.checksum != _checksum(document):
        raise Malformed("keyfile is damaged: its checksum does not match its contents")
    kdf = file.kdf
    if kdf.name != "scrypt" or kdf.log2_n not in COSTS or (kdf.r, kdf.p) != (8, 1):
        raise Unsupported(
            f"keyfile asks for {kdf.name[:20]!r} with log2_n {kdf.log2_n}, r {kdf.r}, p {kdf.p}, "
            f"expected 'scrypt' with log2_n {COSTS.start} to {COSTS.stop - 1}, r 8, p 1"
        )
    if file.cipher != _CIPHER:
        raise Unsupported(f"keyfile cipher is {file.cipher[:40]!r}, expected {_CIPHER!r}")
    for text, size, what in (
        (kdf.salt, SALT_BYTES, "salt"),
        (file.nonce, NONCE_BYTES, "nonce"),
        (file.check, 32, "check value"),
    ):
        if len(b64.decode(text, what=f"keyfile {what}")) != size:
            raise Malformed(f"keyfile {what} is not {size} bytes")
    b64.decode(file.sealed, what="keyfile secrets")
    return file, _header(file.header)


def _header(head: _Head) -> Header:
    if not 1 <= len(head.keys) <= MAX_KEYS:
        raise Malformed(f"keyfile names {len(head.keys)} keys, expected 1 to {MAX_KEYS}")
    if not 1 <= len(head.name) <= 200 or not head.name.isprintable():
        raise Malformed("keyfile name is not 1 to 200 printable characters")
    for purpose in head.purposes:
        if not _TOKEN.match(purpose):
            raise Malformed(f"keyfile purpose {purpose[:40]!r} is not a lower-case word")
    keys = tuple(
        PublicKey(
            algorithm(key.algorithm, what=f"algorithm of keyfile key {at}"),
            b64.decode(key.public, what=f"keyfile key {at}"),
        )
        for at, key in enumerate(head.keys)
    )
    return Header(
        name=head.name,
        purposes=head.purposes,
        created=times.parse(head.created, what="keyfile created"),
        trial=head.trial,
        keys=keys,
    )


def _head(header: Header) -> dict[str, Any]:
    return {
        "name": header.name,
        "purposes": list(header.purposes),
        "created": times.encode(header.created),
        "trial": header.trial,
        "keys": [{"algorithm": key.algorithm, "public": b64.encode(key.raw)} for key in header.keys],
    }


def _public_part(file: _File) -> dict[str, Any]:
    names = ("format", "version", "header", "kdf", "cipher", "nonce")
    return {name: msgspec.to_builtins(getattr(file, name)) for name in names}


def _checksum(document: dict[str, Any]) -> str:
    return hashlib.sha256(strict_json.encode(document)).hexdigest()


def _derive(passphrase: bytes, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    try:
        both = Scrypt(salt=salt, length=64, n=1 << cost, r=8, p=1).derive(passphrase)
    except MemoryError as error:
        raise Unavailable(f"a keyfile of cost {cost} needs {1 << (cost - 10)} MiB of memory") from error
    return both[:32], hashlib.sha256(b"assay keyfile check\n" + both[32:]).digest()
