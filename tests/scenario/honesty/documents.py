"""Evidence about a fictional provider's release, made by code: what its CI, scanners and people would have written.

Bytes out of plain values, so that every document can tell the truth or something else.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec
from tests.support import signing

from assay.crypto.keys import PrivateKey
from assay.formats import times
from assay.formats.digest import Digest
from assay.formats.intoto import PAYLOAD_TYPE
from assay.formats.slsa import V1
from assay.formats.test_result import PREDICATE_TYPE as TEST_RESULT
from assay.trust.envelope import sign

PROVIDER = signing.PROVIDER
CI_KEYS = signing.pair("lighthouse-ci")
"""Of the provider's build system; every document below that is signed, is signed with these unless told otherwise."""
BUILDER = "https://ci.example/runners/hosted@v1"
REVIEWED = date(2026, 9, 1)
SCAN_FINDING = "FICTION-2026-0001"
"""Id of the one advisory that the fictional scanner reports. There is no such advisory."""
EXPLOITED = "CVE-2026-90001"
"""All that is known to be exploited. There is no such vulnerability."""

WORKFLOW = b"""\
name: release
on:
  push:
    tags: ["v*"]
  pull_request:
permissions:
  contents: read
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@1111111111111111111111111111111111111111
        with:
          persist-credentials: false
      - run: make check test
      - run: echo "built $REF"
        env:
          REF: ${{ github.ref_name }}
  publish:
    needs: build
    runs-on: ubuntu-24.04
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: lighthouse-ci/publish@2222222222222222222222222222222222222222
"""

SECURITY_MD = b"""\
# Security policy (fictional)

Write to security@lighthouse.example if you found a vulnerability in one of our products. Please do not open a public issue.
You get an answer within five working days, and we tell you what we are going to do about it, and by when.
"""

_TOPICS = {
    "separation": "Build hosts, developer machines and the package index are separate accounts and networks.",
    "logging": "Sign-ins, changes of rights and every build are logged; the logs are read weekly and audited yearly.",
    "multi_factor": "Every account that can push, build or publish signs in with a passkey.",
    "conditional_access": "Sign-in is refused from devices that are not under management.",
    "minimised_tools": "Build tools stand in a list with their versions; new ones need a review.",
    "encryption": "Credentials live in the CI secret store, and disks are encrypted.",
    "monitoring": "Alerts go to the person on duty; incidents are handled by a rehearsed plan.",
}


class Alert(msgspec.Struct, frozen=True):
    """A result of the fictional analyser."""

    rule: str
    severity: float
    message: str
    location: str
    line: int
    suppressed: bool = False
    justification: str = ""


ALERTS = (
    Alert(
        "py/regex-injection",
        7.5,
        "pattern built from input",
        "src/app.py",
        12,
        True,
        "the input is a constant",
    ),
    Alert("py/unused-import", 2.0, "import that is not used", "src/app.py", 3),
)


class Package(msgspec.Struct, frozen=True):
    name: str
    version: str


def signed(statement: Mapping[str, Any], keys: Sequence[PrivateKey] = CI_KEYS) -> bytes:
    """*statement* in a DSSE envelope; without *keys* the bare statement."""
    payload = json.dumps(statement).encode()
    return sign(PAYLOAD_TYPE, payload, keys).encode() if keys else payload


def statement(subjects: Mapping[str, Mapping[str, str]], kind: str, predicate: Any) -> dict[str, Any]:
    """An in-toto statement v1; *subjects* by name."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": digest} for name, digest in subjects.items()],
        "predicateType": kind,
        "predicate": predicate,
    }


def provenance(
    files: Mapping[str, bytes],
    repository: str,
    tag: str,
    commit: str,
    finished: datetime,
    *,
    byproducts: Mapping[str, bytes] = {},
    builder: str = BUILDER,
) -> dict[str, Any]:
    """SLSA provenance v1: *files* were built from *commit*."""
    source = f"git+{repository}@refs/tags/{tag}"
    predicate = {
        "buildDefinition": {
            "buildType": "https://ci.example/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": f"refs/tags/{tag}", "repository": repository, "path": "ci.yml"}},
            "resolvedDependencies": [{"uri": source, "digest": {"gitCommit": commit}}],
        },
        "runDetails": {
            "builder": {"id": builder},
            "metadata": {"invocationId": "https://ci.example/runs/7", "finishedOn": times.encode(finished)},
            "byproducts": [{"name": name, "digest": sha256(data)} for name, data in byproducts.items()],
        },
    }  # fmt: skip
    return statement({name: sha256(data) for name, data in files.items()}, V1, predicate)


def result_of_tests(report: bytes, name: str, commit: str, result: str = "PASSED") -> dict[str, Any]:
    """in-toto test-result v0.1: *report* is of *commit*."""
    predicate = {
        "result": result,
        "configuration": [{"name": name, "digest": sha256(report)}],
        "url": "https://ci.example/runs/7",
    }
    return statement({"source": {"gitCommit": commit}}, TEST_RESULT, predicate)


def sha256(data: bytes) -> dict[str, str]:
    return {"sha256": Digest.sha256(data).value}


def junit(started: datetime, *, tests: int = 24, failed: int = 0) -> bytes:
    """A report of pytest's kind."""
    cases = [
        f'<testcase classname="tests.test_app" name="test_{at}" time="0.01">'
        + ('<failure message="assert 1 == 2">assert 1 == 2</failure>' if at < failed else "")
        + "</testcase>"
        for at in range(tests)
    ]
    suite = f'name="pytest" tests="{tests}" failures="{failed}" errors="0" skipped="0" timestamp={quoteattr(times.encode(started))}'
    return f'<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite {suite}>{"".join(cases)}</testsuite></testsuites>'.encode()


