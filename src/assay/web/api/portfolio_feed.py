"""What happened to the results behind a relying party's inventory, as a feed of its own: readers of feeds come with a token as password."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from assay.formats import strict_json, times
from assay.formats.digest import Digest
from assay.formats.text import shown
from assay.office.inventories import followed
from assay.office.permissions import Action
from assay.office.portfolio import HOW, Changed, Event
from assay.web import atom, feed
from assay.web.api.access import asker
from assay.web.api.desk import Desk
from assay.web.api.inventory import where
from assay.web.api.listing import PRIVATE
from assay.web.api.problems import BASIC
from assay.web.api.routes import DOCUMENT, TEXT, reads
from assay.web.feed import Site
from assay.web.words import HOW as HOW_WORDS
from assay.web.words import RESULTS

SPAN = timedelta(days=90)
ITEMS = 100
LISTED = 20
"""Items of the inventory that one item of the feed names."""
JSON = "application/feed+json"
PLACE = "/inventory/feed"
FEEDS = tuple(f"/api/v1{PLACE}.{kind}" for kind in ("atom", "json"))


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    def taken(request: Request[Any, Any, Any]) -> Response[bytes]:
        caller = asker(request, desk).caller
        since = desk.service.now() - SPAN
        found = followed(desk.service, desk.inventories, desk.facts, caller, since)
        office = desk.service.office.name
        site = Site(
            about=f"What happened in the last {SPAN.days} days to results behind what your organisation runs, the newest first.",
            home=f"{desk.url}/portfolio/changes", atom=f"{desk.url}{FEEDS[0]}", json=f"{desk.url}{FEEDS[1]}",
        )  # fmt: skip
        made = {
            **feed.around(office, items(found, desk.url), site),
            "title": f"Your portfolio at {office}",
            "_assay": {"of": f"portfolio of {caller.organisation} at {office}"},
        }
        headers = {"Cache-Control": PRIVATE}
        if request.url.path.endswith(".atom"):
            return Response(atom.atom(made, site.atom), media_type=atom.MEDIA_TYPE, headers=headers)
        return Response(strict_json.pretty(made), media_type=JSON, headers=headers)

    said = "What changed behind the inventory, as a feed"
    return [
        reads(f"{PLACE}.{kind}", f"{said} ({name})", "inventory", Action.INVENTORY_FOLLOW, "any", opt={BASIC: True}, gives=gives)(taken)
        for kind, name, gives in (("atom", "Atom", {atom.MEDIA_TYPE: TEXT}), ("json", "JSON Feed", {JSON: DOCUMENT}))
    ]  # fmt: skip


def items(found: Iterable[Changed], url: str) -> list[dict[str, Any]]:
    """One for each thing that happened, whatever number of items of the inventory it is about; the newest first."""
    about: dict[tuple[Digest, Event], list[Changed]] = {}
    for one in found:
        for event in one.events:
            about.setdefault((one.match.fact.payload, event), []).append(one)
    newest = sorted(about.items(), key=lambda one: one[0][1].at)[::-1]
    return [_item(event, changed, url) for (_, event), changed in newest[:ITEMS]]


def _item(event: Event, changed: list[Changed], url: str) -> dict[str, Any]:
    match = min((one.match for one in changed), key=lambda one: HOW.index(one.how))
    fact, release, at = match.fact, match.release, times.encode(event.at)
    name = f"{release.name} {release.version}".strip() if release is not None else fact.provider
    result = next((f": {word}" for token, word in RESULTS.items() if token == event.result), "")
    named = dict.fromkeys(one.item for one in changed)
    lines = [
        f"{item.at}: {item.product or item.purl or item.provider} {item.version}".strip() for item in named
    ]
    more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
    return {
        "id": f"urn:sha256:{Digest.sha256(f'{fact.payload} {at} {event.says}'.encode()).value}",
        "url": f"{url}{where(match)}",
        "title": shown(f"{name}: {event.says}{result}", 300),
        "content_text": "\n".join(
            [
                shown(f"By {fact.provider}. Found by {HOW_WORDS[match.how]}. In your inventory:", 1000),
                *(shown(line, 300) for line in lines[:LISTED]),
                *more,
            ]
        ),
        "date_published": at,
        "tags": [event.result] if event.result else [],
        "_assay": {
            "submission": fact.payload.value,
            "provider": fact.provider,
            "says": event.says,
            "result": event.result,
            "how": match.how,
            "items": [item.at for item in named][:LISTED],
            "count": len(named),
        },
    }
