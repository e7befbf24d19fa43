"""Signature keys: Ed25519 (RFC 8032), pure ML-DSA with an empty context (FIPS 204), ECDSA P-256 (FIPS 186-5).

A key carries its algorithm, so that a message never chooses one.
"""

import hashlib
from functools import lru_cache
from typing import Literal, get_args

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from assay.errors import Malformed, Unsupported, Untrusted

Algorithm = Literal["ed25519", "ml-dsa-44", "ml-dsa-65", "ecdsa-p256"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
SEED_BYTES = 32
PUBLIC_BYTES: dict[Algorithm, int] = {"ed25519": 32, "ml-dsa-44": 1312, "ml-dsa-65": 1952, "ecdsa-p256": 65}
SIGNATURE_BYTES: dict[Algorithm, range] = {
    "ed25519": range(64, 65),
    "ml-dsa-44": range(2420, 2421),
    "ml-dsa-65": range(3309, 3310),
    "ecdsa-p256": range(8, 73),
}
"""How long a signature of each algorithm may be (ECDSA is DER, so its length varies)."""

_ECDSA = ec.ECDSA(hashes.SHA256())
_FIELD = 2**255 - 19
_Y_OF_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _Y_OF_ORDER_8, _FIELD - _Y_OF_ORDER_8})

_LibraryPublic = (
    ed25519.Ed25519PublicKey | mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | ec.EllipticCurvePublicKey
)
_LibraryPrivate = (
    ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | ec.EllipticCurvePrivateKey
)


def algorithm(name: str, *, what: str = "algorithm") -> Algorithm:
    """*name* as one of :data:`ALGORITHMS`, else :class:`Unsupported`."""
    if name not in ALGORITHMS:
        raise Unsupported(f"{what} is {name[:40]!r}, expected one of {', '.join(ALGORITHMS)}")
    return name


class PublicKey(msgspec.Struct, frozen=True, order=True):
    """Raw bytes as each standard writes them; ECDSA as an uncompressed SEC 1 point (65 bytes, first 0x04)."""

    algorithm: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        expected = PUBLIC_BYTES[algorithm(self.algorithm)]
        if len(self.raw) != expected:
            raise Malformed(f"public key ({self.algorithm}) has {len(self.raw)} bytes, expected {expected}")
        if self.algorithm == "ed25519" and _small_order(self.raw):
            raise Malformed("public key (ed25519) is a point of small order, which verifies forgeries")
        _library_public(self.algorithm, self.raw)

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """Read one ``PUBLIC KEY`` block (SubjectPublicKeyInfo)."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Malformed("public key is not a PEM block of SubjectPublicKeyInfo") from error
        match key:
            case ed25519.Ed25519PublicKey():
                return cls("ed25519", key.public_bytes_raw())
            case mldsa.MLDSA44PublicKey():
                return cls("ml-dsa-44", key.public_bytes_raw())
            case mldsa.MLDSA65PublicKey():
                return cls("ml-dsa-65", key.public_bytes_raw())
            case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
                return cls("ecdsa-p256", _point(key))
        raise Unsupported(f"public key is of another kind, expected one of {', '.join(ALGORITHMS)}")

    @property
    def spki(self) -> bytes:
        """DER of the SubjectPublicKeyInfo (RFC 8410, RFC 9881, RFC 5480)."""
        return _spki(self.algorithm, self.raw)

    @property
    def pem(self) -> bytes:
        key = _library_public(self.algorithm, self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def keyid(self) -> str:
        """Lower-case hexadecimal SHA-256 of :attr:`spki`: what ``openssl pkey -pubin -outform DER | sha256sum`` gives."""
        return _keyid(self.algorithm, self.raw)

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return when *signature* over *message* is good, else raise :class:`Untrusted`."""
        key = _library_public(self.algorithm, self.raw)
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, message, _ECDSA)
            else:
                key.verify(signature, message)
        except InvalidSignature as error:
            raise Untrusted(
                f"signature does not verify under key {self.keyid[:12]} ({self.algorithm})"
            ) from error

    def made(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made *signature* over *message*."""
        try:
            self.verify(message, signature)
        except Untrusted:
            return False
        return True


class PrivateKey:
    """A 32-byte seed and its algorithm. Never printed, compared or serialised by accident."""

    __slots__ = ("_key", "_seed", "algorithm", "public")

    algorithm: Algorithm
    public: PublicKey

    def __init__(self, algorithm_: Algorithm, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, this one {len(seed)}")
        self._seed = bytes(seed)
        self._key = _library_private(algorithm_, self._seed)
        self.algorithm = algorithm_
        self.public = PublicKey(algorithm_, _raw(self._key))

    @classmethod
    def from_seed(cls, algorithm: Algorithm, seed: bytes) -> "PrivateKey":
        """*seed* comes from a cryptographic random source. For ECDSA it is the scalar, big-endian; ValueError at 0 or past the order."""
        return cls(algorithm, seed)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 is deterministic; ML-DSA and ECDSA give another signature each time."""
        key = self._key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(message, _ECDSA)
        return key.sign(message)

    def unsafe_seed(self) -> bytes:
        """The secret itself, for sealing in a keyfile."""
        return self._seed

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm}, {self.public.keyid[:12]})"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not pickled")


def _small_order(raw: bytes) -> bool:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    return y % _FIELD in _SMALL_ORDER


@lru_cache(maxsize=512)
def _library_public(algorithm_: Algorithm, raw: bytes) -> _LibraryPublic:
    try:
        match algorithm_:
            case "ed25519":
                return ed25519.Ed25519PublicKey.from_public_bytes(raw)
            case "ml-dsa-44":
                return mldsa.MLDSA44PublicKey.from_public_bytes(raw)
            case "ml-dsa-65":
                return mldsa.MLDSA65PublicKey.from_public_bytes(raw)
            case "ecdsa-p256":
                return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise Malformed(f"public key ({algorithm_}) is not a valid key: {error}") from error


def _library_private(algorithm_: Algorithm, seed: bytes) -> _LibraryPrivate:
    match algorithm_:
        case "ed25519":
            return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        case "ml-dsa-44":
            return mldsa.MLDSA44PrivateKey.from_seed_bytes(seed)
        case "ml-dsa-65":
            return mldsa.MLDSA65PrivateKey.from_seed_bytes(seed)
        case "ecdsa-p256":
            return ec.derive_private_key(int.from_bytes(seed, "big"), ec.SECP256R1())


def _raw(key: _LibraryPrivate) -> bytes:
    public = key.public_key()
    return _point(public) if isinstance(public, ec.EllipticCurvePublicKey) else public.public_bytes_raw()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=512)
def _spki(algorithm_: Algorithm, raw: bytes) -> bytes:
    return _library_public(algorithm_, raw).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@lru_cache(maxsize=512)
def _keyid(algorithm_: Algorithm, raw: bytes) -> str:
    return hashlib.sha256(_spki(algorithm_, raw)).hexdigest()
