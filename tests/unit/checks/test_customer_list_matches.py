import msgspec
import pytest
from tests.support.cases import ATTESTATION, FACTS, findings

from assay.checks.customer_list_matches import CHECK
from assay.checks.model import CustomerStanding
from assay.formats.digest import Digest

ROOT = Digest.sha256(b"root of three rows")
OTHER = Digest.sha256(b"root of other rows")


def judged(signed: Digest | None, rows: int | None, found: CustomerStanding | None) -> list[tuple[str, str]]:
    attestation = msgspec.structs.replace(ATTESTATION, customers=signed, customer_rows=rows)
    facts = msgspec.structs.replace(FACTS, customers=found)
    return [(f.outcome.value, f.message) for f in findings(CHECK, attestation=attestation, facts=facts)]


def test_satisfied() -> None:
    assert judged(ROOT, 3, CustomerStanding(3, ROOT)) == [
        ("satisfied", f"the list gives the commitment {ROOT.short} that was signed")
    ]


@pytest.mark.parametrize(
    ("signed", "rows", "found", "expected"),
    [
        pytest.param(ROOT, 3, CustomerStanding(3, OTHER), ["not_satisfied"], id="a row changed"),
        pytest.param(
            ROOT, 3, CustomerStanding(2, OTHER), ["not_satisfied", "not_satisfied"], id="a row dropped"
        ),
        pytest.param(
            ROOT, 4, CustomerStanding(3, ROOT), ["not_satisfied", "satisfied"], id="the number is wrong"
        ),
        pytest.param(ROOT, None, CustomerStanding(3, ROOT), ["satisfied"], id="no number"),
        pytest.param(ROOT, 3, None, ["unknown"], id="no list"),
        pytest.param(None, None, CustomerStanding(3, ROOT), ["unknown"], id="no commitment"),
        pytest.param(None, None, None, ["unknown"], id="neither"),
    ],
)
def test_near_misses(
    signed: Digest | None, rows: int | None, found: CustomerStanding | None, expected: list[str]
) -> None:
    assert [outcome for outcome, _ in judged(signed, rows, found)] == expected


def test_the_number_of_customers_is_not_told() -> None:
    said = judged(ROOT, 41, CustomerStanding(57, OTHER)) + judged(ROOT, 57, CustomerStanding(57, ROOT))
    assert not any("57" in message or "41" in message for _, message in said if ROOT.short not in message)
    assert said[0][1] == "the list has another number of rows than the attestation commits to"
