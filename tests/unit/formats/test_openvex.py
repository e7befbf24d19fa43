"""OpenVEX 0.2.0 documents."""

import json
from typing import Any

import pytest

from assay.errors import AssayError, Malformed, Unsupported
from assay.formats import openvex

EXAMPLE: dict[str, Any] = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://lighthouse.example/vex/1",
    "author": "Lighthouse Works (fictional)",
    "timestamp": "2026-10-21T09:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2026-90001", "aliases": ["PYSEC-2026-9001"]},
            "products": [
                {
                    "@id": "pkg:pypi/lantern@2.1.0",
                    "hashes": {"sha-256": "AB" * 32, "blake2s-256": "cd" * 32, "sha1": "short"},
                    "subcomponents": [{"@id": "pkg:pypi/wick-trim@1.4.1"}],
                }
            ],
            "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path",
        }
    ],
}


def test_reads_a_document() -> None:
    (statement,) = openvex.parse(json.dumps(EXAMPLE).encode(), what="vex.json").statements
    assert statement.status == "not_affected"
    assert statement.products[0].names == ("pkg:pypi/lantern@2.1.0", "sha256:" + "ab" * 32)
    assert statement.products[0].subcomponents[0].names == ("pkg:pypi/wick-trim@1.4.1",)


@pytest.mark.parametrize(
    ("key", "value", "error", "reason"),
    [
        pytest.param(
            "@context",
            "https://openvex.dev/ns",
            Unsupported,
            "expected 'https://openvex.dev/ns/v0.2.0'",
            id="older",
        ),
        pytest.param(
            "@context", ["https://openvex.dev/ns/v0.2.0"], Malformed, "@context", id="list of contexts"
        ),
        pytest.param("version", "1", Malformed, "Expected `int`", id="version as text"),
        pytest.param("version", 0, Malformed, "has version 0, expected 1 or more", id="version 0"),
        pytest.param("statements", [], Malformed, "has no statements", id="no statements"),
        pytest.param("timestamp", None, Malformed, "Expected `str`", id="no time"),
    ],
)
def test_refuses(key: str, value: Any, error: type[AssayError], reason: str) -> None:
    assert EXAMPLE[key] != value
    with pytest.raises(error, match=reason):
        openvex.parse(json.dumps({**EXAMPLE, key: value}).encode(), what="vex.json")


@pytest.mark.parametrize("key", ["@context", "@id", "author", "timestamp", "version", "statements"])
def test_every_required_field_is_required(key: str) -> None:
    with pytest.raises(Malformed, match=r"missing required field|@context"):
        openvex.parse(json.dumps({k: v for k, v in EXAMPLE.items() if k != key}).encode(), what="vex.json")


def test_refuses_a_status_that_vex_does_not_know() -> None:
    changed = json.dumps(EXAMPLE).replace('"not_affected"', '"unaffected"')
    with pytest.raises(Malformed, match="unaffected"):
        openvex.parse(changed.encode(), what="vex.json")
