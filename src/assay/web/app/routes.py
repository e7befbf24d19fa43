"""All pages, as routes for :func:`assay.web.api.app.app`."""

from litestar import Router

from assay.web.api.desk import Desk
from assay.web.app import (
    access,
    assets,
    audit,
    cases,
    coming,
    customers,
    feeds,
    keeping,
    milestones,
    offices,
    people,
    portfolio,
    public,
    subscriptions,
    working,
)
from assay.web.app.errors import exceptions
from assay.web.app.shell import known_first


def handlers(desk: Desk) -> list[Router]:
    areas = (
        public,
        feeds,
        coming,
        working,
        cases,
        customers,
        milestones,
        keeping,
        people,
        portfolio,
        subscriptions,
        access,
        offices,
        audit,
    )
    made = [*assets.handlers(), *(one for area in areas for one in area.handlers(desk))]
    return [
        Router(
            path="/",
            route_handlers=made,
            exception_handlers=exceptions(desk),
            guards=[known_first(desk)],
        )
    ]
