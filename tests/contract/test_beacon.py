"""What every beacon keeps to: a schedule that is arithmetic, and rounds that are verified or not there."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.beacons import OwnDrand, OwnNist
from tests.support.tile_servers import answer, served

from assay.adapters.beacons.folder import FolderBeacon
from assay.adapters.beacons.http import HttpBeacon
from assay.adapters.beacons.simulated import SimulatedBeacon
from assay.adapters.memory import FixedClock
from assay.adapters.tiles.memory import MemoryTiles
from assay.errors import Malformed, Unavailable
from assay.office.beacon import Beacon
from assay.register.beacon import Chain
from assay.register.draw import VALUE_BYTES

NOW = datetime(2026, 11, 2, 12, 0, 30, tzinfo=UTC)
DRAND, NIST = OwnDrand(), OwnNist()
CHAINS: dict[str, tuple[Chain, Callable[[int], bytes]]] = {
    "drand": (DRAND.chain, DRAND.document),
    "nist": (NIST.chain, NIST.document),
}


@pytest.fixture(
    scope="module",
    params=["simulated", "drand over HTTP", "nist over HTTP", "drand in a folder", "nist in a folder"],
)
def beacon(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beacon]:
    """One that has the last two rounds that are due, and no more."""
    kind, _, where = request.param.partition(" ")
    if kind == "simulated":
        yield SimulatedBeacon("beacon.example", FixedClock(NOW), start=NOW - timedelta(days=1))
        return
    chain, document = CHAINS[kind]
    next_ = chain.round_after(NOW)
    rounds = {chain.path(one): document(one) for one in (next_ - 2, next_ - 1)}
    if where == "in a folder":
        folder: Path = tmp_path_factory.mktemp(kind)
        for one in (next_ - 2, next_ - 1):
            (folder / f"{one}.json").write_bytes(rounds[chain.path(one)])
        yield FolderBeacon(folder, chain)
        return
    files = MemoryTiles()
    files.files.update(rounds)
    with served(files) as url, closing(HttpBeacon(url, chain)) as made:
        yield made


def test_it_has_a_name_that_fits_a_commit(beacon: Beacon) -> None:
    assert 1 <= len(beacon.name) <= 200
    assert beacon.name.isprintable()
    assert " " not in beacon.name


@pytest.mark.parametrize("seconds", [0, 1, 29, 30, 31, 59, 60, 86_400, 10**8])
def test_the_round_after_a_moment_is_the_first_that_is_due_later(beacon: Beacon, seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds, microseconds=seconds % 3)
    found = beacon.round_after(moment)
    assert beacon.due(found - 1) <= moment < beacon.due(found)
    assert beacon.round_after(beacon.due(found)) == found + 1


def test_a_round_is_verified_and_stays_the_same(beacon: Beacon) -> None:
    newest = beacon.round_after(NOW) - 1
    found = beacon.value(newest)
    assert (found.beacon, found.round) == (beacon.name, newest)
    assert len(found.value) in VALUE_BYTES
    assert beacon.value(newest) == found
    assert beacon.value(newest - 1).value != found.value


def test_the_document_of_a_round_is_the_round(beacon: Beacon) -> None:
    found = beacon.value(beacon.round_after(NOW) - 1)
    for chain, _ in CHAINS.values():
        if chain.name == beacon.name:
            assert chain.open_(found.document, found.round) == found
    assert json.loads(found.document)


def test_a_round_that_is_not_there_yet_is_not_known(beacon: Beacon) -> None:
    with pytest.raises(Unavailable):
        beacon.value(beacon.round_after(NOW))


@pytest.mark.parametrize("round_", [-1, 2**63, 10**12])
def test_there_never_will_be_such_a_round(beacon: Beacon, round_: int) -> None:
    for ask in (beacon.due, beacon.value):
        with pytest.raises(Malformed, match="there is no round"):
            ask(round_)


@pytest.mark.parametrize("kind", CHAINS)
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        pytest.param(500, b"", "answers 500, expected 200", id="an error"),
        pytest.param(302, b"", "answers 302, expected 200", id="a redirect"),
        pytest.param(200, b"<html>", "does not hold round", id="a page"),
        pytest.param(200, b"x" * 70_000, "over 65536 bytes", id="too much"),
        pytest.param(200, b"{}", "does not hold round", id="nothing in it"),
        pytest.param(200, None, "does not hold round", id="another round"),
    ],
)
def test_whatever_else_a_server_says_is_no_round(
    kind: str, status: int, body: bytes | None, message: str
) -> None:
    chain, document = CHAINS[kind]
    said = document(29_000_001) if body is None else body
    with (
        served(MemoryTiles(), {chain.path(29_000_000): lambda handler: answer(handler, status, said)}) as url,
        closing(HttpBeacon(url, chain)) as made,
        pytest.raises(Unavailable) as caught,
    ):
        made.value(29_000_000)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_base_url_is_plain() -> None:
    for url in ("ftp://beacon.example", "https://beacon.example/?a=b", "beacon.example"):
        with pytest.raises(Malformed):
            HttpBeacon(url, DRAND.chain)


def test_what_lies_in_a_folder_and_is_no_round(tmp_path: Path) -> None:
    beacon = FolderBeacon(tmp_path, DRAND.chain)
    (tmp_path / "7.json").write_bytes(DRAND.document(8))
    (tmp_path / "8.json").mkdir()
    (tmp_path / "9.json").write_bytes(b" " * 70_000)
    for round_, message in (
        (7, "does not hold round 7"),
        (8, "cannot read .*8.json"),
        (9, "over 65536"),
        (10, "cannot read"),
    ):
        with pytest.raises(Unavailable, match=message):
            beacon.value(round_)
