"""What a relying party runs, and what stands behind it: the state as a picture, each item, what changed since, and bringing it."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, MultipartBody, RawBody
from litestar.response import Redirect

from assay.errors import Faulty, Malformed
from assay.formats.inventory import Inventory, read_csv, read_cyclonedx
from assay.office.identity.tokens import make_own_token
from assay.office.inventories import bring, imported, portfolio, portfolio_changes
from assay.office.permissions import Action, Caller
from assay.office.portfolio import Answer, Changed, Standing
from assay.web.api.bodies import BODY
from assay.web.api.desk import Desk
from assay.web.api.inventory import CHANGE, From, change_rows, where
from assay.web.api.portfolio_feed import FEEDS
from assay.web.api.problems import MAX_FAULTS
from assay.web.app import pictures
from assay.web.app.forms import entered, with_files
from assay.web.app.public import address, as_table
from assay.web.app.shell import came, shown
from assay.web.app.ways import as_files, form, page
from assay.web.tables import table

HERE = "/portfolio"
ROWS = 50
MOST = 20_000
"""Items that the picture and the pages go over; the files of the API have all."""
MAX_PROVIDERS, MAX_CHANGES = 30, 200
USUAL = timedelta(days=30)
FOLLOWS = frozenset((Action.INVENTORY_FOLLOW,))
"""What a token for a reader of feeds is made for."""
READER = "feed"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for in the query string."""

    answer: str = ""
    result: str = ""
    provider: str = ""
    after: int = 0

    def link(self, **changes: Any) -> str:
        values = {"after": 0, **changes}
        return address(self, HERE, **values)

    def takes(self, one: Standing) -> bool:
        return (
            self.answer in ("", one.answer)
            and (not self.result or self.result == _result(one))
            and (not self.provider or self.provider == one.item.provider)
        )


class Behind(NamedTuple):
    """What stands behind the items of one provider."""

    provider: str
    total: int
    shares: tuple[pictures.Share, ...]


class Looked(msgspec.Struct):
    """An inventory, gone over once."""

    count: int = 0
    tally: Counter[tuple[Answer, str]] = msgspec.field(default_factory=Counter)
    providers: dict[str, Counter[tuple[Answer, str]]] = msgspec.field(
        default_factory=lambda: defaultdict(Counter)
    )
    rows: list[Standing] = msgspec.field(default_factory=list)
    found: int = 0
    """That are asked for."""

    def look(self, one: Standing, asked: Asked) -> None:
        key = (one.answer, _result(one))
        self.count += 1
        self.tally[key] += 1
        self.providers[one.item.provider][key] += 1
        if asked.takes(one):
            if asked.after <= self.found < asked.after + ROWS:
                self.rows.append(one)
            self.found += 1

    def behind(self) -> list[Behind]:
        """Those with the most items first."""
        made = [Behind(name, tally.total(), pictures.shares(tally)) for name, tally in self.providers.items()]
        return sorted(made, key=lambda one: (-one.total, one.provider))


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_looking(desk), *_changes(desk), _bringing(desk)]


def _looking(desk: Desk) -> list[HTTPRouteHandler]:
    @page(HERE, Action.INVENTORY_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        answer: FromQuery[str] = "",
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        after: From = 0,
    ) -> Response[bytes]:
        who = came(request, desk)
        asked = Asked(answer=answer, result=result, provider=provider, after=after)
        looked = Looked()
        for one in islice(portfolio(desk.service, desk.inventories, desk.facts, who.caller), MOST):
            looked.look(one, asked)
        following = asked.link(after=after + ROWS) if looked.found > after + ROWS else ""
        behind = looked.behind()
        return shown(
            desk, who, "app/portfolio.html", here=HERE, looked=looked, f=asked, following=following, most=MOST,
            shares=pictures.shares(looked.tally), providers=behind[:MAX_PROVIDERS], unshown=len(behind) - MAX_PROVIDERS,
            brought=imported(desk.inventories, who.caller), where=where, mark=pictures.share_mark, result_of=_result,
        )  # fmt: skip

    return [index]


def _changes(desk: Desk) -> list[HTTPRouteHandler]:
    def found(caller: Caller, since: datetime) -> tuple[Changed, ...]:
        return tuple(portfolio_changes(desk.service, desk.inventories, desk.facts, caller, since))

    @page(HERE + "/changes", Action.INVENTORY_READ, "any")
    def index(request: Request[Any, Any, Any], since: FromQuery[str] = "") -> Response[bytes]:
        who = came(request, desk)
        begin = _since(since, desk.service.now())
        changes = found(who.caller, begin)
        newest = sorted(changes, key=lambda one: one.events[-1].at, reverse=True)[:MAX_CHANGES]
        return shown(
            desk, who, "app/changes.html", here=HERE, changes=newest, count=len(changes), since=f"{begin:%Y-%m-%d}",
            where=where, feeds=FEEDS, longest=desk.identity.limits.token.days,
        )  # fmt: skip

    @form(HERE + "/feed", Action.TOKEN_MAKE_OWN, "self", status_code=200)
    def follow(request: Request[Any, Any, Any], body: RawBody) -> Response[bytes]:
        """Where a reader of feeds finds the changes, and a token that it comes with: it opens that, and ends by itself."""
        given = entered(request, desk, body)
        made = make_own_token(
            desk.identity, given.who.caller, "reader of feeds", FOLLOWS, timedelta(days=given.number("days"))
        )
        lines = (
            *(f"{desk.url}{one}" for one in FEEDS),
            "",
            f"user name  {READER}",
            f"password   {made.text}",
        )
        return shown(
            desk, given.who, "app/secret.html", here=HERE, title="For your reader of feeds", value="\n".join(lines),
            back=HERE + "/changes", text="Give it one of the addresses, with this name and password. Your account lists the token, and revokes it.",
        )  # fmt: skip

    def taken(request: Request[Any, Any, Any], since: FromQuery[str] = "") -> Response[bytes]:
        caller = came(request, desk).caller
        rows = [row for one in found(caller, _since(since, desk.service.now())) for row in change_rows(one)]
        return as_table(table(CHANGE, rows), request.url.path)

    return [index, follow, *as_files(HERE + "/changes", Action.INVENTORY_READ, "any", taken)]


def _bringing(desk: Desk) -> HTTPRouteHandler:
    @form(HERE, Action.INVENTORY_WRITE, "any", opt={BODY: "table"})
    def brings(request: Request[Any, Any, Any], data: MultipartBody[dict[str, Any]]) -> Response[Any]:
        given, files = with_files(request, desk, data, "inventory")
        if len(files) != 1:
            raise Malformed(f"{len(files)} files came, expected the inventory as one file")
        try:
            bring(desk.service, desk.inventories, given.who.caller, _read(files[0]), desk.import_rows)
        except Faulty as error:
            return shown(
                desk, given.who, "app/faults.html", status=400, here=HERE, error=error, faults=error.faults[:MAX_FAULTS],
                back=HERE + "#bring",
            )  # fmt: skip
        return Redirect(HERE, status_code=303)

    return brings


def _result(one: Standing) -> str:
    return one.matches[0].fact.result if one.matches else ""


def _read(data: bytes) -> Inventory:
    """A CycloneDX bill begins with a brace, a table does not."""
    return read_cyclonedx(data) if data.lstrip()[:1] == b"{" else read_csv([data])


def _since(text: str, now: datetime) -> datetime:
    if not text:
        return now - USUAL
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError as error:
        raise Malformed(f"since is {text[:40]!r}, expected a day such as 2026-11-01") from error
