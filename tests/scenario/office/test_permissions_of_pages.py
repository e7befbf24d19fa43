"""Every page and every form of it, tried by everybody: what it answers is what the table of permissions says."""

from typing import Any

import pytest
from litestar.routes import HTTPRoute
from tests.scenario.office.test_permissions_over_http import expected
from tests.support.applications import application
from tests.support.desks import OTHER_ORG
from tests.support.everybody import Scene, Who, everybody, one_or_some, reader_of_feeds
from tests.support.tried_pages import PAGES, made, sent

from assay.office.permission_table import RULES, Role
from assay.office.permissions import Action, Caller
from assay.web.api.app import API
from assay.web.api.routes import Open

ELSEWHERE = (
    API,
    "/register/",
    "/assets/",
    "/api/schema",
    "/.well-known/",
    "/healthz",
    "/readyz",
    "/login/return",
)
"""What is no page."""


def routes() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for route in application().routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(ELSEWHERE):
            found |= {
                f"{method} {route.path_format}": handler
                for handler in route.route_handlers
                for method in handler.http_methods
                if method != "OPTIONS"
            }
    return found


ROUTES = routes()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def came_in(answer: Any, method: str) -> int | None:
    """The status by which somebody was turned away; a page sends who is unknown to log in."""
    if (
        method == "GET"
        and answer.status_code == 303
        and answer.headers["location"].startswith("/login?next=")
    ):
        return 401
    return answer.status_code if answer.status_code in {401, 403, 404} else None


def test_there_is_a_form_for_each_that_is_tried() -> None:
    assert set(PAGES) <= set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_page_lets_in_whom_the_table_grants_it(name: str, scene: Scene) -> None:
    handler = ROUTES[name]
    assert {"action", "on"} <= set(handler.opt), f"{name} does not say which action it takes"
    action, on = handler.opt["action"], handler.opt["on"]
    if isinstance(action, Open):
        pytest.skip(action.because)
    make, method = made(name, on), name.split(" ", 1)[0]
    wrong, granted = [], 0
    for who in everybody(scene, action):
        tried = make(scene, who)
        answer = sent(scene, name, who, tried)
        want = expected(who, tried.action or action, tried.target)
        granted += want is None
        if came_in(answer, method) != want or answer.status_code >= 500:
            wrong.append(f"{who.name}: {answer.status_code}, expected {want or 'to be let in'}")
        if want and answer.status_code != 303:
            assert "<h1>" in answer.text, who.name
    assert not wrong, "\n".join(wrong)
    assert granted or RULES[action].asks == "another", "tried by nobody who may"


def test_a_readers_token_opens_no_page(scene: Scene) -> None:
    reader = reader_of_feeds(scene)
    nobody = Who(name="anonymous", caller=Caller.public(reader.caller.at), headers={})
    for name, handler in ROUTES.items():
        if isinstance(handler.opt["action"], Open):
            continue
        tried = made(name, handler.opt["on"])(scene, reader)
        mine = sent(scene, name, reader, tried)
        if mine.status_code not in {401, 403, 404}:
            assert mine.status_code == sent(scene, name, nobody, tried).status_code == 200, name
            assert any(Role.PUBLIC in RULES[one].grants for one in one_or_some(handler.opt["action"])), name


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if "{payload}" in name))
def test_what_is_not_there_looks_like_what_is_none_of_ones_own(name: str, scene: Scene) -> None:
    stranger = scene.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    make = made(name, ROUTES[name].opt["on"])
    tried = make(scene, None)  # type: ignore[arg-type]
    method, path = name.split(" ", 1)
    pages = []
    for payload in (scene.case, "0" * 64):
        answer = scene.world.client.request(
            method,
            path.format_map({**tried.path, "payload": payload}),
            headers={**stranger, **tried.headers},
            content=tried.content,
        )
        assert answer.status_code in {403, 404}
        pages.append(answer.text.replace(payload, ""))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if name.startswith("POST ")))
def test_a_form_without_its_secret_is_refused(name: str, scene: Scene) -> None:
    officer = scene.world.person(Role.OFFICER, Role.OFFICER_LEAD, Role.ADMINISTRATOR)
    tried = made(name, ROUTES[name].opt["on"] if name != "POST /logout" else "any")(scene, _of(scene))
    method, path = name.split(" ", 1)
    answer = scene.world.client.request(
        method,
        path.format_map(tried.path),
        headers={"cookie": officer["cookie"], **tried.headers},
        content=tried.content,
        follow_redirects=False,
    )
    assert answer.status_code == 403


def _of(scene: Scene) -> Any:
    return next(iter(everybody(scene, Action.QUEUE_READ)))
