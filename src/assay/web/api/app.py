"""The office's HTTP application: API, register, and what machines ask for. Pages are in :mod:`assay.web.app`."""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Tag

from assay.errors import AssayError
from assay.web.api import (
    artifacts,
    cases,
    customers,
    deliveries,
    description,
    draws,
    federation,
    inventory,
    keeping,
    login,
    milestones,
    organisations,
    own,
    portfolio_feed,
    problems,
    recovery,
    rederivation,
    referrals,
    results,
    returning,
    rules,
    stories,
    submissions,
    subscriptions,
    uploads,
    wellknown,
)
from assay.web.api.bodies import BODY, BoundedRequest, bodies
from assay.web.api.desk import Desk
from assay.web.api.entrance import entrance
from assay.web.api.outermost import outermost
from assay.web.serving import Limits, require
from assay.web.tiles import handlers as tiles

API = "/api/v1"
LIMITS = Limits(holds=False, head_s=10, requests=1024)
_TAGS = (
    Tag("public", "What anybody may ask"),
    Tag("submissions", "What a provider does"),
    Tag("access", "Artifacts of a case, who is let in to them, and who read them"),
    Tag("uploads", "Artifacts by digest, in pieces"),
    Tag("authority", "What an officer does"),
    Tag("federation", "What other offices say, and which are listened to"),
    Tag("subscriptions", "Who is told of what happens"),
    Tag("inventory", "What a relying party runs, and what stands behind it"),
    Tag("identity", "Coming in, and what belongs to oneself"),
    Tag("organisations", "Organisations, their people, and what speaks for them"),
)
Failing = dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]]
AREAS = (
    submissions,
    rederivation,
    cases,
    federation,
    referrals,
    keeping,
    deliveries,
    draws,
    rules,
    results,
    login,
    own,
    organisations,
    recovery,
    inventory,
    portfolio_feed,
    subscriptions,
    uploads,
    artifacts,
    milestones,
    customers,
    stories,
)


def api(desk: Desk) -> Router:
    made: list[HTTPRouteHandler] = [one for area in AREAS for one in area.handlers(desk)]
    return Router(path=API, route_handlers=made, middleware=[entrance(desk)], opt={BODY: "small"})


def app(desk: Desk, more: Sequence[Any] = (), failing: Failing | None = None) -> Litestar:
    """*more*: routes of pages; *failing*: what answers where there is no route, in the place of problem details."""
    require()

    made = Litestar(
        [
            api(desk),
            returning.handler(desk),
            *wellknown.handlers(desk),
            *tiles(desk.tiles, "/register/"),
            *more,
        ],
        openapi_config=description.config(_TAGS),
        plugins=description.PLUGINS,
        logging_config=None,
        request_class=BoundedRequest,
        request_max_body_size=None,
        opt={BODY: "form"},
        middleware=[bodies(desk.bodies)],
        exception_handlers={
            HTTPException: problems.of_http,
            AssayError: problems.of_ours,
            Exception: problems.of_fault,
            **(failing or {}),
        },
    )
    made.asgi_handler = outermost(made.asgi_handler)
    return made
