"""What the API shows of what has happened to a case, and of what its verdict rests on."""

from datetime import datetime
from typing import Any

import msgspec

from assay.formats.case_documents import CaseDocument
from assay.office.history import SAYS, Happening
from assay.office.verdict_graph import Edge, Graph, Node


class HappeningView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An entry of the register about a case."""

    entry: int
    at: datetime
    kind: str
    says: str
    document: dict[str, Any] | None = None
    """What the entry records, in the form of docs/formats/case-documents.md without its salt; for the provider and the office."""


class GraphView(msgspec.Struct, frozen=True):
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def happening_view(one: Happening, document: CaseDocument | None = None) -> HappeningView:
    told = None
    if document is not None:
        told = {name: value for name, value in msgspec.to_builtins(document).items() if name != "salt"}
    return HappeningView(
        entry=one.entry, at=one.at, kind=one.kind.name.lower(), says=SAYS[one.kind], document=told
    )


def graph_view(found: Graph) -> GraphView:
    return GraphView(nodes=found.nodes, edges=found.edges)
