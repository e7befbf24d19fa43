"""The documents of openvex/go-vex and openvex/vexctl: those of 0.2.0 that are complete are read, the others refused."""

from pathlib import Path

import pytest
from tests.support.shared import shared

from assay.errors import Malformed, Unsupported
from assay.formats import openvex

READ = {
    "go-vex/pkg/vex/testdata/v0.2.0.json": 5,
    "vexctl/examples/csaf/openvex.json": 1,
    "vexctl/examples/openvex/demo.vex.json": 1,
    "vexctl/examples/openvex/document1.vex.json": 1,
    "vexctl/examples/openvex/document2.vex.json": 1,
    "vexctl/pkg/ctl/testdata/templates/oci-vexctl.openvex.json": 1,
    # One field more than the schema has ("statement"), which changes nothing of what is read.
    "vexctl/examples/sarif/sample-1statement.openvex.json": 1,
    "vexctl/examples/sarif/sample-2vulns.openvex.json": 2,
    "vexctl/examples/sarif/sample-history.openvex.json": 2,
}
NO_TIMESTAMP = {"go-vex/pkg/vex/testdata/v020-1.vex.json", "go-vex/pkg/vex/testdata/v020-2.vex.json"}
OLDER = 7


def documents() -> dict[str, Path]:
    root = shared("conformance", "openvex")
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*.json")}
    return {name: path for name, path in found.items() if "schema" not in name}


def test_complete_documents_are_read() -> None:
    counts = {
        name: len(openvex.parse(path.read_bytes(), what=name).statements)
        for name, path in documents().items()
        if name in READ
    }
    assert counts == READ


def test_incomplete_documents_are_refused() -> None:
    for name in sorted(NO_TIMESTAMP):
        with pytest.raises(Malformed, match="missing required field `timestamp`"):
            openvex.parse(documents()[name].read_bytes(), what=name)


def test_older_documents_are_refused_as_such() -> None:
    older = {
        name: path for name, path in documents().items() if name not in READ and name not in NO_TIMESTAMP
    }
    assert len(older) == OLDER
    for name, path in older.items():
        with pytest.raises(Unsupported, match=r"expected 'https://openvex.dev/ns/v0.2.0'"):
            openvex.parse(path.read_bytes(), what=name)
