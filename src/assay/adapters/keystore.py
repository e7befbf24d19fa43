"""Keyfiles in a folder, one per signer record, encrypted at rest."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from assay.adapters.filesystem import write_whole
from assay.collect.files import read_plain
from assay.crypto import keyfile
from assay.crypto.keyfile import Header, Secrets
from assay.errors import Duplicate, Malformed, Unavailable, Untrusted
from assay.office.ports import Entropy

T = TypeVar("T")

SUFFIX = ".key.json"
MAX_BYTES = 64 * 1024
AT_ONCE = 2
"""Keyfiles that are opened side by side: each takes 128 MiB meanwhile."""
TRIAL_COST = 14
"""A trial's passphrase is random and lies beside the key: a costly derivation would protect nothing."""


def _named(path: Path, read: Callable[[bytes], T]) -> T:
    """What *read* gives for the file; its errors say which file it is."""
    try:
        return read(read_plain(path, limit=MAX_BYTES))
    except (Malformed, Untrusted) as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


class KeyFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._begun: dict[tuple[str, bytes], Future[Secrets]] = {}

    def headers(self) -> tuple[Header, ...]:
        """Public parts of all keyfiles, by name."""
        if not self.folder.is_dir():
            return ()
        paths = sorted(self.folder.glob(f"*{SUFFIX}"))
        return tuple(_named(path, keyfile.read_header) for path in paths)

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def begin(self, names: Sequence[str], passphrase: bytes) -> None:
        """Open those that are there side by side; the next :meth:`open` of each takes what came of it."""
        there = [name for name in names if self.has(name)]
        if not there:
            return
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="keyfiles")
        for name in there:
            self._begun[name, passphrase] = pool.submit(self._open, name, passphrase)
        pool.shutdown(wait=False)

    def open(self, name: str, passphrase: bytes) -> Secrets:
        """Unavailable when there is no such key; Untrusted for a wrong passphrase, Malformed for a damaged file."""
        begun = self._begun.pop((name, passphrase), None)
        return self._open(name, passphrase) if begun is None else begun.result()

    def _open(self, name: str, passphrase: bytes) -> Secrets:
        path = self._path(name)
        if not path.is_file():
            known = ", ".join(header.name for header in self.headers()) or "none"
            raise Unavailable(f"no key named {name!r} in {self.folder}; there is: {known}")
        return _named(path, lambda data: keyfile.open_(data, passphrase))

    def save(self, secrets: Secrets, passphrase: bytes, entropy: Entropy, *, replace: bool = False) -> Path:
        path = self._path(secrets.name)
        self._begun.clear()
        if path.exists() and not replace:
            raise Duplicate(f"there is a key named {secrets.name!r} already; use rotate, or another name")
        cost = TRIAL_COST if secrets.trial else keyfile.COST
        salt, nonce = entropy.bytes(keyfile.SALT_BYTES), entropy.bytes(keyfile.NONCE_BYTES)
        # A crash inside leaves the old keyfile or the new one, whole.
        write_whole(path, keyfile.seal(secrets, passphrase, salt, nonce, cost=cost), mode=0o600)
        return path

    def remove(self, name: str) -> None:
        """Absent already is fine."""
        try:
            # Not synced: what a crash brings back is a keyfile whose keys are in use, which is removed again.
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"cannot remove {self._path(name)}: {error.strerror or error}") from error

    def _path(self, name: str) -> Path:
        if (
            not name
            or name.startswith(".")
            or not name.replace("-", "").replace("_", "").replace(".", "").isalnum()
        ):
            raise Malformed(f"key name {name!r} may hold letters, digits, '-', '_' and '.' only")
        return self.folder / f"{name}{SUFFIX}"
