"""An office: its ports, its keys, and the documents it judges by."""

import msgspec

from assay.crypto.keys import PrivateKey
from assay.evidence.statement import SigstoreVerifier
from assay.formats.verdict import Engine
from assay.office.ports import Blobs, Clock, Entropy, Ledger
from assay.register.identity import LogKeys


class LogSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """The register's private keys, one for each purpose."""

    ed25519: PrivateKey
    ml_dsa_44: PrivateKey
    entry: PrivateKey

    def public(self, origin: str) -> LogKeys:
        return LogKeys(
            origin=origin,
            ed25519=(self.ed25519.public,),
            ml_dsa_44=(self.ml_dsa_44.public,),
            entry=(self.entry.public,),
        )


class Office(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    origin: str
    """Name of the register; a trial's holds a random identifier, so a recreated register is another one."""
    blobs: Blobs
    ledger: Ledger
    clock: Clock
    entropy: Entropy
    log: LogSecrets
    signing: tuple[PrivateKey, ...]
    """The office's own keys; they sign results."""
    trust: bytes
    policy: bytes
    packs: tuple[tuple[str, bytes], ...]
    snapshot: bytes | None
    engine: Engine
    sigstore: SigstoreVerifier | None
    trial: bool = False
