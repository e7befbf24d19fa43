"""Where a browser comes back to from an organisation's own login. Needs to be ``bootstrap.identity.STAFF_BACK``."""

from typing import Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from assay.errors import Refused, Unavailable
from assay.office.identity.staff import link_complete, staff_complete
from assay.web.api import cookies
from assay.web.api.access import cookie_of, presence_of
from assay.web.api.desk import Desk
from assay.web.api.login import attempt, attempted

PATH = "/login/return"
IN, FAILED, LINKED = "/", "/login?failed=return", "/account?linked=yes"
"""Where it goes on."""
MAX_SAID = 4096


def handler(desk: Desk) -> HTTPRouteHandler:
    @get(PATH, sync_to_thread=True, include_in_schema=False, status_code=303)
    def back(request: Request[Any, Any, Any]) -> Redirect:
        state, code = (request.query_params.get(name, "")[:MAX_SAID] for name in ("state", "code"))
        purpose, _, handle = cookie_of(request, desk, cookies.CEREMONY).partition(".")
        left = cookies.gone(desk, cookies.CEREMONY)
        try:
            if purpose == "link":
                attempt(request, desk)
                link_complete(desk.identity, presence_of(request, desk), handle, state, code)
                return Redirect(LINKED, status_code=303, cookies=[left])
            with attempted(request, desk, "staff"):
                signed = staff_complete(desk.identity, handle, state, code)
        except (Refused, Unavailable):
            return Redirect(FAILED, status_code=303, cookies=[left])
        return Redirect(IN, status_code=303, cookies=cookies.entered(desk, signed))

    return back
