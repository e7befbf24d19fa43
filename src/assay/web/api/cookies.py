"""Cookies that a browser sends to this office only, and shows to no script."""

from litestar.datastructures import Cookie

from assay.office.identity.identity import Identity
from assay.office.identity.session import SignedIn
from assay.web.api.desk import Desk

SESSION, CEREMONY = "session", "ceremony"


def name(desk: Desk, what: str) -> str:
    """Browsers take the prefix for https only; http is this machine."""
    return f"__Host-assay-{what}" if desk.secure else f"assay-{what}"


def entered(desk: Desk, signed: SignedIn) -> list[Cookie]:
    """For somebody who has come in."""
    lasts = signed.session.expires - signed.session.created
    return [_cookie(desk, SESSION, signed.cookie, int(lasts.total_seconds())), gone(desk, CEREMONY)]


def waiting(desk: Desk, identity: Identity, handle: str) -> Cookie:
    """Until the browser brings its answer."""
    return _cookie(desk, CEREMONY, handle, int(identity.limits.challenge.total_seconds()))


def gone(desk: Desk, what: str) -> Cookie:
    return _cookie(desk, what, "", 0)


def _cookie(desk: Desk, what: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name(desk, what),
        value=value,
        path="/",
        max_age=seconds,
        secure=desk.secure,
        httponly=True,
        # Lax, not strict: who comes by a link in a mail is still signed in, and nothing changes by following one.
        samesite="lax",
    )
