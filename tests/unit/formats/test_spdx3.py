from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import bills

from assay.errors import Malformed, Unsupported
from assay.formats import spdx3
from assay.formats.bill import Component, Tool
from assay.formats.digest import Digest

BASE = "https://sbom.example/"


def test_reads_what_it_says() -> None:
    document = spdx3.decode(bills.text(bills.spdx3()))
    assert (document.version, document.namespace, document.files) == ("3.0.1", f"{BASE}document", 1)
    assert document.created == "2026-10-20T10:00:00Z"
    assert document.authors == ("Lighthouse Works (fictional)",)
    assert document.tools == (Tool("bill-maker", "3.1"),)
    assert document.generation == ("build",)
    assert document.described == (f"{BASE}lantern",)
    assert document.components == (
        Component(ref=f"{BASE}lantern", name="lantern", version="2.1.0", type="application"),
        Component(
            ref=f"{BASE}wick",
            name="wick",
            version="1.4.0",
            purl="pkg:pypi/wick@1.4.0",
            digests=(Digest("sha256", bills.SHA),),
            licences=("MIT",),
            producer="Wick People",
            identifiers=("pkg:pypi/wick@1.4.0",),
        ),
        Component(ref=f"{BASE}oil", name="oil", version="0.9", unknown=("dependencies",)),
    )
    assert document.dependencies == ((f"{BASE}lantern", (f"{BASE}wick", f"{BASE}oil")), (f"{BASE}wick", ()))


def _package(**members: Any) -> Component:
    element = {
        "type": "software_Package",
        "spdxId": f"{BASE}extra",
        "name": "extra",
        "creationInfo": "_:creation",
        **members,
    }
    document = spdx3.decode(bills.text(bills.spdx3(element)))
    return next(one for one in document.components if one.name == "extra")


@pytest.mark.parametrize(
    ("members", "field", "value"),
    [
        pytest.param(
            {"originatedBy": [f"{BASE}works"]},
            "producer",
            "Lighthouse Works (fictional)",
            id="originator by reference",
        ),
        pytest.param(
            {"suppliedBy": {"type": "Person", "name": "Ada"}}, "producer", "Ada", id="supplier in place"
        ),
        pytest.param(
            {"suppliedBy": "NoAssertionElement"}, "producer", "NOASSERTION", id="supplier not asserted"
        ),
        pytest.param(
            {"originatedBy": ["NoAssertionElement"], "suppliedBy": f"{BASE}works"},
            "producer",
            "Lighthouse Works (fictional)",
            id="known before unknown",
        ),
        pytest.param(
            {"suppliedBy": "https://elsewhere.example/a"},
            "producer",
            "https://elsewhere.example/a",
            id="outside the graph",
        ),
        pytest.param(
            {"verifiedUsing": [{"type": "PackageVerificationCode", "algorithm": "sha1", "hashValue": "ab"}]},
            "digests",
            (),
            id="verification code is no hash",
        ),
        pytest.param(
            {"verifiedUsing": [{"type": "Hash", "algorithm": "blake2b256", "hashValue": "AB"}]},
            "digests",
            (Digest("blake2b_256", "ab"),),
            id="BLAKE2b",
        ),
        pytest.param(
            {"externalIdentifier": [{"externalIdentifierType": "packageUrl", "identifier": "pkg:npm/a@1"}]},
            "purl",
            "pkg:npm/a@1",
            id="purl as external identifier",
        ),
        pytest.param(
            {
                "externalIdentifier": [
                    {"externalIdentifierType": "cpe23", "identifier": "cpe:2.3:a"},
                    {"externalIdentifierType": "email", "identifier": "a@b.example"},
                ]
            },
            "identifiers",
            ("cpe:2.3:a",),
            id="only identifiers of software",
        ),
    ],
)
def test_a_package(members: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(_package(**members), field) == value


def test_a_described_file_counts() -> None:
    edge = {
        "type": "Relationship",
        "spdxId": f"{BASE}describes",
        "creationInfo": "_:creation",
        "from": f"{BASE}document",
        "relationshipType": "describes",
        "to": [f"{BASE}file"],
    }
    document = spdx3.decode(bills.text(bills.spdx3(edge)))
    assert document.described == (f"{BASE}lantern", f"{BASE}file")
    assert document.components[-1] == Component(ref=f"{BASE}file", name="flame.py", type="file")


def test_roots_in_a_circle_end() -> None:
    bill = bills.spdx3()
    bill["@graph"][5]["rootElement"] = [f"{BASE}bom", f"{BASE}document", f"{BASE}oil"]
    assert spdx3.decode(bills.text(bill)).described == (f"{BASE}oil",)


@pytest.mark.parametrize(
    "context",
    [
        "https://spdx.org/rdf/3.1/spdx-context.jsonld",
        "http://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        ["https://spdx.org/rdf/3.0.1/spdx-context.jsonld", {"name": "https://other.example/"}],
        {},
    ],
)
def test_refuses_another_context(context: Any) -> None:
    with pytest.raises(Unsupported, match=r"bill: /@context is .*, expected https"):
        spdx3.decode(bills.text(bills.spdx3(**{"@context": context})), what="bill")


def _changed(index: int, **members: Any) -> dict[str, Any]:
    bill = bills.spdx3()
    bill["@graph"][index] |= members
    return bill


@pytest.mark.parametrize(
    ("bill", "reason"),
    [
        pytest.param(
            bills.spdx3(**{"@graph": []}),
            "/@graph has 0 elements of type SpdxDocument, expected one",
            id="empty",
        ),
        pytest.param(
            bills.spdx3({"type": "SpdxDocument", "spdxId": "x"}),
            "/@graph has 2 elements of type SpdxDocument",
            id="two documents",
        ),
        pytest.param(
            _changed(4, creationInfo="_:none"),
            "creationInfo of the document is '_:none', which is no",
            id="dangling",
        ),
        pytest.param(
            _changed(4, creationInfo=f"{BASE}tool"),
            "which is no CreationInfo of the graph",
            id="another class",
        ),
        pytest.param(
            _changed(4, creationInfo={"created": 5}),
            "creationInfo of the document: Expected `str`",
            id="in place, wrong",
        ),
        pytest.param(
            _changed(6, name=5), "Expected `str`, got `int` - at `$.@graph[6].name`", id="name as number"
        ),
        pytest.param(_changed(6, type=None), "Expected `str`, got `null`", id="no type"),
    ],
)
def test_refuses(bill: dict[str, Any], reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        spdx3.decode(bills.text(bill), what="bill")
    assert str(caught.value).startswith("bill: ")
    assert reason in str(caught.value)


def test_creation_info_may_stand_in_its_place() -> None:
    info = {"created": "2026-01-02T03:04:05Z", "createdBy": [f"{BASE}works"], "specVersion": "3.0.1"}
    document = spdx3.decode(bills.text(_changed(4, creationInfo=info)))
    assert (document.created, document.authors, document.tools) == (
        info["created"],
        ("Lighthouse Works (fictional)",),
        (),
    )


@given(st.integers(0, 5000), st.integers(0, 255), st.booleans())
def test_damage_gives_a_document_or_one_clear_line(at: int, byte: int, cut: bool) -> None:
    whole = bytearray(bills.text(bills.spdx3()))
    at %= len(whole)
    whole = whole[:at] if cut else whole[:at] + bytes([byte]) + whole[at + 1 :]
    try:
        spdx3.decode(bytes(whole), what="bill")
    except Malformed as error:
        line = str(error)
    else:
        line = "bill"
    assert line.startswith("bill")
    assert "\n" not in line
