"""Secrets made on the spot: well-formed, checksummed, and belonging to nobody. None stands in a file as such."""

import base64
import functools
import random
import string

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from assay.formats.tokens import checksum62

_ALNUM = string.ascii_letters + string.digits
_PLAIN = NoEncryption()


def letters(count: int, alphabet: str = _ALNUM, seed: int = 7) -> str:
    """*count* characters that look random and are always the same."""
    return "".join(random.Random(seed).choices(alphabet, k=count))


def github(prefix: str = "ghp_") -> bytes:
    body = letters(30).encode()
    return prefix.encode() + body + checksum62(body)


def pypi() -> bytes:
    """A version 2 macaroon for a fictional index, with one caveat."""
    parts = [
        (1, b"index.example"),
        (2, letters(36).encode()),
        None,
        (2, b"[3, 1]"),
        None,
        None,
        (6, bytes(range(32))),
    ]
    raw = b"\2" + b"".join(
        b"\0" if part is None else bytes([part[0], len(part[1])]) + part[1] for part in parts
    )
    return b"pypi-" + base64.urlsafe_b64encode(raw).rstrip(b"=")


def aws() -> bytes:
    name, secret = letters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), letters(40, _ALNUM + "+/", seed=3)
    return f'aws_access_key_id = "AKIA{name}"\naws_secret_access_key = "{secret}"\n'.encode()


def age() -> bytes:
    """BIP 173: 52 characters of data and six of checksum."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    data = [random.Random(5).randrange(32) for _ in range(51)] + [0]
    prefix = "age-secret-key-"
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + data
    check = 1
    for value in values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    check ^= 1
    data += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return (prefix + "1" + "".join(alphabet[v] for v in data)).upper().encode()


@functools.cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


@functools.cache
def dsa_key() -> dsa.DSAPrivateKey:
    return dsa.generate_private_key(1024)


@functools.cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@functools.cache
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


Key = rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def pem(key: Key, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: str = "") -> bytes:
    """*key* as PEM; PKCS8, TraditionalOpenSSL or OpenSSH, locked where there is a passphrase."""
    lock: KeySerializationEncryption = BestAvailableEncryption(passphrase.encode()) if passphrase else _PLAIN
    return key.private_bytes(Encoding.PEM, form, lock)
