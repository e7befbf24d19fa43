"""Ways to a page, and what each says of itself: the action that it takes, and of what. A test goes through all of them.

:func:`~assay.web.app.shell.came` holds who asks against the action; which single thing it may see or change the use case says.
"""

from typing import Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from assay.web.api.routes import Handler, On, Open, What

ANYBODY = Open("comes in, goes, or confirms; whoever it is")


def page(path: str, action: What, on: On, **more: Any) -> Handler:
    return get(path, **_said(action, on, more))


def form(path: str, action: What, on: On, **more: Any) -> Handler:
    """What a browser hands in; goes on elsewhere unless *more* says otherwise."""
    return post(path, **_said(action, on, {"status_code": 303, **more}))


def as_files(path: str, action: What, on: On, taken: Any) -> list[HTTPRouteHandler]:
    """Routes of *taken* under *path* as CSV and as JSON."""
    return [page(f"{path}.{kind}", action, on)(taken) for kind in ("csv", "json")]


def _said(action: What, on: On, more: dict[str, Any]) -> dict[str, Any]:
    opt = {"action": action, "on": on, **more.pop("opt", {})}
    return {"sync_to_thread": True, "include_in_schema": False, "opt": opt, **more}
