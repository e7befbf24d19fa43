"""Keys and trust roots for tests, made from labels: the same label is the same key. Fictional, worth nothing."""

import hashlib
from datetime import UTC, datetime

from assay.crypto.keys import Algorithm, PrivateKey
from assay.trust.root import Purpose, Signer, TrustedKey, TrustRoot

START = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PROVIDER = "Lighthouse Works (fictional)"


def private(algorithm: Algorithm, label: str) -> PrivateKey:
    return PrivateKey.from_seed(algorithm, hashlib.sha256(f"{algorithm} {label}".encode()).digest())


def pair(label: str) -> tuple[PrivateKey, PrivateKey]:
    """Ed25519 and ML-DSA-65, what the default policy requires."""
    return private("ed25519", label), private("ml-dsa-65", label)


def trusted(key: PrivateKey) -> TrustedKey:
    return TrustedKey(key.public, START)


def signer(
    name: str,
    *purposes: Purpose,
    keys: tuple[PrivateKey, ...] = (),
    providers: tuple[str, ...] = (PROVIDER,),
    authority: bool = True,
) -> Signer:
    return Signer(
        name=name,
        purposes=purposes or ("provider",),
        providers=providers,
        authority=authority,
        keys=tuple(trusted(key) for key in keys or pair(name)),
    )


def trust_root(*signers: Signer) -> TrustRoot:
    return TrustRoot(signers=signers or (signer("lighthouse"),))
