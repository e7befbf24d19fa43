"""The picture of a verdict: what it rests on, and nothing outside its frame."""

from typing import Any

import msgspec
import pytest
from tests.support.desks import World
from tests.support.office_pages import handed_in, hostile, posted
from tests.support.pages import PUBLISHED

from assay.formats.verdict import ClaimVerdict, FindingRow, VerdictDocument
from assay.office.permission_table import Role
from assay.web import words
from assay.web.app.graph import EDGE, HEIGHT, MAX_CLAIMS, WIDTH, Graph, graph

PLAIN = PUBLISHED[1].verdict


def claim(number: int, *findings: FindingRow, claimed: bool = True) -> ClaimVerdict:
    return ClaimVerdict(f"a@1#{number}", claimed, "unknown", "because", findings=findings)


def finding(check: str, outcome: Any = "satisfied", *evidence: str) -> FindingRow:
    return FindingRow(check, outcome, "found", evidence=evidence)


def drawn(*claims: ClaimVerdict) -> Graph:
    verdict: VerdictDocument = msgspec.structs.replace(PLAIN, claims=claims)
    return graph(verdict, words.FINDINGS)


A, B = (f"sha256:{digit * 64}" for digit in "ab")


def test_findings_that_came_out_alike_are_one() -> None:
    made = drawn(
        claim(
            1,
            finding("one", "satisfied", A),
            finding("one", "satisfied", A, B),
            finding("one", "unknown"),
            finding("two"),
        )
    )
    assert [(node.kind, node.text) for node in made.nodes if node.kind in ("check", "finding")] == [
        ("check", "one"), ("finding", "2 for"), ("finding", "1 unknown"), ("check", "two"), ("finding", "1 for"),
    ]  # fmt: skip
    assert sum(node.kind == "artifact" for node in made.nodes) == 2
    assert len(made.edges) == 2 + 3 + 2


def test_an_artifact_stands_once() -> None:
    made = drawn(claim(1, finding("one", "satisfied", A)), claim(2, finding("one", "not_satisfied", A)))
    assert [node.full for node in made.nodes if node.kind == "artifact"] == ["a" * 16]


def test_what_nobody_claims_is_not_drawn() -> None:
    assert drawn(claim(1, claimed=False)).nodes == ()
    many = drawn(*(claim(number) for number in range(MAX_CLAIMS + 3)))
    assert (len(many.rests), many.more) == (MAX_CLAIMS, 3)


@pytest.mark.parametrize("verdict", [one.verdict for one in PUBLISHED], ids=lambda one: one.result)
def test_nothing_overlaps_or_leaves_the_frame(verdict: VerdictDocument) -> None:
    made = graph(verdict, words.FINDINGS)
    boxes = [(node.x, node.y) for node in made.nodes]
    assert len(set(boxes)) == len(boxes)
    assert all(node.x + node.width <= WIDTH and EDGE <= node.y <= made.height - HEIGHT for node in made.nodes)


def test_a_posted_result_has_a_picture_and_the_same_as_a_list() -> None:
    world = World()
    case = posted(world)
    page = world.client.get(f"/results/{case.payload.value}").text
    assert f'href="/results/{case.payload.value}/evidence"' in page
    page = world.client.get(f"/results/{case.payload.value}/evidence").text
    for text in (
        '<svg class="graph"',
        "disclosure-policy-present",
        "SECURITY.md",
        "Finders of a vulnerability can report it",
    ):
        assert text in page
    assert "Check <code>disclosure-policy-present</code>" in page


def test_what_is_not_posted_has_none_for_others() -> None:
    world = World()
    case = handed_in(world, hostile)
    assert world.client.get(f"/results/{case.payload.value}/evidence").status_code == 404
    page = world.client.get(f"/cases/{case.payload.value}/graph", headers=world.person(Role.OFFICER)).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    named = world.person(Role.RELYING_PARTY_MEMBER)
    assert world.client.get(f"/cases/{case.payload.value}/graph", headers=named).status_code == 404
