"""What ``assay verify`` says of one file."""

from datetime import datetime
from pathlib import Path

import msgspec

from assay.formats.digest import Digest
from assay.register.rotation import KeyHistory


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    kind: str
    holds: bool | None
    """None: could not tell."""
    says: str = ""
    reason: str = ""
    trust: str = ""
    identity: Digest | None = None
    """Payload digest of a bundle or result."""
    records: tuple[Digest, ...] = ()
    """Documents that a receipt's entry names."""
    of: tuple[str, ...] = ()
    """Kinds of file that such a receipt is about."""
    recorded: datetime | None = None
    """Of a receipt: when its entry was made, by the register's word."""
    grade: str = ""
    """Of a receipt: ``logged`` or ``witnessed``."""
    history: KeyHistory | None = None
    """Of a key history; receipts of that register are verified by it."""
