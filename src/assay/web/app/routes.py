"""All pages, as routes for :func:`assay.web.api.app.app`."""

from litestar import Router

from assay.web.api.desk import Desk
from assay.web.app import assets, cases, public, working
from assay.web.app.errors import exceptions


def handlers(desk: Desk) -> list[Router]:
    made = [*assets.handlers(), *public.handlers(desk), *working.handlers(desk), *cases.handlers(desk)]
    return [
        Router(
            path="/",
            route_handlers=made,
            exception_handlers=exceptions(desk),
        )
    ]
