"""Keyfiles that are opened side by side are what opening one by one gives, errors included."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.adapters.keystore import KeyFolder
from assay.adapters.system import SystemEntropy
from assay.crypto.keyfile import Secrets
from assay.crypto.keys import PrivateKey
from assay.errors import Unavailable, Untrusted

SECRET = b"passphrase"
NAMES = ("one", "two", "three")


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    made = KeyFolder(tmp_path)
    for at, name in enumerate(NAMES):
        made.save(secrets(name, at), SECRET, SystemEntropy())
    return made


def secrets(name: str, at: int) -> Secrets:
    key = PrivateKey.from_seed("ed25519", bytes([at]) * 32)
    return Secrets(
        name=name, purposes=("office",), created=datetime(2026, 1, 1, tzinfo=UTC), trial=True, keys=(key,)
    )


def opened(folder: KeyFolder, name: str) -> bytes:
    """The public half of its key."""
    return folder.open(name, SECRET).keys[0].public.raw


def public(at: int) -> bytes:
    return secrets("any", at).keys[0].public.raw


def test_opened_side_by_side(folder: KeyFolder) -> None:
    folder.begin((*NAMES, "none"), SECRET)
    assert [opened(folder, name) for name in NAMES] == [public(at) for at in range(len(NAMES))]
    with pytest.raises(Unavailable, match="'none'"):
        folder.open("none", SECRET)


def test_what_was_begun_is_taken_once_and_by_its_passphrase(folder: KeyFolder) -> None:
    folder.begin(("one",), b"wrong")
    assert opened(folder, "one") == public(0)
    with pytest.raises(Untrusted):
        folder.open("one", b"wrong")
    folder.begin(("one", "two"), SECRET)
    folder.save(secrets("one", 7), SECRET, SystemEntropy(), replace=True)
    assert opened(folder, "one") == public(7)
    assert opened(folder, "two") == opened(folder, "two") == public(1)
