"""The verdict on the same inputs is the same bytes, wherever, however and in whatever form they are judged."""

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.support.shared import ROOT

from assay.adapters import bundles

GOLDEN = ROOT / "tests" / "golden"
NAME = "honest"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One bundle as a folder, as a tar, and compressed; with the trust root it is judged by."""
    folder = tmp_path_factory.mktemp("forms")
    bundle = bundles.read(GOLDEN / f"{NAME}.bundle.tar.gz")
    for name in ("folder", "plain.tar", "packed.tar.gz", "packed.tgz"):
        bundles.write(folder / name, bundle)
    shutil.copy(GOLDEN / "office" / "trust.json", folder / "pinned.json")
    return folder


def verdict(assay: Assay, cwd: Path, bundle: str | Path, trust: str | Path, **variables: str) -> bytes:
    cwd.mkdir(exist_ok=True)
    ran = assay("check", bundle, "--trust", trust, "--json", cwd=cwd, **variables)
    assert ran.code == 0, ran.err
    return Path(ran.json()["result"]).read_bytes()


@pytest.fixture(scope="module")
def first(forms: Path) -> list[bytes]:
    """The verdict that the others are compared with, once it is there."""
    return []


@pytest.mark.parametrize(
    ("form", "variables", "umask"),
    [
        pytest.param("folder", {"PYTHONHASHSEED": "0"}, 0o022, id="folder"),
        pytest.param("plain.tar", {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"}, 0o077, id="tar, far east"),
        pytest.param("packed.tar.gz", {"PYTHONHASHSEED": "4294967295", "TZ": "UTC+12"}, 0o000, id="tar.gz, far west"),
        pytest.param("packed.tgz", {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}, 0o022, id="tgz, no locale"),
        pytest.param("folder", {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONOPTIMIZE": "2"}, 0o022, id="Turkish"),
        pytest.param("folder", {"COLUMNS": "20", "TERM": "dumb", "HOME": "/nonexistent"}, 0o022, id="no home"),
    ],
)  # fmt: skip
def test_the_verdict_is_the_same_bytes(
    assay: Assay, forms: Path, first: list[bytes], tmp_path: Path, form: str, variables: dict[str, str], umask: int
) -> None:  # fmt: skip
    before = os.umask(umask)
    try:
        found = verdict(assay, tmp_path / form, forms / form, forms / "pinned.json", **variables)
    finally:
        os.umask(before)
    first = first or [verdict(assay, forms, "folder", "pinned.json", ASSAY_HOME=str(forms / "home"))]
    assert json.loads(found)["result"] == "validated_with_findings"
    assert found == first[0]


def test_another_moment_is_another_verdict(assay: Assay, forms: Path, tmp_path: Path) -> None:
    """Or the rows above would compare nothing."""
    here = verdict(assay, tmp_path / "here", forms / "folder", forms / "pinned.json")
    ran = assay(
        "check", forms / "folder", "--trust", forms / "pinned.json", "--json", now="2026-11-01T12:00:01Z"
    )
    assert Path(ran.json()["result"]).read_bytes() != here


def test_a_result_is_computed_again_elsewhere(assay: Assay, forms: Path, tmp_path: Path) -> None:
    """What one place made, another computes again bit for bit from the bundle alone and its trust root and policy."""
    made = tmp_path / "made"
    verdict(assay, made, forms / "packed.tar.gz", forms / "pinned.json", PYTHONHASHSEED="7")
    moved = tmp_path / "moved"
    shutil.move(made / ".assay" / "check", moved)
    (recorded,) = moved.glob("*/verdict.json")
    ran = assay(
        "replay", recorded, "--inputs", moved / "blobs",
        PYTHONHASHSEED="8", TZ="Asia/Kathmandu", LC_ALL="C", now="2031-01-01T00:00:00Z",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.out.startswith("identical: sha256:")
