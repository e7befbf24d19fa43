"""Failures in a browser are pages, and problem details for programs."""

from typing import Any

import msgspec
import pytest
from tests.support.applications import client
from tests.support.desks import World, problem
from tests.unit.web.test_case_pages import sent

from assay.office.permission_table import Role
from assay.office.service import Service
from assay.web.api.bodies import Bodies
from assay.web.api.gate import Rates
from assay.web.app.shell import POLICY

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def world() -> World:
    return World()


def page(answer: Any) -> str:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.text.count("<h1>") == 1
    return str(answer.text)


@pytest.mark.parametrize(
    "path", ["/nothing", "/results/x/y", "/case", "/assets/x.css", "/%3Cscript%3E", "/cases/0"]
)
def test_an_unknown_address(world: World, path: str) -> None:
    answer = world.client.get(path, headers=BROWSER, follow_redirects=False)
    assert answer.status_code == (400 if path == "/cases/0" else 404)
    assert "<script>" not in page(answer)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/.well-known/nothing"])
def test_programs_get_problem_details(world: World, path: str) -> None:
    assert problem(world.client.get(path, headers=BROWSER))[0] == 404


def test_who_does_not_ask_for_a_page_gets_problem_details(world: World) -> None:
    assert problem(world.client.get("/nothing"))[0] == 404


def test_a_method_that_is_none(world: World) -> None:
    answer = world.client.delete("/results", headers=BROWSER)
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert "does not take what was sent" in page(answer)


def test_too_often() -> None:
    world = World(rates=Rates(anonymous_requests_per_minute=2))
    answers = [world.client.get("/results", headers=BROWSER) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert "Too many requests" in page(answers[2])


def test_too_large(world: World) -> None:
    small = msgspec.structs.replace(world.desk, bodies=Bodies(bundle_bytes=1000, form_bytes=1000))
    world.client = client(small)
    provider = world.person(Role.PROVIDER_ADMIN)
    for answer in (
        sent(world, "/submit", provider, files={"bundle": ("bundle.tar", b"x" * 2000)}),
        sent(world, "/account/tokens", provider, name="x" * 2000),
    ):
        assert answer.status_code == 413
        assert "Too large" in page(answer)


@pytest.mark.parametrize(
    "path", ["/nothing", "/cases/0", "/results/" + "0" * 64, "/results?sort=up", "/queue"]
)
def test_who_is_signed_in_stays_so_on_the_page_of_a_failure(world: World, path: str) -> None:
    provider = {"cookie": world.person(Role.PROVIDER_ADMIN, name="pia")["cookie"]}
    answer = world.client.get(path, headers=BROWSER | provider)
    assert answer.status_code >= 400
    found = page(answer)
    assert '<a href="/overview">' in found
    assert ">pia</bdi>" in found
    assert "Log in</a>" not in found
    assert answer.headers["cache-control"] == "no-store"
    ended = page(world.client.get("/nothing", headers=BROWSER | {"cookie": provider["cookie"] + "x"}))
    assert "Log in</a>" in ended


@pytest.fixture
def broken(world: World) -> World:
    whole = [True]

    def live() -> Service:
        if not whole:
            raise RuntimeError("a secret of the office")
        return world.service

    desk = msgspec.structs.replace(world.desk, live=live)
    world.client = client(desk, raise_server_exceptions=False)
    whole.clear()
    return world


def test_a_fault(broken: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The page that says so does not need what is broken."""
    answer = broken.client.get("/", headers=BROWSER)
    assert answer.status_code == 500
    assert "A fault in Assay" in page(answer)
    assert "secret" not in answer.text
    assert "RuntimeError: a secret of the office" in capsys.readouterr().err
