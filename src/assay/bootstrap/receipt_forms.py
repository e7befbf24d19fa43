"""Receipts in the standard forms, as ``assay verify`` reads them."""

from collections.abc import Mapping
from contextlib import suppress

import msgspec

from assay.errors import Malformed, Unavailable, Untrusted
from assay.formats import cose
from assay.formats.note import Note
from assay.formats.tlog_proof import TlogProof
from assay.register import cose_receipt, forms, leaf
from assay.register.body import Checkpoint
from assay.register.cose_receipt import CoseReceipt
from assay.register.leaf import Entry
from assay.register.quorum import Quorum, graded
from assay.register.rotation import KeyHistory
from assay.register.scitt import TransparentStatement
from assay.trust.root import Log, TrustRoot

TLOG_PROOF, STATEMENT, ALONE = "tlog-proof", "transparent statement", "COSE receipt"


class Shown(msgspec.Struct, frozen=True):
    """What a file in a standard form proves."""

    says: str
    grade: str = ""
    entry: Entry | None = None
    """Of the register's own entries; None for somebody else's statement."""


def kind(data: bytes) -> str:
    """Which form *data* begins like; empty when like none."""
    if data.startswith(b"c2sp.org/tlog-proof@"):
        return TLOG_PROOF
    if data[:1] != bytes([0xC0 | cose.TAG]):
        return ""
    return ALONE if _alone(data) else STATEMENT


def verify(data: bytes, root: TrustRoot, quorum: Quorum | None, told: Mapping[str, KeyHistory]) -> Shown:
    """What *data*, of some :func:`kind`, proves under the registers that *root* trusts; see ``assay verify``.

    *told* are key histories by origin. A COSE receipt does not sign its size, so they cannot say which keys it needs.
    """
    match kind(data):
        case "tlog-proof":
            return _tlog_proof(data, root, quorum, told)
        case "COSE receipt":
            raise Unavailable(
                "a COSE receipt does not hold its entry: verify the transparent statement that carries it"
            )
    return _statement(data, root, quorum)


def _tlog_proof(data: bytes, root: TrustRoot, quorum: Quorum | None, told: Mapping[str, KeyHistory]) -> Shown:
    one = TlogProof.parse(data)
    origin = Checkpoint.parse(Note.parse(one.checkpoint, what="checkpoint").text).origin
    log = trusted_log(root, origin)
    if one.extra is None:
        raise Unavailable(
            "the proof does not carry its entry, and only the entry's bytes tell what it proves"
        )
    history = told.get(origin)
    keys = log.keys if history is None else history.keys_for(one.checkpoint, one.index)
    found = forms.verify_tlog_proof(one, keys)
    entry = leaf.open_(found.entry, keys)
    grade = graded(found.checkpoint.note, quorum or log.quorum)
    size = found.checkpoint.checkpoint.size
    return Shown(
        f"entry {found.index} of {size} in {origin}, a {entry.kind}; {grade.says}", grade.grade, entry
    )


def _statement(data: bytes, root: TrustRoot, quorum: Quorum | None) -> Shown:
    found = TransparentStatement.parse(data)
    log = _recorded_by(found, root)
    asked = quorum or log.quorum
    if asked is not None and asked.requires_witnesses:
        raise Untrusted(
            "COSE receipts carry no witness's signature, and witnesses are asked for: use the receipt or its tlog-proof"
        )
    own = found.statement.signed.headers(foreign=True).get(cose.TYP) == leaf.TYP
    where = f"recorded in {log.origin}, at an index that its receipts do not sign"
    if own:
        entry, _ = forms.verify_transparent_entry(data, log.keys)
        return Shown(f"a {entry.kind} {where}; grade logged", "logged", entry)
    statement = found.statement
    says = f"a statement of {statement.issuer!r} about {statement.subject!r} {where}; its own signature was not checked"
    return Shown(f"{says}; grade logged", "logged")


def _alone(data: bytes) -> bool:
    """Whether this is a COSE receipt, without a statement around it."""
    with suppress(Malformed):
        cose.Detached.parse(data, what="receipt", foreign=True)
        return True
    return False


def _recorded_by(found: TransparentStatement, root: TrustRoot) -> Log:
    """The trusted register whose receipts verify, of those that receipts claim to be of."""
    named: list[str] = []
    for at, one in enumerate(found.receipts):
        if cose_receipt.structure(one, what=f"receipt {at}") == cose_receipt.RFC9162_SHA256:
            claims = CoseReceipt.parse(one, what=f"receipt {at}", foreign=True).headers().get(cose.CWT_CLAIMS)
            issuer = claims.get(cose.ISS) if isinstance(claims, dict) else None
            named += [issuer] if isinstance(issuer, str) else []
    told = ", ".join(repr(origin[:80]) for origin in dict.fromkeys(named)) or "none"
    problem = Untrusted(f"no receipt is of a register that is trusted; they are of {told}")
    for log in (root.log(origin) for origin in dict.fromkeys(named)):
        if log is not None:
            try:
                found.verify(log.keys)
            except Untrusted as error:
                problem = error
            else:
                return log
    raise problem


def trusted_log(root: TrustRoot, origin: str) -> Log:
    log = root.log(origin)
    if log is None:
        raise Untrusted(f"register {origin!r} is not among those trusted")
    return log
