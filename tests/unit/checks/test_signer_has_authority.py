from datetime import date
from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, FACTS, findings, unreadable

from assay.checks.model import EnvelopeStanding
from assay.checks.signer_has_authority import CHECK
from assay.formats.attestation import Artifact, ArtifactKind, Assessment, Provider, Signatory
from assay.formats.digest import Digest

CHIEF = Signatory("A. Keeper", "Chief Executive", date(2026, 10, 21), "chief_executive")
LETTER = Digest.sha256(b"letter")
DESIGNEE = Signatory("B. Wick", "Head of engineering", date(2026, 10, 21), "designee", LETTER)


def judged(
    signatory: Signatory | None = CHIEF, artifacts: tuple[Artifact, ...] = (), **changes: Any
) -> list[tuple[str, str]]:
    attestation = msgspec.structs.replace(
        ATTESTATION, signatory=signatory, artifacts=artifacts, assessment=changes.pop("assessment", None)
    )
    found = findings(CHECK, *changes.pop("exhibits", ()), attestation=attestation, **changes)
    return [(finding.outcome.value, finding.message) for finding in found]


def standing(**changes: Any) -> Any:
    signature = msgspec.structs.replace(FACTS.signature, **changes)
    return msgspec.structs.replace(FACTS, signature=signature)


def test_satisfied() -> None:
    assert judged() == [
        (
            "satisfied",
            "signed by 'lighthouse' with ed25519 and ml-dsa-65, who may attest for 'Lighthouse Works (fictional)'",
        ),
        ("satisfied", "the signatory (Chief Executive) signs as chief executive"),
    ]


@pytest.mark.parametrize(
    ("changes", "expected", "message"),
    [
        pytest.param({"authority": False}, "not_satisfied", "has no authority to attest for 'Lighthouse Works (fictional)'", id="no authority"),
        pytest.param({"verified": False, "reason": "no good signature by ml-dsa-65"}, "not_satisfied", "does not verify: no good signature by ml-dsa-65", id="one of two"),
        pytest.param({"verified": False, "signer": "", "disputed": True, "reason": "was changed"}, "not_satisfied", "does not verify: was changed", id="forged"),
        pytest.param({"verified": False, "signer": "", "reason": "made by no key"}, "unknown", "no trusted key made the signature: made by no key", id="unknown key"),
    ],
)  # fmt: skip
def test_envelopes(changes: dict[str, Any], expected: str, message: str) -> None:
    outcome, said = judged(facts=standing(**changes))[0]
    assert outcome == expected
    assert message in said


def letter(kind: ArtifactKind = "document") -> Artifact:
    return Artifact(LETTER, "letter.pdf", kind, "Delegation of authority", "Signed by the chief executive")


def test_a_designee_with_a_delegation() -> None:
    assert judged(DESIGNEE, (letter(),))[1] == (
        "satisfied",
        "the signatory (Head of engineering) signs as designee, with the delegation 'Delegation of authority'",
    )


@pytest.mark.parametrize(
    ("artifacts", "expected", "message"),
    [
        pytest.param(
            (), "unknown", "no document among the artifacts gives that authority", id="not attached"
        ),
        pytest.param((letter("sbom"),), "not_satisfied", "submitted as sbom", id="something else attached"),
    ],
)
def test_a_designee_without_a_delegation(
    artifacts: tuple[Artifact, ...], expected: str, message: str
) -> None:
    outcome, said = judged(DESIGNEE, artifacts)[1]
    assert outcome == expected
    assert message in said


def test_an_unreadable_delegation_is_unknown() -> None:
    broken = unreadable("document")
    artifact = Artifact(broken.source.digest, "letter.pdf", "document")
    designee = msgspec.structs.replace(DESIGNEE, delegation=broken.source.digest)
    assert judged(designee, (artifact,), unreadable=(broken,))[1][0] == "unknown"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"name": "<name>"}, "unknown", id="no name"),
        pytest.param({"title": ""}, "unknown", id="no title"),
        pytest.param({"signed": None}, "unknown", id="no date"),
        pytest.param({"authority": ""}, "unknown", id="authority not said"),
        pytest.param({"signed": date(2026, 11, 5)}, "not_satisfied", id="signed in the future"),
    ],
)
def test_signatories(change: dict[str, Any], expected: str) -> None:
    assert judged(msgspec.structs.replace(CHIEF, **change))[1][0] == expected


def test_the_third_party_path_needs_no_signatory() -> None:
    assert [outcome for outcome, _ in judged(None, assessment=Assessment("Tide Labs (fictional)"))] == [
        "satisfied"
    ]


def test_nobody_signs_off() -> None:
    assert judged(None)[1] == (
        "unknown",
        "nobody signs off: there is neither a signatory nor a third-party assessment",
    )


def test_no_name_of_a_person_is_shown() -> None:
    said = " ".join(message for _, message in (*judged(), *judged(DESIGNEE, (letter(),))))
    assert "Keeper" not in said
    assert "Wick" not in said


def test_an_unsigned_attestation_has_a_reason() -> None:
    facts = msgspec.structs.replace(
        FACTS, signature=EnvelopeStanding(verified=False, reason="the envelope carries no signature")
    )
    assert judged(facts=facts)[0] == (
        "unknown",
        "no trusted key made the signature: the envelope carries no signature",
    )


def test_nobody_has_authority_for_a_provider_that_is_not_named() -> None:
    nobody = msgspec.structs.replace(ATTESTATION, provider=Provider())
    found = findings(CHECK, attestation=nobody)
    assert (found[0].outcome, found[0].at) == ("unknown", "/provider")
    assert "names no provider" in found[0].message
