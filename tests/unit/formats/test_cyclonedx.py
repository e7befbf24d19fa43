import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import bills

from assay.errors import Malformed, TooLarge, Unsupported
from assay.formats import cyclonedx, schemas, strict_json
from assay.formats.bill import Component, Distribution
from assay.formats.digest import Digest

SHA = Digest("sha256", bills.SHA)


def _component(**members: Any) -> Component:
    """The one component of a bill, as decoded."""
    one = {"type": "library", "name": "wick", **members}
    (found,) = cyclonedx.decode(bills.text(bills.cyclonedx(components=[one], dependencies=None))).components
    return found


def test_reads_what_it_says() -> None:
    bom = cyclonedx.decode(bills.text(bills.cyclonedx()))
    assert (bom.spec_version, bom.version, bom.signed, bom.vulnerabilities) == ("1.6", 1, False, None)
    assert bom.serial_number == "urn:uuid:00000000-0000-4000-8000-00000000000a"
    assert bom.root == Component(
        ref="lantern",
        name="lantern",
        version="2.1.0",
        type="application",
        purl="pkg:pypi/lantern@2.1.0",
        identifiers=("pkg:pypi/lantern@2.1.0",),
    )
    assert bom.components == (
        Component(
            ref="wick",
            name="wick",
            version="1.4.0",
            type="library",
            purl="pkg:pypi/wick@1.4.0",
            digests=(SHA,),
            licences=("MIT",),
            producer="Wick People",
            identifiers=("pkg:pypi/wick@1.4.0",),
        ),
        Component(ref="oil", name="oil", version="0.9", type="library"),
    )
    assert bom.dependencies == (("lantern", ("wick", "oil")), ("wick", ()))


