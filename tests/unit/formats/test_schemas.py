"""The schemas that the cyclonedx package carries are all there, whole, and used as they are meant."""

from typing import Any

import pytest
from tests.support import bills

from assay.errors import Malformed
from assay.formats import schemas

SIGNATURE = {
    "algorithm": "RS512",
    "publicKey": {"kty": "RSA", "n": "qOSWbDOGS31lv3aUZVOgqZyLTrKXXRveoQr", "e": "AQAB"},
    "value": "HGIX_ccdIcqmaOMxCuc5nPr2",
}


def refusal(bill: dict[str, Any]) -> str:
    try:
        schemas.check_cyclonedx(bills.text(bill), what="bill")
    except Malformed as error:
        return str(error)
    return ""


def bill(version: str, **members: Any) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": version, "version": 1, **members}


def part(**members: Any) -> dict[str, Any]:
    return {"type": "library", "name": "wick", **members}


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_every_version_is_carried(version: str) -> None:
    assert refusal(bill(version)) == ""
    assert refusal(bill(version, components=[part()])) == ""
    assert refusal(bill(version, nothing=1)) == "bill: the bill has 'nothing', which the schema does not know"


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_licence_ids_come_from_the_schema_beside(version: str) -> None:
    assert refusal(bill(version, components=[part(licenses=[{"license": {"id": "MIT"}}])])) == ""
    reason = refusal(bill(version, components=[part(licenses=[{"license": {"id": "MITT"}}])]))
    assert reason.startswith("bill: /components/0/licenses/0/license/id is 'MITT', expected one of 0BSD, ")


@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_signed_bills_are_accepted_because_formats_are_checked(version: str) -> None:
    """With formats off, ``uri`` matches any algorithm, two branches of a oneOf hold, and every signed bill is refused."""
    assert refusal(bill(version, signature=SIGNATURE)) == ""
    own = SIGNATURE | {"algorithm": "https://algorithm.example/own"}
    assert refusal(bill(version, signature=own)) == ""
    assert refusal(
        bill(version, signature=SIGNATURE | {"algorithm": "neither known nor an address"})
    ).startswith("bill: /signature")
    assert refusal(bill(version, signature={"value": "x"})).startswith("bill: /signature")


@pytest.mark.parametrize(
    ("timestamp", "valid"),
    [
        ("2026-10-20T10:00:00Z", True),
        ("2026-10-20T10:00:00.123456+02:00", True),
        ("2026-10-20", False),
        ("2026-10-20T10:00:00", False),
        ("2026-13-20T10:00:00Z", False),
    ],
)
def test_times_are_checked(timestamp: str, valid: bool) -> None:
    reason = refusal(bill("1.6", metadata={"timestamp": timestamp}))
    assert reason == (
        "" if valid else f"bill: /metadata/timestamp is '{timestamp}', expected the format date-time"
    )


def test_cryptography_of_1_7_comes_from_the_schema_beside() -> None:
    def asset(family: str) -> dict[str, Any]:
        properties = {"assetType": "algorithm", "algorithmProperties": {"algorithmFamily": family}}
        return bill(
            "1.7", components=[{"type": "cryptographic-asset", "name": "a", "cryptoProperties": properties}]
        )

    assert refusal(asset("ML-DSA")) == ""
    assert refusal(asset("ML-DSB")).startswith(
        "bill: /components/0/cryptoProperties/algorithmProperties/algorithmFamily is 'ML-DSB'"
    )


@pytest.mark.parametrize(
    ("version", "changes", "reason"),
    [
        pytest.param(
            "1.6",
            {"components": [part(**{"bom-ref": ""})]},
            "/components/0/bom-ref is '', expected a length",
            id="too short",
        ),
        pytest.param(
            "1.6",
            {"serialNumber": "urn:uuid:1"},
            "/serialNumber is 'urn:uuid:1', expected to match ^urn:uuid:",
            id="pattern",
        ),
        pytest.param(
            "1.7",
            {"components": [part(version="1", versionRange="vers:pypi/1", isExternal=True)]},
            "/components/0 is an object with members that exclude each other",
            id="not both",
        ),
        pytest.param(
            "1.6",
            {"components": [part(licenses=[{"license": {"text": {"content": "x"}}}])]},
            "/components/0/licenses/0/license is an object, which is none of the forms that the schema allows there",
            id="no alternative fits",
        ),
        pytest.param(
            "1.4",
            {"components": [part(licenses=[{"license": {"id": "MIT", "name": "MIT"}}])]},
            "/components/0/licenses/0/license",
            id="two alternatives fit",
        ),
        pytest.param(
            "1.6",
            {"components": [part(**{"x\u202ey": 1})]},
            r"/components/0 has 'x\u202ey'",
            id="unsafe characters are not shown",
        ),
        pytest.param(
            "1.6",
            {"metadata": {"timestamp": "x" * 5000}},
            "/metadata/timestamp is 'xxx",
            id="long values are cut",
        ),
    ],
)
def test_reasons(version: str, changes: dict[str, Any], reason: str) -> None:
    found = refusal(bill(version, **changes))
    assert found.startswith(f"bill: {reason}")
    assert len(found) < 500


def test_a_slice_says_where_it_stands() -> None:
    data = bills.text(
        bill("1.6", components=[part(name=f"n{i}", description="d" * 1000) for i in range(100)])
    )
    slices = list(schemas.read_cyclonedx(data, what="bill"))
    assert (slices[0].name, slices[0].values["components"]) == ("", [])
    assert {one.name for one in slices[1:]} == {"components"}
    assert [one.start for one in slices[1:]] == [
        sum(len(before.values) for before in slices[1:i]) for i in range(1, len(slices))
    ]
    assert [value["name"] for one in slices[1:] for value in one.values] == [f"n{i}" for i in range(100)]
