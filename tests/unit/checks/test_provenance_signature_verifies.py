import msgspec
import pytest
from tests.support.cases import RELEASE, VERIFIED, findings
from tests.support.statements import FILENAME, built, ran, shown

from assay.checks.provenance_signature_verifies import CHECK
from assay.evidence.model import UNSIGNED, Exhibit, Signature, Standing
from assay.evidence.statement import Resource, Statement
from assay.formats.digest import Digest

ELSEWHERE = built((Resource("other.whl", digests=(Digest.sha256(b"other"),)),))


def judged(*exhibits: Exhibit[Statement]) -> list[tuple[str, str]]:
    return [(finding.outcome.value, finding.message) for finding in findings(CHECK, *exhibits)]


def test_satisfied() -> None:
    assert judged(shown(built())) == [("satisfied", f"the provenance of {FILENAME} is signed by ci")]


@pytest.mark.parametrize(
    ("signature", "outcome", "message"),
    [
        pytest.param(
            Signature(Standing.INVALID, reason="it was changed"), "not_satisfied",
            "the signature of build.json is not of what it says: it was changed", id="invalid",
        ),
        pytest.param(
            Signature(Standing.REVOKED, reason="stolen"), "not_satisfied",
            "build.json is signed with a revoked key: stolen", id="revoked",
        ),
        pytest.param(
            Signature(Standing.UNKNOWN_SIGNER, reason="no such key"), "unknown",
            f"the provenance of {FILENAME} is signed by nobody the trust root knows: no such key", id="unknown signer",
        ),
        pytest.param(
            Signature(Standing.UNCHECKED, reason="no root"), "unknown",
            f"the signature of the provenance of {FILENAME} was not checked: no root", id="unchecked",
        ),
        pytest.param(UNSIGNED, "unknown", f"the provenance of {FILENAME} is not signed", id="unsigned"),
    ],
)  # fmt: skip
def test_other_standings(signature: Signature, outcome: str, message: str) -> None:
    assert judged(shown(built(), "build.json", signature)) == [(outcome, message)]


def test_one_good_signature_for_a_file_is_enough() -> None:
    assert [row[0] for row in judged(shown(built(), "a", UNSIGNED), shown(built(), "b"))] == ["satisfied"]


def test_a_forged_one_beside_a_good_one_still_contradicts() -> None:
    rows = judged(shown(built(), "a", Signature(Standing.INVALID)), shown(built(), "b"))
    assert [row[0] for row in rows] == ["not_satisfied", "satisfied"]


def test_a_good_signature_over_another_file_shows_nothing() -> None:
    assert judged(shown(ELSEWHERE, "build.json")) == [
        ("unknown", "the provenance build.json is well signed, and names no attested file")
    ]


def test_a_forged_provenance_of_another_file_contradicts_once() -> None:
    rows = judged(shown(ELSEWHERE, "build.json", Signature(Standing.INVALID)))
    assert [row[0] for row in rows] == ["not_satisfied"]


def test_an_unsigned_provenance_of_another_file_is_unknown() -> None:
    assert judged(shown(ELSEWHERE, "build.json", UNSIGNED)) == [
        ("unknown", "the provenance build.json is not signed")
    ]


def test_other_statements_are_no_provenance() -> None:
    assert judged(shown(ran())) == [("unknown", "no statement among the artifacts is a SLSA provenance")]


def test_without_release_files_nothing_is_shown() -> None:
    release = msgspec.structs.replace(RELEASE, files=())
    found = findings(CHECK, shown(built(), signature=VERIFIED), release=release)
    assert [finding.outcome.value for finding in found] == ["unknown"]
