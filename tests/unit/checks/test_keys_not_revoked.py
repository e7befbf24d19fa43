from typing import Any

import msgspec
from tests.support.cases import FACTS, VERIFIED, exhibit, findings

from assay.checks.keys_not_revoked import CHECK
from assay.evidence.model import Exhibit, Signature, Standing
from assay.evidence.tests import TestReport


def judged(*exhibits: Exhibit[Any], **signature: Any) -> list[tuple[str, str]]:
    facts = msgspec.structs.replace(FACTS, signature=msgspec.structs.replace(FACTS.signature, **signature))
    return [(finding.outcome.value, finding.message) for finding in findings(CHECK, *exhibits, facts=facts)]


def report(signature: Signature) -> Exhibit[TestReport]:
    return exhibit(TestReport(1, 0, 0, 0), "junit.xml", signature)


def test_satisfied() -> None:
    assert judged() == [("satisfied", "the keys of 'lighthouse' over the attestation are not revoked")]


def test_a_revoked_key_over_the_attestation() -> None:
    found = judged(verified=False, revoked=True, reason="key 12ab was revoked on 2026-05-01: stolen")
    assert found == [
        (
            "not_satisfied",
            "the attestation is signed with a revoked key of 'lighthouse': key 12ab was revoked on 2026-05-01: stolen",
        )
    ]


def test_a_revoked_key_over_evidence() -> None:
    _, found = judged(report(Signature(Standing.REVOKED, ("ci",), "revoked on 2026-05-01")))
    assert found == ("not_satisfied", "junit.xml is signed with a revoked key: revoked on 2026-05-01")


def test_a_good_key_over_evidence_supports_and_no_key_says_nothing() -> None:
    assert judged(report(VERIFIED))[1] == ("satisfied", "the key over junit.xml is not revoked")
    for standing in (Standing.UNSIGNED, Standing.UNCHECKED, Standing.UNKNOWN_SIGNER, Standing.INVALID):
        assert len(judged(report(Signature(standing)))) == 1


def test_what_does_not_verify_is_unknown() -> None:
    assert judged(verified=False, reason="no key made it") == [
        ("unknown", "the signature does not verify: no key made it")
    ]
