"""Every route of the API, tried by everybody: what it answers is what the table of permissions says, for each single thing."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from litestar.routes import HTTPRoute
from tests.support import services
from tests.support.desks import ASSESSOR_ORG, HOMES, OTHER_ORG, World, problem
from tests.support.services import CUSTOMER_ORG, PROVIDER_ORG

from assay.errors import Forbidden, Hidden
from assay.formats.digest import Digest
from assay.office.determine import Decision, decide_final
from assay.office.identity.organisation import SERVICE_ROLE, Kind, Organisation
from assay.office.identity.tokens import make_token
from assay.office.permission_table import RULES, Role
from assay.office.permissions import TOKEN_ACTIONS, Action, Caller, Target, require, require_role
from assay.web.api.app import API
from assay.web.api.routes import Open

STRANGERS: Mapping[Kind, str] = {
    Kind.PROVIDER: OTHER_ORG,
    Kind.RELYING_PARTY: "org-other-harbour",
    Kind.ASSESSOR: "org-other-assessor",
}


class Scene:
    """An office with a case that is under response, a published one, and people of every role, here and elsewhere."""

    def __init__(self) -> None:
        self.world = World()
        with self.world.identity.identities.change() as rows:
            for kind in (Kind.RELYING_PARTY, Kind.ASSESSOR):
                rows.add(Organisation(id=STRANGERS[kind], name=f"Other {kind}", kind=kind))
        service = self.world.service
        self.case = services.submitted(service, 1, services.contradicted).payload.value
        self.other = services.submitted(service, 2, services.contradicted).payload.value
        services.tick(service, timedelta(days=31))
        other = Digest.of("sha256", self.other)
        decide_final(
            service, services.officer(service), other, Decision(revision=service.case(other).revision)
        )
        services.tick(service)


class Who(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    caller: Caller
    headers: Mapping[str, str]


def everybody(scene: Scene, action: Action | Open) -> Iterator[Who]:
    yield Who(name="anonymous", caller=Caller.public(scene.world.service.now()), headers={})
    for role, home in HOMES.items():
        for name, where in ((role, home), (f"{role} elsewhere", _elsewhere(scene, home))):
            if where:
                yield from _person(scene, role, name, where, action)
    yield from _tokens(scene, PROVIDER_ORG, "ci", action)
    yield from _tokens(scene, OTHER_ORG, "ci elsewhere", action)
    yield from _tokens(scene, CUSTOMER_ORG, "token of a customer", action)
    yield from _tokens(scene, ASSESSOR_ORG, "token of an assessor", action)


def _elsewhere(scene: Scene, home: str) -> str:
    with scene.world.identity.identities.read() as rows:
        found = rows.get(Organisation, home)
    assert found is not None
    return STRANGERS.get(found.kind, "")


def _person(scene: Scene, role: Role, name: str, where: str, action: Action | Open) -> Iterator[Who]:
    world = scene.world
    now = world.service.now()
    account = f"{role}-{where}"
    headers = world.person(role, organisation=where)
    caller = Caller(
        at=now, id=f"account:{account}", account=account, organisation=where, roles=frozenset({role}), stepped_up=now,
    )  # fmt: skip
    yield Who(name=name, caller=caller, headers=headers)
    hasty = msgspec.structs.replace(caller, stepped_up=None)
    yield Who(
        name=f"{name}, unconfirmed", caller=hasty, headers=world.person(role, organisation=where, confirmed=False)
    )  # fmt: skip


def _tokens(scene: Scene, where: str, name: str, action: Action | Open) -> Iterator[Who]:
    fitting = {action} & TOKEN_ACTIONS if isinstance(action, Action) else set()
    for scopes, suffix in ((fitting, "for it"), (TOKEN_ACTIONS - fitting, "for something else")):
        if scopes:
            yield _token(scene, where, f"{name} {suffix}", frozenset(scopes))


def _token(scene: Scene, where: str, name: str, scopes: frozenset[Action]) -> Who:
    identity = scene.world.identity
    now = scene.world.service.now()
    with identity.identities.change() as rows:
        found = rows.get(Organisation, where)
        assert found is not None
        made = make_token(
            identity, Caller.console(now), name="test", organisation=where, account="", scopes=scopes,
            lasting=timedelta(days=1),
        )  # fmt: skip
        rows.add(made.token)
    caller = Caller(
        at=now, id=f"token:{made.token.id}", organisation=where, roles=frozenset({SERVICE_ROLE[found.kind]}),
        scopes=scopes,
    )  # fmt: skip
    return Who(name=name, caller=caller, headers={"authorization": f"Bearer {made.text}"})


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a route would grant to whoever may."""

    path: Mapping[str, str] = {}
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = {}
    target: Target | None = None
    """None where having the role is all that is asked."""


