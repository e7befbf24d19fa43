"""Checkpoints (c2sp.org/tlog-checkpoint), signed with Ed25519 and cosigned by the log itself with ML-DSA-44.

The cosignature (c2sp.org/tlog-cosignature 1.1) does not cover extension lines, so none are written and none are
accepted where it is relied on. A log's own timestamp is never zero; that it never decreases is the caller's to keep.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Malformed, TooLarge, Untrusted
from assay.formats import b64
from assay.formats.note import ED25519, ML_DSA_44, Note, NoteSignature, Vkey
from assay.register.identity import LogKeys
from assay.register.merkle import HASH_BYTES, MAX_SIZE

Scheme = Literal["ed25519", "ml-dsa-44"]
BOTH: tuple[Scheme, ...] = ("ed25519", "ml-dsa-44")
MAX_TEXT = 4096
MAX_TIMESTAMP = 2**63 - 1
_LABEL = b"subtree/v1\n\0"


class Checkpoint(msgspec.Struct, frozen=True):
    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines that other logs add; Assay writes none."""

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the body of a checkpoint in its one spelling."""
        if len(text) > MAX_TEXT:
            raise TooLarge(f"checkpoint has {len(text)} characters, over {MAX_TEXT}")
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise Malformed("checkpoint is not at least three non-empty lines, each ended by a newline")
        origin, size, root, *extensions = lines[:-1]
        if not (size.isascii() and size.isdecimal() and len(size) <= 19):
            raise Malformed(f"checkpoint size {size[:30]!r} is not a decimal number")
        checkpoint = cls(origin, int(size), b64.decode(root, what="checkpoint root"), tuple(extensions))
        if checkpoint.size > MAX_SIZE or len(checkpoint.root) != HASH_BYTES:
            raise Malformed(
                f"checkpoint has size {size} and a root of {len(checkpoint.root)} bytes, expected {HASH_BYTES}"
            )
        if checkpoint.encode() != text:
            raise Malformed("checkpoint is not in its canonical form")
        return checkpoint

    def encode(self) -> str:
        lines = (self.origin, str(self.size), b64.encode(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint whose signatures were verified; made by :func:`open_` only."""

    checkpoint: Checkpoint
    timestamp: int
    """Unix seconds in the newest ML-DSA-44 signature; 0 when none was required and none is there."""
    note: Note


def sign(checkpoint: Checkpoint, keys: Sequence[PrivateKey], timestamp: int) -> bytes:
    """The signed note. *keys* are the log's own, old and new ones while it changes them; *timestamp* Unix seconds."""
    if checkpoint.extensions:
        raise ValueError("the ML-DSA-44 signature does not cover extension lines")
    if not 0 < timestamp <= MAX_TIMESTAMP or not keys:
        raise ValueError("a checkpoint is signed by at least one key, at a time after 0")
    return Note(checkpoint.encode(), tuple(_sign(checkpoint, key, timestamp) for key in keys)).encode()


def open_(data: bytes, keys: LogKeys, *, required: Sequence[Scheme] = BOTH) -> SignedCheckpoint:
    """The checkpoint in note *data*, verified under *keys* by every scheme in *required*.

    A signature that names a known key and fails refuses the note, whatever else signed it; strangers' are ignored.
    """
    if not required:
        raise ValueError("a policy that requires no signature proves nothing")
    note = Note.parse(data, what="checkpoint")
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != keys.origin:
        raise Untrusted(f"checkpoint is of {checkpoint.origin[:80]!r}, expected {keys.origin!r}")
    if checkpoint.extensions and "ml-dsa-44" in required:
        raise Untrusted("checkpoint has extension lines, which its ML-DSA-44 signature does not cover")
    good: set[str] = set()
    timestamp = 0
    for vkey, public in _own(keys):
        lines = [line for line in note.signatures if line.by(vkey)]
        if len(lines) > 1:
            raise Malformed(
                f"checkpoint carries {len(lines)} signatures of key {vkey.key_id.hex()}, expected one"
            )
        for line in lines:
            timestamp = max(timestamp, _verify(checkpoint, line, public))
            good.add(public.algorithm)
    if missing := [scheme for scheme in required if scheme not in good]:
        raise Untrusted(
            f"checkpoint of {keys.origin!r} lacks a signature by {' and '.join(missing)} under a known key"
        )
    return SignedCheckpoint(checkpoint, timestamp, note)


def cosigned_message(
    cosigner: str, timestamp: int, origin: str, root: bytes, *, end: int, start: int = 0
) -> bytes:
    """What an ML-DSA-44 cosignature signs: the structure ``cosigned_message`` of tlog-cosignature."""
    parts = [
        _LABEL,
        _short(cosigner),
        struct.pack(">Q", timestamp),
        _short(origin),
        struct.pack(">QQ", start, end),
    ]
    return b"".join(parts) + root


def _own(keys: LogKeys) -> Iterator[tuple[Vkey, PublicKey]]:
    for key in keys.ed25519:
        yield Vkey(keys.origin, ED25519, key.raw), key
    for key in keys.ml_dsa_44:
        yield Vkey(keys.origin, ML_DSA_44, key.raw), key


def _sign(checkpoint: Checkpoint, key: PrivateKey, timestamp: int) -> NoteSignature:
    origin = checkpoint.origin
    if key.algorithm == "ed25519":
        vkey = Vkey(origin, ED25519, key.public.raw)
        return NoteSignature(origin, vkey.key_id, key.sign(checkpoint.encode().encode()))
    if key.algorithm != "ml-dsa-44":
        raise ValueError(f"checkpoints are signed with {' and '.join(BOTH)}, not with {key.algorithm}")
    vkey = Vkey(origin, ML_DSA_44, key.public.raw)
    message = cosigned_message(origin, timestamp, origin, checkpoint.root, end=checkpoint.size)
    return NoteSignature(origin, vkey.key_id, struct.pack(">Q", timestamp) + key.sign(message))


def _verify(checkpoint: Checkpoint, line: NoteSignature, key: PublicKey) -> int:
    """The timestamp of the signature (0 for Ed25519, which has none)."""
    if key.algorithm == "ed25519":
        message, signature, timestamp = checkpoint.encode().encode(), line.signature, 0
    else:
        timestamp, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
        if not 0 < timestamp <= MAX_TIMESTAMP:
            raise Untrusted(
                f"checkpoint: ML-DSA-44 signature has timestamp {timestamp}, expected the time of signing"
            )
        message = cosigned_message(
            line.name, timestamp, checkpoint.origin, checkpoint.root, end=checkpoint.size
        )
    if not key.made(message, signature):
        raise Untrusted(f"checkpoint: signature of key {line.key_id.hex()} ({key.algorithm}) does not verify")
    return timestamp


def _short(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise Malformed(f"name {text[:40]!r} has {len(data)} bytes, expected 1 to 255")
    return bytes([len(data)]) + data
