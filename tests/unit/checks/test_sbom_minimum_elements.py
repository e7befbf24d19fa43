"""Silence is a gap, saying that something is unknown is not."""

from typing import Any

import msgspec
import pytest
from tests.support.cases import ATTESTATION, FACTS, VERIFIED, exhibit, findings
from tests.support.sboms import SHA, bill, part, root

from assay.checks.model import EnvelopeStanding, Finding, Outcome
from assay.checks.sbom_minimum_elements import CHECK
from assay.evidence.model import UNSIGNED
from assay.evidence.sbom import Component, Distribution, Sbom, Tool
from assay.evidence.statement import OtherPredicate, Resource, Statement
from assay.formats.attestation import Artifact
from assay.formats.digest import Digest

DIGEST = Digest.sha256(b"bill.json")
NAMED = msgspec.structs.replace(ATTESTATION, artifacts=(Artifact(DIGEST, "bill.json", "sbom"),))
UNVERIFIED = msgspec.structs.replace(FACTS, signature=EnvelopeStanding(verified=False))


def told(value: Sbom, **changes: Any) -> list[Finding]:
    return findings(CHECK, exhibit(value, "bill.json"), **({"attestation": NAMED} | changes))


def gaps(value: Sbom, **changes: Any) -> list[str]:
    return [finding.message for finding in told(value, **changes) if finding.outcome is Outcome.NOT_SATISFIED]


def test_satisfied_when_all_is_given() -> None:
    (finding,) = told(bill(part(), part("glass")))
    assert (finding.outcome, finding.message) == (
        Outcome.SATISFIED,
        "bill.json has all 17 fields for 3 components",
    )


@pytest.mark.parametrize(
    ("fields", "gap", "at"),
    [
        ({"authors": ()}, "SBOM author is missing in bill.json", "/metadata/authors"),
        ({"timestamp": None}, "SBOM timestamp is missing in bill.json", "/metadata/timestamp"),
        ({"generation": ()}, "SBOM generation context is missing in bill.json", "/metadata/lifecycles"),
        ({"tools": (Tool("bill-maker"),)}, "SBOM tool version is missing in bill.json", "/metadata/tools"),
    ],
)
def test_contradicted_by_a_missing_field_of_the_bill(fields: dict[str, Any], gap: str, at: str) -> None:
    against, summary = told(bill(**fields))
    assert (against.outcome, against.message, against.at) == (Outcome.NOT_SATISFIED, gap, at)
    assert (summary.outcome, summary.message) == (
        Outcome.SATISFIED,
        "bill.json has 16 of 17 fields for 2 components",
    )


def test_a_bill_without_tools_lacks_two_fields() -> None:
    assert gaps(bill(tools=())) == [
        "SBOM tool name is missing in bill.json",
        "SBOM tool version is missing in bill.json",
    ]


@pytest.mark.parametrize("field", ["authors", "timestamp", "generation", "tools", "tool-version"])
@pytest.mark.parametrize("said", ["unknown", "withheld"])
def test_what_the_bill_says_it_does_not_give_is_no_gap(field: str, said: str) -> None:
    empty: Any = {"authors": (), "timestamp": None, "generation": (), "tools": ()}
    value = bill(**empty)
    full = {"authors", "timestamp", "generation", "tools", "tool-version"}
    assert len(gaps(value)) == 5
    assert len(gaps(msgspec.structs.replace(value, **{said: tuple(full - {field})}))) == 1
    assert gaps(msgspec.structs.replace(value, **{said: tuple(full)})) == []


