"""What anybody may look at: results, draws, what the office does and by which rules."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from assay.errors import Malformed
from assay.formats.digest import Digest
from assay.formats.result import Result, read_result
from assay.formats.times import encode as moment
from assay.formats.verdict import VerdictDocument
from assay.office.case import Case
from assay.office.draw_documents import state
from assay.office.federation import about, keys_of_results
from assay.office.history import happened
from assay.office.permissions import Action, Caller, may
from assay.office.post import posting_receipt, result_envelope
from assay.packs import read
from assay.register.checkpoint import Checkpoint
from assay.register.checkpoint import open_ as open_checkpoint
from assay.web import pages, tables, words
from assay.web.api.desk import Desk
from assay.web.api.listing import cells, columns
from assay.web.api.params import After, Id
from assay.web.api.results import found, published, shown_to_all, successor
from assay.web.api.views import DrawView, PublicCase, draw_view
from assay.web.app.graph import graph
from assay.web.app.shell import came, shown
from assay.web.app.ways import as_files, page
from assay.web.published import Published

ROWS = 25
MAX_TABLE = 200
"""Rows of a CSV or JSON file; ``next`` of the API goes on from there."""
_BY_LENGTH = {len_: f"sha{len_ * 4}" for len_ in (64, 96, 128)}
COLUMNS = ("id", "provider", "product", "version", "result", "changed", "lapsed", "replaced_by", "page")


class Mark(msgspec.Struct, frozen=True):
    """What has happened to a result since it was posted."""

    title: str
    text: str
    href: str = ""
    link: str = ""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for in the query string."""

    result: str = ""
    provider: str = ""
    product: str = ""
    version: str = ""
    file: str = ""
    """A digest, or a package URL."""
    sort: str = "changed"
    order: str = "descending"
    after: str = ""

    def link(self, path: str = "/results", **changes: str) -> str:
        return address(self, path, **changes)


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    return [*_results(desk), *_office(desk)]


