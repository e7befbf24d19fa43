"""Bytes sealed at rest, each under a key of its own that is wrapped by a key of the office. See docs/formats/sealed-blobs.md.

AES-256-GCM throughout. What is sealed is bound to the name that it is kept under, so one file in another's place does not
open. Random bytes come in as arguments: a data key and a nonce are fresh each time.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR, GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assay.crypto.keyfile import Secrets
from assay.errors import Malformed, Untrusted
from assay.formats.digest import Digest

PURPOSE = "storage"
"""Of the keyfile; no signer has it, and nothing is signed with these keys."""
KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 8
TAG_BYTES = 16
_BLOCK_BYTES = 16
MAX_BYTES = 1 << 30
_SEALED = b"assay sealed 1\n"
_WRAPPED = b"assay key 1\n"
WRAPPED_BYTES = len(_WRAPPED) + ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
HEAD_BYTES = len(_SEALED) + NONCE_BYTES
"""Before what is encrypted; the tag stands after it."""
OVERHEAD = HEAD_BYTES + TAG_BYTES
"""Bytes by which what is sealed is longer."""


class StorageKeys:
    """From the seeds of a keyfile: the first one names, the others wrap; the last of those is the newest."""

    def __init__(self, naming: bytes, wrapping: Sequence[bytes]) -> None:
        if not wrapping:
            raise ValueError("storage keys without one that wraps")
        self._naming = _derived(naming, b"assay storage naming 1")
        self._wrapping = {_derived(one, b"assay storage id 1")[:ID_BYTES]: one for one in wrapping}
        self.newest = _derived(wrapping[-1], b"assay storage id 1")[:ID_BYTES]

    @classmethod
    def of(cls, secrets: Secrets) -> Self:
        """Malformed for a keyfile of another purpose."""
        if secrets.purposes != (PURPOSE,) or len(secrets.keys) < 2:
            raise Malformed(
                f"the keyfile of {secrets.name!r} is for {', '.join(secrets.purposes)} and holds {len(secrets.keys)} keys, "
                f"expected two or more for {PURPOSE}"
            )
        naming, *wrapping = (key.unsafe_seed() for key in secrets.keys)
        return cls(naming, wrapping)

    def name(self, digest: Digest) -> str:
        """64 hexadecimal digits that say nothing of *digest* to who lacks the keys."""
        return hmac.new(self._naming, str(digest).encode(), hashlib.sha256).hexdigest()

    def wrap(self, name: str, key: bytes, nonce: bytes) -> bytes:
        head = _WRAPPED + self.newest
        return head + nonce + self._cipher(self.newest).encrypt(_checked(nonce), key, head + name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Malformed when it is no wrapped key; Untrusted when no key here opens it, or it is another name's."""
        at = wrapped_by(wrapped)
        if at not in self._wrapping:
            raise Untrusted(f"key {at.hex()}, which wraps it, is not in the keyfile")
        head, rest = wrapped[: len(_WRAPPED) + ID_BYTES], wrapped[len(_WRAPPED) + ID_BYTES :]
        try:
            return self._cipher(at).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + name.encode())
        except InvalidTag as error:
            raise Untrusted("the wrapped key was changed, or is another's") from error

    def _cipher(self, at: bytes) -> AESGCM:
        return AESGCM(_derived(self._wrapping[at], b"assay storage wrapping 1"))

    def __repr__(self) -> str:
        return f"StorageKeys({self.newest.hex()})"


def wrapped_by(wrapped: bytes) -> bytes:
    """Id of the key that wraps it; Malformed when it is no wrapped key."""
    if len(wrapped) != WRAPPED_BYTES or not wrapped.startswith(_WRAPPED):
        raise Malformed(f"a wrapped key has {len(wrapped)} bytes, or another beginning, than expected")
    return wrapped[len(_WRAPPED) : len(_WRAPPED) + ID_BYTES]


def seal(key: bytes, name: str, data: bytes, nonce: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data)} bytes are sealed at once, over {MAX_BYTES}")
    return _SEALED + nonce + AESGCM(key).encrypt(_checked(nonce), data, _SEALED + name.encode())


def seal_pieces(key: bytes, name: str, pieces: Iterable[bytes], nonce: bytes) -> Iterator[bytes]:
    """What :func:`seal` makes of them together, a piece at a time."""
    cipher = Cipher(AES(key), GCM(_checked(nonce))).encryptor()
    cipher.authenticate_additional_data(_SEALED + name.encode())
    yield _SEALED + nonce
    count = 0
    for piece in pieces:
        count += len(piece)
        if count > MAX_BYTES:
            raise ValueError(f"{count} bytes are sealed at once, over {MAX_BYTES}")
        yield cipher.update(piece)
    yield cipher.finalize() + cipher.tag


def open_(key: bytes, name: str, sealed: bytes) -> bytes:
    """Malformed when it is nothing sealed; Untrusted when it was changed, cut, is under another key or name."""
    if len(sealed) < OVERHEAD or not sealed.startswith(_SEALED):
        raise Malformed(f"{len(sealed)} bytes are nothing that was sealed")
    rest = memoryview(sealed)[len(_SEALED) :]
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _SEALED + name.encode())
    except InvalidTag as error:
        raise Untrusted("it was changed or cut, or is another's") from error


class Opening:
    """What :func:`seal` made, opened in pieces. Its tag is of the whole: nothing of a piece may be believed before
    :meth:`finish`; :meth:`again` opens a piece of what was found whole, and believes whoever compares it with what came first.
    """

    def __init__(self, key: bytes, name: str, head: bytes) -> None:
        """*head*: the first :data:`HEAD_BYTES`. Malformed when it is nothing sealed."""
        if len(head) != HEAD_BYTES or not head.startswith(_SEALED):
            raise Malformed(f"{len(head)} bytes are nothing that was sealed")
        self._key, self._nonce = key, head[len(_SEALED) :]
        self._first = Cipher(AES(key), GCM(self._nonce)).decryptor()
        self._first.authenticate_additional_data(_SEALED + name.encode())

    def update(self, sealed: bytes) -> bytes:
        """The next piece, for the first time; in order."""
        return self._first.update(sealed)

    def finish(self, tag: bytes) -> None:
        """*tag*: the last :data:`TAG_BYTES`. Untrusted when it was changed, cut, is under another key or name."""
        try:
            self._first.finalize_with_tag(tag)
        except (InvalidTag, ValueError) as error:
            raise Untrusted("it was changed or cut, or is another's") from error

    def again(self, start: int, sealed: bytes) -> bytes:
        """The piece from *start* on, a multiple of 16 (NIST SP 800-38D: counter 1 is the tag's, the first block has 2)."""
        block, rest = divmod(start, _BLOCK_BYTES)
        if rest:
            raise ValueError(f"a piece from byte {start} on, expected a multiple of {_BLOCK_BYTES}")
        counter = self._nonce + (block + 2).to_bytes(4, "big")
        return Cipher(AES(self._key), CTR(counter)).decryptor().update(sealed)


def _checked(nonce: bytes) -> bytes:
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce of {len(nonce)} bytes, expected {NONCE_BYTES}")
    return nonce


def _derived(seed: bytes, label: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, None, label).derive(seed)