@pytest.mark.parametrize(
    ("fields", "gap"),
    [
        ({"name": ""}, ["component name"]),
        ({"version": ""}, ["component version"]),
        ({"producer": ""}, ["component producer"]),
        ({"licences": ()}, ["component licence"]),
        ({"identifiers": ()}, ["component identifiers"]),
        ({"digests": ()}, ["component hash algorithm", "component hash value"]),
        ({"digests": (Digest("sha256", "5e" * 16),)}, ["component hash algorithm", "component hash value"]),
        ({"ref": "nobody's"}, ["component dependency relationship"]),
    ],
)
def test_contradicted_by_a_field_missing_on_a_component(fields: dict[str, Any], gap: list[str]) -> None:
    value = bill(part(), part("glass"), msgspec.structs.replace(part("oil"), **fields))
    value = msgspec.structs.replace(value, dependencies=(("lantern", ("wick", "glass", "oil")),))
    name = fields.get("name", "oil") or "oil"
    assert gaps(value) == [f"{title} is missing on 1 of 4 components in bill.json: {name}" for title in gap]


FIELDS = ["version", "producer", "licences", "identifiers", "digests", "dependencies"]
EMPTY: Any = {"version": "", "producer": "", "licences": (), "identifiers": (), "digests": ()}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("said", ["unknown", "withheld"])
def test_what_is_said_to_be_unknown_or_withheld_is_no_gap(field: str, said: str) -> None:
    bare = part("oil", **EMPTY)
    value = bill(bare, dependencies=(("lantern", ()),))
    assert len(gaps(value)) == 7
    silent = msgspec.structs.replace(bare, **{said: tuple(set(FIELDS) - {field})})
    assert len(gaps(bill(silent, dependencies=(("lantern", ()),)))) == (2 if field == "digests" else 1)
    (finding,) = told(
        bill(msgspec.structs.replace(bare, **{said: tuple(FIELDS)}), dependencies=(("lantern", ()),))
    )
    how = "6 times said to be unknown" if said == "unknown" else "6 times withheld"
    assert finding.message == f"bill.json has all 17 fields for 2 components, {how}"


def test_no_assertion_is_a_statement() -> None:
    value = bill(part(producer="NOASSERTION", licences=("NOASSERTION",), version="NOASSERTION"))
    assert [finding.message for finding in told(value)] == [
        "bill.json has all 17 fields for 2 components, 3 times said to be unknown"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(
            {"digests": (), "distributions": (Distribution("https://f.example/a", (SHA,)),)},
            id="hash of a distribution",
        ),
        pytest.param({"digests": (), "type": "operating-system"}, id="no file: an operating system"),
        pytest.param(
            {"version": "", "identifiers": (), "type": "file"}, id="a file has neither version nor purl"
        ),
        pytest.param(
            {"version": "", "identifiers": (), "digests": (), "type": "cryptographic-asset"}, id="no software"
        ),
    ],
)
def test_no_gap_where_a_field_makes_no_sense(fields: dict[str, Any]) -> None:
    assert gaps(bill(part(), part("oil", **fields))) == []


def test_the_root_needs_no_hash_of_its_own() -> None:
    """Its digests are in the attestation; a source tree has none."""
    assert gaps(bill(root=root(digests=()))) == []
    assert gaps(bill(root=root(producer=""))) == [
        "component producer is missing on 1 of 2 components in bill.json: lantern"
    ]


def test_a_release_without_parts_needs_no_relation() -> None:
    alone = msgspec.structs.replace(bill(), components=(), dependencies=())
    assert [finding.message for finding in told(alone)] == ["bill.json has all 17 fields for 1 component"]


def test_a_relation_of_either_side_or_a_statement_about_it_counts() -> None:
    parts = (part(), part("glass"), part("oil"))
    relations = (("lantern", ("wick",)), ("glass", ()))
    assert gaps(bill(*parts, dependencies=relations)) == [
        "component dependency relationship is missing on 1 of 4 components in bill.json: oil"
    ]
    assert gaps(bill(*parts, dependencies=relations, aggregates=(("unknown", ("oil",)),))) == []


