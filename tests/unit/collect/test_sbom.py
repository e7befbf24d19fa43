"""The collector's part of the bill: what is installed beside the project, read and never run."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.cases import RELEASE
from tests.support.locks import EXAMPLES

from assay.collect import sbom as collected
from assay.collect.sbom import generate, installed, site_packages
from assay.errors import TooLarge
from assay.evidence import sbom
from assay.evidence.lockfile import read
from assay.evidence.needed import Installed

METADATA = """\
Metadata-Version: 2.4
Name: Wick
Version: 1.4.0
License-Expression: MIT
Author: Candle makers
Requires-Dist: glass>=3
Requires-Dist: shade; extra == 'fancy'
"""


def distribution(place: Path, name: str, metadata: bytes) -> None:
    folder = place / f"{name}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_bytes(metadata)


def test_reads_metadata_and_leaves_out_what_cannot_be_read(tmp_path: Path) -> None:
    distribution(tmp_path, "wick-1.4.0", METADATA.encode())
    distribution(tmp_path, "broken-1", b"Name: two\nName: names\n")
    distribution(tmp_path, "latin-1", b"Metadata-Version: 2.4\nName: caf\xe9\n")
    (tmp_path / "empty-1.dist-info").mkdir()
    (tmp_path / "wick.py").write_text("raise SystemExit('a package was run')")
    assert installed(tmp_path) == (Installed("wick", "1.4.0", "MIT", "Candle makers", ("glass",)),)


def test_nothing_installed_is_nothing(tmp_path: Path) -> None:
    assert installed(tmp_path) == ()
    assert installed(tmp_path / "absent") == ()


def test_too_many_distributions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collected, "MAX_DISTRIBUTIONS", 1)
    distribution(tmp_path, "a-1", METADATA.encode())
    distribution(tmp_path, "b-1", METADATA.encode())
    with pytest.raises(TooLarge, match="has over 1 distributions"):
        installed(tmp_path)


def test_finds_the_project_s_own_environment(tmp_path: Path) -> None:
    assert site_packages(tmp_path) is None
    place = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages"
    place.mkdir(parents=True)
    assert site_packages(tmp_path) is None, "a folder of that name is not yet an environment"
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr\n")
    assert site_packages(tmp_path) == place


def test_generates_a_bill_that_reads_back(tmp_path: Path) -> None:
    distribution(tmp_path, "wick-1.4.0", METADATA.encode())
    data = generate(
        [("uv.lock", read(EXAMPLES["uv.lock"], name="uv.lock"))],
        [],
        release=RELEASE,
        author="Lighthouse Works (fictional)",
        serial=UUID(int=7),
        made=datetime(2026, 10, 20, tzinfo=UTC),
        environment=installed(tmp_path),
    )
    found = sbom.read(data, name="the bill")
    assert found.root is not None
    assert (found.root.name, found.root.version) == ("lantern", "2.1.0")
    wick = next(component for component in found.components if component.name == "wick")
    assert (wick.licences, wick.producer) == (("MIT",), "Candle makers")
