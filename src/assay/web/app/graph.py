"""What a verdict rests on, drawn: claim, check, finding, artifact, from left to right. The template has the same as a nested list."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from assay.formats.text import shown
from assay.formats.verdict import ClaimVerdict, FindingRow, Token, VerdictDocument

MAX_CLAIMS = 40
MAX_LISTED = 20
"""Findings of one check that the list shows."""
STEP, HEIGHT, EDGE = 40, 30, 6
COLUMNS: Mapping["Kind", tuple[int, int]] = {
    "claim": (0, 250), "check": (310, 250), "finding": (620, 130), "artifact": (810, 190),
}  # fmt: skip
"""Left end and width of each kind of node."""
WIDTH = 1000
UNNAMED = "artifact:"
"""Begins what a verdict calls an input whose name is not public."""
Kind = Literal["claim", "check", "finding", "artifact"]
_CHARACTER = 7.6
"""Width of one, about."""


class Node(msgspec.Struct, frozen=True):
    kind: Kind
    text: str
    """Cut to what fits."""
    full: str
    mark: Token | Literal[""]
    x: int
    y: int
    width: int


class Edge(msgspec.Struct, frozen=True):
    path: str
    mark: Token | Literal[""]


class Found(msgspec.Struct, frozen=True):
    """Findings of one check that came out alike."""

    outcome: Token
    findings: tuple[FindingRow, ...]
    artifacts: tuple[str, ...]
    """Digests."""


class Checked(msgspec.Struct, frozen=True):
    check: str
    found: tuple[Found, ...]


class Rests(msgspec.Struct, frozen=True):
    """A claim, and what its verdict rests on."""

    claim: ClaimVerdict
    checked: tuple[Checked, ...]


class Graph(msgspec.Struct, frozen=True):
    rests: tuple[Rests, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    height: int
    names: Mapping[str, str]
    """Of artifacts, by digest."""
    more: int
    """Claims that are not drawn."""


def graph(verdict: VerdictDocument, says: Mapping[Token, str], names: Mapping[str, str] = {}) -> Graph:
    """Of what is claimed; *says*: how each outcome of findings is called; *names* of artifacts, where they may be shown."""
    claimed = [one for one in verdict.claims if one.claimed]
    rests = tuple(map(_rests, claimed[:MAX_CLAIMS]))
    named = {one.digest: one.name for one in reversed(verdict.inputs) if not one.name.startswith(UNNAMED)}
    named |= names
    drawing = _Drawing(named, says)
    for one in rests:
        drawing.add(one)
    return Graph(rests, *drawing.done(), named, max(0, len(claimed) - MAX_CLAIMS))


def _rests(claim: ClaimVerdict) -> Rests:
    checks = dict.fromkeys(one.check for one in claim.findings)
    return Rests(
        claim,
        tuple(_checked(check, [one for one in claim.findings if one.check == check]) for check in checks),
    )


def _checked(check: str, findings: Sequence[FindingRow]) -> Checked:
    made = []
    for outcome in dict.fromkeys(one.outcome for one in findings):
        alike = tuple(one for one in findings if one.outcome == outcome)
        made.append(Found(outcome, alike, tuple(dict.fromkeys(d for one in alike for d in one.evidence))))
    return Checked(check, tuple(made))


class _Drawing:
    """Each claim takes the rows that its findings need; an artifact stands at the first finding that rests on it."""

    def __init__(self, names: Mapping[str, str], says: Mapping[Token, str]) -> None:
        self._names, self._says = names, says
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._artifacts: dict[str, Node] = {}
        self._row = self._artifact_row = 0

    def add(self, rests: Rests) -> None:
        claim = self._node(
            "claim", rests.claim.title or rests.claim.requirement, rests.claim.verdict, self._row
        )
        top = self._row
        for checked in rests.checked:
            check = self._node("check", checked.check, "", self._row)
            self._edge(claim, check, "")
            for found in checked.found:
                count = len(found.findings)
                finding = self._node(
                    "finding", f"{count} {self._says[found.outcome]}", found.outcome, self._row
                )
                self._edge(check, finding, found.outcome)
                for digest in found.artifacts:
                    self._edge(finding, self._artifact(digest), found.outcome)
                self._row += 1
        self._row = max(self._row, top + 1)

    def done(self) -> tuple[tuple[Node, ...], tuple[Edge, ...], int]:
        rows = max(self._row, self._artifact_row)
        return tuple(self._nodes), tuple(self._edges), rows * STEP + EDGE

    def _artifact(self, digest: str) -> Node:
        if digest not in self._artifacts:
            at = max(self._row, self._artifact_row)
            self._artifact_row = at + 1
            name = self._names.get(digest, digest.partition(":")[2][:16])
            self._artifacts[digest] = self._node(
                "artifact", name.rpartition("/")[2] or name, "", at, full=name
            )
        return self._artifacts[digest]

    def _node(self, kind: Kind, text: str, mark: Token | Literal[""], row: int, full: str = "") -> Node:
        x, width = COLUMNS[kind]
        line = shown(text, 1000)
        most = int((width - 16) / _CHARACTER)
        cut = line if len(line) <= most else line[: most - 1].rstrip() + "…"
        made = Node(kind, cut, shown(full or text, 1000), mark, x, EDGE + row * STEP, width)
        self._nodes.append(made)
        return made

    def _edge(self, left: Node, right: Node, mark: Token | Literal[""]) -> None:
        x1, y1 = left.x + left.width, left.y + HEIGHT // 2
        x2, y2 = right.x, right.y + HEIGHT // 2
        middle = (x1 + x2) // 2
        path = f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
        if all(one.path != path for one in self._edges[-200:]):
            self._edges.append(Edge(path, mark))
