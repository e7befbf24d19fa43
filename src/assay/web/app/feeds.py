"""The newest results as feeds, of all or of what is asked for, so that whoever has a reader of feeds can follow an office or a product."""

from functools import lru_cache
from typing import Any

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.formats import strict_json
from assay.formats.digest import Digest
from assay.office.permissions import Action
from assay.web import atom, feed
from assay.web.api.desk import Desk
from assay.web.api.listing import BRIEFLY
from assay.web.api.results import published
from assay.web.api.views import PublicCase
from assay.web.app.public import Filter, address, as_posted, find
from assay.web.app.shell import came
from assay.web.app.ways import page
from assay.web.feed import Site

ITEMS = 50
KEPT = 500
"""Items that are not made again while nothing of them changes."""
JSON = "application/feed+json"


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @lru_cache(maxsize=KEPT)
    def item(case: PublicCase, posted: Digest) -> dict[str, Any]:  # noqa: ARG001 - the newest posting: a correction has the same names
        return feed.item_of(as_posted(desk, published(desk, case.id)), site(desk, Filter()), case.changed)

    def taken(
        request: Request[Any, Any, Any],
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
        file: FromQuery[str] = "",
    ) -> Response[bytes]:
        came(request, desk)
        asked = Filter(result=result, provider=provider, product=product, version=version, file=file)
        cases, _ = find(desk, asked, ITEMS)
        where = site(desk, asked)
        items = [
            item(one, found) for one in cases if (found := published(desk, one.id).published) is not None
        ]
        made = feed.around(desk.service.office.name, items, where)
        headers = {"Cache-Control": BRIEFLY}
        if request.url.path.endswith(".atom"):
            return Response(atom.atom(made, where.atom), media_type=atom.MEDIA_TYPE, headers=headers)
        return Response(strict_json.pretty(made), media_type=JSON, headers=headers)

    return [page(f"/feed.{kind}", Action.RESULT_READ, "any")(taken) for kind in ("json", "atom")]


def site(desk: Desk, asked: Filter) -> Site:
    """With whole addresses: an office knows where it is reached."""
    api = f"{desk.url}/api/v1"
    return Site(
        about="Results that this assay office has posted, the newest first.",
        trust=f"{api}/trust.json",
        page=f"{desk.url}/results/{{id}}",
        files={
            "result.dsse.json": f"{api}/results/{{id}}/result.dsse.json",
            "receipt.json": f"{api}/results/{{id}}/receipt.json",
            "verdict.json": f"{desk.url}/results/{{id}}/verdict.json",
        },
        home=f"{desk.url}{address(asked, '/results')}",
        json=f"{desk.url}{address(asked, '/feed.json')}",
        atom=f"{desk.url}{address(asked, '/feed.atom')}",
    )