def _results(desk: Desk) -> list[HTTPRouteHandler]:
    @page("/", Action.RESULT_READ, "any")
    def home(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        cases, _ = find(desk, Filter(), 6)
        return shown(
            desk,
            who,
            "app/home.html",
            cases=cases,
            f=Filter(),
            results_of=words.RESULTS,
            beacon=desk.service.policy.sampling.beacon,
        )

    @page("/results", Action.RESULT_READ, "any")
    def index(
        request: Request[Any, Any, Any],
        result: FromQuery[str] = "",
        provider: FromQuery[str] = "",
        product: FromQuery[str] = "",
        version: FromQuery[str] = "",
        file: FromQuery[str] = "",
        sort: FromQuery[str] = "changed",
        order: FromQuery[str] = "descending",
        after: After = "",
    ) -> Response[bytes]:
        who = came(request, desk)
        asked = Filter(
            result=result, provider=provider, product=product, version=version, file=file, sort=sort, order=order, after=after
        )  # fmt: skip
        cases, more = find(desk, asked, ROWS)
        following = asked.link(after=more) if more else ""
        return shown(
            desk, who, "app/results.html", here="/results", cases=cases, f=asked, following=following,
            others=about(desk.federation, provider, product),
        )  # fmt: skip

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
        cases, _ = find(desk, asked, MAX_TABLE)
        return as_table(tables.table(COLUMNS, [_row(desk, one) for one in cases]), request.url.path)

    @page("/results/{payload:str}", Action.RESULT_READ, "published")
    def show(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        who = came(request, desk)
        case = published(desk, payload)
        values = result_page(desk, case, who.caller)
        return shown(desk, who, "result.html", here="/results", **values)

    @page("/results/{payload:str}/verdict.json", Action.RESULT_READ, "published")
    def verdict(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        came(request, desk)
        return Response(_result(desk, published(desk, payload)).raw, media_type="application/json")

    @page("/results/{payload:str}/evidence", Action.RESULT_READ, "published")
    def rests(request: Request[Any, Any, Any], payload: Id) -> Response[bytes]:
        who = came(request, desk)
        told = _told(_result(desk, published(desk, payload)))
        return shown(
            desk, who, "app/graph.html", here="/results", v=told, g=graph(told, words.FINDINGS),
            back=f"/results/{payload}", title=pages.titled(told),
        )  # fmt: skip

    return [home, index, *as_files("/results", Action.RESULT_READ, "any", taken), show, verdict, rests]


def _office(desk: Desk) -> list[HTTPRouteHandler]:
    @page("/draws", Action.RESULT_READ, "any")
    def draws(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        able = bool(who.caller.known and who.caller.scopes_of(Action.DRAW_RUN))
        found = desk.service.cases.draws(100)
        policy = desk.service.policy.sampling
        now = desk.service.now()
        states = {one.number: state(one, now) for one in found}
        return shown(
            desk, who, "app/draws.html", here="/draws", draws=found, able=able, url=desk.url, sampling=policy, states=states,
            overdue=[number for number, one in states.items() if one == "overdue"],
        )  # fmt: skip

    def taken(request: Request[Any, Any, Any]) -> Response[bytes]:
        came(request, desk)
        now = desk.service.now()
        rows = [draw_view(one, now) for one in desk.service.cases.draws(MAX_TABLE)]
        return as_table(tables.table(columns(DrawView), cells(rows, DrawView)), request.url.path)

    @page("/policy.json", Action.POLICY_READ, "any")
    def policy_of(request: Request[Any, Any, Any]) -> Response[bytes]:
        came(request, desk)
        return Response(desk.service.policy.encode(), media_type="application/json")

    @page("/about", Action.POLICY_READ, "any")
    def about(request: Request[Any, Any, Any]) -> Response[bytes]:
        who = came(request, desk)
        service = desk.service
        packs = [read.parse(data, name=ref) for ref, data in service.office.packs]
        return shown(
            desk, who, "app/about.html", here="/about", keys=keys_of_results(service.office.trust), policy=service.policy, packs=packs, url=desk.url,
            origin=service.office.origin, size=service.office.register.size(), meanings=words.MEANINGS,
        )  # fmt: skip

    return [draws, *as_files("/draws", Action.RESULT_READ, "any", taken), policy_of, about]


def find(desk: Desk, asked: Filter, limit: int) -> tuple[tuple[PublicCase, ...], str]:
    """Published cases, and the cursor of the next page. Malformed names what is none of the query's values."""
    said = msgspec.structs.asdict(asked)
    made = found(desk, limit=limit, **named(said.pop("file")), **said)
    return tuple(shown_to_all(desk, one) for one in made.cases), made.after


def named(file: str) -> dict[str, str]:
    """What somebody typed to name a file or a package by, as the API takes it; of a digest the algorithm may be left out."""
    text = file.strip()
    if text[:4].lower() == "pkg:":
        return {"purl": text}
    kind, colon, value = text.lower().rpartition(":")
    if not colon and text:
        kind = _BY_LENGTH.get(len(value), "")
        if not kind:
            raise Malformed(
                f"{text[:80]!r} is neither a digest nor a package URL: expected 64 hexadecimal digits (SHA-256 of the file), or pkg:…"
            )
    return {"digest": f"{kind}:{value}"} if text else {}


def address(asked: msgspec.Struct, path: str, **changes: Any) -> str:
    """Of the first page of the question *asked*, with *changes*; what is as usual is left out."""
    usual = msgspec.structs.asdict(type(asked)())
    values = msgspec.structs.asdict(asked) | {"after": usual["after"]} | changes
    said = {name: value for name, value in values.items() if value != usual[name]}
    return f"{path}?{urlencode(said)}" if said else path


def as_table(made: tables.Table, path: str) -> Response[bytes]:
    """As a file to take away: CSV or JSON, as *path* ends."""
    if path.endswith(".csv"):
        return Response(made.csv, media_type="text/csv")
    return Response(made.json, media_type="application/json")


def result_page(desk: Desk, case: Case, caller: Caller) -> dict[str, Any]:
    """Values of ``result.html``: the determination over the automatic verdict, and what has become of it since."""
    found = _result(desk, case)
    base = f"/api/v1/results/{case.payload.value}/"
    links = {
        "result.dsse.json": base + "result.dsse.json",
        "receipt.json": base + "receipt.json",
        "trust.json": "/api/v1/trust.json",
        "verdict.json": f"/results/{case.payload.value}/verdict.json",
        "graph": f"/results/{case.payload.value}/evidence",
        "timeline": base + "timeline",
    }
    office = desk.service.office
    made = pages.result_values(office.name, office.engine, _told(found), _published(desk, case, found), {})
    inside = may(caller, Action.SUBMISSION_READ, case.target) and caller.known
    said = marks(case, found, successor(desk, case), inside)
    others = about(desk.federation, found.verdict.provider, found.verdict.product)
    return {
        **made, "layout": "app/layout.html", "links": links, "has_feed": False, "marks": said, "others": others,
        "considered": found.determination.consideration if found.determination is not None else "",
        "posted": tuple(happened(desk.service, case, "public")), "id": case.payload.value,
        "asks": caller.known and may(caller, Action.ACCESS_REQUEST, case.target),
    }  # fmt: skip


def marks(case: Case, found: Result, newer: Digest | None, inside: bool) -> tuple[Mark, ...]:
    """*newer*: the posted one that replaces it."""
    made: list[Mark] = []
    if case.stage == "withdrawn":
        made.append(
            Mark(
                "Withdrawn.",
                "The provider has taken the attestation back. The result stays here as it was posted.",
            )
        )
    if case.lapsed is not None:
        made.append(
            Mark("Lapsed.", f"Since {case.lapsed:%Y-%m-%d} the attestation no longer holds for new versions.")
        )
    if newer is not None:
        made.append(
            Mark(
                "Replaced.",
                "The provider has submitted a newer attestation.",
                f"/results/{newer.value}",
                "Its result",
            )
        )
    if found.token == "not_sampled":  # noqa: S105 - a result
        made.append(
            Mark(
                "Not sampled.",
                "No public draw selected this submission, so nobody looked deeper. It is complete, and what the automatic checks found is shown below. It did not fail.",
                "/draws",
                "How draws work",
            )
        )
    if inside:
        made.append(
            Mark(
                "Yours to act on.",
                "You can see the whole case.",
                f"/cases/{case.payload.value}",
                "Open the case",
            )
        )
    return tuple(made)


def _told(found: Result) -> VerdictDocument:
    """The verdict as the office determined it."""
    determination = found.determination
    reasons = determination.reasons if determination is not None else ()
    return msgspec.structs.replace(
        found.verdict,
        result=found.token,
        claims=found.rows,
        judged=found.made if determination is not None else found.verdict.judged,
        reasons=reasons or found.verdict.reasons,
    )


def as_posted(desk: Desk, case: Case) -> Published:
    """As the office determined it, and as it stands now: what was taken back says so."""
    found = _result(desk, case)
    made = _published(desk, case, found)
    told = msgspec.structs.replace(_told(found), result=case.shown)
    return msgspec.structs.replace(made, verdict=told)


def _published(desk: Desk, case: Case, found: Result) -> Published:
    made = posting_receipt(desk.service, case)
    signed: Checkpoint = open_checkpoint(made.checkpoint, desk.service.office.keys).checkpoint
    return Published(
        id=case.payload.value,
        verdict=found.verdict,
        result=b"",
        receipt=b"",
        origin=made.origin,
        index=made.index,
        size=signed.size,
        root=signed.root.hex(),
        trial=False,
        response=found.response.text if found.response is not None else "",
    )


def _result(desk: Desk, case: Case) -> Result:
    return read_result(result_envelope(desk.service, case).payload)


def _row(desk: Desk, case: PublicCase) -> tuple[str, ...]:
    return (
        _digest(case.id), case.provider, case.product, case.version, case.result, moment(case.changed),
        moment(case.lapsed) if case.lapsed else "", _digest(case.replaced_by), f"{desk.url}/results/{case.id}",
    )  # fmt: skip


def _digest(found: str) -> str:
    return f"sha256:{found}" if found else ""
