"""A register that changes its keys at entry 4: what proves it, checkpoints of every size, and forged changes."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from tools.vector_sets.checkpoints import TIME
from tools.vector_sets.signing import SPECIFICATION, FixedKey, Table, refused

from assay.formats.digest import Digest
from assay.register import checkpoint, genesis, leaf, merkle, proof
from assay.register.checkpoint import Checkpoint
from assay.register.identity import LogIdentity, LogKeys
from assay.register.leaf import Kind
from assay.register.opening import SALTS_BYTES, openings
from assay.register.rotation import cross_sign, key_change

ORIGIN = "vectors.example/register"
AT = datetime.fromtimestamp(TIME, UTC)
CHANGE = 4
SIZE = 8


class Secrets(msgspec.Struct, frozen=True):
    name: str
    ed25519: FixedKey
    ml_dsa: FixedKey
    entry: FixedKey

    @classmethod
    def of(cls, name: str, table: Table) -> "Secrets":
        return cls(
            name,
            FixedKey("ed25519", f"register {name} ed25519", table),
            FixedKey("ml-dsa-44", f"register {name} ml-dsa-44", table),
            FixedKey("ed25519", f"register {name} entry", table),
        )

    @property
    def signing(self) -> tuple[FixedKey, FixedKey]:
        return self.ed25519, self.ml_dsa

    @property
    def identity(self) -> LogIdentity:
        keys = LogKeys(
            origin=ORIGIN,
            ed25519=(self.ed25519.public,),
            ml_dsa_44=(self.ml_dsa.public,),
            entry=(self.entry.public,),
        )
        return LogIdentity(
            keys=keys, policy=Digest.sha256(b"registration policy"), anchors=Digest.sha256(b"trust anchors")
        )

    def described(self) -> dict[str, Any]:
        of = zip((self.ed25519, self.ml_dsa, self.entry), self.identity.keys.vkeys, strict=True)
        return {
            name: key.described(vkey)
            for name, (key, vkey) in zip(("ed25519", "ml-dsa-44", "entry"), of, strict=True)
        }


def build(table: Table) -> dict[str, Any]:
    old, new, thief = (Secrets.of(name, table) for name in ("old", "new", "thief"))
    leaves = _leaves(old, new, _changed(old, new))
    checkpoints = [
        {"size": size, "signed_by": [one.name for one in by], "valid": valid, "note": _note(leaves, size, by)}
        for size, by, valid in (
            (1, (old,), True), (CHANGE, (old,), True), (CHANGE + 1, (old, new), True), (CHANGE + 2, (new,), True), (SIZE, (new,), True),
            (CHANGE, (new,), False), (CHANGE + 1, (old,), False), (CHANGE + 1, (new,), False), (CHANGE + 2, (old,), False),
            (SIZE, (old,), False), (SIZE, (thief,), False),
        )
    ]  # fmt: skip
    return {
        "about": f"A register whose keys change at entry {CHANGE}. Checkpoints up to size {CHANGE} are signed by the old keys, that of size "
        f"{CHANGE + 1} by old and new, larger ones by the new. A reader who trusts the old keys, or the new, learns the others.",
        "origin": ORIGIN,
        "keys": {one.name: one.described() for one in (old, new, thief)},
        "entries": [_text(one) for one in leaves],
        "change": _change(leaves, CHANGE, _note(leaves, CHANGE + 1, (old, new))),
        "checkpoints": checkpoints,
        "forged": _forged(old, new, thief, leaves),
    }


def _forged(old: Secrets, new: Secrets, thief: Secrets, leaves: Sequence[bytes]) -> list[dict[str, Any]]:
    """Each takes the place of ``change``."""
    size = CHANGE + 1
    stolen = _leaves(old, thief, _stated(thief, thief.entry))
    wrong_key = _leaves(old, new, _stated(new, old.ed25519))
    other = [_entry(old, "other"), *leaves[1:]]
    rows = [
        ("signed by a stranger", "no entry key of the register signed the change", _change(stolen, CHANGE, _note(stolen, size, (old, thief)))),
        ("signed by a checkpoint key", "changes are signed by an entry key", _change(wrong_key, CHANGE, _note(wrong_key, size, (old, new)))),
        ("without the new keys", "the new keys did not sign the checkpoint", _change(leaves, CHANGE, _note(leaves, size, (old,)))),
        ("without the old keys", "the old keys did not sign the checkpoint", _change(leaves, CHANGE, _note(leaves, size, (new,)))),
        ("cross-signed later", "the checkpoint is not the first that holds the change", _change(leaves, CHANGE, _note(leaves, size + 1, (old, new)))),
        ("another tree", "the tree begins with another entry than genesis", _change(other, CHANGE, _note(other, size, (old, new)))),
        ("another entry", "the path leads to another entry", {
            **_change(leaves, CHANGE, _note(leaves, size, (old, new))), "leaf": _text(_entry(old, "other")),
        }),
        ("no consistency", "nothing shows that the tree grows from genesis", {
            **_change(leaves, CHANGE, _note(leaves, size, (old, new))), "consistency_from_size_1": [],
        }),
    ]  # fmt: skip
    return [refused(name, why, SPECIFICATION, change=change) for name, why, change in rows]


def _leaves(old: Secrets, new: Secrets, change: bytes) -> list[bytes]:
    first = genesis.make(old.identity, time=AT, salts=_salts("genesis"), key=old.entry)
    before = [_entry(old, f"{n}") for n in range(1, CHANGE)]
    return [first, *before, change, *(_entry(new, f"{n}") for n in range(CHANGE + 1, SIZE))]


def _entry(by: Secrets, label: str) -> bytes:
    return leaf.make(
        Kind.NOTICE, origin=ORIGIN, time=AT, digests=(Digest.sha256(label.encode()),), openings=openings({}, _salts(label)), key=by.entry
    )  # fmt: skip


def _changed(old: Secrets, new: Secrets) -> bytes:
    return key_change(old.identity, new.identity, time=AT, salts=_salts("change"), key=old.entry)


def _stated(new: Secrets, key: FixedKey) -> bytes:
    return leaf.make(
        Kind.KEY_CHANGE, origin=ORIGIN, time=AT, digests=(new.identity.policy,), openings=openings({}, _salts("change")),
        key=key, identity=new.identity,
    )  # fmt: skip


def _note(leaves: Sequence[bytes], size: int, by: Sequence[Secrets]) -> str:
    known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves[:size]], {})
    head = Checkpoint(ORIGIN, size, merkle.root([known[at] for at in merkle.frontier(size)]))
    if len(by) == 1:
        return checkpoint.sign(head, by[0].signing, TIME).decode()
    return cross_sign(head, by[0].signing, by[1].signing, TIME).decode()


def _change(leaves: Sequence[bytes], index: int, note: str) -> dict[str, Any]:
    known = merkle.extend(0, [merkle.leaf_hash(one) for one in leaves], {})
    return {
        "index": index,
        "leaf": _text(leaves[index]),
        "proof": [one.hex() for one in proof.inclusion_proof(index, index + 1, known)],
        "consistency_from_size_1": [one.hex() for one in proof.consistency_proof(1, index + 1, known)],
        "checkpoint": note,
    }


def _salts(label: str) -> bytes:
    return hashlib.shake_256(label.encode()).digest(SALTS_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
