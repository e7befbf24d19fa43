"""Keys from labels, whose ML-DSA signatures come from a table so that the vectors never change."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa

from assay.crypto.keys import Algorithm, PrivateKey
from assay.formats.note import Note, NoteSignature, Vkey

LABEL = "assay test vector: "
Place = tuple[str, str, str]
"""Name of the key, message and context in hexadecimal."""


class Table:
    """ML-DSA-44 signatures that were made once."""

    def __init__(self, rows: Sequence[dict[str, str]], *, may_sign: bool) -> None:
        self._known = {(row["key"], row["message"], row["context"]): row["signature"] for row in rows}
        self._used: dict[Place, str] = {}
        self._may_sign = may_sign

    def signature(self, name: str, key: mldsa.MLDSA44PrivateKey, message: bytes, context: bytes) -> bytes:
        place = (name, message.hex(), context.hex())
        if place not in self._used:
            if place not in self._known and not self._may_sign:
                raise LookupError(f"signatures.json lacks one of {name!r}, run python tools/vectors.py")
            made = self._known.get(place) or base64.b64encode(key.sign(message, context)).decode()
            self._used[place] = made
        signature = base64.b64decode(self._used[place])
        try:
            key.public_key().verify(signature, message, context)
        except InvalidSignature as error:
            raise ValueError(f"signatures.json: a signature of {name!r} does not verify") from error
        return signature

    def used(self) -> list[dict[str, str]]:
        """The rows that this run asked for, in a stable order; the others are dropped."""
        return [
            {
                "key": name,
                "message": message,
                "context": context,
                "signature": self._used[name, message, context],
            }
            for name, message, context in sorted(self._used)
        ]


class FixedKey(PrivateKey):
    """A key whose seed is the SHA-256 of a published label."""

    __slots__ = ("_name", "_table")

    def __init__(self, algorithm: Algorithm, name: str, table: Table) -> None:
        super().__init__(algorithm, hashlib.sha256(f"{LABEL}{name}".encode()).digest())
        self._name = name
        self._table = table

    def sign(self, message: bytes, context: bytes = b"") -> bytes:
        if self.algorithm == "ed25519":
            return super().sign(message)
        key = mldsa.MLDSA44PrivateKey.from_seed_bytes(self.unsafe_seed())
        return self._table.signature(self._name, key, message, context)

    def described(self, vkey: Vkey) -> dict[str, str]:
        return {
            "label": f"{LABEL}{self._name}",
            "seed": self.unsafe_seed().hex(),
            "vkey": vkey.encode(),
        }


def line(name: str, kind: int, key: PrivateKey, blob: bytes) -> NoteSignature:
    return NoteSignature(name, Vkey(name, kind, key.public.raw).key_id, blob)


def note(text: str, *lines: NoteSignature) -> str:
    return Note(text, lines).encode().decode()


def refused(id_: str, why: str, by: str, **fields: Any) -> dict[str, Any]:
    """A near-miss; *by* says whose rule refuses it: the specification's, or Assay's own policy."""
    return {"id": id_, "valid": False, "by": by, "reason": why, **fields}


SPECIFICATION, POLICY = "specification", "policy"