@pytest.mark.parametrize(("share", "expected"), [(100, 1), (76, 1), (75, 0), (0, 0)])
def test_the_share_is_a_parameter(share: int, expected: int) -> None:
    value = bill(part(), part("glass"), part("oil", producer=""))
    assert len(gaps(value, parameters={"minimum_component_share_percent": share})) == expected


def test_many_gaps_are_counted_and_some_named() -> None:
    parts = tuple(part(f"p{i}", digests=()) for i in range(40))
    assert (
        gaps(bill(*parts))[0]
        == "component hash algorithm is missing on 40 of 41 components in bill.json: p0, p1, p2 and 37 more"
    )


def test_an_environment_as_cyclonedx_py_lists_it() -> None:
    """Installed packages have no hashes and no producer: true gaps, named with their number."""
    parts = tuple(
        part(name, digests=(), producer="", licences=licences)
        for name, licences in (("a", ("MIT",)), ("b", ()))
    )
    value = bill(*parts, authors=(), generation=(), root=None)
    assert gaps(value) == [
        "SBOM author is missing in bill.json",
        "SBOM generation context is missing in bill.json",
        "component producer is missing on 2 of 2 components in bill.json: a, b",
        "component licence is missing on 1 of 2 components in bill.json: b",
        "component hash algorithm is missing on 2 of 2 components in bill.json: a, b",
        "component hash value is missing on 2 of 2 components in bill.json: a, b",
    ]


def _statement(digest: Digest) -> Statement:
    return Statement("https://cyclonedx.org/bom", (Resource(digests=(digest,)),), OtherPredicate())


def test_the_author_signs_in_one_of_three_ways() -> None:
    signed = exhibit(_statement(DIGEST), "s", VERIFIED)
    plain = exhibit(bill(), "bill.json")
    missing = (
        "SBOM author signature is missing: neither bill.json nor a verified statement about it is signed"
    )
    assert [f.message for f in findings(CHECK, plain)] == [
        missing,
        "bill.json has 16 of 17 fields for 2 components",
    ]
    assert [f.outcome for f in findings(CHECK, plain, signed)] == [Outcome.SATISFIED]
    assert [f.outcome for f in findings(CHECK, exhibit(bill(signed=True), "bill.json"))] == [
        Outcome.SATISFIED
    ]
    assert [f.outcome for f in told(bill())] == [Outcome.SATISFIED]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(exhibit(_statement(SHA), "s", VERIFIED), id="a statement about another file"),
        pytest.param(exhibit(_statement(DIGEST), "s", UNSIGNED), id="an unsigned statement"),
    ],
)
def test_near_misses_of_a_signature(other: Any) -> None:
    assert findings(CHECK, exhibit(bill(), "bill.json"), other)[0].outcome is Outcome.NOT_SATISFIED


def test_unknown_while_the_attestation_is_not_verified() -> None:
    unknown, summary = told(bill(), facts=UNVERIFIED)
    assert (unknown.outcome, unknown.message) == (
        Outcome.UNKNOWN,
        "SBOM author signature is to be the attestation's over bill.json, and that did not verify",
    )
    assert summary.message == "bill.json has 16 of 17 fields for 2 components"


def test_unknown_when_no_software_is_listed() -> None:
    empty = msgspec.structs.replace(bill(), root=None, components=())
    (finding,) = told(empty)
    assert (finding.outcome, finding.message, finding.at) == (
        Outcome.UNKNOWN,
        "bill.json lists no software",
        "/components",
    )


@pytest.mark.parametrize(("version", "at"), [("2.3", "/creationInfo/comment"), ("3.0.1", "/@graph")])
def test_places_in_spdx(version: str, at: str) -> None:
    value = bill(format="SPDX", format_version=version, generation=())
    assert told(value)[0].at == at


def test_a_component_that_is_many_times_unsaid() -> None:
    assert gaps(bill(Component(ref="x", name="x"), dependencies=(("lantern", ()),)))[0].startswith(
        "component version is missing on 1"
    )
