"""Is it alive, is it ready, whom to tell of a vulnerability."""

import time
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.support.desks import URL, World, problem
from tests.support.office_processes import serving

from assay.bootstrap.working import look
from assay.errors import Unavailable
from assay.formats import security_txt
from assay.office.ready import Look
from assay.office_config.model import Security
from assay.web.api import wellknown
from assay.web.api.app import app
from assay.web.api.desk import Desk

SECRET = "postgresql://assay:hunter2@db.example/assay and /srv/office"


def client(desk: Desk) -> "TestClient[Litestar]":
    return TestClient(app(desk), base_url=URL)


def fails() -> None:
    raise Unavailable(SECRET)


def test_ready_when_all_is_well() -> None:
    answer = client(World().desk).get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "checks": [
            {"check": one, "ready": True, "said": ""} for one in ("database", "documents", "register")
        ],
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_not_ready_says_which_and_nothing_of_what_failed(broken: int) -> None:
    desk = World().desk
    looks = list(desk.looks)
    looks[broken] = msgspec.structs.replace(looks[broken], look=fails)
    answer = client(msgspec.structs.replace(desk, looks=tuple(looks))).get("/readyz")
    assert answer.status_code == 503
    assert [one["ready"] for one in answer.json()["checks"]].index(False) == broken
    assert answer.json()["checks"][broken]["said"] == looks[broken].fails
    assert int(answer.headers["retry-after"]) >= 1
    assert not any(word in answer.text for word in SECRET.split())


def test_who_looked_at_nothing_is_not_ready() -> None:
    assert client(msgspec.structs.replace(World().desk, looks=())).get("/readyz").status_code == 503


def test_lost_documents_are_not_ready() -> None:
    world = World()
    blobs = world.service.office.blobs
    blobs.erase(blobs.put(world.service.office.policy))
    assert client(world.desk).get("/readyz").json()["checks"][1] == {
        "check": "documents", "ready": False, "said": "documents cannot be read",
    }  # fmt: skip


def test_asked_often_it_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    desk = msgspec.structs.replace(World().desk, looks=(Look("it", "not well", lambda: looked.append(1)),))
    asking = client(desk)
    assert {asking.get("/readyz").status_code for _ in range(5)} == {200}
    assert len(looked) == 1
    monkeypatch.setattr(wellknown, "FRESH_S", -1.0)
    asking.get("/readyz")
    assert len(looked) == 2


def test_no_worker_where_the_settings_want_none_is_well() -> None:
    look(()).look()


def test_security_txt() -> None:
    settings = Security(contacts=("mailto:security@office.example",), policy="https://office.example/reports", languages=("en",))  # fmt: skip
    world = World()
    public = "https://office.example"
    desk = msgspec.structs.replace(world.desk, security=lambda at: settings.text(public, at))
    answer = client(desk).get("/.well-known/security.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    found = security_txt.parse(answer.content, what="security.txt")
    assert found.contacts == settings.contacts
    assert found.canonical == (f"{public}/.well-known/security.txt",)
    local = settings.text(URL, world.service.now())
    assert local is not None
    assert security_txt.parse(local, what="security.txt").canonical == ()
    assert 88 < (found.expires - world.service.now()).days <= 90


def test_no_security_txt_where_nobody_is_named() -> None:
    assert problem(World().client.get("/.well-known/security.txt"))[0] == 404


def test_a_server_is_ready_once_its_worker_runs(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        for _ in range(100):
            status, found = one.ask("GET", "/readyz")
            if status == 200:
                break
            time.sleep(0.1)
        assert status == 200, found
        assert [check["check"] for check in found["checks"]] == [
            "database",
            "documents",
            "register",
            "worker",
        ]
        (one.data / "office").rename(one.data / "gone")
        time.sleep(1.1)
        status, found = one.ask("GET", "/readyz")
        assert status == 503
        assert str(tmp_path) not in str(found)
