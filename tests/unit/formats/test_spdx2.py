from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import bills

from assay.errors import Malformed, Unsupported
from assay.formats import spdx2, strict_json
from assay.formats.bill import Component, Tool
from assay.formats.digest import Digest


def test_reads_what_it_says() -> None:
    document = spdx2.decode(bills.text(bills.spdx2()))
    assert (document.version, document.namespace) == ("2.3", "https://sbom.example/lantern/2.1.0")
    assert (document.created, document.files) == ("2026-10-20T10:00:00Z", 1)
    assert document.authors == ("Lighthouse Works (fictional)",)
    assert document.tools == (Tool("bill-maker", "3.1"),)
    assert document.generation == ("SBOM Type: Build",)
    assert document.described == ("SPDXRef-lantern",)
    assert document.components == (
        Component(ref="SPDXRef-lantern", name="lantern", version="2.1.0", type="application"),
        Component(
            ref="SPDXRef-wick",
            name="wick",
            version="1.4.0",
            purl="pkg:pypi/wick@1.4.0",
            digests=(Digest("sha256", bills.SHA),),
            licences=("MIT",),
            producer="Wick People",
            identifiers=("pkg:pypi/wick@1.4.0",),
        ),
        Component(ref="SPDXRef-oil", name="oil", version="0.9", unknown=("dependencies",)),
    )
    assert document.dependencies == (
        ("SPDXRef-lantern", ("SPDXRef-wick", "SPDXRef-oil")),
        ("SPDXRef-wick", ()),
    )


def test_2_2_reads_alike() -> None:
    new, old = (
        spdx2.decode(bills.text(bills.spdx2(spdxVersion=f"SPDX-{version}"))) for version in ("2.3", "2.2")
    )
    assert (old.version, old.components, old.dependencies) == ("2.2", new.components, new.dependencies)


def _described(**changes: Any) -> tuple[str, ...]:
    return spdx2.decode(bills.text(bills.spdx2(**changes))).described


