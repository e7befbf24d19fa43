import json
from typing import Any

import pytest
from tests.support.json_edit import Edit, drop, edited, put
from tests.support.statements import TEST_RESULT

from assay.errors import Malformed, TooLarge
from assay.formats import test_result
from assay.formats.digest import Digest
from assay.formats.intoto import Resource


def changed(*edits: Edit) -> dict[str, Any]:
    found = json.loads(edited(json.dumps(TEST_RESULT).encode(), *edits))
    assert isinstance(found, dict)
    return found


def test_reads_a_result() -> None:
    assert test_result.parse(TEST_RESULT) == test_result.TestResult(
        result="PASSED",
        configuration=(Resource("junit.xml", "", (Digest("sha256", "ab" * 32),)),),
        url="https://ci.example/runs/7",
        passed=("unit",),
    )


def test_optional_lists_may_be_left_out() -> None:
    found = test_result.parse(changed(drop("/passedTests"), put("/failedTests", None), drop("/url")))
    assert (found.passed, found.failed, found.url) == ((), (), "")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        pytest.param(drop("/result"), "result", id="no result"),
        pytest.param(put("/result", "passed"), "passed", id="lower case"),
        pytest.param(put("/result", "SKIPPED"), "SKIPPED", id="another word"),
        pytest.param(drop("/configuration"), "configuration", id="no configuration"),
        pytest.param(put("/configuration", ["x"]), "object", id="configuration that is text"),
        pytest.param(put("/failedTests", "unit"), "array", id="text for a list"),
        pytest.param(put("/failedTests", [1]), "str", id="a number for a name"),
    ],
)
def test_refuses(edit: Edit, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        test_result.parse(changed(edit), what="t.json: predicate")
    assert str(caught.value).startswith("t.json: predicate")
    assert message in str(caught.value)


def test_refuses_too_many_names() -> None:
    with pytest.raises(TooLarge, match="failedTests has 100001 names"):
        test_result.parse({**TEST_RESULT, "failedTests": ["x"] * 100_001})
