"""Damaged documents: every reader either reads them or refuses them with a reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.damage import damaged

from assay.errors import Malformed
from assay.evidence import policy, repository, vulnerabilities
from assay.formats import git_state, known_exploited
from assay.formats.git_state import GitState

OPENVEX = {
    "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x", "author": "a", "timestamp": "2026-10-21T09:00:00Z", "version": 1,
    "statements": [{
        "vulnerability": {"name": "CVE-1", "aliases": ["X-1"]}, "status": "fixed", "timestamp": "2026-10-21T09:00:00Z",
        "products": [{"@id": "pkg:pypi/a@1", "hashes": {"sha-256": "ab" * 32}, "subcomponents": [{"@id": "pkg:pypi/b@1"}]}],
    }],
}  # fmt: skip
CSAF = {
    "document": {
        "category": "csaf_vex", "csaf_version": "2.0", "title": "t", "publisher": {"name": "p"},
        "tracking": {"id": "i", "status": "final", "current_release_date": "2026-10-21T09:00:00Z"},
    },
    "product_tree": {
        "branches": [{"name": "v", "branches": [{"name": "b", "product": {"name": "B 1", "product_id": "B"}}]}],
        "full_product_names": [{"name": "A 1", "product_id": "A", "product_identification_helper": {"purl": "pkg:pypi/a@1"}}],
        "relationships": [{
            "category": "default_component_of", "product_reference": "B", "relates_to_product_reference": "A",
            "full_product_name": {"name": "B in A", "product_id": "C"},
        }],
        "product_groups": [{"group_id": "G", "product_ids": ["A", "C"]}],
    },
    "vulnerabilities": [{
        "cve": "CVE-1", "product_status": {"known_not_affected": ["A"], "fixed": ["C"]},
        "flags": [{"label": "component_not_present", "product_ids": ["A"]}],
        "threats": [{"category": "impact", "details": "none", "group_ids": ["G"]}],
    }],
}  # fmt: skip
OSV = {
    "results": [{"packages": [{
        "package": {"name": "a", "version": "1", "ecosystem": "PyPI"}, "groups": [{"ids": ["X-1"], "max_severity": "7.5"}],
        "vulnerabilities": [{
            "id": "X-1", "modified": "2026-10-21T09:00:00Z", "aliases": ["CVE-1"],
            "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
            "affected": [{"package": {"name": "a", "ecosystem": "PyPI"}, "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]},
            ]}],
        }],
    }]}],
}  # fmt: skip
SCORECARD = {
    "date": "2026-10-25", "repo": {"name": "git.example/a/b", "commit": "1f" * 20}, "scorecard": {"version": "v5"}, "score": 8.1,
    "checks": [{"name": "Branch-Protection", "score": 8, "reason": "r"}],
}  # fmt: skip
WORKFLOW = """\
name: CI
on: {pull_request_target: , workflow_run: {workflows: [CI]}}
permissions: {contents: read}
env: {T: "${{ github.event.issue.title }}"}
jobs:
  a:
    if: github.actor != 'x'
    container: {image: "alpine:3@sha256:ab"}
    steps:
      - uses: actions/checkout@v5
        with: {ref: "refs/pull/${{ github.event.number }}/merge"}
      - run: echo ${{ format('{0}', env.T) }} ${{ toJSON(github.event.*) || a['b'] }}
"""
GITLAB = """\
include: [{project: a/b, ref: v1, file: c.yml}, "https://ci.example/x.yml"]
default: {image: "python:3"}
job:
  script: [!reference [.a, script], 'sh -c "echo $CI_COMMIT_TITLE"']
  rules: [{if: '$CI_PIPELINE_SOURCE == "push"'}]
"""
SECURITY_TXT = """\
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# hello
Contact: mailto:a@lighthouse.example
Expires: 2027-06-30T23:59:00Z
Preferred-Languages: en
-----BEGIN PGP SIGNATURE-----

AAAA
-----END PGP SIGNATURE-----
"""
INSIGHTS = """\
header: {schema-version: 2.2.0, last-updated: '2026-03-01', last-reviewed: '2026-04-01'}
project: {vulnerability-reporting: {reports-accepted: true, contact: {name: a, email: a@lighthouse.example}, policy: p}}
repository: {url: u}
"""
EXPLOITED = {
    "catalogVersion": "1", "dateReleased": "2026-10-21T09:00:00Z", "count": 1,
    "vulnerabilities": [{"cveID": "CVE-2026-90001", "dateAdded": "2026-10-01", "dueDate": "2026-10-22", "cwes": ["CWE-77"]}],
}  # fmt: skip


def read_exploited(data: bytes, *, name: str) -> known_exploited.Catalogue:
    return known_exploited.parse(data, what=name)


READERS: dict[str, tuple[Callable[..., Any], str, bytes]] = {
    "openvex": (vulnerabilities.read_vex, "vex.json", json.dumps(OPENVEX).encode()),
    "csaf": (vulnerabilities.read_vex, "csaf.json", json.dumps(CSAF).encode()),
    "osv": (vulnerabilities.read_report, "osv.json", json.dumps(OSV).encode()),
    "known-exploited": (read_exploited, "kev.json", json.dumps(EXPLOITED).encode()),
    "scorecard": (repository.read_scorecard, "scorecard.json", json.dumps(SCORECARD).encode()),
    "github": (repository.read_workflow, ".github/workflows/ci.yml", WORKFLOW.encode()),
    "gitlab": (repository.read_workflow, ".gitlab-ci.yml", GITLAB.encode()),
    "git-state": (
        repository.read_git_state,
        "git-state.json",
        git_state.encode(GitState("1f" * 20, tags=("v1",))),
    ),
    "security.txt": (policy.read, "security.txt", SECURITY_TXT.encode()),
    "insights": (policy.read, "security-insights.yml", INSIGHTS.encode()),
    "prose": (
        policy.read,
        "SECURITY.md",
        b"# Security\n\nReport to a [at] b [dot] example, https://b.example, in 3 days.\n",
    ),
}


@pytest.mark.parametrize("reader", READERS)
def test_reads_its_sample(reader: str) -> None:
    read, name, sample = READERS[reader]
    assert read(sample, name=name)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reads_or_refuses(reader: str, data: st.DataObject) -> None:
    read, name, sample = READERS[reader]
    why = refusal(read, data.draw(damaged(sample)), name)
    assert why is None or (why and "\n" not in why)


def refusal(read: Callable[..., Any], document: bytes, name: str) -> str | None:
    try:
        read(document, name=name)
    except Malformed as error:
        return str(error)
    return None


@pytest.mark.parametrize("reader", [name for name in READERS if name != "prose"])
@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"[" * 100_000, id="deep JSON"),
        pytest.param(b'{"a":' * 5_000 + b"1" + b"}" * 5_000, id="deep objects"),
        pytest.param(b'{"id": 1, "id": 2}', id="key twice"),
        pytest.param(b"\xff\xfe{}", id="UTF-16"),
        pytest.param(b"a: &a [1]\nb: [*a, *a", id="cut YAML"),
        pytest.param(b"x" * 100_000, id="one long word"),
    ],
)
def test_refuses_hostile_documents(reader: str, hostile: bytes) -> None:
    read, name, _ = READERS[reader]
    with pytest.raises(Malformed):
        read(hostile, name=name)
