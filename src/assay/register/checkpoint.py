"""Checkpoints (c2sp.org/tlog-checkpoint), signed with Ed25519 and cosigned by the log itself with ML-DSA-44.

The cosignature (c2sp.org/tlog-cosignature 1.1) does not cover extension lines, so none are written and none are
accepted where it is relied on. A log's own timestamp is never zero; that it never decreases is the caller's to keep.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from assay.crypto.keys import PrivateKey, PublicKey
from assay.errors import Untrusted
from assay.formats.note import ED25519, ML_DSA_44, Note, NoteSignature, Vkey
from assay.register import cosignature
from assay.register.body import MAX_TEXT, Checkpoint
from assay.register.cosignature import MAX_TIMESTAMP, Cosigner, cosigned_message
from assay.register.identity import LogKeys

__all__ = [
    "BOTH", "MAX_TEXT", "MAX_TIMESTAMP", "Checkpoint", "Scheme", "SignedCheckpoint", "cosigned_message", "open_", "sign",
]  # fmt: skip

Scheme = Literal["ed25519", "ml-dsa-44"]
BOTH: tuple[Scheme, ...] = ("ed25519", "ml-dsa-44")


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
        line = cosignature.only_line(note, vkey)
        if line is not None:
            timestamp = max(timestamp, _verify(checkpoint, line, public))
            good.add(public.algorithm)
    if missing := [scheme for scheme in required if scheme not in good]:
        raise Untrusted(
            f"checkpoint of {keys.origin!r} lacks a signature by {' and '.join(missing)} under a known key"
        )
    return SignedCheckpoint(checkpoint, timestamp, note)


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
    return cosignature.sign(checkpoint, origin, key, timestamp)


def _verify(checkpoint: Checkpoint, line: NoteSignature, key: PublicKey) -> int:
    """The timestamp of the signature (0 for Ed25519, which has none)."""
    if key.algorithm != "ed25519":
        return cosignature.verify(checkpoint, line, Cosigner(line.name, key)).timestamp
    if not key.made(checkpoint.encode().encode(), line.signature):
        raise Untrusted(f"checkpoint: signature of key {line.key_id.hex()} ({key.algorithm}) does not verify")
    return 0
