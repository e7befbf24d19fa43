"""Cosignatures of a witness over the checkpoints of another log: ML-DSA-44 and, to compare, Ed25519."""

import struct
from typing import Any

from tools.vector_sets.checkpoints import ORIGIN, TIME, root
from tools.vector_sets.signing import POLICY, SPECIFICATION, FixedKey, Table, line, note, refused

from assay.formats.note import COSIGNED_ED25519, ED25519, ML_DSA_44, Vkey
from assay.register import cosignature
from assay.register.checkpoint import Checkpoint
from assay.register.cosignature import Cosigner, cosigned_message

WITNESS = "witness.vectors.example/w1"
LATER = TIME + 30
CASES = {
    "size 0": (0, LATER), "size 1": (1, LATER), "size 5": (5, LATER), "same size, later": (5, LATER + 3600),
    "size past 32 bits": (2**32 + 7, LATER), "latest time": (5, 2**63 - 1),
}  # fmt: skip


def build(table: Table) -> dict[str, Any]:
    log = FixedKey("ed25519", "log ed25519", table)
    ml_dsa, ed25519 = (
        FixedKey("ml-dsa-44", "witness ml-dsa-44", table),
        FixedKey("ed25519", "witness ed25519", table),
    )
    cases = []
    for name, (size, time) in CASES.items():
        head = Checkpoint(ORIGIN, size, root(size))
        own = line(ORIGIN, ED25519, log, log.sign(head.encode().encode()))
        lines = [cosignature.sign(head, WITNESS, key, time) for key in (ml_dsa, ed25519)]
        quantum, classical = (
            cosignature.message(head, Cosigner(WITNESS, key.public), time) for key in (ml_dsa, ed25519)
        )
        cases.append(
            {
                "id": name,
                "valid": True,
                "size": size,
                "root": head.root.hex(),
                "timestamp": time,
                "ml_dsa_44_message": quantum.hex(),
                "ed25519_message": classical.decode(),
                "note": note(head.encode(), own, *lines),
            }
        )
    return {
        "about": "Checkpoints of a log with the cosignatures (c2sp.org/tlog-cosignature 1.1) of one witness, ML-DSA-44 (0x06) and "
        "Ed25519 (0x04). In the near-misses only the ML-DSA-44 line is wrong or missing; a verifier who relies on it refuses them.",
        "origin": ORIGIN,
        "witness": WITNESS,
        "keys": {
            "log": log.described(Vkey(ORIGIN, ED25519, log.public.raw)),
            "ml-dsa-44": ml_dsa.described(Vkey(WITNESS, ML_DSA_44, ml_dsa.public.raw)),
            "ed25519": ed25519.described(Vkey(WITNESS, COSIGNED_ED25519, ed25519.public.raw)),
        },
        "cases": cases + _near_misses(log, ml_dsa),
    }


def _near_misses(log: FixedKey, ml_dsa: FixedKey) -> list[dict[str, Any]]:
    head = Checkpoint(ORIGIN, 5, root(5))
    own = line(ORIGIN, ED25519, log, log.sign(head.encode().encode()))

    def cosigned(name: str = WITNESS, *, time: int = LATER, **changes: Any) -> str:
        fields: dict[str, Any] = {
            "cosigner": WITNESS,
            "timestamp": time,
            "origin": ORIGIN,
            "root": head.root,
            "end": 5,
            **changes,
        }
        blob = struct.pack(">Q", time) + ml_dsa.sign(cosigned_message(**fields))
        return note(head.encode(), own, line(name, ML_DSA_44, ml_dsa, blob))

    rows = [
        ("time 0", "a time of 0 says nothing about the largest tree, so it does not count as witnessed", POLICY, cosigned(time=0)),
        ("log's name as the cosigner", "the message names who cosigns, not whose log it is", SPECIFICATION, cosigned(cosigner=ORIGIN)),
        ("witness's name as the origin", "the message names the log", SPECIFICATION, cosigned(origin=WITNESS)),
        ("names exchanged", "cosigner first, then origin", SPECIFICATION, cosigned(cosigner=ORIGIN, origin=WITNESS)),
        ("line under another name", "one key serves one name: the id and the message are of another", SPECIFICATION,
         cosigned("witness.vectors.example/w2")),
        ("another size", "the witness signed a tree of 4", SPECIFICATION, cosigned(end=4)),
        ("subtree", "the witness signed leaves 4 to 5 only", SPECIFICATION, cosigned(start=4)),
        ("another root", "the witness saw another tree of that size: a fork", SPECIFICATION, cosigned(root=root(6))),
        ("none", "the log's own signature is no witness's", SPECIFICATION, note(head.encode(), own)),
    ]  # fmt: skip
    return [refused(name, why, by, note=made) for name, why, by, made in rows]
