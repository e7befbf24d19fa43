"""Come in, confirm, and go: with a passkey, by a link, or by the organisation's own login."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from assay.errors import AssayError
from assay.formats import strict_json
from assay.office.identity.authenticate import by_session
from assay.office.identity.ceremony import Ceremony
from assay.office.identity.ci import exchange
from assay.office.identity.enrol import enrol_begin, enrol_complete
from assay.office.identity.login import login_begin, login_complete
from assay.office.identity.logout import logout
from assay.office.identity.session import SignedIn
from assay.office.identity.staff import staff_begin
from assay.office.identity.step_up import step_up_begin, step_up_complete
from assay.web.api import addresses, cookies
from assay.web.api.access import asker, cookie_of, presence_of
from assay.web.api.desk import Desk
from assay.web.api.people import Me, NewToken, View, me, new_token
from assay.web.api.routes import Open, does, reads

TAG = "identity"
ANYBODY = Open("who comes in is nobody yet", coming_in=True)
WHOEVER = Open("everybody may know who they are, and go")
UNSEEN = {"Cache-Control": "no-store"}


class Link(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    link: str
    """The secret at the end of the address."""


class Answered(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: dict[str, Any]
    """The browser's public key credential, as JSON."""


class Enrolling(Answered, frozen=True, kw_only=True, forbid_unknown_fields=True):
    link: str
    label: str = "passkey"


class Options(View, frozen=True, kw_only=True):
    options: dict[str, Any]
    """For ``navigator.credentials``; the answer comes back with the cookie that was set with it."""


class Job(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: str
    """Identity token of the CI job."""
    organisation: str = ""
    """For which, where rules of several match."""


class Issuer(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    issuer: str


class Address(View, frozen=True, kw_only=True):
    address: str
    """Where the browser goes on."""


def handlers(desk: Desk) -> list[HTTPRouteHandler]:
    identity = desk.identity

    @reads("/me", "Who asks", TAG, WHOEVER, "self")
    def whoami(request: Request[Any, Any, Any]) -> Response[Me]:
        found = asker(request, desk)
        return Response(me(found.caller, found.presence), headers=UNSEEN)

    @does("/login/begin", "Options for coming in with a passkey", TAG, ANYBODY, "self", status_code=200)
    def begin(request: Request[Any, Any, Any]) -> Response[Options]:
        attempt(request, desk)
        return offered(desk, login_begin(identity))

    @does("/login/complete", "Come in with a passkey", TAG, ANYBODY, "self", status_code=200)
    def complete(request: Request[Any, Any, Any], data: JSONBody[Answered]) -> Response[Me]:
        with attempted(request, desk, "passkey"):
            signed = login_complete(identity, handle_of(request, desk), answer_of(data))
        return _entered(signed)

    @does("/enrol/begin", "Options for a first passkey, by a link", TAG, ANYBODY, "self", status_code=200)
    def enrol(request: Request[Any, Any, Any], data: JSONBody[Link]) -> Response[Options]:
        attempt(request, desk)
        return offered(desk, enrol_begin(identity, data.link))

    @does("/enrol/complete", "Enrol a first passkey and come in", TAG, ANYBODY, "self", status_code=200)
    def enrolled(request: Request[Any, Any, Any], data: JSONBody[Enrolling]) -> Response[Me]:
        with attempted(request, desk, "link"):
            handle = handle_of(request, desk)
            signed = enrol_complete(identity, data.link, handle, answer_of(data), data.label)
        return _entered(signed)

    @does("/login/staff", "Come in by an organisation's own login", TAG, ANYBODY, "self", status_code=200)
    def staff(request: Request[Any, Any, Any], data: JSONBody[Issuer]) -> Response[Address]:
        attempt(request, desk)
        leaving = staff_begin(identity, data.issuer)
        waits = cookies.waiting(desk, identity, f"staff.{leaving.handle}")
        return Response(Address(address=leaving.address), cookies=[waits], headers=UNSEEN)

    @does("/ci/token", "A short-lived token for a CI job's identity token", TAG, ANYBODY, "self")
    def job(request: Request[Any, Any, Any], data: JSONBody[Job]) -> Response[NewToken]:
        with attempted(request, desk, "ci"):
            made = exchange(identity, data.token, organisation=data.organisation)
        return Response(new_token(made), headers=UNSEEN)

    @does("/logout", "End this session", TAG, WHOEVER, "self", status_code=200)
    def leave(request: Request[Any, Any, Any]) -> Response[Me]:
        found = asker(request, desk)
        if found.presence is not None:
            logout(identity, found.presence.session)
        left = [cookies.gone(desk, what) for what in (cookies.SESSION, cookies.CEREMONY)]
        return Response(Me(known=False), cookies=left, headers=UNSEEN)

    @does("/me/confirmation/begin", "Options for a confirmation", TAG, WHOEVER, "self", status_code=200)
    def confirm(request: Request[Any, Any, Any]) -> Response[Options]:
        return offered(desk, step_up_begin(identity, presence_of(request, desk)))

    @does("/me/confirmation/complete", "Confirm with a passkey", TAG, WHOEVER, "self", status_code=200)
    def confirmed(request: Request[Any, Any, Any], data: JSONBody[Answered]) -> Response[Me]:
        presence = presence_of(request, desk)
        session = step_up_complete(identity, presence, handle_of(request, desk), answer_of(data))
        caller = msgspec.structs.replace(presence.caller, stepped_up=session.stepped_up)
        return Response(me(caller, presence), cookies=[cookies.gone(desk, cookies.CEREMONY)], headers=UNSEEN)

    def _entered(signed: SignedIn) -> Response[Me]:
        made: list[Cookie] = cookies.entered(desk, signed)
        presence = by_session(identity, signed.cookie)
        return Response(me(presence.caller, presence), cookies=made, headers=UNSEEN)

    return [whoami, begin, complete, enrol, enrolled, staff, job, leave, confirm, confirmed]


def attempt(request: Request[Any, Any, Any], desk: Desk) -> None:
    """Count somebody who tries to come in."""
    desk.gate.attempt(addresses.origin(request.scope, desk.proxies), desk.identity.clock.now())


@contextmanager
def attempted(request: Request[Any, Any, Any], desk: Desk, method: str) -> Iterator[None]:
    """:func:`attempt`, and how it ended: ``in``, or by which kind of error."""
    attempt(request, desk)
    try:
        yield
    except AssayError as error:
        desk.meter.add("assay_logins_total", method=method, outcome=type(error).__name__)
        raise
    desk.meter.add("assay_logins_total", method=method, outcome="in")


def handle_of(request: Request[Any, Any, Any], desk: Desk) -> str:
    return cookie_of(request, desk, cookies.CEREMONY)


def offered(desk: Desk, ceremony: Ceremony) -> Response[Options]:
    options = strict_json.load(ceremony.options, what="options")
    waits = cookies.waiting(desk, desk.identity, ceremony.handle)
    return Response(Options(options=options), cookies=[waits], headers=UNSEEN)


def answer_of(data: Answered) -> bytes:
    return msgspec.json.encode(data.answer)