def sarif(repository: str, commit: str, ended: datetime, alerts: Sequence[Alert] = ALERTS) -> bytes:
    """SARIF 2.1.0 of a fictional analyser, bound to *commit* by its versionControlProvenance."""
    rules = {alert.rule: alert.severity for alert in alerts}
    run = {
        "tool": {
            "driver": {
                "name": "Foghorn (fictional)",
                "version": "3.1",
                "rules": [
                    {"id": rule, "properties": {"security-severity": str(severity)}}
                    for rule, severity in rules.items()
                ],
            }
        },
        "invocations": [{"executionSuccessful": True, "endTimeUtc": times.encode(ended)}],
        "versionControlProvenance": [{"repositoryUri": repository, "revisionId": commit}],
        "results": [_result(alert) for alert in alerts],
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def _result(alert: Alert) -> dict[str, Any]:
    location = {"artifactLocation": {"uri": alert.location}, "region": {"startLine": alert.line}}
    suppression = {"kind": "inSource", "status": "accepted"}
    if alert.justification:
        suppression["justification"] = alert.justification
    return {
        "ruleId": alert.rule,
        "message": {"text": alert.message},
        "locations": [{"physicalLocation": location}],
        "suppressions": [suppression] if alert.suppressed else [],
    }


def scan(packages: Sequence[Package], hit: Package | None, modified: datetime) -> bytes:
    """osv-scanner's results over all *packages*, with one advisory against *hit*."""
    advisory = {
        "id": SCAN_FINDING,
        "modified": times.encode(modified),
        "summary": "Fictional advisory, for tests",
        "affected": [{"package": {"ecosystem": "PyPI", "name": hit.name}}] if hit else [],
    }
    rows = [
        {
            "package": {"ecosystem": "PyPI", "name": package.name, "version": package.version},
            "vulnerabilities": [advisory] if package == hit else [],
        }
        for package in packages
    ]
    return json.dumps(
        {"results": [{"source": {"path": "lock", "type": "lockfile"}, "packages": rows}]}
    ).encode()


def openvex(product: str, hit: Package, moment: datetime) -> bytes:
    """OpenVEX 0.2.0: the advisory does not affect *product* (a purl)."""
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://lighthouse.example/vex/1",
        "author": PROVIDER,
        "timestamp": times.encode(moment),
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": SCAN_FINDING},
                "products": [
                    {"@id": product, "subcomponents": [{"@id": f"pkg:pypi/{hit.name}@{hit.version}"}]}
                ],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }
    return json.dumps(document).encode()


def scorecard(repository: str, commit: str, made: datetime, score: int = 8) -> bytes:
    """OpenSSF Scorecard, schema version 2."""
    return json.dumps(
        {
            "date": times.encode(made),
            "repo": {"name": repository.removeprefix("https://"), "commit": commit},
            "scorecard": {"version": "v5.0.0", "commit": ""},
            "score": float(score),
            "checks": [
                {"name": name, "score": score, "reason": "fictional"} for name in ("Branch-Protection", "Code-Review")
            ],
        }
    ).encode()  # fmt: skip


def security_txt(expires: datetime) -> bytes:
    return f"Contact: mailto:security@lighthouse.example\nExpires: {times.encode(expires)}\n".encode()


def insights(repository: str, reviewed: date = REVIEWED) -> bytes:
    """Security Insights 2.0."""
    return f"""\
header:
  schema-version: 2.0.0
  last-updated: '{reviewed}'
  last-reviewed: '{reviewed}'
  url: {repository}
project:
  name: fictional
  vulnerability-reporting:
    reports-accepted: true
    contact:
      name: Security desk
      email: security@lighthouse.example
      primary: true
repository:
  url: {repository}
  status: active
""".encode()


def facts(stated: date = REVIEWED) -> list[dict[str, Any]]:
    """Every topic of the environment statement."""
    return [
        {"topic": topic, "statement": text, "stated": stated, "role": "Head of engineering (fictional)"}
        | ({"covered": 14, "total": 14} if topic == "multi_factor" else {"holds": True})
        for topic, text in _TOPICS.items()
    ]


def snapshot(
    as_of: datetime, malicious: Mapping[str, Sequence[str]] = {}, exploited: str = "sham-oil"
) -> bytes:
    """Reports of malicious packages: 120 that nobody has heard of, and *malicious* (name -> versions); an advisory of
    :data:`EXPLOITED` in every version of a package."""
    listed = {f"sham-{at:03}": ["1.0"] for at in range(120)} | {
        name: list(versions) for name, versions in malicious.items()
    }
    records = [
        {
            "id": f"MAL-0000-{at:04}",
            "modified": times.encode(as_of),
            "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "versions": versions}],
        }
        for at, (name, versions) in enumerate(listed.items())
    ]
    advisory = {
        "id": "PYSEC-0000-1",
        "modified": times.encode(as_of),
        "aliases": [EXPLOITED],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": exploited},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            }
        ],
    }
    document = {
        "format": "urn:assay:snapshot:1", "as_of": times.encode(as_of), "records": [*records, advisory],
    }  # fmt: skip
    return json.dumps(document).encode()