@pytest.mark.parametrize(
    ("members", "field", "value"),
    [
        pytest.param({}, "ref", "#/components/0", id="no bom-ref: its pointer"),
        pytest.param({"group": "@light"}, "name", "@light/wick", id="group in front"),
        pytest.param(
            {"licenses": [{"license": {"name": "Own"}}]}, "licences", ("Own",), id="licence by name"
        ),
        pytest.param(
            {"licenses": [{"expression": "MIT OR ISC"}]}, "licences", ("MIT OR ISC",), id="expression"
        ),
        pytest.param(
            {"licenses": [{"license": {"id": "MIT"}}, {"license": {"id": "ISC"}}]},
            "licences",
            ("MIT", "ISC"),
            id="two licences",
        ),
        pytest.param({"licenses": []}, "licences", (), id="empty list of licences"),
        pytest.param(
            {"manufacturer": {"name": "A"}, "supplier": {"name": "B"}},
            "producer",
            "A",
            id="maker before supplier",
        ),
        pytest.param(
            {"supplier": {"name": "B"}, "publisher": "C"}, "producer", "B", id="supplier before publisher"
        ),
        pytest.param(
            {"supplier": {"url": ["https://b.example"]}, "publisher": "C"},
            "producer",
            "C",
            id="supplier without name",
        ),
        pytest.param({"author": "D"}, "producer", "D", id="author"),
        pytest.param(
            {"authors": [{"name": "E"}, {"email": "f@g.example"}]}, "producer", "E, f@g.example", id="authors"
        ),
        pytest.param(
            {"hashes": [{"alg": "SHA-256", "content": bills.SHA.upper()}]},
            "digests",
            (SHA,),
            id="upper-case hash",
        ),
        pytest.param(
            {"hashes": [{"alg": "SHA3-256", "content": bills.SHA}]},
            "digests",
            (Digest("sha3_256", bills.SHA),),
            id="SHA-3",
        ),
        pytest.param(
            {
                "purl": "pkg:npm/a@1",
                "cpe": "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*",
                "swid": {"tagId": "t", "name": "n"},
            },
            "identifiers",
            ("pkg:npm/a@1", "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*", "t"),
            id="identifiers",
        ),
        pytest.param(
            {
                "externalReferences": [
                    {
                        "type": "vcs",
                        "url": "https://g.example",
                        "hashes": [{"alg": "SHA-256", "content": bills.OTHER}],
                    },
                    {
                        "type": "distribution",
                        "url": "https://f.example/a",
                        "hashes": [{"alg": "SHA-256", "content": bills.SHA}],
                    },
                    {"type": "distribution", "url": "https://f.example/b"},
                ]
            },
            "distributions",
            (Distribution("https://f.example/a", (SHA,)),),
            id="distributions with hashes only",
        ),
        pytest.param(
            {"properties": [{"name": "assay:withheld", "value": "hash"}, {"name": "x", "value": "hash"}]},
            "withheld",
            ("hash",),
            id="withheld",
        ),
        pytest.param(
            {
                "properties": [
                    {"name": "assay:unknown", "value": "licence"},
                    {"name": "assay:unknown", "value": "producer"},
                ]
            },
            "unknown",
            ("licence", "producer"),
            id="unknown",
        ),
    ],
)
def test_a_component(members: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(_component(**members), field) == value


def test_nested_components_follow_their_parent() -> None:
    inner = {
        "type": "library",
        "name": "inner",
        "components": [{"type": "library", "name": "core", "bom-ref": "core"}],
    }
    root = {
        "type": "application",
        "name": "lantern",
        "bom-ref": "lantern",
        "components": [{"type": "file", "name": "flame"}],
    }
    outer = [{"type": "library", "name": "outer", "components": [inner]}, {"type": "library", "name": "last"}]
    bom = cyclonedx.decode(
        bills.text(bills.cyclonedx(metadata={"component": root}, components=outer, dependencies=None))
    )
    assert [one.name for one in bom.components] == ["flame", "outer", "inner", "core", "last"]
    assert bom.assemblies == (
        ("lantern", ("lantern/components/0",)),
        ("#/components/0", ("#/components/0/components/0",)),
        ("#/components/0/components/0", ("core",)),
    )


@pytest.mark.parametrize(
    "tools",
    [
        pytest.param([{"vendor": "v", "name": "t", "version": "1"}], id="list of 1.4"),
        pytest.param(
            {"components": [{"type": "application", "name": "t", "version": "1"}]}, id="object of 1.5"
        ),
    ],
)
def test_tools_in_both_forms(tools: Any) -> None:
    meta = cyclonedx.decode(bills.text(bills.cyclonedx(metadata={"tools": tools}))).metadata
    listed = meta.tools if isinstance(meta.tools, tuple) else meta.tools.components
    assert [(tool.name, tool.version) for tool in listed] == [("t", "1")]


def test_sees_a_signature_and_a_list_of_vulnerabilities() -> None:
    signature = {"algorithm": "ES256", "value": "c2lnbmF0dXJl"}
    bom = cyclonedx.decode(bills.text(bills.cyclonedx(signature=signature, vulnerabilities=[])))
    assert bom.signed
    assert bom.vulnerabilities == ()


@pytest.mark.parametrize("version", ["1.0", "1.3", "1.8", "2.0", "1.40", 1.6, None])
def test_refuses_other_versions(version: Any) -> None:
    with pytest.raises(Unsupported, match=r"bill: /specVersion is .*, expected one of 1.4, 1.5, 1.6, 1.7"):
        cyclonedx.decode(bills.text(bills.cyclonedx(specVersion=version)), what="bill")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"bomFormat": "SPDX"}, "bill: /bomFormat is 'SPDX', expected 'CycloneDX'", id="other format"
        ),
        pytest.param({"bomFormat": None}, "bill: /bomFormat is None, expected 'CycloneDX'", id="no format"),
        pytest.param({"version": 0}, "bill: /version is 0", id="version below 1"),
        pytest.param({"version": "1"}, "bill: /version is '1', expected integer", id="version as text"),
        pytest.param(
            {"more": 1}, "bill: the bill has 'more', which the schema does not know", id="unknown member"
        ),
        pytest.param(
            {"components": {}}, "bill: /components is an object, expected array", id="components as object"
        ),
        pytest.param({"components": [{"type": "library"}]}, "bill: /components/0 lacks 'name'", id="no name"),
        pytest.param(
            {"metadata": {"timestamp": "yesterday"}},
            "/metadata/timestamp is 'yesterday', expected the format date-time",
            id="time",
        ),
        pytest.param(
            {"components": [{"type": "library", "name": "a"}] * 2},
            "bill: /components has the same item twice",
            id="twice the same",
        ),
        pytest.param(
            {"components": [{"type": "library", "name": "a/b~c", "components": [{"name": "d"}]}]},
            "bill: /components/0/components/0 lacks 'type'",
            id="nested",
        ),
        pytest.param({"metadata": {"x/y": 1}}, "bill: /metadata has 'x/y'", id="unknown member of metadata"),
        pytest.param(
            {"components": [{"type": "library", "name": "a", "licenses": [{"license": {"id": "Nope"}}]}]},
            "/components/0/licenses/0/license/id is 'Nope', expected one of 0BSD, ",
            id="unknown licence id",
        ),
    ],
)
def test_refuses_what_the_schema_refuses(changes: dict[str, Any], reason: str) -> None:
    cyclonedx.decode(bills.text(bills.cyclonedx()))
    with pytest.raises(Malformed) as caught:
        cyclonedx.decode(bills.text(bills.cyclonedx(**changes)), what="bill")
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 500


