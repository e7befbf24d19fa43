"""``assay receipt export``: receipts written in the standard forms."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from assay.adapters.filesystem import read_whole, write_whole
from assay.bootstrap import home, trusting
from assay.bootstrap.office import LOG_KEY, embedded
from assay.bootstrap.receipt_forms import trusted_log
from assay.crypto.keys import PrivateKey
from assay.errors import Refused, Unavailable
from assay.register import forms
from assay.register.receipt import MAX_BYTES, Receipt
from assay.trust.root import Log

T = TypeVar("T")
Form = Literal["tlog-proof", "cose", "scitt"]


class Exported(msgspec.Struct, frozen=True):
    written: tuple[Path, ...]
    form: Form
    origin: str
    index: int
    size: int


def export_receipt(path: Path, form: Form, *, trust: Path | None, output: Path | None) -> Exported:
    """Write the receipt in *path* in another form, beside it or as *output*; nothing is written unless it holds.

    COSE receipts are signatures of their own: Unavailable where the register's keys are not in this home.
    """
    receipt = Receipt.parse(read_whole(path, limit=MAX_BYTES), what=str(path))
    log = trusted_log(trusting.find(trust, path).root, receipt.origin)
    size = receipt.verify(log.keys).checkpoint.checkpoint.size
    base = output or path.with_suffix("")
    written = _write(_exported(receipt, form, log, whole=output is not None), base)
    return Exported(written, form, receipt.origin, receipt.index, size)


def _exported(receipt: Receipt, form: Form, log: Log, *, whole: bool) -> dict[str, bytes]:
    """Content by what is added to the name; nothing is added to a name that was given *whole*."""
    match form:
        case "tlog-proof":
            return {"" if whole else ".tlog-proof": forms.tlog_proof(receipt).encode()}
        case "scitt":
            made = _with_keys(receipt, lambda keys: forms.transparent_entry(receipt, log.keys, keys))
            return {"" if whole else ".scitt.cose": made}
        case "cose":
            pair = _with_keys(receipt, lambda keys: forms.cose_receipts(receipt, log.keys, keys))
            return {f".{scheme}.receipt": one.encode() for scheme, one in pair.items()}


def _write(contents: Mapping[str, bytes], base: Path) -> tuple[Path, ...]:
    written = {base.with_name(base.name + suffix): data for suffix, data in contents.items()}
    for path, data in written.items():
        write_whole(path, data)
    return tuple(written)


def _with_keys(receipt: Receipt, make: Callable[[tuple[PrivateKey, PrivateKey]], T]) -> T:
    here = home()
    if not here.keys.has(LOG_KEY):
        raise Unavailable(
            f"only the register can sign COSE receipts, and its keys are not in {here.folder}; "
            "ask the office for them, or take --form tlog-proof"
        )
    with embedded(here) as office:
        if office.origin != receipt.origin:
            raise Refused(
                f"receipt is of register {receipt.origin!r}, the keys in {here.folder} are of {office.origin!r}"
            )
        return make((office.log.ed25519, office.log.ml_dsa_44))
