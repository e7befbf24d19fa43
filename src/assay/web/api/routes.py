"""What each route says of itself: the action that it takes, of what, and how it fails. A test goes through all of them."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from assay.office.permissions import Action
from assay.web.api.problems import MEDIA_TYPE, Problem

On = Literal["any", "case", "published", "organisation", "account", "self", "office", "token", "thing"]
"""What an action is taken on: whatever the caller sees of a list; the case, result or organisation in the path; an account or
token of one; what belongs to the caller alone; the office; something of an area's own."""
Handler = Callable[[Callable[..., Any]], HTTPRouteHandler]

SUMMARIES: Mapping[int, str] = {
    400: "The request is not in the form that is described here",
    401: "Nobody knows who asks",
    403: "The caller may not do this, or has to confirm with a passkey first",
    404: "There is no such thing, or it is none of the caller's",
    409: "It is there already, or the same request is under way",
    412: "It has changed since the caller looked at it",
    413: "The body is too large, or the caller keeps too much here",
    422: "The office does not do this as things stand",
    429: "Too many requests: wait as Retry-After says",
    503: "The office cannot tell at the moment: try again as Retry-After says",
}
ALWAYS = (400, 401, 403, 404, 429, 503)
CHANGING = (409, 412, 413, 422)


class Open(msgspec.Struct, frozen=True):
    """A route that no row of the table of permissions is about."""

    because: str
    coming_in: bool = False
    """Whether it is for who is not in yet: whatever session there was counts for nothing."""


What = Action | tuple[Action, ...] | Open
"""One action, or any of some."""


def reads(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return get(path, **_said(summary, tag, action, on, ALWAYS, more))


def does(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    """201 unless *more* says otherwise."""
    return post(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, {"status_code": 201, **more}))


def replaces(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return put(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def alters(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return patch(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def removes(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return delete(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def _said(
    summary: str, tag: str, action: What, on: On, fails: tuple[int, ...], more: dict[str, Any]
) -> dict[str, Any]:
    opt = {"action": action, "on": on, **more.pop("opt", {})}
    responses = {code: ResponseSpec(Problem, False, SUMMARIES[code], MEDIA_TYPE) for code in fails}
    responses |= more.pop("responses", {})
    return {
        "summary": summary,
        "tags": [tag],
        "sync_to_thread": True,
        "opt": opt,
        "responses": responses,
        **more,
    }
