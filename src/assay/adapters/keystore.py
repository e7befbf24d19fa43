"""Keyfiles in a folder, one per signer record, encrypted at rest."""

from pathlib import Path

from assay.adapters.filesystem import read_whole, write_whole
from assay.crypto import keyfile
from assay.crypto.keyfile import Header, Secrets
from assay.errors import Duplicate, Malformed, Unavailable
from assay.office.ports import Entropy

SUFFIX = ".key.json"
MAX_BYTES = 64 * 1024
TRIAL_COST = 14
"""A trial's passphrase is random and lies beside the key: a costly derivation would protect nothing."""


class KeyFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def headers(self) -> tuple[Header, ...]:
        """Public parts of all keyfiles, by name."""
        if not self.folder.is_dir():
            return ()
        paths = sorted(self.folder.glob(f"*{SUFFIX}"))
        return tuple(keyfile.read_header(read_whole(path, limit=MAX_BYTES)) for path in paths)

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def open(self, name: str, passphrase: bytes) -> Secrets:
        """Unavailable when there is no such key; Untrusted for a wrong passphrase, Malformed for a damaged file."""
        path = self._path(name)
        if not path.is_file():
            known = ", ".join(header.name for header in self.headers()) or "none"
            raise Unavailable(f"no key named {name!r} in {self.folder}; there is: {known}")
        return keyfile.open_(read_whole(path, limit=MAX_BYTES), passphrase)

    def save(self, secrets: Secrets, passphrase: bytes, entropy: Entropy, *, replace: bool = False) -> Path:
        path = self._path(secrets.name)
        if path.exists() and not replace:
            raise Duplicate(f"there is a key named {secrets.name!r} already; use rotate, or another name")
        cost = TRIAL_COST if secrets.trial else keyfile.COST
        salt, nonce = entropy.bytes(keyfile.SALT_BYTES), entropy.bytes(keyfile.NONCE_BYTES)
        write_whole(path, keyfile.seal(secrets, passphrase, salt, nonce, cost=cost), mode=0o600)
        return path

    def _path(self, name: str) -> Path:
        if (
            not name
            or name.startswith(".")
            or not name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        ):
            raise Malformed(f"key name {name!r} may hold letters, digits, '-', '_' and '.' only")
        return self.folder / f"{name}{SUFFIX}"
