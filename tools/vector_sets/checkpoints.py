"""Checkpoints of a log that signs with Ed25519 and with ML-DSA-44, over trees of several sizes, and what to refuse."""

import hashlib
import struct
from typing import Any

from tools.vector_sets.signing import POLICY, SPECIFICATION, FixedKey, Table, line, note, refused

from assay.formats.note import COSIGNED_ED25519, ED25519, ML_DSA_44, Vkey
from assay.register import checkpoint
from assay.register.checkpoint import Checkpoint
from assay.register.cosignature import cosigned_message
from assay.register.merkle import EMPTY_ROOT

ORIGIN = "vectors.example/log"
TIME = 1_790_000_000
SIZES = {
    "size 0": (0, TIME), "size 1": (1, TIME), "size 2": (2, TIME), "size 5": (5, TIME), "size 256": (256, TIME),
    "size past 32 bits": (2**32 + 7, TIME), "largest size": (2**63 - 1, TIME), "earliest time": (5, 1),
    "latest time": (5, 2**63 - 1),
}  # fmt: skip


def root(size: int) -> bytes:
    """Of no tree: only signatures are looked at. That of size 0 is the real one."""
    return EMPTY_ROOT if size == 0 else hashlib.sha256(f"root of size {size}".encode()).digest()


def build(table: Table) -> dict[str, Any]:
    ed25519, ml_dsa = FixedKey("ed25519", "log ed25519", table), FixedKey("ml-dsa-44", "log ml-dsa-44", table)
    cases = []
    for name, (size, time) in SIZES.items():
        head = Checkpoint(ORIGIN, size, root(size))
        cases.append(
            {
                "id": name,
                "valid": True,
                "size": size,
                "root": head.root.hex(),
                "timestamp": time,
                "ed25519_message": head.encode(),
                "ml_dsa_44_message": cosigned_message(ORIGIN, time, ORIGIN, head.root, end=size).hex(),
                "note": checkpoint.sign(head, (ed25519, ml_dsa), time).decode(),
            }
        )
    return {
        "about": "Checkpoints (c2sp.org/tlog-checkpoint) signed by their log twice: Ed25519 (0x01) and ML-DSA-44 (0x06). "
        "A verifier demands both and knows no other key. Roots are arbitrary.",
        "origin": ORIGIN,
        "keys": {
            "ed25519": ed25519.described(Vkey(ORIGIN, ED25519, ed25519.public.raw)),
            "ml-dsa-44": ml_dsa.described(Vkey(ORIGIN, ML_DSA_44, ml_dsa.public.raw)),
        },
        "cases": cases + _near_misses(ed25519, ml_dsa),
    }


