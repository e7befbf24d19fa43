"""The 269 files of the CycloneDX project that its schemas must accept or refuse, 1.4 to 1.7."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.shared import shared

from assay.errors import Malformed
from assay.evidence import sbom
from assay.formats import schemas

COUNTS = {"1.4": (29, 22), "1.5": (36, 22), "1.6": (45, 25), "1.7": (61, 29)}


def _files(version: str) -> tuple[list[Path], list[Path]]:
    found = sorted(shared("conformance", "cyclonedx", version).glob("*.json"))
    valid = [path for path in found if path.name.startswith("valid-")]
    invalid = [path for path in found if path.name.startswith("invalid-")]
    return valid, invalid


def _reason(path: Path) -> str:
    try:
        schemas.check_cyclonedx(path.read_bytes(), what=path.name)
    except Malformed as error:
        return str(error)
    return ""


@pytest.mark.parametrize("version", COUNTS)
def test_every_file_comes_out_as_named(version: str) -> None:
    valid, invalid = _files(version)
    assert (len(valid), len(invalid)) == COUNTS[version]
    assert {path.name: reason for path in valid if (reason := _reason(path))} == {}
    assert [path.name for path in invalid if not _reason(path)] == []


@pytest.mark.parametrize("version", COUNTS)
def test_a_refusal_names_the_place(version: str) -> None:
    _, invalid = _files(version)
    reasons = [_reason(path) for path in invalid]
    assert [
        reason for reason in reasons if f": /{reason.partition(': /')[2]}" not in reason or "/" not in reason
    ] == []
    assert all(len(reason) < 500 for reason in reasons)


@pytest.mark.parametrize("version", COUNTS)
def test_every_valid_file_becomes_evidence(version: str) -> None:
    valid, _ = _files(version)
    bills = [sbom.read(path.read_bytes(), name=path.name) for path in valid]
    assert {bill.format_version for bill in bills} == {version}
    found = [len(bill.components) + (bill.root is not None) for bill in bills]
    assert found == [_count(json.loads(path.read_bytes())) for path in valid]
    assert sum(found) > 30


def _count(bill: Any) -> int:
    """Components of the bill, counted the plain way."""
    subject = bill.get("metadata", {}).get("component")
    waiting = [*bill.get("components", []), *([subject] if subject else [])]
    count = 0
    while waiting:
        count += 1
        waiting.extend(waiting.pop().get("components", []))
    return count


def test_slices_come_to_the_same_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting every array, as for a large bill, changes no verdict."""
    monkeypatch.setattr("assay.formats.strict_json.SLICE", 1)
    wrong = [
        path.name
        for version in COUNTS
        for path in (*_files(version)[0], *_files(version)[1])
        if (_reason(path) == "") != path.name.startswith("valid-")
    ]
    assert wrong == []
