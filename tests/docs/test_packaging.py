"""What is shipped for systemd and containers names things that are there, and gives up nothing that it could."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from tests.support.applications import at
from tests.support.desks import World
from tests.support.serving import served

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


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Every line of it, as far as that can be told without starting it."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze here, so nothing was verified")
    unit = tmp_path / "assay.service"
    unit.write_text(UNIT.read_text().replace("/opt/assay/bin/assay", "/bin/true"))
    ran = subprocess.run(
        [program, "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "assay.service" in line]) == (0, [])


def test_the_container_runs_what_the_wheel_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", CONTAINER, re.MULTILINE)
    (command,) = re.findall(r"^CMD (.*)$", CONTAINER, re.MULTILINE)
    assert json.loads(entry) == ["/opt/assay/bin/assay"]
    assert "assay" in project["scripts"]
    assert json.loads(command) == ["serve"]


@pytest.mark.parametrize(("path", "code"), [("/healthz", 0), ("/gone", 1)])
def test_the_container_knows_when_it_is_well(path: str, code: int) -> None:
    (found,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.*?\])$", CONTAINER, re.MULTILINE | re.DOTALL)
    program, option, script = json.loads(found)
    assert (program, option) == ("/opt/assay/bin/python", "-c")
    desk = World().desk
    with served(at(desk)) as url:
        there = script.replace("http://127.0.0.1:8080", url).replace("/healthz", path)
        assert there != script
        ran = subprocess.run([sys.executable, "-c", there], capture_output=True, timeout=60, check=False)
    assert ran.returncode == code, ran.stderr


def test_every_lock_of_the_container_is_by_hash() -> None:
    locks = [*re.findall(r"-r (requirements/\S+\.lock)", CONTAINER)]
    assert len(locks) == 3
    for name in locks:
        path = ROOT / name.replace("requirements/runtime.lock", "src/assay/requirements.lock")
        wanted = path.read_text().replace("\\\n", " ").splitlines()
        lines = [line for line in wanted if line.strip() and not line.lstrip().startswith("#")]
        assert lines
        assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("path", ["packaging/Containerfile", "packaging/systemd/assay.service"])
def test_no_registry_is_named(path: str) -> None:
    text = (ROOT / path).read_text()
    assert re.findall(r"\b[a-z0-9-]+\.(?:io|com|org|net)\b", text) == []
