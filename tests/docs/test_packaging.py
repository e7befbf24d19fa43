"""What is shipped for systemd and containers names things that are there, and gives up nothing that it could."""

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from assay.office_config.written import settings, variable

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "packaging/systemd/assay.service"
CONTAINER = (ROOT / "packaging/Containerfile").read_text()


class Unit(ConfigParser):
    def __init__(self) -> None:
        super().__init__(strict=False, interpolation=None)
        self.read_string(UNIT.read_text())

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictNamespaces", "yes"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
        ("StateDirectoryMode", "0700"),
    ],
)
def test_the_unit_is_hardened(key: str, value: str) -> None:
    assert Unit()["Service"][key] == value


def test_the_unit_starts_what_there_is_and_holds_no_secret() -> None:
    service: Any = Unit()["Service"]
    assert service["ExecStart"] == "/opt/assay/bin/assay serve --config /etc/assay/office.toml"
    assert service["LoadCredential"].startswith("assay-passphrase:")
    names = {
        f"assay-{table}-{key.removesuffix('_file')}".replace("_", "-")
        for table, key, *_ in settings()
        if key.endswith("_file")
    }
    commented = set(re.findall(r"^# LoadCredential=([a-z-]+):", UNIT.read_text(), re.MULTILINE))
    assert commented
    assert commented <= names


def test_the_container_copies_what_there_is() -> None:
    found = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", CONTAINER, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert [source for source in found if not (ROOT / source).exists()] == []
    assert len(found) >= 6


def test_the_container_installs_by_hash_and_runs_unprivileged() -> None:
    joined = CONTAINER.replace("\\\n", " ")
    installs = re.findall(r"pip (?:install|wheel)[^&\n]*", joined)
    assert len(installs) == 4
    assert all("--require-hashes" in one or "--no-deps" in one for one in installs)
    stage = joined.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001$", stage, re.MULTILINE)
    assert ":latest" not in CONTAINER
    assert "ADD " not in CONTAINER


def test_the_container_sets_what_is_a_setting() -> None:
    known = {variable(table, key) for table, key, *_ in settings()} | {
        "ASSAY_HOME",
        "PYTHONDONTWRITEBYTECODE",
    }
    block = re.search(r"^ENV (.*?)\nUSER", CONTAINER, re.MULTILINE | re.DOTALL)
    assert block
    names = re.findall(r"([A-Z_]+)=", block[1])
    assert set(names) <= known
    assert len(names) == 4


@pytest.mark.parametrize("path", ["packaging/Containerfile", "packaging/systemd/assay.service"])
def test_no_registry_is_named(path: str) -> None:
    text = (ROOT / path).read_text()
    assert re.findall(r"\b[a-z0-9-]+\.(?:io|com|org|net)\b", text) == []
