"""The published Package URL cases: 358 required, 49 recommended."""

import json
from typing import Any

import pytest
from tests.support.shared import shared

from assay.errors import Malformed
from assay.formats.purl import Purl, canonical


def _cases() -> list[Any]:
    folder = shared("conformance", "purl")
    return [
        case | {"file": path.name}
        for path in sorted(folder.glob("*/*-test.json"))
        for case in json.loads(path.read_bytes())["tests"]
    ]


def _run(case: dict[str, Any]) -> Any:
    given = case["input"]
    match case["test_type"]:
        case "parse":
            purl = Purl.parse(given)
            return {
                "type": purl.type,
                "namespace": purl.namespace or None,
                "name": purl.name,
                "version": purl.version or None,
                "qualifiers": dict(purl.qualifiers) or None,
                "subpath": purl.subpath or None,
            }
        case "build":
            return str(
                Purl.of(
                    given["type"] or "",
                    given["name"] or "",
                    namespace=given["namespace"] or "",
                    version=given["version"] or "",
                    qualifiers=given["qualifiers"] or {},
                    subpath=given["subpath"] or "",
                )
            )
        case "validate":
            return canonical(given)
    raise AssertionError(case["test_type"])


def _wrong(case: dict[str, Any]) -> str:
    """Empty when *case* comes out as published."""
    try:
        got = _run(case)
    except Malformed as error:
        return "" if case["expected_failure"] else f"{case['input']!r} refused: {error}"
    expected = None if case["expected_failure"] else case["expected_output"]
    return (
        ""
        if got == expected
        else f"{case['file']} {case['test_type']} {case['input']!r}: {got!r}, expected {expected!r}"
    )


@pytest.mark.parametrize(("group", "count"), [("required", 358), ("recommended", 49)])
def test_every_published_case_comes_out_as_published(group: str, count: int) -> None:
    cases = [case for case in _cases() if case["test_group"] == group]
    wrong = [reason for case in cases if (reason := _wrong(case))]
    assert len(cases) == count
    assert wrong == []
