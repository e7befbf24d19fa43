"""SARIF logs: what counts as an alert, and how high."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, Unsupported
from assay.evidence.analysis import Alert, AnalysisReport, Revision, read


def log(*results: dict[str, Any], **run: Any) -> bytes:
    rules = [
        {"id": "wick-too-long"},
        {"id": "open-flame", "defaultConfiguration": {"level": "error"}, "properties": {"security-severity": "8.8", "tags": ["x"]}},
        {"id": "smell", "defaultConfiguration": {"level": "note"}, "messageStrings": {"default": {"text": "It smells."}}},
    ]  # fmt: skip
    base = {
        "tool": {"driver": {"name": "Snuffer", "semanticVersion": "1.2.0", "rules": rules}},
        "results": list(results),
    }
    return json.dumps({"version": "2.1.0", "$schema": "x", "runs": [{**base, **run}]}).encode()


def alert(**result: Any) -> Alert:
    return read(log({"message": {"text": "found"}, **result}), name="x.sarif").alerts[0]


def test_reads() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "lantern/wick.py"}, "region": {"startLine": 7}}}
    data = log(
        {"ruleId": "open-flame", "message": {"text": "fire\nand smoke"}, "locations": [place]},
        invocations=[{"executionSuccessful": True, "endTimeUtc": "2026-10-20T08:30:00.5Z"}],
        versionControlProvenance=[
            {"repositoryUri": "https://git.example/l", "revisionId": "1f" * 20, "branch": "main"}
        ],
    )
    assert read(data, name="x.sarif") == AnalysisReport(
        tools=("Snuffer 1.2.0",),
        alerts=(Alert("open-flame", "error", "fire and smoke", "lantern/wick.py:7", 8.8),),
        revisions=(Revision("https://git.example/l", "1f" * 20, "main"),),
        completed=read(data, name="x").completed,
    )
    assert str(read(data, name="x").completed) == "2026-10-20 08:30:00.500000+00:00"


@pytest.mark.parametrize(
    ("result", "level"),
    [
        ({"ruleId": "wick-too-long"}, "warning"),
        ({"ruleId": "nobody-knows"}, "warning"),
        ({"ruleId": "open-flame"}, "error"),
        ({"ruleId": "open-flame/2"}, "error"),
        ({"ruleIndex": 2}, "note"),
        ({"rule": {"id": "open-flame"}}, "error"),
        ({"rule": {"index": 1}}, "error"),
        ({"ruleId": "open-flame", "level": "none"}, "none"),
        ({"ruleId": "smell", "level": "error"}, "error"),
        ({"ruleId": "open-flame", "kind": "review"}, "none"),
    ],
)
def test_effective_level(result: dict[str, Any], level: str) -> None:
    assert alert(**result).level == level


@pytest.mark.parametrize(
    ("result", "high"),
    [
        ({"ruleId": "open-flame", "level": "note"}, True),
        ({"ruleId": "smell", "properties": {"security-severity": 7}}, True),
        ({"ruleId": "smell", "properties": {"security-severity": "6.9"}}, False),
        ({"ruleId": "open-flame", "properties": {"security-severity": "0.0"}}, False),
        ({"ruleId": "nobody-knows", "level": "error"}, True),
        ({"ruleId": "open-flame", "kind": "open"}, False),
    ],
)
def test_high(result: dict[str, Any], high: bool) -> None:
    assert alert(**result).high is high


@pytest.mark.parametrize("kind", ["pass", "notApplicable", "informational"])
def test_what_is_no_alert(kind: str) -> None:
    assert read(log({"message": {"text": "fine"}, "kind": kind}), name="x").alerts == ()
    assert read(log({"message": {"text": "gone"}, "baselineState": "absent"}), name="x").alerts == ()
    assert alert(kind="open").undecided
    assert not alert().undecided


@pytest.mark.parametrize(
    ("suppressions", "suppressed"),
    [
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "external", "status": "underReview"}], False),
        ([{"kind": "external", "status": "rejected"}], False),
        ([{"kind": "inSource"}, {"kind": "external", "status": "rejected"}], False),
        ([], False),
        (None, False),
    ],
)
def test_suppressions(suppressions: Any, suppressed: bool) -> None:
    found = alert(suppressions=suppressions)
    assert found.suppressed is suppressed


def test_justification() -> None:
    assert (
        alert(suppressions=[{"kind": "external", "justification": "only\nin tests"}]).justification
        == "only in tests"
    )


def test_rules_of_extensions_and_overrides() -> None:
    tool = {
        "driver": {"name": "Snuffer", "rules": [{"id": "r", "defaultConfiguration": {"level": "note"}}]},
        "extensions": [
            {"name": "more", "guid": "g", "rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}
        ],
    }
    for reference in ({"index": 0}, {"guid": "g"}, {"name": "more"}):
        result = {"message": {"text": "m"}, "rule": {"id": "r", "toolComponent": reference}}
        assert read(log(result, tool=tool), name="x").alerts[0].level == "error"
    invocation = {
        "executionSuccessful": True,
        "ruleConfigurationOverrides": [{"descriptor": {"id": "r"}, "configuration": {"level": "error"}}],
    }
    plain: dict[str, Any] = {"message": {"text": "m"}, "ruleId": "r"}
    from_it = {**plain, "provenance": {"invocationIndex": 0}}
    levels = [
        a.level for a in read(log(plain, from_it, tool=tool, invocations=[invocation]), name="x").alerts
    ]
    assert levels == ["note", "error"]


def test_message_and_location_by_reference() -> None:
    found = read(
        log(
            {"ruleId": "smell", "message": {"id": "default"}, "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]},
            artifacts=[{"location": {"uri": "oil.py"}}],
        ),
        name="x",
    ).alerts[0]  # fmt: skip
    assert (found.message, found.location) == ("It smells.", "oil.py")


def test_failed_runs() -> None:
    assert not read(log(), name="x").failed
    assert read(log(results=None), name="x").failed
    assert read(b'{"version":"2.1.0","runs":[]}', name="x").failed
    assert read(
        log(invocations=[{"executionSuccessful": True}, {"executionSuccessful": False}]), name="x"
    ).failed


def test_several_runs() -> None:
    one, two = json.loads(log({"message": {"text": "a"}})), json.loads(log({"message": {"text": "b"}}))
    two["runs"][0]["tool"]["driver"] = {"name": "Sniffer", "version": "3"}
    one["runs"] += two["runs"]
    found = read(json.dumps(one).encode(), name="x")
    assert found.tools == ("Snuffer 1.2.0", "Sniffer 3")
    assert [a.message for a in found.alerts] == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        pytest.param(b"{}", Malformed, "missing required field", id="no version"),
        pytest.param(log().replace(b'"2.1.0"', b'"2.0.0"'), Unsupported, "SARIF '2.0.0', expected 2.1.0", id="version"),
        pytest.param(log({"message": {"text": "m"}, "ruleIndex": 3}), Malformed, "rule 3 of 3", id="rule index"),
        pytest.param(log({"message": {"text": "m"}, "level": "fatal"}), Malformed, "Invalid enum value 'fatal'", id="level"),
        pytest.param(log({"message": {"text": "m"}, "rule": {"toolComponent": {"index": 0}}}), Malformed, "extension 0 of 0", id="extension"),
        pytest.param(log({"message": {"text": "m"}, "properties": {"security-severity": "high"}}), Malformed, "expected 0.0 to 10.0", id="severity"),
        pytest.param(log({"message": {"text": "m"}, "properties": {"security-severity": 11}}), Malformed, "expected 0.0 to 10.0", id="severity 11"),
        pytest.param(log({"message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]}), Malformed, "artifact 0 of 0", id="artifact"),
        pytest.param(log(externalPropertyFileReferences={"results": [{}]}), Unsupported, "external property files", id="external"),
        pytest.param(log(invocations=[{"executionSuccessful": True, "endTimeUtc": "noon"}]), Malformed, "endTimeUtc 'noon'", id="time"),
        pytest.param(log()[:-3], Malformed, "x.sarif", id="cut"),
    ],
)  # fmt: skip
def test_refuses(data: bytes, kind: type[Exception], reason: str) -> None:
    with pytest.raises(kind, match=reason) as caught:
        read(data, name="x.sarif")
    assert str(caught.value).startswith("x.sarif")


@given(st.data())
def test_damage_never_escapes(data: st.DataObject) -> None:
    broken = bytearray(
        log({"ruleId": "open-flame", "message": {"text": "m"}, "suppressions": [{"kind": "inSource"}]})
    )
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(broken), name="x")
    except AssayError as error:
        reason = str(error)
    else:
        reason = "read"
    assert reason
