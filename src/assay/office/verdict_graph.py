"""What a verdict rests on, as a graph: from the attestation over requirements, checks and findings down to artifacts."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from assay.formats.attestation import Artifact, Attestation
from assay.formats.digest import Digest
from assay.formats.verdict import ClaimVerdict, VerdictDocument

NodeKind = Literal["attestation", "requirement", "check", "finding", "artifact"]
EdgeKind = Literal["answers", "checked_by", "found", "rests_on", "names"]
"""attestation answers requirement; requirement checked_by check; check found finding; finding rests_on artifact; requirement
names artifact."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: NodeKind
    label: str
    outcome: str = ""
    """``satisfied``, ``not_satisfied``, ``unknown`` or ``not_applicable``; of the attestation its result; of an artifact empty."""
    detail: str = ""


class Edge(msgspec.Struct, frozen=True):
    source: str
    target: str
    kind: EdgeKind


class Graph(msgspec.Struct, frozen=True):
    """Every edge joins two nodes that are there, each once."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph(attestation: Attestation, verdict: VerdictDocument, *, names: bool) -> Graph:
    """*names*: whether files are shown by their names, or by what the provider calls them only."""
    claims = {one.requirement: one.artifacts for one in attestation.claims}
    known = {str(one.digest): one for one in attestation.artifacts}
    nodes: dict[str, Node] = {"attestation": _top(verdict)}
    edges: dict[Edge, None] = {}
    for row in verdict.claims:
        for part in _parts(row, claims.get(row.requirement, ())):
            if isinstance(part, Edge):
                edges[part] = None
                if part.kind in ("rests_on", "names"):
                    nodes.setdefault(part.target, _artifact(part.target, known, names=names))
            else:
                nodes.setdefault(part.id, part)
    return Graph(tuple(nodes.values()), tuple(edges))


def _top(verdict: VerdictDocument) -> Node:
    reason = verdict.reasons[0] if verdict.reasons else ""
    return Node(
        id="attestation", kind="attestation", label=verdict.attestation, outcome=verdict.result, detail=reason
    )


def _parts(row: ClaimVerdict, named: tuple[Digest, ...]) -> Iterator[Node | Edge]:
    asked = f"requirement:{row.requirement}"
    label = row.title or row.requirement
    yield Node(id=asked, kind="requirement", label=label, outcome=row.verdict, detail=row.reason)
    yield Edge("attestation", asked, "answers")
    for digest in named:
        yield Edge(asked, f"artifact:{digest}", "names")
    for number, finding in enumerate(row.findings):
        # A check has one node for each requirement: what it comes to may differ by parameters.
        check, found = f"check:{row.requirement}:{finding.check}", f"finding:{row.requirement}:{number}"
        yield Node(id=check, kind="check", label=finding.check, detail=finding.role)
        yield Edge(asked, check, "checked_by")
        yield Node(
            id=found, kind="finding", label=finding.message, outcome=finding.outcome, detail=finding.at
        )
        yield Edge(check, found, "found")
        for text in finding.evidence:
            yield Edge(found, f"artifact:{text}", "rests_on")


def _artifact(node: str, known: dict[str, Artifact], *, names: bool) -> Node:
    digest = node.removeprefix("artifact:")
    one = known.get(digest)
    if one is None:
        return Node(id=node, kind="artifact", label=digest)
    label = (one.name if names else "") or one.title or one.kind
    return Node(id=node, kind="artifact", label=label, detail=one.kind)
