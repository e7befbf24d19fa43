"""What each route says of itself: the action that it takes, of what, and how it fails. A test goes through all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Parameter, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from assay.office.permissions import Action
from assay.web.api.listing import CSV
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
    408: "The body did not arrive in time",
    409: "It is there already, or the same request is under way",
    412: "It has changed since the caller looked at it",
    413: "The body is too large, or the caller keeps too much here",
    422: "The office does not do this as things stand",
    429: "Too many requests: wait as Retry-After says",
    503: "The office cannot tell at the moment: try again as Retry-After says",
}
ALWAYS = (400, 401, 403, 404, 422, 429, 503)
CHANGING = (409, 412, 413)


class Open(msgspec.Struct, frozen=True):
    """A route that no row of the table of permissions is about."""

    because: str
    coming_in: bool = False
    """Whether it is for who is not in yet: whatever session there was counts for nothing."""


@dataclass  # anew: only so is what follows called
class Reading(Operation):
    """A GET."""

    def __post_init__(self) -> None:
        _answers(
            self, "304", OpenAPIResponse(description="The caller has just that: If-None-Match names its ETag")
        )


@dataclass
class Listing(Reading):
    """A GET of a list."""

    def __post_init__(self) -> None:
        super().__post_init__()
        found = (self.responses or {}).get("200")
        if isinstance(found, OpenAPIResponse) and found.content is not None:
            found.content[CSV] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
        said = Parameter(
            name="format", param_in="query", required=False, description="In the place of the header Accept",
            schema=Schema(type=OpenAPIType.STRING, enum=["json", "csv"]),
        )  # fmt: skip
        self.parameters = [*(self.parameters or []), said]


@dataclass
class Doing(Operation):
    """A POST."""

    def __post_init__(self) -> None:
        key = Parameter(
            name="Idempotency-Key", param_in="header", required=False, description="Sent again with the same key within "
            "24 hours, the request is done once and answered as it was", schema=Schema(
                type=OpenAPIType.STRING, pattern="^[!#-~]{1,200}$"
            ),
        )  # fmt: skip
        self.parameters = [*(self.parameters or []), key]


def _answers(operation: Operation, code: str, response: OpenAPIResponse) -> None:
    operation.responses = {**(operation.responses or {}), code: response}


FILE = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
TEXT = Schema(type=OpenAPIType.STRING)
DOCUMENT = Schema(type=OpenAPIType.OBJECT)
What = Action | tuple[Action, ...] | Open
"""One action, or any of some."""


def reads(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return get(path, **_said(summary, tag, action, on, ALWAYS, {"operation_class": Reading, **more}))


def lists(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    """A page of :class:`~assay.web.api.listing.Listed`."""
    return reads(path, summary, tag, action, on, operation_class=Listing, **more)


def does(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    """201 unless *more* says otherwise."""
    more = {"status_code": 201, "operation_class": Doing, **more}
    return post(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def replaces(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return put(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def changes(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return patch(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def removes(path: str, summary: str, tag: str, action: What, on: On, **more: Any) -> Handler:
    return delete(path, **_said(summary, tag, action, on, ALWAYS + CHANGING, more))


def _describing(
    kind: type[Operation], takes: Mapping[str, Schema], gives: Mapping[str, Schema], status: int
) -> type[Operation]:
    """Bodies that the handler reads and writes by itself, by media type."""

    @dataclass
    class Describing(kind):  # type: ignore[valid-type,misc]
        def __post_init__(self) -> None:
            if takes:
                self.request_body = RequestBody(content=_content(takes), required=True)
            if gives:
                _answers(
                    self,
                    str(status),
                    OpenAPIResponse(description=HTTPStatus(status).phrase, content=_content(gives)),
                )
            if hasattr(super(), "__post_init__"):
                super().__post_init__()

    return Describing


def _content(bodies: Mapping[str, Schema]) -> dict[str, OpenAPIMediaType]:
    return {media: OpenAPIMediaType(schema=schema) for media, schema in bodies.items()}


def _said(
    summary: str, tag: str, action: What, on: On, fails: tuple[int, ...], more: dict[str, Any]
) -> dict[str, Any]:
    opt = {"action": action, "on": on, **more.pop("opt", {})}
    responses = {code: ResponseSpec(Problem, False, SUMMARIES[code], MEDIA_TYPE) for code in fails}
    responses |= more.pop("responses", {})
    takes, gives = more.pop("takes", {}), more.pop("gives", {})
    if takes or gives:
        kind, code = more.get("operation_class", Operation), more.get("status_code", 200)
        more["operation_class"] = _describing(kind, takes, gives, code)
    return {
        "summary": summary,
        "tags": [tag],
        "sync_to_thread": True,
        "opt": opt,
        "responses": responses,
        **more,
    }
