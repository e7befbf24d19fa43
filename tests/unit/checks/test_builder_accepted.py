import msgspec
import pytest
from tests.support.cases import FACTS, findings
from tests.support.statements import BUILDER, FILENAME, built, shown

from assay.checks.builder_accepted import CHECK, accepts
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.statement import Resource, Statement


def judged(*exhibits: Exhibit[Statement], accepted: tuple[str, ...] = (BUILDER,)) -> list[tuple[str, str]]:
    facts = msgspec.structs.replace(FACTS, accepted_builders=accepted)
    return [(finding.outcome.value, finding.message) for finding in findings(CHECK, *exhibits, facts=facts)]


def test_satisfied() -> None:
    assert judged(shown(built())) == [("satisfied", f"{FILENAME} was built by {BUILDER}")]


def test_an_unknown_builder_contradicts() -> None:
    assert judged(shown(built(builder="https://laptop.example"))) == [
        (
            "not_satisfied",
            f"{FILENAME} was built by https://laptop.example, which is not among the accepted builders",
        )
    ]


@pytest.mark.parametrize(
    "signature", [UNSIGNED, Signature(Standing.INVALID), Signature(Standing.UNKNOWN_SIGNER)]
)
@pytest.mark.parametrize("builder", [BUILDER, "https://laptop.example"])
def test_an_unverified_provenance_says_nothing(signature: Signature, builder: str) -> None:
    ((outcome, message),) = judged(shown(built(builder=builder), signature=signature))
    assert outcome == "unknown"
    assert builder in message
    assert "not verified" in message


def test_the_signer_of_the_attestation_cannot_speak_for_a_builder() -> None:
    own = Signature(Standing.VERIFIED, signers=(FACTS.signature.signer,))
    ((outcome, message),) = judged(shown(built(), signature=own))
    assert outcome == "unknown"
    assert message == (
        f"{FILENAME} was built by {BUILDER}, says 'lighthouse', who signs the attestation too: "
        "that is the provider's own word"
    )
    both = Signature(Standing.VERIFIED, signers=(FACTS.signature.signer, "ci"))
    assert judged(shown(built(), signature=both))[0][0] == "satisfied"
    assert judged(shown(built(), "own.json", own), shown(built()))[0][0] == "satisfied"


def test_one_accepted_builder_of_two_is_enough() -> None:
    other = shown(built(builder="https://laptop.example"), "other.json")
    assert [row[0] for row in judged(other, shown(built()))] == ["satisfied"]


def test_an_empty_policy_accepts_nobody_and_accuses_nobody() -> None:
    assert judged(shown(built()), accepted=()) == [
        ("unknown", "the office's policy names no accepted builder")
    ]


def test_provenance_of_other_files_does_not_say_who_built_these() -> None:
    ((outcome, message),) = judged(shown(built((Resource("x"),))))
    assert (outcome, message) == (
        "unknown", "no provenance names an attested file, so nothing says who built the release"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        pytest.param(BUILDER, True, id="whole"),
        pytest.param("https://ci.example/runners/*", True, id="prefix to a slash"),
        pytest.param("https://ci.example/runners/hosted@*", True, id="prefix to an at"),
        pytest.param("https://ci.example/runners/hosted", False, id="prefix without a star"),
        pytest.param("https://ci.example/runners/host*", False, id="star within a name"),
        pytest.param("*", False, id="a star alone"),
        pytest.param(BUILDER + "/*", False, id="prefix longer than the builder"),
        pytest.param(BUILDER[:-1], False, id="shorter"),
        pytest.param(BUILDER.upper(), False, id="upper case"),
        pytest.param("", False, id="empty"),
    ],
)
def test_policies(accepted: str, expected: bool) -> None:
    assert accepts((accepted,), BUILDER) is expected


def test_a_prefix_needs_something_after_it() -> None:
    prefix = ("https://elsewhere.example/*", "https://ci.example/runners/*")
    assert not accepts(prefix, "https://ci.example/runners/")
    assert accepts(prefix, "https://ci.example/runners/7")
