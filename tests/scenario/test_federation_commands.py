"""By command: another office is pinned, its result is fetched from where it serves it or from files, shown, and revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.support import other_office
from tests.support.applications import at
from tests.support.desks import World
from tests.support.other_office import NAME, ORIGIN, brought, posted, trust
from tests.support.serving import served

from assay.adapters.home import Home
from assay.bootstrap import service
from assay.crypto import keyfile
from assay.office_config.model import OfficeConfig
from assay.web.api.app import LIMITS

NOW = "2026-11-01T12:00:00Z"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keyfile, "COST", 14)
    monkeypatch.setenv("ASSAY_NOW", NOW)
    home = Home(tmp_path / "home")
    home.prepare()
    with service.desk(OfficeConfig(data=home.folder)):
        pass
    return home.folder


@pytest.fixture
def isles() -> Iterator[tuple[World, str]]:
    world = World()
    world.service = other_office.service()
    with served(at(world.desk), LIMITS) as url:
        yield world, url


def test_by_command(assay_here: Assay, office: Path, isles: tuple[World, str], tmp_path: Path) -> None:
    (world, url), place = isles, ("--office", office)
    case = posted(world.service)
    where = f"{url}/results/{case.payload.value}"
    early = assay_here("federation", "import", where, *place)
    assert (early.code, "no such office is pinned" in early.err) == (2, True), early.err

    absent = assay_here("federation", "import", f"{url}/results/{'0' * 64}", *place)
    assert (absent.code, f"{url} has posted no result 000" in absent.err) == (2, True), absent.err

    (tmp_path / "isles.json").write_bytes(trust().encode())
    added = assay_here("federation", "add", NAME, tmp_path / "isles.json", *place, "--json")
    assert (added.code, added.json()["origin"]) == (0, ORIGIN), added.err
    assert assay_here("federation", "add", NAME, tmp_path / "isles.json", *place).code == 2

    fetched = assay_here("federation", "import", where, *place, "--json")
    assert (fetched.code, fetched.json()["result"], fetched.json()["grade"]) == (
        0,
        "not_sampled",
        "logged",
    ), fetched.err
    document, proof = brought(world.service, posted(world.service, 2))
    (tmp_path / "result.dsse.json").write_bytes(document)
    (tmp_path / "receipt.json").write_bytes(proof)
    files = (
        "federation",
        "import",
        tmp_path / "result.dsse.json",
        "--receipt",
        tmp_path / "receipt.json",
        *place,
    )
    assert assay_here(*files).code == 0
    assert assay_here(*files).code == 2  # it is here already
    (tmp_path / "receipt.json").write_bytes(proof.replace(b"isles.example", b"isles.exomple"))
    assert assay_here(*files).code == 2

    shown = assay_here("federation", "list", "--product", "LANTERN", *place, "--json").json()
    assert [(one["office"], one["result"]) for one in shown["said"]] == [(NAME, "not_sampled")] * 2
    assert assay_here("federation", "list", "--product", "oar", *place, "--json").json()["said"] == []
    gone = assay_here("federation", "revoke", added.json()["office"], "--because", "stolen keys", *place)
    assert gone.code == 0, gone.err
    after = assay_here("federation", "list", *place)
    assert "unknown: Office of the Isles" in " ".join(after.out.split())


@pytest.mark.parametrize(
    "where",
    [
        "http://isles.example/results/00",
        "ftp://isles.example/results/00",
        "https://isles.example/",
        "result.json",
    ],
)
def test_what_is_no_result_is_not_fetched(assay_here: Assay, office: Path, where: str) -> None:
    ran = assay_here("federation", "import", where, "--office", office)
    assert (ran.code, "is neither a file with --receipt nor" in ran.err) == (2, True), ran.err
