"""A watched application answers as before; its log and numbers know routes, and not what was asked for."""

import asyncio
from typing import Any

import pytest

from assay.adapters.observing.metrics import OTHER, Metrics
from assay.errors import Malformed, Unavailable
from assay.web.api.problems import FAILURE, told
from assay.web.observed import observed

ASKED = {"type": "http", "method": "GET", "path": "/results/Harbour%20Bank"}


class World:
    def __init__(self, app: Any, seconds: float = 0.01) -> None:
        self.told: list[dict[str, Any]] = []
        self.sent: list[Any] = []
        self.metrics = Metrics()
        times = iter((10.0, 10.0 + seconds))
        self.app = observed(app, self._tell, self.metrics, lambda: "f" * 32, lambda: next(times))

    def _tell(self, event: str, level: Any = "info", **fields: Any) -> None:
        self.told.append({"event": event, "level": level, **fields})

    def ask(self, scope: dict[str, Any]) -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"12345", "more_body": False}

        async def send(message: Any) -> None:
            self.sent.append(message)

        async def once() -> None:
            await self.app(dict(scope), receive, send)

        asyncio.run(once())


def answering(status: int, route: str = "/results/{provider}") -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = route
        await receive()
        await send({"type": "http.response.start", "status": status, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"x"})

    return app


@pytest.mark.parametrize(
    ("status", "seconds", "level"),
    [(200, 0.01, "debug"), (200, 2.0, "info"), (404, 0.01, "info"), (503, 0.01, "error")],
)
def test_an_answer_is_told_by_its_route(status: int, seconds: float, level: str) -> None:
    world = World(answering(status), seconds)
    world.ask(ASKED)
    (told,) = world.told
    assert (told["level"], told["route"], told["status"], told["bytes"]) == (
        level,
        "/results/{provider}",
        status,
        5,
    )
    assert "Harbour" not in str(told)
    assert (b"x-request-id", b"f" * 32) in world.sent[0]["headers"]
    assert (b"a", b"b") in world.sent[0]["headers"]
    value = world.metrics.registry.get_sample_value
    labels = {"method": "GET", "route": "/results/{provider}", "status": str(status)}
    assert value("assay_requests_total", labels) == 1
    assert value("assay_request_seconds_count", {"route": "/results/{provider}"}) == 1


def test_what_no_route_answers_is_other() -> None:
    world = World(answering(404, ""))
    world.ask(ASKED | {"method": "BREW"})
    assert world.told[0]["route"] == OTHER
    labels = {"method": OTHER, "route": OTHER, "status": "404"}
    assert world.metrics.registry.get_sample_value("assay_requests_total", labels) == 1


def test_one_that_fails_is_told_and_fails_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("Harbour Bank")

    world = World(app)
    with pytest.raises(RuntimeError):
        world.ask(ASKED)
    assert (world.told[0]["status"], world.told[0]["route"]) == (499, OTHER)


def test_what_is_not_http_goes_by() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    world = World(app)
    world.ask({"type": "lifespan"})
    assert (seen, world.told) == (["lifespan"], [])


def test_the_operator_hears_what_failed() -> None:
    heard: list[tuple[str, Exception]] = []
    failure = Unavailable("cannot write /var/lib/assay/x: No space left on device")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {FAILURE: failure}
        await send({"type": "http.response.start", "status": 503, "headers": []})

    async def nothing(*_: Any) -> Any:
        return {}

    watched = observed(
        app, lambda *_, **__: None, Metrics(), lambda: "f" * 32, failed=lambda *told: heard.append(told)
    )

    async def once() -> None:
        await watched(dict(ASKED), nothing, nothing)

    asyncio.run(once())
    assert heard == [("request", failure)]


@pytest.mark.parametrize(("said", "expected"), [
    pytest.param("cannot use /srv/assay/data/small.sqlite: disk I/O error", "cannot use small.sqlite: disk I/O error", id="path"),
    pytest.param("no answer from http://10.0.0.7:9000/tiles/a?x=1 in 5 s", "no answer from the server in 5 s", id="URL"),
    pytest.param("the keys of https://ci.example: no way to https://ci.example:443/keys.", "the keys of the server: no way to the server.", id="URLs before a colon"),
    pytest.param('connection on socket "/run/pg/.s.PGSQL.5432" failed', 'connection on socket ".s.PGSQL.5432" failed', id="quoted"),
    pytest.param("3/4 of them at 2/s, and/or later", "3/4 of them at 2/s, and/or later", id="no path"),
])  # fmt: skip
def test_who_asked_does_not_hear_where_things_are(said: str, expected: str) -> None:
    assert told(Unavailable(said)) == expected
    assert told(Malformed(said)) == said
