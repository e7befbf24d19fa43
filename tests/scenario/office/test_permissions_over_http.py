"""Every route of the API, tried by everybody: what it answers is what the table of permissions says, for each single thing."""

from typing import Any

import pytest
from litestar.routes import HTTPRoute
from tests.support.applications import application
from tests.support.desks import OTHER_ORG, problem
from tests.support.everybody import DEFAULTS, TRIES, Scene, Who, everybody, reader_of_feeds

from assay.errors import Forbidden, Hidden
from assay.office.permission_table import RULES, Role
from assay.office.permissions import Action, Target, require, require_role
from assay.web.api.app import API
from assay.web.api.login import ANYBODY
from assay.web.api.portfolio_feed import FEEDS
from assay.web.api.routes import Open


def routes() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for route in application().routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(API):
            path = route.path_format.removeprefix(API)
            found |= {
                f"{method} {path}": handler
                for handler in route.route_handlers
                for method in handler.http_methods
                if method != "OPTIONS"
            }
    return found


ROUTES = routes()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def expected(who: Who, action: Action, target: Target | None) -> int | None:
    """The status that it must answer; None when it lets the caller in."""
    try:
        if target is None:
            require_role(who.caller, action)
        else:
            require(who.caller, action, target)
    except Hidden:
        return 404
    except Forbidden:
        return 403 if who.caller.known else 401
    return None


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_route_lets_in_whom_the_table_grants_it(name: str, scene: Scene) -> None:
    handler = ROUTES[name]
    assert {"action", "on"} <= set(handler.opt), f"{name} does not say which action it takes"
    action, on = handler.opt["action"], handler.opt["on"]
    if isinstance(action, Open):
        pytest.skip(action.because)
    make = TRIES.get(name) or DEFAULTS[on]
    method, path = name.split(" ", 1)
    wrong, granted = [], 0
    for who in everybody(scene, action):
        tried = make(scene, who)
        answer = scene.world.client.request(
            method,
            API + path.format_map(tried.path),
            headers={**who.headers, **tried.headers},
            **({"content": tried.content} if tried.content is not None else {"json": tried.body} if tried.body is not None else {}),
        )  # fmt: skip
        away = {401, 403, 404} - {tried.comes_to}
        want = expected(who, tried.action or action, tried.target)
        granted += want is None
        if answer.status_code != want if want else answer.status_code in away or answer.status_code >= 500:
            wrong.append(f"{who.name}: {answer.status_code}, expected {want or 'to be let in'}: {answer.text[:200]}")  # fmt: skip
        if want:
            problem(answer)
    assert not wrong, "\n".join(wrong)
    assert granted or RULES[action].asks == "another", "tried by nobody who may"


def test_a_readers_token_opens_its_feed_and_no_other_route(scene: Scene) -> None:
    reader = reader_of_feeds(scene)
    more = [one for one in Action if reader.caller.scopes_of(one) - RULES[one].grants.get(Role.PUBLIC, set())]
    assert more == [Action.INVENTORY_FOLLOW]
    opened, alike = set(), 0
    for name, handler in ROUTES.items():
        if isinstance(handler.opt["action"], Open):
            continue
        method, path = name.split(" ", 1)
        tried = (TRIES.get(name) or DEFAULTS[handler.opt["on"]])(scene, reader)
        body: dict[str, Any] = {"content": tried.content} if tried.body is None else {"json": tried.body}
        url, ask = API + path.format_map(tried.path), scene.world.client.request
        mine = ask(method, url, headers={**reader.headers, **tried.headers}, **body)
        if mine.status_code in {401, 403, 404}:
            continue
        anybodys = ask(method, url, headers=tried.headers, **body)
        if anybodys.status_code == mine.status_code:
            assert mine.content == anybodys.content, name
            alike += 1
        else:
            opened.add(name)
    assert opened == {f"GET {path.removeprefix(API)}" for path in FEEDS}
    assert 0 < alike < len(ROUTES) / 4


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if "{payload}" in name))
def test_what_is_not_there_is_answered_like_what_is_none_of_ones_own(name: str, scene: Scene) -> None:
    method, path = name.split(" ", 1)
    stranger = scene.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    officer = scene.world.person(Role.OFFICER, Role.OFFICER_LEAD, name="lea")
    made = (TRIES.get(name) or DEFAULTS[ROUTES[name].opt["on"]])(scene, None)  # type: ignore[arg-type]
    for headers in (stranger, officer):
        answer = scene.world.client.request(
            method,
            API + path.format_map({**made.path, "payload": "0" * 64}),
            headers={**headers, **made.headers},
            **({"json": made.body} if made.content is None else {"content": made.content}),
        )
        assert answer.status_code in {403, 404}
        assert "0000" not in answer.text


def test_a_token_that_does_not_hold_opens_nothing(scene: Scene) -> None:
    asking = [name for name in ROUTES if ROUTES[name].opt["action"] != ANYBODY]
    assert len(asking) > 50
    for name in asking:
        method, path = name.split(" ", 1)
        url = API + path.replace("{payload}", "0" * 64).replace("{", "").replace("}", "")
        answer = scene.world.client.request(method, url, headers={"authorization": "Bearer assay_x"})
        assert problem(answer) == (401, "Unauthenticated"), name
