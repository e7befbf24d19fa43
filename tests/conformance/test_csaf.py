"""The OASIS validator's cases: valid documents are read, those whose reading would be ambiguous are refused."""

import json
from functools import cache
from typing import Any

import pytest
import zstandard
from tests.support.shared import shared

from assay.errors import AssayError
from assay.formats import csaf, cvss

REFUSED_2_0 = {"6.1.1": 2, "6.1.2": 1, "6.1.3": 1, "6.1.4": 2, "6.1.5": 1, "6.1.6": 5, "6.1.23": 1}
"""Rule -> failing documents refused. The other rules do not touch what is read (texts, dates, categories, scores)."""
DEFECTIVE_2_1 = {
    "6-1-27-13-16": "defines the product id 'CSAFPID-9080701' twice",
    "6-1-50-14": "defines the product id 'CSAFPID-9080700' twice",
    "6-1-50-15": "defines the product id 'CSAFPID-9080700' twice",
    "6-3-21-01-12": "names the product id 'CSAFPID-9080701', which it does not define",
}
"""Documents of the 2.1 draft that are listed as valid for their own rule and break 6.1.1 or 6.1.2."""


@cache
def files(version: str) -> dict[str, str]:
    path = shared("conformance", "csaf", f"csaf-{version}.jsonl.zst")
    with zstandard.open(path, "rb") as stream:
        rows = stream.read().decode().split("\n")
    return {row["path"]: row["text"] for row in (json.loads(line) for line in rows if line)}


def cases(version: str, kind: str) -> list[tuple[str, str, str]]:
    """(rule, name, text) of the documents that must fail (``failures``) or pass (``valid``)."""
    held = files(version)
    tests = json.loads(held["test/validator/data/testcases.json"])["tests"]
    return [
        (test["id"], case["name"], held[f"test/validator/data/{case['name']}"])
        for test in tests
        for case in test.get(kind, [])
    ]


def why_refused(name: str, text: str) -> str:
    try:
        csaf.parse(text.encode(), what=name)
    except AssayError as error:
        return str(error)
    return ""


def test_every_valid_document_of_2_0_is_read() -> None:
    found = {name: why_refused(name, text) for _, name, text in cases("2.0", "valid")}
    assert len(found) == 94
    assert set(found.values()) == {""}


def test_failing_documents_of_2_0_are_refused_where_the_rule_matters() -> None:
    refused: dict[str, int] = {}
    for rule, name, text in cases("2.0", "failures"):
        if why_refused(name, text):
            refused[rule] = refused.get(rule, 0) + 1
    assert refused == REFUSED_2_0


def test_valid_documents_of_the_2_1_draft_are_read() -> None:
    found = {name: why_refused(name, text) for _, name, text in cases("2.1", "valid")}
    refused = {name: reason for name, reason in found.items() if reason}
    assert len(found) == 408
    assert len(refused) == len(DEFECTIVE_2_1)
    for name, reason in refused.items():
        key = next(key for key in DEFECTIVE_2_1 if key in name)
        assert DEFECTIVE_2_1[key] in reason


def test_failing_documents_of_the_2_1_draft_are_read_or_refused() -> None:
    outcomes = [bool(why_refused(name, text)) for _, name, text in cases("2.1", "failures")]
    assert len(outcomes) == 448
    assert 10 <= sum(outcomes) <= 30


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        pytest.param("csaf_vex/2022-evd-uc-01-a-001", {"affected": 1}, id="affected"),
        pytest.param("csaf_vex/2022-evd-uc-01-f-001", {"fixed": 1}, id="fixed"),
        pytest.param("csaf_vex/2022-evd-uc-01-na-001", {"not_affected": 1}, id="not affected"),
        pytest.param("csaf_vex/2022-evd-uc-01-ui-001", {"under_investigation": 1}, id="under investigation"),
        pytest.param("rhsa-2022_0011", {"fixed": 15}, id="relationships"),
    ],
)
def test_examples_say_what_they_are_named_for(name: str, statuses: dict[str, int]) -> None:
    advisory = csaf.parse(files("2.0")[f"examples/csaf/{name}.json"].encode(), what=name)
    counts: dict[str, int] = {}
    for statement in advisory.statements:
        counts[statement.status] = counts.get(statement.status, 0) + 1
    assert counts == statuses


def test_scores_of_the_examples_are_the_scores_of_their_vectors() -> None:
    pairs = set()
    for path, text in files("2.0").items():
        if "/failures/" not in path and "6-1-09-" not in path and "6-1-08-" not in path:
            pairs |= set(_scores(json.loads(text)))
    valid = {(vector, score) for vector, score in pairs if not cvss.fault(vector)}
    assert len(valid) >= 8
    assert {vector: cvss.base_score(vector) for vector, _ in valid} == dict(valid)


def _scores(value: Any) -> list[tuple[str, float]]:
    if isinstance(value, list):
        return [pair for item in value for pair in _scores(item)]
    if not isinstance(value, dict):
        return []
    own = (
        [(value["vectorString"], float(value["baseScore"]))]
        if {"vectorString", "baseScore"} <= set(value)
        else []
    )
    return own + [pair for item in value.values() for pair in _scores(item)]
