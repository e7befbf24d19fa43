"""The graph of what a verdict rests on."""

from datetime import UTC, datetime

import pytest
from tests.support import services
from tests.support.services import DISCLOSURE, POLICY, REVIEW, WHEEL

from assay.formats.digest import Digest
from assay.formats.verdict import ClaimVerdict, Engine, FindingRow, VerdictDocument
from assay.office.verdict_graph import Edge, Graph, Node, graph

AT = datetime(2026, 11, 1, tzinfo=UTC)
SOME, ANOTHER = f"sha256:{'0' * 64}", f"sha256:{'1' * 64}"
WRONG = FindingRow(
    "disclosure-policy-present", "not_satisfied", "is a template", "line 3", (str(Digest.sha256(POLICY)),)
)
LOST = FindingRow("disclosure-policy-present", "unknown", "cannot be read", "", (ANOTHER,))


def verdict(*rows: ClaimVerdict) -> VerdictDocument:
    return VerdictDocument(
        provider="p", product="q", releases=(), attestation=SOME, judged=AT, complete=True, claims=rows, result="contradicted",
        reasons=("one claim is contradicted",), engine=Engine("assay", "1", SOME, SOME),
    )  # fmt: skip


def whole(*, names: bool = True) -> Graph:
    rows = (
        ClaimVerdict(DISCLOSURE, True, "not_satisfied", "a template", "Finders can report", findings=(WRONG, LOST)),
        ClaimVerdict(REVIEW, False, "unknown", "not claimed"),
    )  # fmt: skip
    return graph(services.with_review(services.whole()), verdict(*rows), names=names)


def test_leads_from_the_attestation_to_every_artifact() -> None:
    found = whole()
    policy = f"artifact:{Digest.sha256(POLICY)}"
    asked, check = f"requirement:{DISCLOSURE}", f"check:{DISCLOSURE}:disclosure-policy-present"
    assert set(found.edges) == {
        Edge("attestation", asked, "answers"),
        Edge("attestation", f"requirement:{REVIEW}", "answers"),
        Edge(asked, policy, "names"),
        Edge(f"requirement:{REVIEW}", f"artifact:{Digest.sha256(services.REVIEWED)}", "names"),
        Edge(asked, check, "checked_by"),
        Edge(check, f"finding:{DISCLOSURE}:0", "found"),
        Edge(check, f"finding:{DISCLOSURE}:1", "found"),
        Edge(f"finding:{DISCLOSURE}:0", policy, "rests_on"),
        Edge(f"finding:{DISCLOSURE}:1", f"artifact:{ANOTHER}", "rests_on"),
    }
    nodes = {one.id: one for one in found.nodes}
    assert nodes["attestation"].outcome == "contradicted"
    assert nodes[policy] == Node(id=policy, kind="artifact", label="SECURITY.md", detail="disclosure-policy")
    assert nodes[f"finding:{DISCLOSURE}:1"].outcome == "unknown"
    assert nodes[f"artifact:{ANOTHER}"].label == ANOTHER, "of what the attestation does not name, the digest"
    assert f"artifact:{Digest.sha256(WHEEL)}" not in nodes, "nothing rests on it"


@pytest.mark.parametrize("names", [True, False])
def test_every_edge_joins_two_nodes_and_is_there_once(names: bool) -> None:
    found = whole(names=names)
    ids = [one.id for one in found.nodes]
    assert len(set(ids)) == len(ids)
    assert len(set(found.edges)) == len(found.edges)
    assert {end for edge in found.edges for end in (edge.source, edge.target)} == set(ids)


def test_who_does_not_look_into_the_case_reads_no_names_of_files() -> None:
    labels = {one.label for one in whole(names=False).nodes}
    assert "Policy" in labels
    assert "SECURITY.md" not in labels
