"""The in-toto test-result predicate, v0.1 (in-toto attestation framework, predicates/test-result.md)."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from assay.errors import Malformed, TooLarge
from assay.formats.intoto import Resource, resource

PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
MAX_NAMES = 100_000


class TestResult(msgspec.Struct, frozen=True):
    """https://in-toto.io/attestation/test-result/v0.1."""

    __test__ = False

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[Resource, ...] = ()
    url: str = ""
    passed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class _Wire(
    msgspec.Struct,
    frozen=True,
    rename={"passed": "passedTests", "warned": "warnedTests", "failed": "failedTests"},
):
    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: list[dict[str, Any]]
    url: str | None = None
    passed: list[str] | None = None
    warned: list[str] | None = None
    failed: list[str] | None = None


def parse(predicate: Mapping[str, Any], *, what: str = "test result") -> TestResult:
    try:
        wire = msgspec.convert(predicate, _Wire)
    except msgspec.ValidationError as error:
        raise Malformed(f"{what}: {error}") from error
    for name, names in (
        ("passedTests", wire.passed),
        ("warnedTests", wire.warned),
        ("failedTests", wire.failed),
    ):
        if names and len(names) > MAX_NAMES:
            raise TooLarge(f"{what}: {name} has {len(names)} names, over {MAX_NAMES}")
    return TestResult(
        result=wire.result,
        configuration=tuple(resource(one) for one in wire.configuration),
        url=wire.url or "",
        passed=tuple(wire.passed or ()),
        warned=tuple(wire.warned or ()),
        failed=tuple(wire.failed or ()),
    )
