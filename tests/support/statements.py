"""in-toto statements about the fictional lantern 2.1.0: on the wire, and as typed values for checks."""

import json
from typing import Any

from tests.support.cases import COMMIT, VERIFIED, WHEEL, exhibit

from assay.evidence.model import Exhibit, Signature
from assay.evidence.statement import OtherPredicate, Provenance, Resource, Statement, TestResult
from assay.formats.digest import Digest
from assay.formats.dsse import DsseSignature, Envelope
from assay.formats.intoto import PAYLOAD_TYPE

FILENAME = "lantern-2.1.0-py3-none-any.whl"
REPOSITORY = "https://git.example/lighthouse/lantern"
SOURCE = f"git+{REPOSITORY}@refs/tags/v2.1.0"
BUILDER = "https://ci.example/runners/hosted@v1"
OTHER_COMMIT = "2e" * 20

V1: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://ci.example/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {"ref": "refs/tags/v2.1.0", "repository": REPOSITORY, "path": "ci/release.yml"}
        },
        "internalParameters": {"event": "push"},
        "resolvedDependencies": [{"uri": SOURCE, "digest": {"gitCommit": COMMIT}}],
    },
    "runDetails": {
        "builder": {"id": BUILDER},
        "metadata": {
            "invocationId": "https://ci.example/runs/7",
            "startedOn": "2026-10-20T09:00:00Z",
            "finishedOn": "2026-10-20T09:05:00Z",
        },
        "byproducts": [{"name": "junit.xml", "digest": {"sha256": "ab" * 32}}],
    },
}
V02: dict[str, Any] = {
    "builder": {"id": BUILDER},
    "buildType": "https://ci.example/generic@v1",
    "invocation": {
        "configSource": {"uri": SOURCE, "digest": {"sha1": COMMIT}, "entryPoint": "ci/release.yml"}
    },
    "metadata": {"buildInvocationId": "7-1", "buildStartedOn": "2026-10-20T09:00:00Z"},
    "materials": [{"uri": SOURCE, "digest": {"sha1": COMMIT}}],
}
TEST_RESULT: dict[str, Any] = {
    "result": "PASSED",
    "configuration": [{"name": "junit.xml", "digest": {"sha256": "ab" * 32}}],
    "url": "https://ci.example/runs/7",
    "passedTests": ["unit"],
    "failedTests": [],
}


def wire(
    predicate_type: str = "https://slsa.dev/provenance/v1", predicate: Any = V1, **changes: Any
) -> bytes:
    """A statement in JSON; *changes* replace its members."""
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": FILENAME, "digest": {"sha256": WHEEL.value}}],
            "predicateType": predicate_type,
            "predicate": predicate,
            **changes,
        }
    ).encode()


def unsigned_envelope(payload: bytes) -> Envelope:
    """An envelope under a signature that nobody made."""
    return Envelope(PAYLOAD_TYPE, payload, (DsseSignature(b"\x00" * 64),))


def commit(value: str = COMMIT) -> Resource:
    return Resource(digests=(Digest("gitCommit", value),))


def built(
    subjects: tuple[Resource, ...] = (Resource(FILENAME, digests=(WHEEL,)),), **changes: Any
) -> Statement:
    """A provenance of lantern 2.1.0."""
    fields: dict[str, Any] = {
        "version": "v1",
        "builder": BUILDER,
        "build_type": "https://ci.example/buildtypes/workflow/v1",
        "source_uri": SOURCE,
        "source_digests": (Digest("gitCommit", COMMIT),),
        **changes,
    }
    return Statement("https://slsa.dev/provenance/v1", subjects, Provenance(**fields))


def ran(subjects: tuple[Resource, ...] = (commit(),), **changes: Any) -> Statement:
    fields: dict[str, Any] = {"result": "PASSED", **changes}
    return Statement("https://in-toto.io/attestation/test-result/v0.1", subjects, TestResult(**fields))


def said(*subjects: Resource, resources: tuple[Resource, ...] = ()) -> Statement:
    """A statement of a type that Assay does not interpret."""
    return Statement("https://statements.example/v1", subjects, OtherPredicate(resources))


def shown(
    statement: Statement, name: str = "statement.json", signature: Signature = VERIFIED
) -> Exhibit[Statement]:
    return exhibit(statement, name, signature)