def _near_misses(ed25519: FixedKey, ml_dsa: FixedKey) -> list[dict[str, Any]]:
    head = Checkpoint(ORIGIN, 5, root(5))
    text = head.encode()
    classical = line(ORIGIN, ED25519, ed25519, ed25519.sign(text.encode()))

    def message(**changes: Any) -> bytes:
        fields: dict[str, Any] = {
            "cosigner": ORIGIN,
            "timestamp": TIME,
            "origin": ORIGIN,
            "root": head.root,
            "end": 5,
            **changes,
        }
        return cosigned_message(**fields)

    def with_(
        signed: bytes, *, time: bytes | None = None, context: bytes = b"", cut: int | None = None
    ) -> str:
        blob = (struct.pack(">Q", TIME) if time is None else time) + ml_dsa.sign(signed, context)
        return note(text, classical, line(ORIGIN, ML_DSA_44, ml_dsa, blob[:cut]))

    good = line(ORIGIN, ML_DSA_44, ml_dsa, struct.pack(">Q", TIME) + ml_dsa.sign(message()))
    extended = f"{text}extension\n"
    old = ed25519.sign(f"cosignature/v1\ntime {TIME}\n{text}".encode())
    zero, late = bytes(8), struct.pack(">Q", 2**63)
    padded = line(ORIGIN, ML_DSA_44, ml_dsa, good.signature + b"\0")
    rows = [
        ("time 0", "the log's own time is never 0: then it says nothing about the largest tree", POLICY,
         with_(message(timestamp=0), time=zero)),
        ("time 2**63", "the time exceeds 2**63 - 1, although it is signed", SPECIFICATION,
         with_(message(timestamp=2**63), time=late)),
        ("time moved", "the time before the signature is not the one that is signed", SPECIFICATION,
         with_(message(), time=struct.pack(">Q", TIME + 1))),
        ("time little-endian", "the time is signed with its bytes reversed", SPECIFICATION,
         with_(message().replace(struct.pack(">Q", TIME), struct.pack("<Q", TIME)))),
        ("no time", "the signature stands without its time", SPECIFICATION, with_(message(), time=b"")),
        ("size in the text", "size changed after both signatures", SPECIFICATION, note(text.replace("\n5\n", "\n6\n"), classical, good)),
        ("size in the message", "ML-DSA-44 signed another size", SPECIFICATION, with_(message(end=6))),
        ("start 1", "a subtree that does not begin at 0 is no checkpoint", SPECIFICATION, with_(message(start=1))),
        ("start and end swapped", "the two numbers are in the wrong order", SPECIFICATION, with_(message(start=5, end=0))),
        ("root in the message", "ML-DSA-44 signed another root", SPECIFICATION, with_(message(root=root(6)))),
        ("cosigner's name in the message", "ML-DSA-44 signed under another name", SPECIFICATION, with_(message(cosigner="other.example"))),
        ("origin in the message", "ML-DSA-44 signed another log's tree", SPECIFICATION, with_(message(origin="other.example"))),
        ("label without its zero byte", "the label is 12 bytes long, with a zero at the end", SPECIFICATION,
         with_(message().replace(b"subtree/v1\n\0", b"subtree/v1\n"))),
        ("label of the Ed25519 form", "ML-DSA-44 signed the text of an Ed25519 cosignature", SPECIFICATION,
         with_(f"cosignature/v1\ntime {TIME}\n{text}".encode())),
        ("text of the note", "ML-DSA-44 signed the note's text", SPECIFICATION, with_(text.encode())),
        ("context", "the context is empty, here it is the label", SPECIFICATION, with_(message(), context=b"subtree/v1")),
        ("hashed first", "pure ML-DSA signs the message, not its hash", SPECIFICATION, with_(hashlib.sha256(message()).digest())),
        ("signature one byte short", "an ML-DSA-44 signature has 2,420 bytes", SPECIFICATION, with_(message(), cut=-1)),
        ("signature one byte long", "an ML-DSA-44 signature has 2,420 bytes", SPECIFICATION, note(text, classical, padded)),
        ("key id of type 0x04", "the id of an ML-DSA-44 key is computed with 0x06, so this is a stranger's line", SPECIFICATION,
         note(text, classical, line(ORIGIN, COSIGNED_ED25519, ml_dsa, good.signature))),
        ("line under another name", "another name makes it a stranger's line", SPECIFICATION,
         note(text, classical, line("other.example", ML_DSA_44, ml_dsa, good.signature))),
        ("Ed25519 over the cosignature's text", "a key of type 0x01 signs the note's text", SPECIFICATION,
         note(text, line(ORIGIN, ED25519, ed25519, old), good)),
        ("signatures exchanged", "each signature stands under the other key", SPECIFICATION,
         note(text, line(ORIGIN, ED25519, ed25519, good.signature), line(ORIGIN, ML_DSA_44, ml_dsa, classical.signature))),
        ("extension line", "ML-DSA-44 does not cover extension lines, Ed25519 does", POLICY,
         note(extended, line(ORIGIN, ED25519, ed25519, ed25519.sign(extended.encode())), good)),
        ("no ML-DSA-44", "both signatures are demanded", POLICY, note(text, classical)),
        ("no Ed25519", "both signatures are demanded", POLICY, note(text, good)),
        ("ML-DSA-44 twice", "one line for each key", POLICY, note(text, classical, good, good)),
    ]  # fmt: skip
    return [refused(name, why, by, note=made) for name, why, by, made in rows]
