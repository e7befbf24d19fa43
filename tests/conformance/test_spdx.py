"""SPDX documents 2.2, 2.3 and 3.0.1 of the SPDX project, and the ones that are hard to read."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.shared import shared

from assay.errors import Malformed
from assay.evidence import sbom


def _read(path: Path) -> sbom.Sbom:
    return sbom.read(path.read_bytes(), name=path.name)


@pytest.mark.parametrize(
    ("version", "documents", "relations"),
    [("2.2", 7, 2), ("2.3", 11, 7), ("3.0.1", 26, 22)],
)
def test_every_example_is_read(version: str, documents: int, relations: int) -> None:
    folder = shared("conformance", "spdx", "spdx-examples")
    read = {path: _read(path) for path in sorted(folder.rglob("*.json"))}
    bills = {path: bill for path, bill in read.items() if bill.format_version == version}
    assert len(bills) == documents
    packages = {path: _packages(json.loads(path.read_bytes())) for path in bills}
    found = {
        path: sum(one.type != "file" for one in (*bill.components, *([bill.root] if bill.root else [])))
        for path, bill in bills.items()
    }
    assert found == packages
    assert sum(len(bill.dependencies) for bill in bills.values()) == relations
    assert all(bill.timestamp and bill.authors and bill.described for bill in bills.values())


def _packages(document: Any) -> int:
    graph = [
        one
        for one in document.get("@graph", [])
        if one["type"].endswith(("_Package", "AIPackage", "DatasetPackage"))
    ]
    return len(document.get("packages", graph))


def test_the_example_of_2_3() -> None:
    bill = _read(shared("conformance", "spdx", "spdx-spec", "SPDXJSONExample-v2.3.spdx.json"))
    assert bill.described == ("SPDXRef-File", "SPDXRef-Package")
    assert bill.root is None
    assert bill.authors == ("ExampleCodeInspect", "Jane Doe")
    assert bill.tools == (sbom.Tool("LicenseFind", "1.0"),)
    glibc = next(one for one in bill.components if one.ref == "SPDXRef-Package")
    assert (glibc.name, glibc.version, glibc.producer) == (
        "glibc",
        "2.11.1",
        "ExampleCodeInspect (contact@example.com)",
    )
    assert {digest.algorithm for digest in glibc.digests} == {"md5", "sha1", "sha256", "blake2b_384"}
    assert glibc.identifiers == ("cpe:2.3:a:pivotal_software:spring_framework:4.1.0:*:*:*:*:*:*:*",)


def test_the_example_of_3_0_1() -> None:
    bill = _read(shared("conformance", "spdx", "spdx-spec", "3.0.1-package_sbom.json"))
    assert bill.root == sbom.Component(
        ref="http://spdx.example.com/Package1", name="my-package", version="1.0.0", producer="Joshua Watt"
    )
    assert bill.generation == ("build",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("SPDXJSONExample-UTF-16.spdx.json", "is not UTF-8: byte 0", id="UTF-16"),
        pytest.param("invalid/*.json", "missing required field `checksums`", id="file without checksums"),
    ],
)
def test_refuses(name: str, reason: str) -> None:
    (path,) = shared("conformance", "spdx", "tools-python").glob(name)
    with pytest.raises(Malformed, match=reason):
        _read(path)


def test_reads_control_characters_that_are_escaped() -> None:
    bill = _read(shared("conformance", "spdx", "tools-python", "ControlCharacters.spdx.json"))
    assert bill.authors == ("Nisha \b\f K (nishak@vmware.com)",)