def _long(count: int) -> dict[str, Any]:
    parts = [
        {"type": "library", "bom-ref": f"r{i}", "name": f"n{i}", "description": "d" * 500}
        for i in range(count)
    ]
    return bills.cyclonedx(
        components=parts, dependencies=[{"ref": f"r{i}", "dependsOn": [f"r{i + 1}"]} for i in range(count)]
    )


def test_a_long_bill_is_read_in_slices_to_the_same_value(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bills.text(_long(300))
    assert len(list(schemas.read_cyclonedx(data, what="bill"))) > 4
    sliced = cyclonedx.decode(data)
    monkeypatch.setattr(strict_json, "SLICE", 10_000_000)
    assert len(list(schemas.read_cyclonedx(data, what="bill"))) == 1
    assert cyclonedx.decode(data) == sliced
    assert [one.ref for one in sliced.components] == [f"r{i}" for i in range(300)]


@pytest.mark.parametrize(
    ("index", "change", "reason"),
    [
        pytest.param(
            250, {"type": "thing"}, "/components/250/type is 'thing'", id="bad value in a late slice"
        ),
        pytest.param(
            299, {"bom-ref": 5}, "/components/299/bom-ref is 5, expected string", id="bad type in the last"
        ),
        pytest.param(200, {"extra": 1}, "/components/200 has 'extra'", id="unknown member"),
    ],
)
def test_a_fault_in_a_slice_is_found_at_its_place(index: int, change: dict[str, Any], reason: str) -> None:
    bill = _long(300)
    bill["components"][index].update(change)
    with pytest.raises(Malformed) as caught:
        cyclonedx.decode(bills.text(bill))
    assert reason in str(caught.value)


def test_the_same_item_in_two_slices_is_found() -> None:
    bill = _long(300)
    bill["components"][290] = dict(reversed(bill["components"][10].items()))
    with pytest.raises(Malformed, match="/components/290 is the same item as an earlier one"):
        cyclonedx.decode(bills.text(bill))
    for index, number in ((10, 5), (290, 5.0)):
        bill["components"][index]["evidence"] = {"identity": {"field": "name", "confidence": number / 5}}
    with pytest.raises(Malformed, match="/components/290 is the same item as an earlier one"):
        cyclonedx.decode(bills.text(bill))
    bill["components"][290]["description"] = "another"
    assert len(cyclonedx.decode(bills.text(bill)).components) == 300


def test_a_key_twice_is_found_in_a_slice() -> None:
    data = bills.text(_long(300)).replace(b'"bom-ref": "r200"', b'"name": "x", "bom-ref": "r200"')
    with pytest.raises(Malformed, match="key 'name' appears twice in one object"):
        cyclonedx.decode(data)


def test_one_item_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "MAX_ITEM", 100_000)
    bill = _long(100)
    bill["components"][7]["description"] = "d" * 200_000
    with pytest.raises(TooLarge, match=r"/components/7 has 2[0-9]* bytes, over the limit of 100000"):
        cyclonedx.decode(bills.text(bill))
    with pytest.raises(TooLarge, match="bytes outside its long arrays"):
        cyclonedx.decode(
            bills.text(bills.cyclonedx(metadata={"properties": [{"name": "n", "value": "v" * 200_000}]}))
        )


@pytest.mark.parametrize("module", ["cyclonedx", "schemas"])
def test_bounds_the_file(module: str) -> None:
    data = bills.text(bills.cyclonedx())
    read = cyclonedx.decode if module == "cyclonedx" else schemas.check_cyclonedx
    with pytest.raises(TooLarge, match=r"bill has [0-9]* bytes, over the limit of 100"):
        read(data, what="bill", limit=100)


@settings(max_examples=300)
@given(st.data())
def test_damage_gives_a_bill_or_one_clear_line(data: st.DataObject) -> None:
    whole = bytearray(json.dumps(bills.cyclonedx(), separators=(",", ":")).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "drop", "insert"])):
            case "flip":
                whole[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del whole[max(at, 1) :]
            case "drop":
                del whole[at : at + data.draw(st.integers(1, 20))]
            case _:
                whole[at:at] = data.draw(
                    st.sampled_from([b'"', b"{", b"[", b"null", b"1e9", b"\\", b'"a":1,'])
                )
        whole = whole or bytearray(b"x")
    try:
        cyclonedx.decode(bytes(whole), what="bill")
    except Malformed as error:
        line = str(error)
    else:
        line = "bill"
    assert line.startswith("bill")
    assert "\n" not in line