Make = Callable[[Scene, Who], Try]


def of_case(body: Any = None, case: str = "case") -> Make:
    def make(scene: Scene, _: Who) -> Try:
        payload = getattr(scene, case)
        found = scene.world.service.case(Digest.of("sha256", payload))
        return Try(path={"payload": payload}, body=body, target=found.target)

    return make


def plain(body: Any = None, **more: Any) -> Make:
    return lambda _, __: Try(body=body, **more)


def of_office(body: Any = None) -> Make:
    return lambda _, __: Try(body=body, target=Target.office())


DEFAULTS: Mapping[str, Make] = {
    "any": plain(),
    "office": of_office(),
    "case": of_case(),
    "published": of_case(case="other"),
}
SEEN = {"revision": 1}
TRIES: Mapping[str, Make] = {
    "POST /submissions": plain(content=b"{}", headers={"content-type": "application/json"}),
    "POST /submissions/{payload}/responses": of_case({"text": "x"}),
    "POST /submissions/{payload}/evidence": of_case({"files": []}),
    "POST /submissions/{payload}/withdrawal": of_case({"reason": "x"}, case="other"),
    "POST /submissions/{payload}/lapse": of_case({"reason": "x"}, case="other"),
    "POST /submissions/{payload}/determinations/initial": of_case(SEEN),
    "POST /submissions/{payload}/determinations/final": of_case(SEEN),
    "POST /submissions/{payload}/approval": of_case(SEEN),
    "POST /submissions/{payload}/rejection": of_case(SEEN),
    "POST /submissions/{payload}/evidence-requests": of_case(SEEN | {"digests": []}),
    "POST /submissions/{payload}/correction": of_case({"decision": SEEN, "reason": "x"}),
}
"""Routes that ask for more than the thing in their path."""


def routes() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for route in World().client.app.routes:
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


def expected(who: Who, action: Action | Open, target: Target | None) -> int | None:
    """The status that it must answer; None when it lets the caller in."""
    if isinstance(action, Open):
        return None
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
        want = expected(who, action, tried.target)
        granted += want is None
        if (
            (answer.status_code != want)
            if want
            else (answer.status_code in {401, 403, 404} or answer.status_code >= 500)
        ):
            wrong.append(f"{who.name}: {answer.status_code}, expected {want or 'to be let in'}: {answer.text[:200]}")  # fmt: skip
        if want:
            problem(answer)
    assert not wrong, "\n".join(wrong)
    assert granted or not isinstance(action, Action) or RULES[action].asks == "another", (
        "tried by nobody who may"
    )


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if "{payload}" in name))
def test_what_is_not_there_is_answered_like_what_is_none_of_ones_own(name: str, scene: Scene) -> None:
    method, path = name.split(" ", 1)
    stranger = scene.world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG)
    officer = scene.world.person(Role.OFFICER, Role.OFFICER_LEAD, name="lea")
    made = (TRIES.get(name) or DEFAULTS[ROUTES[name].opt["on"]])(scene, None)  # type: ignore[arg-type]
    for headers in (stranger, officer):
        answer = scene.world.client.request(
            method, API + path.format(payload="0" * 64), headers=headers, json=made.body
        )
        assert answer.status_code in {403, 404}
        assert "0000" not in answer.text


def test_a_token_that_does_not_hold_opens_nothing(scene: Scene) -> None:
    for name in sorted(ROUTES):
        method, path = name.split(" ", 1)
        url = API + path.replace("{payload}", "0" * 64).replace("{", "").replace("}", "")
        answer = scene.world.client.request(method, url, headers={"authorization": "Bearer assay_x"})
        assert problem(answer) == (401, "Unauthenticated"), name
