"""Storage keys of a fictional office."""

import hashlib

from tests.support.offices import SINCE

from assay.crypto.keyfile import Secrets
from assay.crypto.keys import PrivateKey
from assay.crypto.sealing import PURPOSE, StorageKeys


def secrets(*names: str) -> Secrets:
    seeds = (
        hashlib.sha256(f"storage {name}".encode()).digest() for name in ("naming", *(names or ("first",)))
    )
    return Secrets(
        name="office-storage",
        purposes=(PURPOSE,),
        created=SINCE,
        trial=True,
        keys=tuple(PrivateKey.from_seed("ed25519", seed) for seed in seeds),
    )


def keys(*names: str) -> StorageKeys:
    return StorageKeys.of(secrets(*names))
