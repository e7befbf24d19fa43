"""An office: its ports, its keys, and the documents it judges by."""

import msgspec

from assay.crypto.keys import PrivateKey
from assay.evidence.statement import SigstoreVerifier
from assay.formats.verdict import Engine
from assay.office.ports import Blobs, Clock, Entropy, Ledger, Register
from assay.register.identity import LogKeys, LogSecrets


class Office(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    origin: str
    """Name of the register; a trial's holds a random identifier, so a recreated register is another one."""
    blobs: Blobs
    ledger: Ledger
    register: Register
    clock: Clock
    entropy: Entropy
    log: LogSecrets
    keys: LogKeys
    """All keys of the register, those that were replaced included."""
    signing: tuple[PrivateKey, ...]
    """The office's own keys; they sign results."""
    trust: bytes
    policy: bytes
    packs: tuple[tuple[str, bytes], ...]
    snapshot: bytes | None
    exploited: bytes | None = None
    """The catalogue of known exploited vulnerabilities."""
    engine: Engine
    sigstore: SigstoreVerifier | None
    trial: bool = False
