"""What a relying party does: bring its inventory, and see what stands behind each item."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter, RawBody
from litestar.response import Stream

from assay.errors import Malformed
from assay.formats import csv_table, times
from assay.formats.csv_table import Cell
from assay.formats.inventory import Inventory, InventoryItem, read_csv, read_cyclonedx
from assay.office import inventories
from assay.office.inventories import Imported
from assay.office.permissions import Action, require_role
from assay.office.portfolio import Changed, Match, Standing
from assay.web.api.access import asker
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.listing import wants_csv
from assay.web.api.params import Limit
from assay.web.api.routes import DOCUMENT, TEXT, lists, reads, replaces

CSV = "text/csv"
BILLS = ("application/json", "application/vnd.cyclonedx+json")
From = Annotated[int, QueryParameter(ge=0, le=10_000_000, description="``next`` of the page before")]
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ITEM = ("at", "provider", "product", "version", "purl", "digests", "owner", "criticality")
STANDING = (*ITEM, "answer", "result", "how", "submission", "reason")
CHANGE = (*ITEM, "result", "how", "submission", "when", "says")


class ImportedView(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    items: int
    columns: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    """Headings that were not read."""


class ItemView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: str
    provider: str = ""
    product: str = ""
    version: str = ""
    purl: str = ""
    digests: tuple[str, ...] = ()
    owner: str = ""
    criticality: str = ""


class MatchView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    submission: str
    how: str
    result: str = ""
    provider: str = ""
    product: str = ""
    version: str = ""


class StandingView(msgspec.Struct, frozen=True, kw_only=True):
    item: ItemView
    answer: str
    reason: str
    matches: tuple[MatchView, ...] = ()


class ChangeEventView(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    says: str


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    item: ItemView
    match: MatchView
    events: tuple[ChangeEventView, ...]


class Items(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[ItemView, ...]
    next: int | None = None
    """Give it as ``after`` for the next page; null when this is the last."""


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[StandingView, ...]
    next: int | None = None


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @replaces(
        "/inventory", "Bring the inventory, whole", "inventory", Action.INVENTORY_WRITE, "any",
        opt={BODY: "table"}, takes={CSV: TEXT, **dict.fromkeys(BILLS, DOCUMENT)},
    )  # fmt: skip
    def bring(request: Request[Any, Any, Any], body: RawBody) -> ImportedView:
        caller = asker(request, desk).caller
        require_role(caller, Action.INVENTORY_WRITE)
        found = _read(request.headers.get("content-type", ""), body)
        return _imported(inventories.bring(desk.service, desk.inventories, caller, found, desk.import_rows))

    @reads("/inventory/import", "How it was brought", "inventory", Action.INVENTORY_READ, "any")
    def imported(request: Request[Any, Any, Any]) -> ImportedView | None:
        found = inventories.imported(desk.inventories, asker(request, desk).caller)
        return None if found is None else _imported(found)

    @lists("/inventory", "The inventory", "inventory", Action.INVENTORY_READ, "any")
    def index(request: Request[Any, Any, Any], after: From = 0, limit: Limit = 50) -> Response[Items]:
        caller = asker(request, desk).caller
        if wants_csv(request):
            return _csv(ITEM, map(_cells, inventories.inventory(desk.inventories, caller)))
        found = tuple(inventories.inventory(desk.inventories, caller, after, limit + 1))
        return Response(Items(items=tuple(map(_item, found[:limit])), next=_next(found, after, limit)))

    @lists(
        "/inventory/portfolio",
        "What stands behind each item",
        "inventory",
        Action.INVENTORY_READ,
        "any",
    )
    def portfolio(request: Request[Any, Any, Any], after: From = 0, limit: Limit = 50) -> Response[Standings]:
        caller = asker(request, desk).caller
        ask = (desk.service, desk.inventories, desk.facts, caller)
        if wants_csv(request):
            return _csv(STANDING, map(_standing_cells, inventories.portfolio(*ask)))
        found = tuple(inventories.portfolio(*ask, after, limit + 1))
        return Response(
            Standings(items=tuple(map(_standing, found[:limit])), next=_next(found, after, limit))
        )

    @lists("/inventory/changes", "What changed since", "inventory", Action.INVENTORY_READ, "any")
    def changes(
        request: Request[Any, Any, Any],
        since: FromQuery[datetime | None] = None,
    ) -> Response[tuple[ChangeView, ...]]:
        caller = asker(request, desk).caller
        moment = BEGINNING if since is None else since if since.tzinfo else since.replace(tzinfo=UTC)
        found = inventories.portfolio_changes(desk.service, desk.inventories, desk.facts, caller, moment)
        if wants_csv(request):
            return _csv(CHANGE, (row for one in found for row in change_rows(one)))
        return Response(tuple(map(_change, found)))

    return [bring, imported, index, portfolio, changes]


def where(match: Match) -> str:
    """The page of what a match is about: what was posted is for everybody, and what was not for those whom it names."""
    posted = any(event.result for event in match.fact.events)
    return f"/{'results' if posted else 'cases'}/{match.fact.payload.value}"


def _read(content_type: str, body: bytes) -> Inventory:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == CSV:
        return read_csv([body])
    if kind in BILLS:
        return read_cyclonedx(body)
    raise Malformed(f"Content-Type is {kind[:80]!r}, expected {CSV}, or {BILLS[1]} for a CycloneDX bill")


def _imported(found: Imported) -> ImportedView:
    return ImportedView(at=found.at, items=found.items, columns=found.columns, unknown=found.unknown)


def _next(found: tuple[object, ...], after: int, limit: int) -> int | None:
    return after + limit if len(found) > limit else None


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> Response[Any]:
    chunks: Iterator[bytes] = csv_table.encode(columns, rows)
    return Stream(chunks, media_type=CSV, headers={"Cache-Control": "private, no-store"})


def _item(item: InventoryItem) -> ItemView:
    return ItemView(
        at=item.at,
        provider=item.provider,
        product=item.product,
        version=item.version,
        purl=item.purl,
        digests=tuple(map(str, item.digests)),
        owner=item.owner,
        criticality=item.criticality,
    )


def _cells(item: InventoryItem) -> tuple[Cell, ...]:
    digests = " ".join(map(str, item.digests))
    return (
        item.at, item.provider, item.product, item.version, item.purl, digests, item.owner, item.criticality,
    )  # fmt: skip


def _standing(one: Standing) -> StandingView:
    return StandingView(
        item=_item(one.item),
        answer=one.answer,
        reason=one.reason,
        matches=tuple(
            MatchView(
                submission=match.fact.payload.value,
                how=match.how,
                result=match.fact.result,
                provider=match.fact.provider,
                product=match.release.name if match.release else "",
                version=match.release.version if match.release else "",
            )
            for match in one.matches
        ),
    )


def _standing_cells(one: Standing) -> tuple[Cell, ...]:
    first = one.matches[0] if one.matches else None
    told = (first.fact.result, first.how, first.fact.payload.value) if first else ("", "", "")
    return (*_cells(one.item), one.answer, *told, one.reason)


def _change(one: Changed) -> ChangeView:
    (match,) = _standing(Standing(one.item, "matched", (one.match,), "")).matches
    events = tuple(ChangeEventView(at=event.at, says=event.says) for event in one.events)
    return ChangeView(item=_item(one.item), match=match, events=events)


def change_rows(one: Changed) -> Iterator[tuple[Cell, ...]]:
    fact = one.match.fact
    for event in one.events:
        when = times.encode(event.at)
        yield (*_cells(one.item), fact.result, one.match.how, fact.payload.value, when, event.says)
