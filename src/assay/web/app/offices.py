"""Other offices that are listened to, and what came of theirs last: for everybody; an administrator pins and revokes them here, and
who may accept what they say brings it."""

from typing import Any, Literal

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, RawBody
from litestar.response import Redirect

from assay.errors import Malformed, Refused, Untrusted
from assay.formats.text import shown as plain
from assay.office.federation import (
    MAX_NAME,
    MAX_REASON,
    Peer,
    Query,
    Theirs,
    accept,
    keys_of_results,
    pin,
    revoke,
    shown_of,
)
from assay.office.federation_keys import renew
from assay.office.permissions import Action, Target, require
from assay.web.api.access import Asker
from assay.web.api.desk import Desk
from assay.web.api.params import After, number
from assay.web.app.forms import NO_PROBLEMS, TOO_LONG, Form, Problems, entered
from assay.web.app.shell import came, shown
from assay.web.app.ways import form, page

HERE = "/federation"
ROWS = 50
MANAGE, ACCEPT = Action.FEDERATION_MANAGE, Action.FEDERATION_ACCEPT


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    @page(HERE, Action.RESULT_READ, "any")
    def index(request: Request[Any, Any, Any], after: After = "") -> Response[bytes]:
        return _listed(desk, came(request, desk), number(after) or 0)

    @form(HERE, MANAGE, "office")
    def add(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        caller, name, trust = given.who.caller, given.text("name"), given.text("trust")
        require(caller, MANAGE, Target.office())
        problems = _wrong(name, trust)
        if problems:
            return _listed(desk, given.who, problems=problems, typed=given)
        try:
            made = pin(desk.federation, desk.service, caller, name, trust.encode())
        except Malformed as error:
            return _listed(desk, given.who, problems={"trust": f"{error}."}, typed=given)
        desk.note(caller, MANAGE, f"office {made.id}")
        return Redirect(f"{HERE}#{made.id}", status_code=303)

    @form(HERE + "/{office:str}/revoke", MANAGE, "office")
    def gone(request: Request[Any, Any, Any], office: FromPath[str], body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        caller, reason = given.who.caller, given.text("reason")
        require(caller, MANAGE, Target.office())
        known = any(one.id == office for one in desk.federation.offices())
        if known and (not reason or len(reason) > MAX_REASON):
            said = TOO_LONG.format(most=MAX_REASON) if reason else "Say why it is not listened to any more."
            return _listed(desk, given.who, problems={f"reason-{office}": said}, typed=given)
        revoke(desk.federation, desk.service, caller, office, reason)
        desk.note(caller, MANAGE, f"office {office}, revoked")
        return Redirect(f"{HERE}#{office}", status_code=303)

    @form(HERE + "/{office:str}/keys", MANAGE, "office")
    def renewed(request: Request[Any, Any, Any], office: FromPath[str], body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        caller, document = given.who.caller, given.text("document")
        require(caller, MANAGE, Target.office())
        try:
            made = renew(desk.federation, desk.service, caller, office, document.encode())
        except (Malformed, Untrusted) as error:
            said = f"{error}." if document else "Paste its key history, or its signed change of keys."
            return _listed(desk, given.who, problems={f"keys-{office}": said}, typed=given)
        desk.note(caller, MANAGE, f"office {made.id}, keys renewed: {made.trust}")
        return Redirect(f"{HERE}#{office}", status_code=303)

    @form(HERE + "/results", ACCEPT, "office")
    def bring(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
        given = entered(request, desk, body)
        caller, document, receipt = given.who.caller, given.text("document"), given.text("receipt")
        require(caller, ACCEPT, Target.office())
        lacking = {"document": "Paste what the office says.", "receipt": "Paste its receipt."}
        problems = {name: said for name, said in lacking.items() if not given.text(name)}
        if problems:
            return _listed(desk, given.who, problems=problems, typed=given)
        try:
            made = accept(desk.federation, desk.service, caller, document.encode(), receipt.encode())
        except (Malformed, Refused) as error:
            return _listed(desk, given.who, problems={"document": f"{error}."}, typed=given)
        desk.note(caller, ACCEPT, f"{made.attestation} of {made.office}")
        return Redirect(f"{HERE}#theirs-{made.position}", status_code=303)

    return [index, add, gone, renewed, bring]


def _wrong(name: str, trust: str) -> Problems:
    said: dict[str, str] = {}
    if not name:
        said["name"] = "Say what it is called, as its results say it."
    elif len(name) > MAX_NAME or plain(name, MAX_NAME) != name:
        said["name"] = f"Plain text of at most {MAX_NAME} characters is expected."
    if not trust:
        said["trust"] = "Paste its trust root."
    return said


def _listed(
    desk: Desk, who: Asker, after: int = 0, problems: Problems = NO_PROBLEMS, typed: Form | None = None
) -> Response[bytes]:
    offices = desk.federation.offices()
    # An attestation names people.
    what: Literal["", "result"] = "" if _may(who, Action.CASE_READ) else "result"
    found = desk.federation.find(Query(what=what, newest=True, after=after, limit=ROWS + 1))
    following = f"{HERE}?after={found[ROWS - 1].position}" if len(found) > ROWS else ""
    return shown(
        desk, who, "app/offices.html", status=422 if problems else 200, here=HERE, offices=offices,
        keys={one.id: keys_of_results(desk.service.office.blobs.get(one.trust)) for one in offices}, last={one.id: _last(desk, one) for one in offices}, others=shown_of(desk.federation, found[:ROWS]), after=after,
        following=following, manages=_may(who, MANAGE), accepts=_may(who, ACCEPT), problems=problems, typed=typed.values if typed is not None else {},
    )  # fmt: skip


def _may(who: Asker, action: Action) -> bool:
    """Whether the page offers it; a passkey may still be asked for."""
    return who.caller.known and bool(who.caller.scopes_of(action))


def _last(desk: Desk, office: Peer) -> Theirs | None:
    """What came last of its results."""
    found = desk.federation.find(Query(office=office.id, what="result", newest=True, limit=1))
    return found[0] if found else None
