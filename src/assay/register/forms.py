"""Receipts in the forms that others read: C2SP tlog-proof, COSE receipts, SCITT transparent statements.

A tlog-proof is another spelling of a receipt: anybody can convert it. COSE receipts are signatures of their own, so only
the register can make them.
"""

from collections.abc import Sequence

import msgspec

from assay.crypto.keys import PrivateKey
from assay.errors import Malformed, Untrusted
from assay.formats.tlog_proof import TlogProof
from assay.register import checkpoint as checkpoints
from assay.register import leaf, proof, scitt
from assay.register.checkpoint import BOTH, Scheme, SignedCheckpoint
from assay.register.cose_receipt import CoseReceipt, prove_inclusion
from assay.register.identity import LogKeys
from assay.register.merkle import leaf_hash
from assay.register.receipt import Receipt


class LoggedEntry(msgspec.Struct, frozen=True):
    """What a tlog-proof proves; made by :func:`verify_tlog_proof` only."""

    index: int
    entry: bytes
    checkpoint: SignedCheckpoint


def tlog_proof(receipt: Receipt, *, carry_entry: bool = True) -> TlogProof:
    """*receipt* as a tlog-proof; *carry_entry* puts the entry into ``extra``. Openings have no place in one."""
    return TlogProof(
        index=receipt.index,
        path=receipt.proof,
        checkpoint=receipt.checkpoint,
        extra=receipt.leaf if carry_entry else None,
    )


def verify_tlog_proof(
    one: TlogProof, keys: LogKeys, *, entry: bytes | None = None, required: Sequence[Scheme] = BOTH
) -> LoggedEntry:
    """That *entry*, by default the one in ``extra``, stands in the register; signatures inside the entry are not looked at."""
    data = one.extra if entry is None else entry
    if data is None:
        raise Malformed("tlog-proof does not carry its entry (extra), and none was given")
    signed = checkpoints.open_(one.checkpoint, keys, required=required)
    head = signed.checkpoint
    if one.index >= head.size:
        raise Untrusted(f"tlog-proof is for entry {one.index}, its checkpoint has {head.size} entries")
    proof.verify_inclusion(leaf_hash(data), one.index, head.size, one.path, head.root)
    return LoggedEntry(one.index, data, signed)


def cose_receipts(
    receipt: Receipt, keys: LogKeys, signing: Sequence[PrivateKey]
) -> dict[Scheme, CoseReceipt]:
    """A COSE receipt by each of the register's own checkpoint keys in *signing*, for the root that *receipt* ends in.

    Untrusted where the register did not sign that root itself: nothing new is vouched for.
    """
    head = receipt.verify(keys).checkpoint.checkpoint
    made: dict[Scheme, CoseReceipt] = {}
    for key in signing:
        scheme: Scheme = "ed25519" if key.algorithm == "ed25519" else "ml-dsa-44"
        made[scheme] = prove_inclusion(head, receipt.leaf, receipt.index, receipt.proof, key)
    return made


def transparent_entry(receipt: Receipt, keys: LogKeys, signing: Sequence[PrivateKey]) -> bytes:
    """The entry, which is a signed statement, with a COSE receipt by each key in *signing*: a transparent statement."""
    made = cose_receipts(receipt, keys, signing)
    return scitt.transparent(receipt.leaf, [one.encode() for one in made.values()])


def verify_transparent_entry(
    data: bytes, keys: LogKeys, *, required: Sequence[Scheme] = BOTH
) -> tuple[leaf.Entry, tuple[Scheme, ...]]:
    """The register's own entry in a transparent statement, and the schemes that its receipts are signed by."""
    found = scitt.TransparentStatement.parse(data)
    proven = found.verify(keys, required=required)
    return leaf.open_(found.statement.data, keys), tuple(one.scheme for one in proven)
