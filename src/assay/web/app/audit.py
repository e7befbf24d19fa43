"""The audit trail: who did what, and to what, as far as somebody may see it."""

from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.office.identity.housekeeping import trail
from assay.office.identity.trail import Noted
from assay.office.permissions import Action, Caller
from assay.web.api.desk import Desk
from assay.web.api.listing import cells, columns
from assay.web.api.params import After, number
from assay.web.api.people import EventView, event
from assay.web.app.public import address, as_table
from assay.web.app.shell import came, shown
from assay.web.app.ways import as_files, page
from assay.web.tables import table

HERE = "/audit"
ROWS, MAX_ROWS = 100, 1000
AT_ONCE, MOST = 200, 10_000
"""Events that are read at once, and that one question looks through."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for in the query string; *action* by how it begins."""

    action: str = ""
    actor: str = ""
    organisation: str = ""
    subject: str = ""
    after: str = ""

    def link(self, path: str = HERE, **changes: str) -> str:
        return address(self, path, **changes)

    def takes(self, one: Noted) -> bool:
        said = one.event
        return (
            said.action.startswith(self.action.strip())
            and self.actor.strip() in said.actor
            and self.organisation.strip() in ("", said.organisation)
            and self.subject.strip() in said.subject
        )


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @page(HERE, Action.AUDIT_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        action: FromQuery[str] = "",
        actor: FromQuery[str] = "",
        organisation: FromQuery[str] = "",
        subject: FromQuery[str] = "",
        after: After = "",
    ) -> Response[bytes]:
        who = came(request, desk)
        asked = Asked(action=action, actor=actor, organisation=organisation, subject=subject, after=after)
        rows, more = found(desk, who.caller, asked, ROWS)
        return shown(
            desk, who, "app/audit.html", here=HERE, events=rows, f=asked, following=asked.link(after=more) if more else ""
        )  # fmt: skip

    def taken(
        request: Request[Any, Any, Any],
        action: FromQuery[str] = "",
        actor: FromQuery[str] = "",
        organisation: FromQuery[str] = "",
        subject: FromQuery[str] = "",
    ) -> Response[bytes]:
        asked = Asked(action=action, actor=actor, organisation=organisation, subject=subject)
        rows, _ = found(desk, came(request, desk).caller, asked, MAX_ROWS)
        return as_table(table(columns(EventView), cells(map(event, rows), EventView)), request.url.path)

    return [index, *as_files(HERE, Action.AUDIT_READ, "any", taken)]


def found(desk: Desk, caller: Caller, asked: Asked, limit: int) -> tuple[tuple[Noted, ...], str]:
    """At most *limit*, the newest first, and the cursor where a further question goes on; empty at the end of the trail."""
    rows: list[Noted] = []
    at = number(asked.after)
    for one in _events(desk, caller, at):
        at = one.number
        if asked.takes(one):
            rows.append(one)
            if len(rows) == limit:
                break
    ended = at is None or not trail(desk.identity, caller, before=at, limit=1)
    return tuple(rows), "" if ended else str(at)


def _events(desk: Desk, caller: Caller, before: int | None) -> Iterator[Noted]:
    for _ in range(MOST // AT_ONCE):
        some = trail(desk.identity, caller, before=before, limit=AT_ONCE)
        yield from some
        if len(some) < AT_ONCE:
            return
        before = some[-1].number
