"""Timestamped signatures over checkpoints (c2sp.org/tlog-cosignature): by witnesses, and by a log over its own.

A cosignature says that, as of its time, the tree is the largest consistent one its maker has seen of that log. The
Ed25519 form covers extension lines and not the maker's name; the ML-DSA-44 form covers the name and no extension
lines. A time of 0 would say nothing about the largest tree: none is made, and none is accepted.
"""

import struct
from collections.abc import Sequence

import msgspec

from assay.crypto.keys import Algorithm, PrivateKey, PublicKey
from assay.errors import Malformed, Unsupported, Untrusted
from assay.formats.note import COSIGNED_ED25519, ML_DSA_44, Note, NoteSignature, Vkey
from assay.register.body import Checkpoint

MAX_TIMESTAMP = 2**63 - 1
ALGORITHMS: dict[int, Algorithm] = {COSIGNED_ED25519: "ed25519", ML_DSA_44: "ml-dsa-44"}
"""Signature types of cosigners, and whose algorithm each is."""
KINDS: dict[Algorithm, int] = {algorithm: kind for kind, algorithm in ALGORITHMS.items()}

_LABEL = b"subtree/v1\n\0"


class Cosigner(msgspec.Struct, frozen=True, order=True):
    """Somebody whose cosignatures can be verified: a name and one key."""

    name: str
    public: PublicKey

    @classmethod
    def of(cls, vkey: Vkey) -> "Cosigner":
        """Unsupported when the verifier key is of no cosignature type, Malformed when it holds no such key."""
        algorithm = ALGORITHMS.get(vkey.kind)
        if algorithm is None:
            raise Unsupported(
                f"key {vkey.name!r} is of type {vkey.kind:#04x}, expected a cosigner's (0x04 Ed25519, 0x06 ML-DSA-44)"
            )
        return cls(vkey.name, PublicKey(algorithm, vkey.public))

    @classmethod
    def parse(cls, text: str) -> "Cosigner":
        """Read a verifier key, ``name+id+base64``."""
        return cls.of(Vkey.parse(text))

    @property
    def vkey(self) -> Vkey:
        return Vkey(self.name, KINDS[self.public.algorithm], self.public.raw)


class Cosignature(msgspec.Struct, frozen=True):
    """One that was verified; made by :func:`verify` only."""

    cosigner: Cosigner
    timestamp: int
    """Unix seconds."""
    line: NoteSignature


def sign(checkpoint: Checkpoint, name: str, key: PrivateKey, timestamp: int) -> NoteSignature:
    """The signature line of cosigner *name*. That its *timestamp* never decreases is the caller's to keep."""
    if not 0 < timestamp <= MAX_TIMESTAMP:
        raise ValueError(f"a cosignature is made at a time after 0, not {timestamp}")
    if key.algorithm not in KINDS:
        raise ValueError(f"cosignatures are made with {' or '.join(KINDS)}, not with {key.algorithm}")
    cosigner = Cosigner(name, key.public)
    signature = key.sign(message(checkpoint, cosigner, timestamp))
    return NoteSignature(name, cosigner.vkey.key_id, struct.pack(">Q", timestamp) + signature)


def verify(checkpoint: Checkpoint, line: NoteSignature, cosigner: Cosigner) -> Cosignature:
    """The cosignature in *line*, which names *cosigner*; :class:`Untrusted` when that one did not make it."""
    vkey, algorithm = cosigner.vkey, cosigner.public.algorithm
    if not line.by(vkey):
        raise ValueError(f"the line is of {line.name!r}, not of {cosigner.name!r}")
    timestamp = int.from_bytes(line.signature[:8], "big")
    if not 0 < timestamp <= MAX_TIMESTAMP:
        raise Untrusted(
            f"checkpoint: {_TITLE[algorithm]} signature of {line.name!r} has timestamp {timestamp}, expected the time of signing"
        )
    if not cosigner.public.made(message(checkpoint, cosigner, timestamp), line.signature[8:]):
        raise Untrusted(
            f"checkpoint: signature of key {line.key_id.hex()} of {line.name!r} ({algorithm}) does not verify"
        )
    return Cosignature(cosigner, timestamp, line)


def verified(note: Note, checkpoint: Checkpoint, cosigners: Sequence[Cosigner]) -> tuple[Cosignature, ...]:
    """The cosignatures of *cosigners* in *note*, whose body *checkpoint* is, in the order of *cosigners*.

    A line that names one of them and fails refuses the note (:class:`Untrusted`), two of one key too
    (:class:`Malformed`); strangers' lines are ignored.
    """
    if checkpoint.encode() != note.text:
        raise ValueError("the checkpoint is not the body of the note")
    found = []
    for cosigner in cosigners:
        line = only_line(note, cosigner.vkey)
        if line is not None:
            found.append(verify(checkpoint, line, cosigner))
    return tuple(found)


def only_line(note: Note, vkey: Vkey) -> NoteSignature | None:
    """The one signature line of *vkey*; :class:`Malformed` when there are several."""
    lines = [line for line in note.signatures if line.by(vkey)]
    if len(lines) > 1:
        raise Malformed(
            f"checkpoint carries {len(lines)} signatures of key {vkey.key_id.hex()}, expected one"
        )
    return lines[0] if lines else None


def message(checkpoint: Checkpoint, cosigner: Cosigner, timestamp: int) -> bytes:
    """The bytes that *cosigner* signs."""
    if cosigner.public.algorithm == "ed25519":
        return f"cosignature/v1\ntime {timestamp}\n{checkpoint.encode()}".encode()
    return cosigned_message(cosigner.name, timestamp, checkpoint.origin, checkpoint.root, end=checkpoint.size)


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


_TITLE: dict[Algorithm, str] = {"ed25519": "Ed25519", "ml-dsa-44": "ML-DSA-44"}


def _short(text: str) -> bytes:
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise Malformed(f"name {text[:40]!r} has {len(data)} bytes, expected 1 to 255")
    return bytes([len(data)]) + data