def _edge(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


ONE = bills.spdx2()["packages"][:1]


@pytest.mark.parametrize(
    ("changes", "described"),
    [
        pytest.param({"relationships": []}, (), id="nothing said, three packages"),
        pytest.param(
            {"relationships": [], "packages": ONE}, ("SPDXRef-lantern",), id="nothing said, one package"
        ),
        pytest.param(
            {"relationships": [], "documentDescribes": ["SPDXRef-oil"]},
            ("SPDXRef-oil",),
            id="documentDescribes",
        ),
        pytest.param(
            {"relationships": [_edge("SPDXRef-wick", "DESCRIBED_BY", "SPDXRef-DOCUMENT")]},
            ("SPDXRef-wick",),
            id="other direction",
        ),
        pytest.param(
            {"relationships": [_edge("SPDXRef-wick", "DESCRIBES", "SPDXRef-oil")]},
            (),
            id="said by another than the document",
        ),
        pytest.param(
            {"documentDescribes": ["SPDXRef-lantern"]}, ("SPDXRef-lantern",), id="said in both ways"
        ),
    ],
)
def test_what_a_document_is_about(changes: dict[str, Any], described: tuple[str, ...]) -> None:
    assert _described(**changes) == described


def test_a_file_counts_only_where_it_is_described() -> None:
    edges = [_edge("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-file")]
    document = spdx2.decode(bills.text(bills.spdx2(relationships=edges)))
    assert document.components[-1] == Component(
        ref="SPDXRef-file", name="flame.py", type="file", digests=(Digest("sha1", "0a" * 20),)
    )
    assert len(document.components) == 4


@pytest.mark.parametrize(
    ("declared", "concluded", "licences"),
    [
        ("", "", ()),
        ("NOASSERTION", "", ("NOASSERTION",)),
        ("NOASSERTION", "NOASSERTION", ("NOASSERTION",)),
        ("", "MIT", ("MIT",)),
        ("NOASSERTION", "MIT", ("MIT",)),
        ("MIT", "NOASSERTION", ("MIT",)),
        ("MIT", "MIT", ("MIT",)),
        ("MIT", "ISC", ("MIT", "ISC")),
        ("NONE", "NOASSERTION", ("NONE",)),
    ],
)
def test_licences(declared: str, concluded: str, licences: tuple[str, ...]) -> None:
    package = ONE[0] | {"licenseDeclared": declared, "licenseConcluded": concluded}
    assert spdx2.decode(bills.text(bills.spdx2(packages=[package]))).components[0].licences == licences


@pytest.mark.parametrize(
    ("originator", "supplier", "producer"),
    [
        ("", "", ""),
        ("Person: A (a@b.example)", "Organization: B", "A (a@b.example)"),
        ("NOASSERTION", "Organization: B ()", "B"),
        ("", "NOASSERTION", "NOASSERTION"),
        ("NOASSERTION", "", "NOASSERTION"),
    ],
)
def test_producer(originator: str, supplier: str, producer: str) -> None:
    package = ONE[0] | {"originator": originator, "supplier": supplier}
    assert spdx2.decode(bills.text(bills.spdx2(packages=[package]))).components[0].producer == producer


@pytest.mark.parametrize(
    ("creator", "tool"),
    [
        ("Tool: syft-1.2.3", Tool("syft", "1.2.3")),
        ("Tool: bom-tool-v0.4", Tool("bom-tool", "v0.4")),
        ("Tool: maker", Tool("maker")),
        ("Tool: a-b", Tool("a-b")),
    ],
)
def test_tools(creator: str, tool: Tool) -> None:
    info = {"created": "2026-10-20T10:00:00Z", "creators": [creator]}
    assert spdx2.decode(bills.text(bills.spdx2(creationInfo=info))).tools == (tool,)


@pytest.mark.parametrize("version", ["SPDX-2.1", "SPDX-3.0", "2.3", 2.3, None])
def test_refuses_other_versions(version: Any) -> None:
    with pytest.raises(Unsupported, match=r"bill: /spdxVersion is .*, expected one of SPDX-2.2, SPDX-2.3"):
        spdx2.decode(bills.text(bills.spdx2(spdxVersion=version)), what="bill")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"SPDXID": "SPDXRef-doc"},
            "bill: /SPDXID is 'SPDXRef-doc', expected 'SPDXRef-DOCUMENT'",
            id="own id",
        ),
        pytest.param({"name": None}, "bill: Object missing required field `name`", id="no name"),
        pytest.param(
            {"creationInfo": {"created": "x"}}, "missing required field `creators`", id="no creators"
        ),
        pytest.param(
            {"packages": [{"SPDXID": "a", "name": "b"}]},
            "`downloadLocation` - at `$.packages[0]`",
            id="no location",
        ),
        pytest.param(
            {"packages": {}}, "Expected `array`, got `object` - at `$.packages`", id="packages as object"
        ),
        pytest.param(
            {"files": [{"SPDXID": "a", "fileName": "b"}]},
            "missing required field `checksums`",
            id="no checksums",
        ),
        pytest.param(
            {"relationships": [{}]}, "missing required field `spdxElementId`", id="empty relationship"
        ),
    ],
)
def test_refuses(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        spdx2.decode(bills.text(bills.spdx2(**changes)), what="bill")
    assert str(caught.value).startswith("bill: ")
    assert reason in str(caught.value)


def test_a_long_document_is_read_in_slices_to_the_same_value(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = [ONE[0] | {"SPDXID": f"SPDXRef-{i}", "comment": "c" * 300} for i in range(300)]
    edges = [_edge(f"SPDXRef-{i}", "CONTAINS", f"SPDXRef-{i + 1}") for i in range(400)]
    data = bills.text(bills.spdx2(packages=packages, relationships=edges))
    sliced = spdx2.decode(data)
    assert (len(sliced.components), len(sliced.dependencies)) == (300, 299)
    monkeypatch.setattr(strict_json, "SLICE", 10_000_000)
    assert spdx2.decode(data) == sliced
    monkeypatch.undo()
    packages[250].pop("downloadLocation")
    with pytest.raises(
        Malformed, match=r"bill: /packages, from \d+ on: .*`downloadLocation` - at `\$\[\d+\]`"
    ):
        spdx2.decode(bills.text(bills.spdx2(packages=packages, relationships=edges)), what="bill")


@given(st.integers(0, 5000), st.integers(0, 255), st.booleans())
def test_damage_gives_a_document_or_one_clear_line(at: int, byte: int, cut: bool) -> None:
    whole = bytearray(bills.text(bills.spdx2()))
    at %= len(whole)
    whole = whole[:at] if cut else whole[:at] + bytes([byte]) + whole[at + 1 :]
    try:
        spdx2.decode(bytes(whole), what="bill")
    except Malformed as error:
        line = str(error)
    else:
        line = "bill"
    assert line.startswith("bill")
    assert "\n" not in line
